// SPDX-License-Identifier: Apache-2.0
// A worker that is deep in a handshake holds up nobody but itself, and nobody else's thread enters
// the backend.
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <future>
#include <thread>

#include "abi_tests/core_with_fake/life.h"

namespace trestle::testing {
namespace {

using fake::Slot;

class Lanes : public FakeTest {
 protected:
  static Program::Options workers(uint32_t handshake, uint32_t data) {
    Program::Options options;
    options.handshake_workers = handshake;
    options.data_workers = data;
    return options;
  }
};

TEST_F(Lanes, EstablishedConnectionsDoNotNoticeAHandshake) {
  TwoEngines two(workers(1, 1));
  Connection established = two.connect();
  Connection server_side = two.peer();
  script().hold(Slot::kHandshake);
  Connection slow = two.client.connect_to("127.0.0.1", two.port());
  script().wait_until_held(Slot::kHandshake, 1);
  Message accept = two.server_program.expect(TRESTLE_PRIM_ACCEPT_IND);
  // The only handshake worker is busy for as long as the test likes; data goes both ways.
  for (int i = 0; i < 20; ++i) {
    ASSERT_EQ(established.data_req("ping"), TRESTLE_RESULT_SUCCESS);
    EXPECT_EQ(server_side.receive(4), "ping");
    EXPECT_EQ(two.program.expect(TRESTLE_PRIM_CONNECTION_DATA_CFM)->result,
              TRESTLE_RESULT_SUCCESS);
    server_side.send("pong");
    EXPECT_EQ(established.receive(4), "pong");
  }
  // It even ends: that is asked and answered on the other lane.
  EXPECT_EQ(established.disconnect()->result, TRESTLE_RESULT_SUCCESS);
  script().release(Slot::kHandshake);
  EXPECT_EQ(Connection(&two.server_program, accept->connection).accept_res(1),
            TRESTLE_RESULT_SUCCESS);
  EXPECT_EQ(slow.finish_connect()->result, TRESTLE_RESULT_SUCCESS);
}

TEST_F(Lanes, RequestsToABusyWorkerAreAcceptedAndConfirmedInOrder) {
  TwoEngines two(workers(1, 1));
  Session other = two.program.client("fake");
  script().hold(Slot::kHandshake);
  two.client.connect_to("127.0.0.1", two.port());
  script().wait_until_held(Slot::kHandshake, 1);
  constexpr uint64_t kFirst = 1000, kCount = 200;
  for (uint64_t i = 0; i < kCount; ++i) {
    ASSERT_EQ(api().config_compression_req(two.program.engine(), other.handle(), i % 2,
                                           kFirst + i),
              TRESTLE_RESULT_SUCCESS);
  }
  EXPECT_FALSE(two.program.poll());
  script().release(Slot::kHandshake);
  uint64_t expected = kFirst;
  while (expected < kFirst + kCount) {
    Message message = two.program.next();
    if (message->primitive != TRESTLE_PRIM_CONFIG_COMPRESSION_CFM) continue;
    ASSERT_EQ(message->tag, expected);
    EXPECT_EQ(message->result,
              expected % 2 ? TRESTLE_RESULT_NOT_SUPPORTED : TRESTLE_RESULT_SUCCESS);
    ++expected;
  }
}

TEST_F(Lanes, OtherHandshakeWorkersGoOn) {
  Program::Options options = workers(2, 1);
  TwoEngines two(options);
  // Sessions take turns with the workers, so one of two is with the other worker.
  Session sessions[] = {two.program.client("fake"), two.program.client("fake")};
  const std::string identity = some_identity().chain_pem() + some_identity().key().pkcs8_pem();
  script().hold(Slot::kIdentityNew);
  ASSERT_EQ(api().config_cert_client_req(
                two.program.engine(), sessions[0].handle(), TRESTLE_CERTIFICATE,
                reinterpret_cast<const uint8_t*>(identity.data()), identity.size(), nullptr, 0,
                5000),
            TRESTLE_RESULT_SUCCESS);
  script().wait_until_held(Slot::kIdentityNew, 1);
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(sessions[1].compression(0)->result, TRESTLE_RESULT_SUCCESS);
  script().release(Slot::kIdentityNew);
  EXPECT_EQ(two.program.expect(TRESTLE_PRIM_CONFIG_CERT_CLIENT_CFM)->tag, 5000u);
}

TEST_F(Lanes, ASessionIsDestroyedInTheMiddleOfAHandshake) {
  TwoEngines two;
  script().hold(Slot::kHandshake);
  // The server never says yes, so the handshake can't come to its end by itself.
  Connection slow = two.client.connect_to("127.0.0.1", two.port());
  script().wait_until_held(Slot::kHandshake, 1);
  ASSERT_EQ(slow.data_req("x"), TRESTLE_RESULT_SUCCESS);
  ASSERT_EQ(api().session_destroy_req(two.program.engine(), two.client.handle(), 900),
            TRESTLE_RESULT_SUCCESS);
  EXPECT_FALSE(two.program.poll());
  script().release(Slot::kHandshake);
  int connects = 0, sends = 0;
  for (;;) {
    Message message = two.program.next();
    connects += message->primitive == TRESTLE_PRIM_CONNECTION_CONNECT_CFM &&
                message->result == TRESTLE_RESULT_CANCELLED;
    sends += message->primitive == TRESTLE_PRIM_CONNECTION_DATA_CFM;
    if (message->primitive == TRESTLE_PRIM_SESSION_DESTROY_CFM) break;
  }
  EXPECT_EQ(connects, 1);
  EXPECT_EQ(sends, 1);
  EXPECT_FALSE(two.program.poll());
}

TEST_F(Lanes, AnEngineIsDestroyedInTheMiddleOfAHandshake) {
  TwoEngines two;
  auto program = std::make_unique<Program>(workers(2, 2));
  Session session = program->client("fake");
  script().hold(Slot::kHandshake);
  session.connect_to("127.0.0.1", two.port());
  session.connect_to("127.0.0.1", two.port());
  script().wait_until_held(Slot::kHandshake, 2);
  std::future<void> destroyed = std::async(std::launch::async, [&] { program.reset(); });
  script().release(Slot::kHandshake);
  EXPECT_EQ(destroyed.wait_for(std::chrono::seconds(20)), std::future_status::ready);
}

TEST_F(Lanes, AnEngineIsDestroyedWhileManyWait) {
  TwoEngines two;
  Session session = two.program.client("fake");
  std::vector<Connection> waiting;
  for (int i = 0; i < 50; ++i) {
    waiting.push_back(session.connect_to("127.0.0.1", two.port()));
    Message accept = two.server_program.expect(TRESTLE_PRIM_ACCEPT_IND);
    Connection(&two.server_program, accept->connection).accept_res(1);
    two.program.expect(TRESTLE_PRIM_CONNECTION_CERT_IND);
  }
  // Parked handshakes are unwound when the engines go; TearDown looks.
}

std::string thread_name(int32_t thread) {
  std::ifstream file("/proc/self/task/" + std::to_string(thread) + "/comm");
  std::string name;
  std::getline(file, name);
  return name;
}

TEST_F(Lanes, OnlyWorkersEnterTheBackend) {
  Life life;
  std::atomic<int32_t> other_thread{0};
  std::thread([&] {
    other_thread = gettid();
    life.live();
  }).join();
  EXPECT_FALSE(script().called_on(gettid()));
  EXPECT_FALSE(script().called_on(other_thread));
  std::vector<int32_t> threads(100);
  threads.resize(script().threads(threads.data(), threads.size()));
  EXPECT_GE(threads.size(), 2u);
  for (int32_t thread : threads) EXPECT_EQ(thread_name(thread), "trestle");
  life.end();
}

TEST_F(Lanes, EachWorkerSaysGoodbye) {
  {
    Life life(workers(3, 2));
    life.live();
    life.end();
    EXPECT_EQ(script().calls(Slot::kThreadDetach), 0u);
  }
  EXPECT_EQ(script().calls(Slot::kThreadDetach), 5u);
  // An engine that loaded no backend has nobody to say it to.
  { Program program; }
  EXPECT_EQ(script().calls(Slot::kThreadDetach), 5u);
}

}  // namespace
}  // namespace trestle::testing
