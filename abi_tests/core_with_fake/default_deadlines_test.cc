// SPDX-License-Identifier: Apache-2.0
// The deadlines of a program that sets none: they are the core's, whatever the backend. All of them
// run at the same time, so the test takes as long as the longest.
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <map>

#include "abi_tests/core_with_fake/life.h"
#include "abi_tests/support/loopback.h"

namespace trestle::testing {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// A busy machine may be late; early is wrong.
constexpr milliseconds kLateness{10'000};

struct Deadline {
  const char* name;
  uint32_t cfm;
  int32_t result;
  milliseconds length;
  Clock::time_point begin = Clock::now();
};

class DefaultDeadlines : public FakeTest {};

TEST_F(DefaultDeadlines, AreThoseOfTheHeader) {
  TwoEngines two;
  // The kernel connects, and nobody says anything.
  uint16_t silent_port = 0;
  const int silent = listen_on_loopback(&silent_port);
  FullListener full;

  // The peer of this one never answers its data, so it never gets to read the close_notify.
  Connection closing = two.connect();
  closing.send(std::string(100000, 'x'));
  two.server_program.expect(TRESTLE_PRIM_CONNECTION_DATA_IND);

  // Each default stands alone: where two would end together, the other one is off.
  Session no_hello = two.program.client("fake"), no_receive = two.program.client("fake");
  no_hello.set(TRESTLE_OPTION_HELLO_TIMEOUT, int64_t{0});
  no_receive.set(TRESTLE_OPTION_RECEIVE_TIMEOUT, int64_t{0});
  Session untouched = two.program.client("fake");
  Connection receiving = no_hello.create_connection(), greeting = no_receive.create_connection(),
             connecting = untouched.create_connection();

  std::map<uint64_t, Deadline> running;
  const auto begin = [&running](const Connection& connection, const Deadline& deadline) {
    running.emplace(connection.handle(), deadline);
  };
  begin(receiving, {"receive", TRESTLE_PRIM_CONNECTION_CONNECT_CFM, TRESTLE_RESULT_RECEIVE_TIMEOUT,
                    milliseconds(15'000)});
  ASSERT_EQ(receiving.connect_req("127.0.0.1", silent_port), TRESTLE_RESULT_SUCCESS);
  begin(greeting, {"hello", TRESTLE_PRIM_CONNECTION_CONNECT_CFM, TRESTLE_RESULT_HELLO_TIMEOUT,
                   milliseconds(15'000)});
  ASSERT_EQ(greeting.connect_req("127.0.0.1", silent_port), TRESTLE_RESULT_SUCCESS);
  begin(connecting, {"connect", TRESTLE_PRIM_CONNECTION_CONNECT_CFM,
                     TRESTLE_RESULT_CONNECT_TIMEOUT, milliseconds(15'000)});
  ASSERT_EQ(connecting.connect_req("127.0.0.1", full.port()), TRESTLE_RESULT_SUCCESS);
  begin(closing, {"close", TRESTLE_PRIM_CONNECTION_DISCONNECT_CFM, TRESTLE_RESULT_CLOSE_TIMEOUT,
                  milliseconds(5'000)});
  ASSERT_EQ(closing.disconnect_req(), TRESTLE_RESULT_SUCCESS);

  while (!running.empty()) {
    Message end = two.program.next();
    const auto found = running.find(end->connection);
    ASSERT_NE(found, running.end()) << end;
    const Deadline& deadline = found->second;
    const auto took = Clock::now() - deadline.begin;
    EXPECT_EQ(end->primitive, deadline.cfm) << deadline.name;
    EXPECT_EQ(end->result, deadline.result) << deadline.name << ": " << end;
    EXPECT_GE(took, deadline.length) << deadline.name;
    EXPECT_LT(took, deadline.length + kLateness) << deadline.name;
    running.erase(found);
  }
  close(silent);
}

}  // namespace
}  // namespace trestle::testing
