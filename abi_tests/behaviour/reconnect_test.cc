// SPDX-License-Identifier: Apache-2.0
// A connection that connects again begins anew: what its life before left unanswered neither stops
// it nor can be answered.
#include <poll.h>

#include "abi_tests/behaviour/with_libssl.h"

namespace trestle::testing {
namespace {

class Reconnect : public WithLibssl {
 protected:
  void disconnect(Connection& connection, int32_t result) {
    ASSERT_EQ(connection.disconnect_req(), TRESTLE_RESULT_SUCCESS);
    program_->expect(TRESTLE_PRIM_CONNECTION_DISCONNECT_CFM, result);
  }

  // Until the queue has something, which stays in it.
  void wait_for_a_message() {
    pollfd descriptor{-1, POLLIN, 0};
    ASSERT_EQ(api().queue_fd(program_->engine(), program_->queue(), &descriptor.fd),
              TRESTLE_RESULT_SUCCESS);
    ASSERT_EQ(poll(&descriptor, 1, 20000), 1);
  }

  // So much DATA_IND may be unanswered, and no more; and then data flows.
  void expect_the_whole_window(Connection& connection, int window) {
    for (int i = 0; i < window; ++i) {
      peer().write("in");
      EXPECT_EQ(program_->expect(TRESTLE_PRIM_CONNECTION_DATA_IND).data(), "in");
    }
    peer().write("held back");
    // A later request's confirm shows that the worker had time to indicate more.
    connection.send("out");
    EXPECT_EQ(peer().read(), "out");
    EXPECT_FALSE(program_->poll());
    for (int i = 0; i < window; ++i) EXPECT_EQ(connection.data_res(), TRESTLE_RESULT_SUCCESS);
    EXPECT_EQ(connection.receive(9), "held back");
    EXPECT_EQ(connection.data_res(), TRESTLE_RESULT_NOTHING_TO_ANSWER);
  }
};

// Nothing is read while an answer is owed, so the peer's close isn't seen.
TEST_P(Reconnect, WithAnAnswerOwedAndTheWindowFull) {
  session_->set(TRESTLE_OPTION_CLOSE_TIMEOUT, int64_t{50});
  Connection connection = connect();
  for (int life = 0; life < 3; ++life) {
    SCOPED_TRACE(life);
    peer().write("in");
    EXPECT_EQ(program_->expect(TRESTLE_PRIM_CONNECTION_DATA_IND).data(), "in");
    disconnect(connection, TRESTLE_RESULT_CLOSE_TIMEOUT);
    EXPECT_EQ(connection.data_res(), TRESTLE_RESULT_NOTHING_TO_ANSWER);
    connect_again(connection);
    EXPECT_EQ(connection.data_res(), TRESTLE_RESULT_NOTHING_TO_ANSWER);
    expect_the_whole_window(connection, 1);
  }
}

TEST_P(Reconnect, WithAnswersOwedAndTheWindowOpen) {
  session_->set(TRESTLE_OPTION_RECEIVE_WINDOW, int64_t{3});
  Connection connection = connect();
  for (int life = 0; life < 3; ++life) {
    SCOPED_TRACE(life);
    for (int i = 0; i < 2; ++i) {
      peer().write("in");
      EXPECT_EQ(program_->expect(TRESTLE_PRIM_CONNECTION_DATA_IND).data(), "in");
    }
    ASSERT_EQ(connection.disconnect_req(), TRESTLE_RESULT_SUCCESS);
    EXPECT_EQ(peer().read_to_the_end(), 0u);
    peer().close_notify();
    program_->expect(TRESTLE_PRIM_CONNECTION_DISCONNECT_CFM, TRESTLE_RESULT_SUCCESS);
    EXPECT_EQ(connection.data_res(), TRESTLE_RESULT_NOTHING_TO_ANSWER);
    connect_again(connection);
    expect_the_whole_window(connection, 3);
  }
}

// The program that has not fetched the end yet answers in good faith; that counts for nothing.
TEST_P(Reconnect, AnAnswerBeforeTheEndIsFetched) {
  session_->set(TRESTLE_OPTION_CLOSE_TIMEOUT, int64_t{50});
  Connection connection = connect();
  peer().write("in");
  program_->expect(TRESTLE_PRIM_CONNECTION_DATA_IND);
  ASSERT_EQ(connection.disconnect_req(), TRESTLE_RESULT_SUCCESS);
  wait_for_a_message();
  EXPECT_EQ(connection.data_res(), TRESTLE_RESULT_SUCCESS);
  EXPECT_EQ(connection.data_res(), TRESTLE_RESULT_NOTHING_TO_ANSWER);
  program_->expect(TRESTLE_PRIM_CONNECTION_DISCONNECT_CFM, TRESTLE_RESULT_CLOSE_TIMEOUT);
  connect_again(connection);
  expect_the_whole_window(connection, 1);
}

INSTANTIATE_TEST_SUITE_P(Backends, Reconnect,
                         ::testing::Combine(::testing::ValuesIn(backends()),
                                            ::testing::Values(TRESTLE_VERSION_TLS12,
                                                              TRESTLE_VERSION_TLS13),
                                            ::testing::Values(TRESTLE_ROLE_CLIENT)),
                         with_libssl_name);

// Where the server has said all that it says in a handshake before the client is through.
class ReconnectTls13 : public Reconnect {};

// Neither does it when the next life has begun already.
TEST_P(ReconnectTls13, AnAnswerInTheNextLifeToTheOneBefore) {
  session_->set(TRESTLE_OPTION_CLOSE_TIMEOUT, int64_t{50});
  Connection connection = connect();
  peer().write("in");
  program_->expect(TRESTLE_PRIM_CONNECTION_DATA_IND);
  ASSERT_EQ(connection.disconnect_req(), TRESTLE_RESULT_SUCCESS);
  wait_for_a_message();
  ASSERT_EQ(connection.connect_req("127.0.0.1", peer().port()), TRESTLE_RESULT_SUCCESS);
  peer().handshake();
  peer().write("new");
  // The confirm shows that this was indicated.
  ASSERT_EQ(connection.data_req("out"), TRESTLE_RESULT_SUCCESS);
  EXPECT_EQ(peer().read(), "out");
  EXPECT_EQ(connection.data_res(), TRESTLE_RESULT_SUCCESS);
  peer().write("held back");
  program_->expect(TRESTLE_PRIM_CONNECTION_DISCONNECT_CFM, TRESTLE_RESULT_CLOSE_TIMEOUT);
  program_->expect(TRESTLE_PRIM_CONNECTION_CONNECT_CFM, TRESTLE_RESULT_SUCCESS);
  EXPECT_EQ(connection.data_res(), TRESTLE_RESULT_NOTHING_TO_ANSWER);
  // "new" before or behind its confirm, and nothing else.
  int data = 0, confirms = 0;
  while (data + confirms < 2) {
    Message message = program_->next();
    data += message->primitive == TRESTLE_PRIM_CONNECTION_DATA_IND;
    confirms += message->primitive == TRESTLE_PRIM_CONNECTION_DATA_CFM;
  }
  EXPECT_EQ(data, 1);
  connection.send("again");
  EXPECT_EQ(peer().read(), "again");
  EXPECT_FALSE(program_->poll());
  EXPECT_EQ(connection.data_res(), TRESTLE_RESULT_SUCCESS);
  EXPECT_EQ(connection.receive(9), "held back");
}

INSTANTIATE_TEST_SUITE_P(Backends, ReconnectTls13,
                         ::testing::Combine(::testing::ValuesIn(backends()),
                                            ::testing::Values(TRESTLE_VERSION_TLS13),
                                            ::testing::Values(TRESTLE_ROLE_CLIENT)),
                         with_libssl_name);

}  // namespace
}  // namespace trestle::testing
