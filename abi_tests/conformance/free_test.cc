// SPDX-License-Identifier: Apache-2.0
// A connection may be freed in any state. (That nothing leaks is for LeakSanitizer to say.)
#include "abi_tests/conformance/scenario.h"

namespace trestle::conformance {
namespace {

class FreeTest : public PairTest {};

TEST_P(FreeTest, AfterAnyNumberOfSteps) {
  Scenario scenario(GetParam());
  scenario.server.client_auth = TRESTLE_CLIENT_AUTH_REQUIRE;
  scenario.set_client_identity(chain_of(KeyKind::kEcdsaP256, 1));
  for (int steps = 0; steps < 8; ++steps) {
    Pair& pair = scenario.make_pair();
    for (int i = 0; i < steps; ++i) {
      if (i % 2 == 0) {
        advance(&pair.client, &pair.client_outcome, pair.to_client, &pair.to_server);
      } else {
        advance(&pair.server, &pair.server_outcome, pair.to_server, &pair.to_client);
      }
    }
    pair.client.free();
    pair.server.free();
  }
}

TEST_P(FreeTest, WithDataInTheMiddle) {
  Scenario scenario(GetParam());
  Pair& pair = scenario.make_established_pair();
  ASSERT_TRUE(pair.client.encrypt(std::string(60000, 'd')).ok());
  std::string data;
  ASSERT_TRUE(pair.server.decrypt(&data).ok());
  pair.server.free();
  pair.client.free();
}

TEST_P(FreeTest, AfterCloseAndAfterFailure) {
  {
    Scenario scenario(GetParam());
    Pair& pair = scenario.make_established_pair();
    ASSERT_TRUE(pair.client.close().ok());
    pair.client.free();
    Outcome end;
    receive(&pair.server, &end);
    EXPECT_EQ(end.text(), "CLOSED");
    pair.server.free();
  }
  {
    Scenario scenario(GetParam());
    Pair& pair = scenario.make_pair();
    pair.client.on_ask = [](const trestle_ask&) { return TRESTLE_ANSWER_NO; };
    pair.handshake();
    EXPECT_TRUE(pair.client_outcome.failed());
    pair.client.free();
    pair.server.free();
  }
}

TRESTLE_FOR_EACH_PAIR_AND_VERSION(FreeTest);

}  // namespace
}  // namespace trestle::conformance
