// SPDX-License-Identifier: Apache-2.0
// Deadlines, and cancelling a connect or a handshake at any moment.
#include <gtest/gtest.h>

#include <unistd.h>

#include "abi_tests/harness/program.h"
#include "abi_tests/harness/relay.h"
#include "abi_tests/support/loopback.h"

namespace trestle::testing {
namespace {

class Deadlines : public ::testing::TestWithParam<std::string> {
 protected:
  Deadlines() : session_(program_.client(GetParam())) { session_.trust(pki_.root.cert_pem()); }

  // Milliseconds until `f` returns.
  template <typename F>
  int64_t elapsed(F&& f) {
    auto begin = std::chrono::steady_clock::now();
    f();
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                                 begin)
        .count();
  }

  TestPki pki_;
  Program program_;
  Session session_;
};

TEST_P(Deadlines, Connect) {
  FullListener full;
  session_.set(TRESTLE_OPTION_CONNECT_TIMEOUT, int64_t{150});
  Message cfm;
  int64_t ms = elapsed([&] {
    session_.connect_to("127.0.0.1", full.port());
    cfm = program_.expect(TRESTLE_PRIM_CONNECTION_CONNECT_CFM);
  });
  EXPECT_EQ(cfm->result, TRESTLE_RESULT_CONNECT_TIMEOUT) << cfm;
  EXPECT_EQ(cfm.detail(), "TCP did not connect within 150 ms (TRESTLE_OPTION_CONNECT_TIMEOUT)");
  EXPECT_GE(ms, 150);
}

TEST_P(Deadlines, ReceiveIsTheSilenceOfThePeer) {
  Relay silent(0);
  session_.set(TRESTLE_OPTION_RECEIVE_TIMEOUT, int64_t{150});
  Message cfm;
  int64_t ms = elapsed([&] {
    session_.connect_to("127.0.0.1", silent.port());
    cfm = program_.expect(TRESTLE_PRIM_CONNECTION_CONNECT_CFM);
  });
  EXPECT_EQ(cfm->result, TRESTLE_RESULT_RECEIVE_TIMEOUT) << cfm;
  EXPECT_EQ(cfm.detail(),
            "nothing came from the peer in the handshake for 150 ms "
            "(TRESTLE_OPTION_RECEIVE_TIMEOUT)");
  EXPECT_GE(ms, 150);
}

TEST_P(Deadlines, HelloIsTheWholeHandshake) {
  Relay silent(0);
  session_.set(TRESTLE_OPTION_HELLO_TIMEOUT, int64_t{150});
  session_.connect_to("127.0.0.1", silent.port());
  Message cfm = program_.expect(TRESTLE_PRIM_CONNECTION_CONNECT_CFM);
  EXPECT_EQ(cfm->result, TRESTLE_RESULT_HELLO_TIMEOUT) << cfm;
  EXPECT_EQ(cfm.detail(),
            "the handshake was not complete within 150 ms (TRESTLE_OPTION_HELLO_TIMEOUT)");
}

TEST_P(Deadlines, AServerDoesNotWaitForASilentClient) {
  Session server = program_.server(GetParam());
  server.identity(pki_.server);
  server.set(TRESTLE_OPTION_HELLO_TIMEOUT, int64_t{150});
  Message listening = server.listen();
  Relay through(listening->port);
  const int fd = connect_to_loopback(through.port());
  ASSERT_GE(fd, 0);
  Message accept = program_.expect(TRESTLE_PRIM_ACCEPT_IND);
  Connection connection(&program_, accept->connection);
  ASSERT_EQ(connection.accept_res(1), TRESTLE_RESULT_SUCCESS);
  Message ind = program_.expect(TRESTLE_PRIM_CONNECTION_CONNECT_IND);
  EXPECT_EQ(ind->result, TRESTLE_RESULT_HELLO_TIMEOUT) << ind;
  EXPECT_EQ(connection.destroy()->result, TRESTLE_RESULT_SUCCESS);
  close(fd);
}

TEST_P(Deadlines, TheProgramsTimeToThinkDoesNotCount) {
  ServerOptions options;
  options.identity = pki_.server;
  auto server = start_server(ServerKind::kOpenSsl, options);
  session_.set(TRESTLE_OPTION_HELLO_TIMEOUT, int64_t{400});
  session_.set(TRESTLE_OPTION_RECEIVE_TIMEOUT, int64_t{400});
  Connection connection = session_.connect_to("127.0.0.1", server->port());
  program_.expect(TRESTLE_PRIM_CONNECTION_CERT_IND);
  // Longer than both deadlines: another connection's own deadline is the clock.
  Relay silent(0);
  Session other = program_.client(GetParam());
  other.set(TRESTLE_OPTION_HELLO_TIMEOUT, int64_t{900});
  other.connect_to("127.0.0.1", silent.port());
  EXPECT_EQ(program_.expect(TRESTLE_PRIM_CONNECTION_CONNECT_CFM)->result,
            TRESTLE_RESULT_HELLO_TIMEOUT);
  ASSERT_EQ(connection.cert_res(1), TRESTLE_RESULT_SUCCESS);
  Message cfm = program_.expect(TRESTLE_PRIM_CONNECTION_CONNECT_CFM);
  EXPECT_EQ(cfm->result, TRESTLE_RESULT_SUCCESS) << cfm;
}

TEST_P(Deadlines, CloseOfAPeerThatDoesNotClose) {
  // The peer is a Trestle server that never answers its data, so it reads no further.
  Program server_program;
  Session server = server_program.server(GetParam());
  server.identity(pki_.server);
  Message listening = server.listen();
  session_.set(TRESTLE_OPTION_CLOSE_TIMEOUT, int64_t{150});
  Connection connection = session_.connect_to("127.0.0.1", listening->port);
  Message accept = server_program.expect(TRESTLE_PRIM_ACCEPT_IND);
  ASSERT_EQ(Connection(&server_program, accept->connection).accept_res(1), TRESTLE_RESULT_SUCCESS);
  ASSERT_EQ(connection.finish_connect()->result, TRESTLE_RESULT_SUCCESS);
  connection.send(std::string(100000, 'x'));
  ASSERT_EQ(connection.disconnect_req(), TRESTLE_RESULT_SUCCESS);
  Message cfm = program_.expect(TRESTLE_PRIM_CONNECTION_DISCONNECT_CFM);
  EXPECT_EQ(cfm->result, TRESTLE_RESULT_CLOSE_TIMEOUT) << cfm;
  EXPECT_EQ(cfm.detail(), "the peer did not close within 150 ms (TRESTLE_OPTION_CLOSE_TIMEOUT)");
  // Disconnected all the same: it may connect again.
  ASSERT_EQ(connection.connect_req("127.0.0.1", listening->port), TRESTLE_RESULT_SUCCESS);
  server_program.expect(TRESTLE_PRIM_CONNECTION_CONNECT_IND);
}

TEST_P(Deadlines, CancelWhileConnecting) {
  FullListener full;
  Connection connection = session_.connect_to("127.0.0.1", full.port());
  ASSERT_EQ(connection.disconnect_req(), TRESTLE_RESULT_SUCCESS);
  EXPECT_EQ(program_.expect(TRESTLE_PRIM_CONNECTION_CONNECT_CFM)->result,
            TRESTLE_RESULT_CANCELLED);
  EXPECT_EQ(program_.expect(TRESTLE_PRIM_CONNECTION_DISCONNECT_CFM)->result,
            TRESTLE_RESULT_SUCCESS);
  Connection another = session_.connect_to("127.0.0.1", full.port());
  ASSERT_EQ(another.destroy_req(), TRESTLE_RESULT_SUCCESS);
  EXPECT_EQ(program_.expect(TRESTLE_PRIM_CONNECTION_CONNECT_CFM)->result,
            TRESTLE_RESULT_CANCELLED);
  EXPECT_EQ(program_.expect(TRESTLE_PRIM_CONNECTION_DESTROY_CFM)->result, TRESTLE_RESULT_SUCCESS);
}

TEST_P(Deadlines, CancelWhileShakingHands) {
  Relay silent(0);
  Connection connection = session_.connect_to("127.0.0.1", silent.port());
  silent.wait_for_client_bytes(5);
  ASSERT_EQ(connection.disconnect_req(), TRESTLE_RESULT_SUCCESS);
  EXPECT_EQ(program_.expect(TRESTLE_PRIM_CONNECTION_CONNECT_CFM)->result,
            TRESTLE_RESULT_CANCELLED);
  EXPECT_EQ(program_.expect(TRESTLE_PRIM_CONNECTION_DISCONNECT_CFM)->result,
            TRESTLE_RESULT_SUCCESS);
  ASSERT_EQ(connection.connect_req("127.0.0.1", silent.port()), TRESTLE_RESULT_SUCCESS);
  EXPECT_EQ(program_.expect(TRESTLE_PRIM_CONNECTION_CONNECT_CFM)->result,
            TRESTLE_RESULT_INVALIDATED);
}

TEST_P(Deadlines, CancelWhileDeciding) {
  ServerOptions options;
  options.identity = pki_.server;
  auto server = start_server(ServerKind::kGnuTls, options);
  for (bool destroy : {false, true}) {
    Connection connection = session_.connect_to("127.0.0.1", server->port());
    program_.expect(TRESTLE_PRIM_CONNECTION_CERT_IND);
    ASSERT_EQ(destroy ? connection.destroy_req() : connection.disconnect_req(),
              TRESTLE_RESULT_SUCCESS);
    EXPECT_EQ(program_.expect(TRESTLE_PRIM_CONNECTION_CONNECT_CFM)->result,
              TRESTLE_RESULT_CANCELLED);
    EXPECT_EQ(program_.next()->result, TRESTLE_RESULT_SUCCESS);
    EXPECT_EQ(connection.cert_res(1),
              destroy ? TRESTLE_RESULT_BAD_HANDLE : TRESTLE_RESULT_NOTHING_TO_ANSWER);
  }
}

INSTANTIATE_TEST_SUITE_P(Backends, Deadlines, ::testing::ValuesIn(backends()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace trestle::testing
