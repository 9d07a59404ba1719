// SPDX-License-Identifier: Apache-2.0
// Close_notify says that everything was sent (RFC 8446, 6.1): a connection that ends before that
// ends without it, and the peer can tell.
#include "abi_tests/behaviour/with_libssl.h"

namespace trestle::testing {
namespace {

// The dirty ways to end a connection: C's DESTROY, and what ends everything.
enum class Way { kConnection, kSession, kShutdown, kEngine };

class DirtyEnds : public WithLibssl {
 protected:
  // A connection with a request that TCP can't take, under way.
  Connection connect_and_send_much() {
    Connection connection = connect(kSmallBuffer);
    if (connection.data_req(much(), TRESTLE_DATA_BORROW) != TRESTLE_RESULT_SUCCESS)
      throw std::runtime_error("data_req");
    read_ = peer().read_bytes(1);
    return connection;
  }

  // Ends it, up to its last message. `cancelled`: DATA_REQ that are confirmed as such before.
  void end(Connection& connection, Way way, int cancelled) {
    switch (way) {
      case Way::kConnection:
        ASSERT_EQ(connection.destroy_req(), TRESTLE_RESULT_SUCCESS);
        return expect_end(TRESTLE_PRIM_CONNECTION_DESTROY_CFM, cancelled);
      case Way::kSession:
        ASSERT_EQ(api().session_destroy_req(program_->engine(), session_->handle(), 1),
                  TRESTLE_RESULT_SUCCESS);
        return expect_end(TRESTLE_PRIM_SESSION_DESTROY_CFM, cancelled);
      case Way::kShutdown:
        ASSERT_EQ(api().engine_shutdown_req(program_->engine(), program_->queue(), 1),
                  TRESTLE_RESULT_SUCCESS);
        return expect_end(TRESTLE_PRIM_ENGINE_SHUTDOWN_CFM, cancelled);
      case Way::kEngine:
        return program_.reset();
    }
  }

  void expect_end(uint32_t primitive, int cancelled) {
    for (int i = 0; i < cancelled; ++i)
      program_->expect(TRESTLE_PRIM_CONNECTION_DATA_CFM, TRESTLE_RESULT_CANCELLED);
    program_->expect(primitive, TRESTLE_RESULT_SUCCESS);
  }

  // The peer, which reads on now, gets neither everything nor the word that it was everything.
  void expect_cut_off() {
    read_ += peer().read_to_the_end();
    EXPECT_LT(read_, much().size());
    EXPECT_TRUE(peer().end() == PeerEnd::kTruncated || peer().end() == PeerEnd::kReset)
        << name_of(peer().end());
  }

  void test_with_data_under_way(Way way) {
    Connection connection = connect_and_send_much();
    end(connection, way, 1);
    expect_cut_off();
  }

  void test_with_everything_confirmed(Way way) {
    Connection connection = connect();
    const std::string data(100000, 'y');
    connection.send(data, 30000);
    end(connection, way, 0);
    EXPECT_EQ(peer().read_to_the_end(), data.size());
    EXPECT_EQ(peer().end(), PeerEnd::kCloseNotify) << name_of(peer().end());
  }

  uint64_t read_ = 0;
};

TEST_P(DirtyEnds, ConnectionDestroyWithDataUnderWay) { test_with_data_under_way(Way::kConnection); }
TEST_P(DirtyEnds, SessionDestroyWithDataUnderWay) { test_with_data_under_way(Way::kSession); }
TEST_P(DirtyEnds, ShutdownWithDataUnderWay) { test_with_data_under_way(Way::kShutdown); }
TEST_P(DirtyEnds, EngineDestroyWithDataUnderWay) { test_with_data_under_way(Way::kEngine); }

TEST_P(DirtyEnds, ConnectionDestroyAfterEverything) {
  test_with_everything_confirmed(Way::kConnection);
}
TEST_P(DirtyEnds, SessionDestroyAfterEverything) { test_with_everything_confirmed(Way::kSession); }
TEST_P(DirtyEnds, ShutdownAfterEverything) { test_with_everything_confirmed(Way::kShutdown); }
TEST_P(DirtyEnds, EngineDestroyAfterEverything) { test_with_everything_confirmed(Way::kEngine); }

// The first of them is confirmed, the second is not.
TEST_P(DirtyEnds, DestroyAfterSome) {
  session_->set(TRESTLE_OPTION_SEND_WINDOW, int64_t{8});
  Connection connection = connect(kSmallBuffer);
  ASSERT_EQ(connection.data_req("first"), TRESTLE_RESULT_SUCCESS);
  program_->expect(TRESTLE_PRIM_CONNECTION_DATA_CFM, TRESTLE_RESULT_SUCCESS);
  for (int i = 0; i < 2; ++i)
    ASSERT_EQ(connection.data_req(much(), TRESTLE_DATA_BORROW), TRESTLE_RESULT_SUCCESS);
  ASSERT_EQ(connection.data_req("last"), TRESTLE_RESULT_SUCCESS);
  end(connection, Way::kConnection, 3);
  expect_cut_off();
}

// The way out was begun, and broken off.
TEST_P(DirtyEnds, DestroyWhileDisconnecting) {
  Connection connection = connect_and_send_much();
  ASSERT_EQ(connection.disconnect_req(), TRESTLE_RESULT_SUCCESS);
  ASSERT_EQ(connection.destroy_req(), TRESTLE_RESULT_SUCCESS);
  program_->expect(TRESTLE_PRIM_CONNECTION_DATA_CFM, TRESTLE_RESULT_CANCELLED);
  program_->expect(TRESTLE_PRIM_CONNECTION_DISCONNECT_CFM, TRESTLE_RESULT_CANCELLED);
  program_->expect(TRESTLE_PRIM_CONNECTION_DESTROY_CFM, TRESTLE_RESULT_SUCCESS);
  expect_cut_off();
}

TEST_P(DirtyEnds, ACloseTimeoutWithDataUnderWay) {
  session_->set(TRESTLE_OPTION_CLOSE_TIMEOUT, int64_t{100});
  Connection connection = connect_and_send_much();
  ASSERT_EQ(connection.disconnect_req(), TRESTLE_RESULT_SUCCESS);
  program_->expect(TRESTLE_PRIM_CONNECTION_DATA_CFM, TRESTLE_RESULT_CANCELLED);
  program_->expect(TRESTLE_PRIM_CONNECTION_DISCONNECT_CFM, TRESTLE_RESULT_CLOSE_TIMEOUT);
  expect_cut_off();
}

// Its close_notify ends both directions for us; but what it has of ours is not all.
TEST_P(DirtyEnds, ThePeersCloseNotifyWithDataUnderWay) {
  Connection connection = connect_and_send_much();
  peer().close_notify();
  program_->expect(TRESTLE_PRIM_CONNECTION_DATA_CFM, TRESTLE_RESULT_NOT_CONNECTED);
  program_->expect(TRESTLE_PRIM_CONNECTION_DISCONNECT_IND, TRESTLE_RESULT_SUCCESS);
  EXPECT_EQ(connection.disconnect_res(), TRESTLE_RESULT_SUCCESS);
  expect_cut_off();
}

TEST_P(DirtyEnds, ThePeersCloseNotifyAfterEverything) {
  Connection connection = connect();
  connection.send("everything");
  peer().close_notify();
  program_->expect(TRESTLE_PRIM_CONNECTION_DISCONNECT_IND, TRESTLE_RESULT_SUCCESS);
  EXPECT_EQ(peer().read_to_the_end(), 10u);
  EXPECT_EQ(peer().end(), PeerEnd::kCloseNotify) << name_of(peer().end());
  EXPECT_EQ(connection.disconnect_res(), TRESTLE_RESULT_SUCCESS);
}

INSTANTIATE_TEST_SUITE_P(Backends, DirtyEnds,
                         ::testing::Combine(::testing::ValuesIn(backends()),
                                            ::testing::Values(TRESTLE_VERSION_TLS12,
                                                              TRESTLE_VERSION_TLS13),
                                            ::testing::Values(TRESTLE_ROLE_CLIENT,
                                                              TRESTLE_ROLE_SERVER)),
                         with_libssl_name);

// The same told by Trestle on the other side, on all pairs of backends.
class DirtyPairs : public ::testing::TestWithParam<std::tuple<std::string, std::string>> {
 protected:
  DirtyPairs()
      : client_(program_.client(std::get<0>(GetParam()))),
        server_(server_program_.server(std::get<1>(GetParam()))) {
    client_.trust(pki_.root.cert_pem());
    server_.identity(pki_.server);
  }

  // The client's side; the server's is in server_side_.
  Connection connect() {
    Connection connection = client_.connect_to("127.0.0.1", server_.listen()->port);
    server_side_ = server_program_.expect(TRESTLE_PRIM_ACCEPT_IND)->connection;
    EXPECT_EQ(server_side().accept_res(1), TRESTLE_RESULT_SUCCESS);
    EXPECT_EQ(connection.finish_connect()->result, TRESTLE_RESULT_SUCCESS);
    server_program_.expect(TRESTLE_PRIM_CONNECTION_CONNECT_IND, TRESTLE_RESULT_SUCCESS);
    return connection;
  }
  Connection server_side() { return Connection(&server_program_, server_side_); }

  const TestPki pki_;
  const std::string much_ = std::string(TRESTLE_DATA_LENGTH_MAX, 'x');  // outlives the engine
  Program server_program_, program_;
  Session client_, server_;
  uint64_t server_side_ = 0;
};

TEST_P(DirtyPairs, WithDataUnderWay) {
  Connection connection = connect();
  ASSERT_EQ(connection.data_req(much_, TRESTLE_DATA_BORROW), TRESTLE_RESULT_SUCCESS);
  size_t received = server_side().receive(1).size();
  ASSERT_EQ(connection.destroy_req(), TRESTLE_RESULT_SUCCESS);
  program_.expect(TRESTLE_PRIM_CONNECTION_DATA_CFM, TRESTLE_RESULT_CANCELLED);
  program_.expect(TRESTLE_PRIM_CONNECTION_DESTROY_CFM, TRESTLE_RESULT_SUCCESS);
  Message end;
  received += server_side().receive_all(&end).size();
  EXPECT_LT(received, much_.size());
  EXPECT_TRUE(end->result == TRESTLE_RESULT_TRUNCATED ||
              end->result == TRESTLE_RESULT_CONNECTION_RESET)
      << end;
}

TEST_P(DirtyPairs, AfterEverything) {
  Connection connection = connect();
  connection.send("everything");
  EXPECT_EQ(connection.destroy()->result, TRESTLE_RESULT_SUCCESS);
  Message end;
  EXPECT_EQ(server_side().receive_all(&end), "everything");
  EXPECT_EQ(end->result, TRESTLE_RESULT_SUCCESS) << end;
}

INSTANTIATE_TEST_SUITE_P(Pairs, DirtyPairs,
                         ::testing::Combine(::testing::ValuesIn(backends()),
                                            ::testing::ValuesIn(backends())),
                         [](const auto& info) {
                           return std::get<0>(info.param) + "_to_" + std::get<1>(info.param);
                         });

}  // namespace
}  // namespace trestle::testing
