// SPDX-License-Identifier: Apache-2.0
// One changed byte in the first flights: always an error or a working connection, never a crash.
#include "abi_tests/conformance/scenario.h"

namespace trestle::conformance {
namespace {

class MutationTest : public PairTest {
 protected:
  // Every byte where a backend meets itself; a sample of each flight where it meets another, since
  // both have seen every byte by then.
  uint64_t step() const { return &client_plugin() == &server_plugin() ? 1 : 7; }

  // One handshake in which the byte at `offset` of one direction is changed.
  void run_with(Scenario* scenario, bool towards_server, uint64_t offset, uint8_t mask) {
    Pair& pair = scenario->make_pair();
    Pipe& pipe = towards_server ? pair.to_server : pair.to_client;
    pipe.flip(offset, mask);
    pair.handshake();
    // Signatures differ in length: this flight may have ended before the offset.
    pipe.flip(Pipe::kNoLimit, 0);
    if (pair.established()) {
      // Then both sides have the same keys: what was changed had no meaning.
      Outcome end;
      EXPECT_EQ(transfer(&pair.client, &pair.server, "up", &end), "up") << pair.explanation();
      EXPECT_EQ(transfer(&pair.server, &pair.client, "down", &end), "down") << pair.explanation();
      return;
    }
    // Nobody waits for ever: a side that still wants bytes learns that none will come.
    pair.to_client.end();
    pair.to_server.end();
    pair.handshake();
    EXPECT_TRUE(pair.client_outcome.failed() || pair.server_outcome.failed())
        << pair.explanation();
    EXPECT_FALSE(pair.client_outcome.wants_read()) << pair.explanation();
    EXPECT_FALSE(pair.server_outcome.wants_read()) << pair.explanation();
    EXPECT_LE(pair.client.asks(), 1);
  }
};

TEST_P(MutationTest, ClientsFirstFlight) {
  Scenario scenario(GetParam());
  uint64_t length = 0;
  {
    Pair& pair = scenario.make_pair();
    pair.client.handshake();
    length = pair.to_server.sent().size();
  }
  for (uint64_t offset = 0; offset < length; offset += step()) {
    SCOPED_TRACE("byte " + std::to_string(offset) + " of " + std::to_string(length));
    run_with(&scenario, true, offset, offset % 2 == 0 ? 0x01 : 0xFF);
  }
}

TEST_P(MutationTest, ServersFirstFlight) {
  Scenario scenario(GetParam());
  uint64_t length = 0;
  {
    Pair& pair = scenario.make_pair();
    pair.client.handshake();
    pair.server.handshake();
    length = pair.to_client.sent().size();
  }
  // Each byte of the ServerHello and the record headers around it; then, where TLS 1.2 has its
  // certificate and TLS 1.3 its ciphertext, a sample.
  constexpr uint64_t kEveryByteUntil = 200;
  constexpr uint64_t kStep = 5;
  for (uint64_t offset = 0; offset < length;
       offset += offset < kEveryByteUntil ? step() : kStep * step()) {
    SCOPED_TRACE("byte " + std::to_string(offset) + " of " + std::to_string(length));
    run_with(&scenario, false, offset, offset % 2 == 0 ? 0x01 : 0xFF);
  }
}

TEST_P(MutationTest, ClientsSecondFlight) {
  Scenario scenario(GetParam());
  uint64_t first = 0;
  uint64_t whole = 0;
  {
    Pair& pair = scenario.make_pair();
    pair.client.handshake();
    first = pair.to_server.sent().size();
    pair.handshake();
    whole = pair.to_server.sent().size();
  }
  for (uint64_t offset = first; offset < whole; offset += step()) {
    SCOPED_TRACE("byte " + std::to_string(offset) + " of " + std::to_string(whole));
    run_with(&scenario, true, offset, offset % 2 == 0 ? 0x01 : 0xFF);
  }
}

TRESTLE_FOR_EACH_PAIR_AND_VERSION(MutationTest);

}  // namespace
}  // namespace trestle::conformance
