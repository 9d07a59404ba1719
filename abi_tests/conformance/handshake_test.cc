// SPDX-License-Identifier: Apache-2.0
// Two sides shake hands.
#include "abi_tests/conformance/scenario.h"

namespace trestle::conformance {
namespace {

class HandshakeTest : public PairTest {};

TEST_P(HandshakeTest, EstablishesTheVersionAndASuiteOfBoth) {
  Scenario scenario(GetParam());
  Pair& pair = scenario.make_established_pair();
  const trestle_backend_connection_info client = pair.client.info();
  const trestle_backend_connection_info server = pair.server.info();
  EXPECT_EQ(client.version, version());
  EXPECT_EQ(server.version, version());
  EXPECT_EQ(client.suite, server.suite);
  EXPECT_EQ(is_tls13_suite(client.suite), version() == TRESTLE_VERSION_TLS13);
}

TEST_P(HandshakeTest, LeavesNothingBehindTheHandshake) {
  Scenario scenario(GetParam());
  Pair& pair = scenario.make_established_pair();
  // The client has nothing to read: no session ticket was sent.
  EXPECT_EQ(pair.to_client.unread(), 0u);
  std::string data;
  EXPECT_EQ(pair.client.decrypt(&data).text(), "WANT_READ");
  EXPECT_EQ(pair.server.decrypt(&data).text(), "WANT_READ");
  EXPECT_EQ(pair.to_server.unread(), 0u);
}

TEST_P(HandshakeTest, GetsEachByteAlone) {
  Scenario scenario(GetParam());
  Pair& pair = scenario.make_pair();
  uint64_t arrived_at_server = 0;
  uint64_t arrived_at_client = 0;
  bool progress = true;
  while (progress && !(pair.client_outcome.failed() && pair.server_outcome.failed())) {
    pair.to_server.set_arrived(++arrived_at_server);
    pair.to_client.set_arrived(++arrived_at_client);
    progress = advance(&pair.client, &pair.client_outcome, pair.to_client, &pair.to_server);
    progress |= advance(&pair.server, &pair.server_outcome, pair.to_server, &pair.to_client);
    arrived_at_server = std::min<uint64_t>(arrived_at_server, pair.to_server.sent().size());
    arrived_at_client = std::min<uint64_t>(arrived_at_client, pair.to_client.sent().size());
  }
  EXPECT_TRUE(pair.established()) << pair.explanation();
  EXPECT_EQ(pair.client.asks(), 1);
}

TEST_P(HandshakeTest, PullsOneByteAtATime) {
  Scenario scenario(GetParam());
  Pair& pair = scenario.make_pair();
  pair.to_server.set_read_max(1);
  pair.to_client.set_read_max(1);
  pair.handshake();
  EXPECT_TRUE(pair.established()) << pair.explanation();
}

TRESTLE_FOR_EACH_PAIR_AND_VERSION(HandshakeTest);

class BothVersionsTest : public PairTest {};

TEST_P(BothVersionsTest, ChooseTheNewer) {
  Scenario scenario(GetParam());
  Pair& pair = scenario.make_established_pair();
  EXPECT_EQ(pair.client.info().version, TRESTLE_VERSION_TLS13);
  EXPECT_EQ(pair.server.info().version, TRESTLE_VERSION_TLS13);
}

TRESTLE_FOR_EACH_PAIR(BothVersionsTest);

}  // namespace
}  // namespace trestle::conformance
