// SPDX-License-Identifier: Apache-2.0
// DISCONNECT against a peer that has something to say yet, and one that takes its time.
#include <algorithm>
#include <chrono>

#include "abi_tests/behaviour/with_libssl.h"

namespace trestle::testing {
namespace {

using Clock = std::chrono::steady_clock;

int64_t milliseconds_since(Clock::time_point begin) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin).count();
}

class Closing : public WithLibssl {
 protected:
  // A message that is there within so many milliseconds, or an empty one.
  Message next_within(int32_t timeout_ms) {
    const trestle_message* message = nullptr;
    uint32_t count = 0;
    api().queue_get(program_->engine(), program_->queue(), &message, 1, timeout_ms, &count);
    return count == 1 ? Message(program_->engine(), message) : Message();
  }

  // Everything that comes before DISCONNECT_CFM must be this data.
  void expect_data_and_a_clean_end(Connection& connection, const std::string& data) {
    EXPECT_EQ(connection.receive(data.size()), data);
    Message cfm = program_->expect(TRESTLE_PRIM_CONNECTION_DISCONNECT_CFM);
    EXPECT_EQ(cfm->result, TRESTLE_RESULT_SUCCESS) << cfm;
  }
};

TEST_P(Closing, DataAfterOurCloseNotify) {
  Connection connection = connect();
  ASSERT_EQ(connection.disconnect_req(), TRESTLE_RESULT_SUCCESS);
  EXPECT_EQ(peer().read_to_the_end(), 0u);
  ASSERT_EQ(peer().end(), PeerEnd::kCloseNotify) << name_of(peer().end());
  std::string data;
  for (size_t size : {1, 1000, 40000}) {
    data += std::string(size, static_cast<char>('a' + size % 26));
    peer().write(std::string_view(data).substr(data.size() - size));
  }
  peer().close_notify();
  expect_data_and_a_clean_end(connection, data);
}

// Both sides' close_notify may cross.
TEST_P(Closing, AtTheSameTime) {
  Connection connection = connect();
  peer().write("last words");
  peer().close_notify();
  ASSERT_EQ(connection.disconnect_req(), TRESTLE_RESULT_SUCCESS);
  // Whichever came first, the data is there and the end is clean.
  EXPECT_EQ(connection.receive(10), "last words");
  Message end = program_->next();
  if (end->primitive == TRESTLE_PRIM_CONNECTION_DISCONNECT_IND) {
    EXPECT_EQ(end->result, TRESTLE_RESULT_SUCCESS) << end;
    end = program_->expect(TRESTLE_PRIM_CONNECTION_DISCONNECT_CFM, TRESTLE_RESULT_NOT_CONNECTED);
  } else {
    EXPECT_EQ(end->primitive, uint32_t{TRESTLE_PRIM_CONNECTION_DISCONNECT_CFM});
    EXPECT_EQ(end->result, TRESTLE_RESULT_SUCCESS) << end;
  }
  EXPECT_EQ(peer().read_to_the_end(), 0u);
  EXPECT_EQ(peer().end(), PeerEnd::kCloseNotify) << name_of(peer().end());
}

// Without a limit of time the peer's close has to come of what we sent.
TEST_P(Closing, ThePeerSeesTheEndOfTcpWithoutATimeout) {
  session_->set(TRESTLE_OPTION_CLOSE_TIMEOUT, int64_t{0});
  Connection connection = connect(kSmallBuffer);
  ASSERT_EQ(connection.data_req(much(), TRESTLE_DATA_BORROW), TRESTLE_RESULT_SUCCESS);
  uint64_t read = peer().read_bytes(1);
  ASSERT_EQ(connection.disconnect_req(), TRESTLE_RESULT_SUCCESS);
  read += peer().read_to_the_end();
  EXPECT_EQ(read, much().size());
  EXPECT_EQ(peer().end(), PeerEnd::kCloseNotify) << name_of(peer().end());
  EXPECT_TRUE(peer().sees_fin());
  program_->expect(TRESTLE_PRIM_CONNECTION_DATA_CFM, TRESTLE_RESULT_SUCCESS);
  peer().close_notify();
  program_->expect(TRESTLE_PRIM_CONNECTION_DISCONNECT_CFM, TRESTLE_RESULT_SUCCESS);
}

TEST_P(Closing, AReaderThatStopsIsGivenUp) {
  constexpr int64_t kTimeoutMs = 150;
  session_->set(TRESTLE_OPTION_CLOSE_TIMEOUT, kTimeoutMs);
  Connection connection = connect(kSmallBuffer);
  ASSERT_EQ(connection.data_req(much(), TRESTLE_DATA_BORROW), TRESTLE_RESULT_SUCCESS);
  const Clock::time_point begin = Clock::now();
  ASSERT_EQ(connection.disconnect_req(), TRESTLE_RESULT_SUCCESS);
  peer().read_bytes(much().size() / 2);
  program_->expect(TRESTLE_PRIM_CONNECTION_DATA_CFM, TRESTLE_RESULT_CANCELLED);
  program_->expect(TRESTLE_PRIM_CONNECTION_DISCONNECT_CFM, TRESTLE_RESULT_CLOSE_TIMEOUT);
  EXPECT_GE(milliseconds_since(begin), kTimeoutMs);
}

INSTANTIATE_TEST_SUITE_P(Backends, Closing,
                         ::testing::Combine(::testing::ValuesIn(backends()),
                                            ::testing::Values(TRESTLE_VERSION_TLS12,
                                                              TRESTLE_VERSION_TLS13),
                                            ::testing::Values(TRESTLE_ROLE_CLIENT,
                                                              TRESTLE_ROLE_SERVER)),
                         with_libssl_name);

// RFC 8446, 4.6.3: a KeyUpdate that asks for one in return can't have it after our close_notify.
class ClosingTls13 : public Closing {};

TEST_P(ClosingTls13, KeyUpdatesAfterOurCloseNotify) {
  Connection connection = connect();
  ASSERT_EQ(connection.disconnect_req(), TRESTLE_RESULT_SUCCESS);
  EXPECT_EQ(peer().read_to_the_end(), 0u);
  ASSERT_EQ(peer().end(), PeerEnd::kCloseNotify) << name_of(peer().end());
  EXPECT_TRUE(peer().sees_fin());
  // One after the other: what can't be answered must not spoil what comes later.
  for (char c : {'a', 'b', 'c'}) {
    peer().request_key_update();
    peer().write(std::string(20000, c));
    EXPECT_EQ(connection.receive(20000), std::string(20000, c));
    peer().write(std::string(1, c));
    EXPECT_EQ(connection.receive(1), std::string(1, c));
  }
  peer().close_notify();
  expect_data_and_a_clean_end(connection, "");
}

// The same while the program owes an answer, so that nothing of it is read before.
TEST_P(ClosingTls13, KeyUpdatesThatAreReadLate) {
  Connection connection = connect();
  peer().write("first");
  Message first = program_->expect(TRESTLE_PRIM_CONNECTION_DATA_IND);
  EXPECT_EQ(first.data(), "first");
  ASSERT_EQ(connection.disconnect_req(), TRESTLE_RESULT_SUCCESS);
  EXPECT_EQ(peer().read_to_the_end(), 0u);
  ASSERT_EQ(peer().end(), PeerEnd::kCloseNotify) << name_of(peer().end());
  peer().request_key_update();
  peer().write("second");
  peer().close_notify();
  ASSERT_EQ(connection.data_res(), TRESTLE_RESULT_SUCCESS);
  expect_data_and_a_clean_end(connection, "second");
}

// While both directions are open, what was asked for is given.
TEST_P(ClosingTls13, KeyUpdatesBeforeIt) {
  Connection connection = connect();
  for (int i = 0; i < 3; ++i) {
    peer().request_key_update();
    peer().write("in");
    EXPECT_EQ(connection.receive(2), "in");
    connection.send("out");
    EXPECT_EQ(peer().read(), "out");
  }
  ASSERT_EQ(connection.disconnect_req(), TRESTLE_RESULT_SUCCESS);
  EXPECT_EQ(peer().read_to_the_end(), 0u);
  EXPECT_EQ(peer().end(), PeerEnd::kCloseNotify) << name_of(peer().end());
  peer().close_notify();
  program_->expect(TRESTLE_PRIM_CONNECTION_DISCONNECT_CFM, TRESTLE_RESULT_SUCCESS);
}

// The time runs from what the peer took last, not from the request. (It takes long, and is no
// matter of versions.)
TEST_P(ClosingTls13, ASlowReaderGetsEverything) {
  // So slow that TCP takes nothing new from us for longer than the time limit.
  constexpr int64_t kTimeoutMs = 400, kTickMs = 10, kBytesPerMs = 1536;
  const std::string_view data = std::string_view(much()).substr(0, 4 << 20);
  session_->set(TRESTLE_OPTION_CLOSE_TIMEOUT, kTimeoutMs);
  Connection connection = connect(kSmallBuffer);
  ASSERT_EQ(connection.data_req(data, TRESTLE_DATA_BORROW), TRESTLE_RESULT_SUCCESS);
  const Clock::time_point begin = Clock::now();
  ASSERT_EQ(connection.disconnect_req(), TRESTLE_RESULT_SUCCESS);
  // The peer reads at its pace for as long as the program has nothing to fetch.
  uint64_t read = 0;
  while (read < data.size()) {
    Message message = next_within(kTickMs);
    if (message) {
      ASSERT_EQ(message->primitive, uint32_t{TRESTLE_PRIM_CONNECTION_DATA_CFM}) << message;
      ASSERT_EQ(message->result, TRESTLE_RESULT_SUCCESS) << message;
    }
    const uint64_t due = static_cast<uint64_t>(milliseconds_since(begin) * kBytesPerMs);
    if (read < due) read += peer().read_bytes(std::min(due, data.size()) - read);
  }
  EXPECT_GT(milliseconds_since(begin), 3 * kTimeoutMs) << "the peer was too fast to prove anything";
  EXPECT_EQ(peer().read_to_the_end(), 0u);
  EXPECT_EQ(peer().end(), PeerEnd::kCloseNotify) << name_of(peer().end());
  peer().close_notify();
  program_->expect(TRESTLE_PRIM_CONNECTION_DISCONNECT_CFM, TRESTLE_RESULT_SUCCESS);
}

INSTANTIATE_TEST_SUITE_P(Backends, ClosingTls13,
                         ::testing::Combine(::testing::ValuesIn(backends()),
                                            ::testing::Values(TRESTLE_VERSION_TLS13),
                                            ::testing::Values(TRESTLE_ROLE_CLIENT,
                                                              TRESTLE_ROLE_SERVER)),
                         with_libssl_name);

}  // namespace
}  // namespace trestle::testing
