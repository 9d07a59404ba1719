// SPDX-License-Identifier: Apache-2.0
// A connection's own queue: named with CONNECTION_CREATE_REQ or ACCEPT_RES, it gets everything from
// then on, and is claimed from then on and no longer than the connection lives.
#include <thread>

#include "abi_tests/behaviour/with_libssl.h"

namespace trestle::testing {
namespace {

constexpr int kRounds = 200;

class Queues : public ::testing::TestWithParam<std::string> {
 protected:
  Queues() : own_(program_.new_queue()) {}

  Session server() {
    Session session = program_.server(GetParam());
    session.identity(pki_.server);
    return session;
  }
  // Connected by TCP alone; its ACCEPT_IND has been fetched.
  struct Waiting {
    Connection connection;
    LibsslPeer peer;
  };
  Waiting waiting(uint16_t port) {
    LibsslPeer peer = LibsslPeer::client(TRESTLE_VERSION_TLS13, port);
    return {Connection(&program_, program_.expect(TRESTLE_PRIM_ACCEPT_IND)->connection),
            std::move(peer)};
  }

  // The next message of the connection's own queue.
  void expect(uint32_t primitive, int32_t result) {
    Message message = program_.expect(primitive, own_);
    EXPECT_EQ(message->result, result) << message;
  }
  void expect_nothing_for_the_session() {
    Message message = program_.poll();
    EXPECT_FALSE(message) << message;
  }
  int32_t destroy_own() { return api().queue_destroy(program_.engine(), own_); }

  const TestPki pki_;
  Program program_;
  uint64_t own_;
};

TEST_P(Queues, DisconnectRightAfterAccept) {
  const uint16_t port = server().listen()->port;
  for (int i = 0; i < kRounds; ++i) {
    Waiting one = waiting(port);
    ASSERT_EQ(one.connection.accept_res(1, own_), TRESTLE_RESULT_SUCCESS);
    ASSERT_EQ(one.connection.disconnect_req(), TRESTLE_RESULT_SUCCESS);
    expect(TRESTLE_PRIM_CONNECTION_CONNECT_IND, TRESTLE_RESULT_CANCELLED);
    expect(TRESTLE_PRIM_CONNECTION_DISCONNECT_CFM, TRESTLE_RESULT_SUCCESS);
    ASSERT_EQ(one.connection.destroy_req(), TRESTLE_RESULT_SUCCESS);
    expect(TRESTLE_PRIM_CONNECTION_DESTROY_CFM, TRESTLE_RESULT_SUCCESS);
    expect_nothing_for_the_session();
  }
  EXPECT_EQ(destroy_own(), TRESTLE_RESULT_SUCCESS);
}

TEST_P(Queues, DestroyRightAfterAccept) {
  const uint16_t port = server().listen()->port;
  for (int i = 0; i < kRounds; ++i) {
    Waiting one = waiting(port);
    ASSERT_EQ(one.connection.accept_res(1, own_), TRESTLE_RESULT_SUCCESS);
    EXPECT_EQ(destroy_own(), TRESTLE_RESULT_BUSY);
    ASSERT_EQ(one.connection.destroy_req(), TRESTLE_RESULT_SUCCESS);
    expect(TRESTLE_PRIM_CONNECTION_DESTROY_CFM, TRESTLE_RESULT_SUCCESS);
    expect_nothing_for_the_session();
  }
  EXPECT_EQ(destroy_own(), TRESTLE_RESULT_SUCCESS);
}

TEST_P(Queues, EverythingRightAfterAccept) {
  const uint16_t port = server().listen()->port;
  for (int i = 0; i < kRounds; ++i) {
    Waiting one = waiting(port);
    ASSERT_EQ(one.connection.accept_res(1, own_), TRESTLE_RESULT_SUCCESS);
    ASSERT_EQ(one.connection.data_req("too early"), TRESTLE_RESULT_SUCCESS);
    ASSERT_EQ(one.connection.disconnect_req(), TRESTLE_RESULT_SUCCESS);
    ASSERT_EQ(one.connection.destroy_req(), TRESTLE_RESULT_SUCCESS);
    expect(TRESTLE_PRIM_CONNECTION_DATA_CFM, TRESTLE_RESULT_NOT_CONNECTED);
    expect(TRESTLE_PRIM_CONNECTION_CONNECT_IND, TRESTLE_RESULT_CANCELLED);
    expect(TRESTLE_PRIM_CONNECTION_DISCONNECT_CFM, TRESTLE_RESULT_SUCCESS);
    expect(TRESTLE_PRIM_CONNECTION_DESTROY_CFM, TRESTLE_RESULT_SUCCESS);
    expect_nothing_for_the_session();
  }
  EXPECT_EQ(destroy_own(), TRESTLE_RESULT_SUCCESS);
}

TEST_P(Queues, AWholeLifeAfterAccept) {
  const uint16_t port = server().listen()->port;
  for (int i = 0; i < 5; ++i) {
    Waiting one = waiting(port);
    ASSERT_EQ(one.connection.accept_res(1, own_), TRESTLE_RESULT_SUCCESS);
    ASSERT_EQ(one.connection.data_req("too early"), TRESTLE_RESULT_SUCCESS);
    expect(TRESTLE_PRIM_CONNECTION_DATA_CFM, TRESTLE_RESULT_NOT_CONNECTED);
    one.peer.handshake();
    expect(TRESTLE_PRIM_CONNECTION_CONNECT_IND, TRESTLE_RESULT_SUCCESS);
    ASSERT_EQ(one.connection.data_req("out"), TRESTLE_RESULT_SUCCESS);
    expect(TRESTLE_PRIM_CONNECTION_DATA_CFM, TRESTLE_RESULT_SUCCESS);
    EXPECT_EQ(one.peer.read(), "out");
    one.peer.write("in");
    expect(TRESTLE_PRIM_CONNECTION_DATA_IND, TRESTLE_RESULT_SUCCESS);
    ASSERT_EQ(one.connection.data_res(), TRESTLE_RESULT_SUCCESS);
    one.peer.close_notify();
    expect(TRESTLE_PRIM_CONNECTION_DISCONNECT_IND, TRESTLE_RESULT_SUCCESS);
    ASSERT_EQ(one.connection.destroy_req(), TRESTLE_RESULT_SUCCESS);
    expect(TRESTLE_PRIM_CONNECTION_DESTROY_CFM, TRESTLE_RESULT_SUCCESS);
    expect_nothing_for_the_session();
  }
  EXPECT_EQ(destroy_own(), TRESTLE_RESULT_SUCCESS);
}

TEST_P(Queues, ARefusedAcceptResClaimsNothing) {
  Session session = server();
  const uint16_t port = session.listen()->port;
  const uint64_t gone = program_.new_queue();
  ASSERT_EQ(api().queue_destroy(program_.engine(), gone), TRESTLE_RESULT_SUCCESS);
  Waiting one = waiting(port);
  EXPECT_EQ(one.connection.accept_res(1, gone), TRESTLE_RESULT_BAD_HANDLE);
  EXPECT_EQ(one.connection.accept_res(2, own_), TRESTLE_RESULT_BAD_ARGUMENT);
  EXPECT_EQ(one.connection.accept_res(1), TRESTLE_RESULT_SUCCESS);
  EXPECT_EQ(one.connection.accept_res(1, own_), TRESTLE_RESULT_NOTHING_TO_ANSWER);
  EXPECT_EQ(destroy_own(), TRESTLE_RESULT_SUCCESS);
  one.peer.handshake();
  program_.expect(TRESTLE_PRIM_CONNECTION_CONNECT_IND, TRESTLE_RESULT_SUCCESS);
  EXPECT_EQ(one.connection.destroy()->result, TRESTLE_RESULT_SUCCESS);
  EXPECT_EQ(one.connection.accept_res(1, program_.queue()), TRESTLE_RESULT_BAD_HANDLE);
}

TEST_P(Queues, ANoClaimsNothingForLong) {
  Session session = server();
  Waiting one = waiting(session.listen()->port);
  ASSERT_EQ(one.connection.accept_res(0, own_), TRESTLE_RESULT_SUCCESS);
  EXPECT_EQ(session.destroy()->result, TRESTLE_RESULT_SUCCESS);
  EXPECT_FALSE(program_.poll(own_));
  EXPECT_EQ(destroy_own(), TRESTLE_RESULT_SUCCESS);
}

// The session may end at any moment in between.
TEST_P(Queues, TheSessionEndsWhileOneIsAccepted) {
  for (int i = 0; i < 60; ++i) {
    Session session = server();
    Waiting one = waiting(session.listen()->port);
    std::thread other([&] {
      EXPECT_EQ(api().session_destroy_req(program_.engine(), session.handle(), 77),
                TRESTLE_RESULT_SUCCESS);
    });
    const int32_t accepted = one.connection.accept_res(1, own_);
    const int32_t asked = one.connection.disconnect_req();
    other.join();
    EXPECT_TRUE(accepted == TRESTLE_RESULT_SUCCESS || accepted == TRESTLE_RESULT_BAD_HANDLE)
        << name_of(accepted);
    EXPECT_TRUE(asked == TRESTLE_RESULT_SUCCESS || asked == TRESTLE_RESULT_BAD_HANDLE)
        << name_of(asked);
    Message last = program_.expect(TRESTLE_PRIM_SESSION_DESTROY_CFM);
    EXPECT_EQ(last->tag, 77u);
    // What is asked for during the end may be confirmed after it.
    int due = asked == TRESTLE_RESULT_SUCCESS ? 1 : 0;
    while (due > 0)
      due -= program_.next(own_)->primitive == TRESTLE_PRIM_CONNECTION_DISCONNECT_CFM;
    EXPECT_FALSE(program_.poll(own_));
    expect_nothing_for_the_session();
    EXPECT_EQ(destroy_own(), TRESTLE_RESULT_SUCCESS);
    own_ = program_.new_queue();
  }
}

// --- CONNECTION_CREATE_REQ ---

class CreatedQueues : public Queues {
 protected:
  CreatedQueues() : session_(program_.client(GetParam())) {}
  int32_t create(const Session& session, uint64_t queue) {
    return api().connection_create_req(program_.engine(), session.handle(), TRESTLE_FAMILY_IP4,
                                       queue, program_.next_tag());
  }
  Session session_;
};

TEST_P(CreatedQueues, AreClaimedAtOnce) {
  for (int i = 0; i < kRounds; ++i) {
    ASSERT_EQ(create(session_, own_), TRESTLE_RESULT_SUCCESS);
    EXPECT_EQ(destroy_own(), TRESTLE_RESULT_BUSY);
    Message cfm = program_.expect(TRESTLE_PRIM_CONNECTION_CREATE_CFM);
    ASSERT_EQ(cfm->result, TRESTLE_RESULT_SUCCESS) << cfm;
    Connection connection(&program_, cfm->connection);
    EXPECT_EQ(destroy_own(), TRESTLE_RESULT_BUSY);
    ASSERT_EQ(connection.destroy_req(), TRESTLE_RESULT_SUCCESS);
    expect(TRESTLE_PRIM_CONNECTION_DESTROY_CFM, TRESTLE_RESULT_SUCCESS);
    EXPECT_EQ(destroy_own(), TRESTLE_RESULT_SUCCESS);
    own_ = program_.new_queue();
  }
}

TEST_P(CreatedQueues, AreFreeAfterAFailure) {
  Session server_session = program_.server(GetParam());
  ASSERT_EQ(create(server_session, own_), TRESTLE_RESULT_SUCCESS);
  program_.expect(TRESTLE_PRIM_CONNECTION_CREATE_CFM, TRESTLE_RESULT_WRONG_STATE);
  EXPECT_EQ(destroy_own(), TRESTLE_RESULT_SUCCESS);
  EXPECT_EQ(create(session_, own_), TRESTLE_RESULT_BAD_HANDLE);
}

TEST_P(CreatedQueues, AreFreeAfterARefusal) {
  // The session's queue has room for one confirm.
  const uint64_t narrow = program_.new_queue(1);
  ASSERT_EQ(api().session_create_req(program_.engine(), narrow, TRESTLE_ROLE_CLIENT,
                                     GetParam().c_str(), 1),
            TRESTLE_RESULT_SUCCESS);
  Session session(&program_, program_.expect(TRESTLE_PRIM_SESSION_CREATE_CFM, narrow)->session);
  ASSERT_EQ(api().config_compression_req(program_.engine(), session.handle(), 0, 2),
            TRESTLE_RESULT_SUCCESS);
  EXPECT_EQ(create(session, own_), TRESTLE_RESULT_QUEUE_FULL);
  EXPECT_EQ(destroy_own(), TRESTLE_RESULT_SUCCESS);
}

TEST_P(CreatedQueues, AreFreeWhenTheSessionEnds) {
  for (int i = 0; i < 60; ++i) {
    Session session = program_.client(GetParam());
    ASSERT_EQ(create(session, own_), TRESTLE_RESULT_SUCCESS);
    int32_t second = TRESTLE_RESULT_BAD_HANDLE;
    std::thread other([&] { second = create(session, own_); });
    ASSERT_EQ(api().session_destroy_req(program_.engine(), session.handle(), 1),
              TRESTLE_RESULT_SUCCESS);
    other.join();
    // What is asked for during the end may be confirmed after it.
    for (int due = second == TRESTLE_RESULT_SUCCESS ? 3 : 2; due > 0; --due) {
      Message message = program_.next();
      EXPECT_TRUE(message->result == TRESTLE_RESULT_SUCCESS ||
                  message->result == TRESTLE_RESULT_CANCELLED)
          << message;
    }
    expect_nothing_for_the_session();
    EXPECT_FALSE(program_.poll(own_));
    EXPECT_EQ(destroy_own(), TRESTLE_RESULT_SUCCESS);
    own_ = program_.new_queue();
  }
}

INSTANTIATE_TEST_SUITE_P(Backends, Queues, ::testing::ValuesIn(backends()),
                         [](const auto& info) { return info.param; });
INSTANTIATE_TEST_SUITE_P(Backends, CreatedQueues, ::testing::ValuesIn(backends()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace trestle::testing
