// SPDX-License-Identifier: Apache-2.0
// Peers that are slow: HELLO_TIMEOUT is one deadline over the whole handshake, RECEIVE_TIMEOUT
// starts again with each byte.
#include <poll.h>

#include <atomic>

#include "abi_tests/hostile/records.h"
#include "abi_tests/hostile/tls_peer.h"
#include "abi_tests/hostile/victim.h"

namespace trestle::testing {
namespace {

using Clock = std::chrono::steady_clock;

// A byte each `pace`, up to `count`; returns when the last one that arrived was sent.
Clock::time_point drip(Wire& wire, const std::string& bytes, size_t count, int pace_ms) {
  Clock::time_point last = Clock::now();
  for (size_t i = 0; i < std::min(count, bytes.size()); ++i) {
    poll(nullptr, 0, pace_ms);
    const Clock::time_point now = Clock::now();
    if (!wire.send(bytes.substr(i, 1))) break;
    last = now;
  }
  return last;
}

class Drip : public Victim {
 protected:
  // The first record of what the peer has to say, before or after it has read something.
  std::string server_hello(Wire& wire) const {
    TlsPeer peer = TlsPeer::server(TRESTLE_VERSION_TLS13, pki_.server);
    return first_record(peer.step(wire.receive_record()));
  }
  static std::string client_hello() {
    return TlsPeer::client(TRESTLE_VERSION_TLS13).step("");
  }

  // A byte each 20 ms doesn't move the deadline of the whole.
  static constexpr int kHelloPaceMs = 20;
  void expect_hello_timeout(Clock::time_point begin) {
    Message end = end_of_handshake();
    const int64_t ms = milliseconds_since(begin);
    EXPECT_EQ(end->result, TRESTLE_RESULT_HELLO_TIMEOUT) << end;
    EXPECT_GE(ms, kHelloTimeoutMs);
    EXPECT_LT(ms, kHelloTimeoutMs + kSlackMs);
  }
  static void prepare_hello(Session& session) {
    session.set(TRESTLE_OPTION_HELLO_TIMEOUT, kHelloTimeoutMs);
    // Shorter would be met first; longer than the pace by far.
    session.set(TRESTLE_OPTION_RECEIVE_TIMEOUT, int64_t{10'000});
  }

  // Together longer than the deadline, with a pause that is a small part of it.
  static constexpr int64_t kReceiveTimeoutMs = 2000;
  static constexpr int kReceivePaceMs = 100;
  static constexpr size_t kReceiveBytes = 25;
  void expect_receive_timeout(Clock::time_point begin) {
    Message end = end_of_handshake();
    const Clock::time_point now = Clock::now();
    EXPECT_EQ(end->result, TRESTLE_RESULT_RECEIVE_TIMEOUT) << end;
    const auto last = Clock::time_point(Clock::duration(last_byte_.load()));
    const auto ms = [](Clock::duration d) {
      return std::chrono::duration_cast<std::chrono::milliseconds>(d).count();
    };
    EXPECT_GT(ms(last - begin), kReceiveTimeoutMs);
    EXPECT_GE(ms(now - last), kReceiveTimeoutMs);
    EXPECT_LT(ms(now - last), kReceiveTimeoutMs + kSlackMs);
  }
  static void prepare_receive(Session& session) {
    session.set(TRESTLE_OPTION_HELLO_TIMEOUT, int64_t{0});
    session.set(TRESTLE_OPTION_RECEIVE_TIMEOUT, kReceiveTimeoutMs);
  }
  void drip_and_stop(Wire& wire, const std::string& bytes) {
    last_byte_ = drip(wire, bytes, kReceiveBytes, kReceivePaceMs).time_since_epoch().count();
    wire.wait_for_end();
  }

  std::atomic<Clock::rep> last_byte_{0};
};

TEST_P(Drip, AServerHelloDoesNotMoveTheHelloDeadline) {
  Session session = client_session();
  prepare_hello(session);
  RawServer server(
      [&](Wire& wire) { drip(wire, server_hello(wire), SIZE_MAX, kHelloPaceMs); });
  const auto begin = Clock::now();
  session.connect_to("127.0.0.1", server.port(), queue_);
  expect_hello_timeout(begin);
}

TEST_P(Drip, AClientHelloDoesNotMoveTheHelloDeadline) {
  Session session = server_session();
  prepare_hello(session);
  const uint16_t port = session.listen()->port;
  const auto begin = Clock::now();
  RawClient client(port,
                   [&](Wire& wire) { drip(wire, client_hello(), SIZE_MAX, kHelloPaceMs); });
  accept();
  expect_hello_timeout(begin);
}

TEST_P(Drip, AServerHelloMovesTheReceiveDeadline) {
  Session session = client_session();
  prepare_receive(session);
  RawServer server([&](Wire& wire) { drip_and_stop(wire, server_hello(wire)); });
  const auto begin = Clock::now();
  session.connect_to("127.0.0.1", server.port(), queue_);
  expect_receive_timeout(begin);
}

TEST_P(Drip, AClientHelloMovesTheReceiveDeadline) {
  Session session = server_session();
  prepare_receive(session);
  const uint16_t port = session.listen()->port;
  const auto begin = Clock::now();
  RawClient client(port, [&](Wire& wire) { drip_and_stop(wire, client_hello()); });
  accept();
  expect_receive_timeout(begin);
}

TRESTLE_ON_EACH_BACKEND(Drip);

}  // namespace
}  // namespace trestle::testing
