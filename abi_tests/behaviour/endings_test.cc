// SPDX-License-Identifier: Apache-2.0
// How a connection ends: clean close, truncation, reset, alert and broken protocol told apart.
#include <gtest/gtest.h>

#include "abi_tests/harness/program.h"
#include "abi_tests/harness/relay.h"

namespace trestle::testing {
namespace {

using Parameters = std::tuple<std::string, uint16_t>;

std::string parameter_name(const ::testing::TestParamInfo<Parameters>& info) {
  return std::get<0>(info.param) +
         (std::get<1>(info.param) == TRESTLE_VERSION_TLS13 ? "_tls13" : "_tls12");
}

// A Trestle client that talks to an openssl s_server through a relay.
class Endings : public ::testing::TestWithParam<Parameters> {
 protected:
  Endings() : session_(program_.client(std::get<0>(GetParam()))) {
    session_.trust(pki_.root.cert_pem());
    session_.versions(std::get<1>(GetParam()), std::get<1>(GetParam()));
    ServerOptions options;
    options.identity = pki_.server;
    options.mode = ServerMode::kConsole;
    server_ = std::make_unique<OpenSslServer>(options);
    relay_ = std::make_unique<Relay>(server_->port());
  }

  Connection connect() {
    Connection connection = session_.connect_to("127.0.0.1", relay_->port());
    Message connected = connection.finish_connect();
    EXPECT_EQ(connected->result, TRESTLE_RESULT_SUCCESS) << connected;
    // The server has the client's last flight, too.
    connection.send("ready\n");
    EXPECT_TRUE(server_->received().wait_for("ready"));
    return connection;
  }

  TestPki pki_;
  Program program_;
  Session session_;
  std::unique_ptr<OpenSslServer> server_;
  std::unique_ptr<Relay> relay_;
};

TEST_P(Endings, CleanCloseByThePeer) {
  ServerOptions options;
  options.identity = pki_.server;
  auto server = start_server(ServerKind::kGnuTls, options);
  Connection connection = session_.connect_to("127.0.0.1", server->port());
  ASSERT_EQ(connection.finish_connect()->result, TRESTLE_RESULT_SUCCESS);
  connection.send("GET " + Server::path() + " HTTP/1.0\r\n\r\n");
  Message end;
  EXPECT_NE(connection.receive_all(&end).find(options.page), std::string::npos);
  EXPECT_EQ(end->result, TRESTLE_RESULT_SUCCESS) << end;
  EXPECT_EQ(end->error, nullptr);
  // Until the response, the handle lives, and only says that it is not connected.
  ASSERT_EQ(connection.data_req("x"), TRESTLE_RESULT_SUCCESS);
  EXPECT_EQ(program_.expect(TRESTLE_PRIM_CONNECTION_DATA_CFM)->result,
            TRESTLE_RESULT_NOT_CONNECTED);
  EXPECT_EQ(connection.disconnect_res(), TRESTLE_RESULT_SUCCESS);
}

TEST_P(Endings, Truncation) {
  connect();
  relay_->cut();
  Message end = program_.expect(TRESTLE_PRIM_CONNECTION_DISCONNECT_IND);
  EXPECT_EQ(end->result, TRESTLE_RESULT_TRUNCATED) << end;
  EXPECT_EQ(end.detail(), "the peer ended the transport without close_notify");
}

TEST_P(Endings, Reset) {
  connect();
  relay_->reset();
  Message end = program_.expect(TRESTLE_PRIM_CONNECTION_DISCONNECT_IND);
  EXPECT_EQ(end->result, TRESTLE_RESULT_CONNECTION_RESET) << end;
  EXPECT_EQ(end->error->library_code, ECONNRESET);
  EXPECT_EQ(end.detail(), "the transport was reset");
}

TEST_P(Endings, AlertFromThePeer) {
  Connection connection = connect();
  relay_->corrupt_to_server();
  ASSERT_EQ(connection.data_req("this arrives broken"), TRESTLE_RESULT_SUCCESS);
  EXPECT_EQ(program_.expect(TRESTLE_PRIM_CONNECTION_DATA_CFM)->result, TRESTLE_RESULT_SUCCESS);
  Message end = program_.expect(TRESTLE_PRIM_CONNECTION_DISCONNECT_IND);
  EXPECT_EQ(end->result, TRESTLE_RESULT_ALERT_RECEIVED) << end;
  EXPECT_EQ(end.alert(), 20u) << end;  // bad_record_mac
  EXPECT_EQ(end->error->alert_direction, uint32_t{TRESTLE_ALERT_DIRECTION_RECEIVED});
  EXPECT_EQ(end.detail(), "the peer sent alert 20 (bad_record_mac)");
}

TEST_P(Endings, AlertToThePeer) {
  connect();
  relay_->corrupt_to_client();
  server_->send("this arrives broken\n");
  Message end = program_.expect(TRESTLE_PRIM_CONNECTION_DISCONNECT_IND);
  EXPECT_EQ(end->result, TRESTLE_RESULT_PROTOCOL_VIOLATION) << end;
  EXPECT_EQ(end.alert(), 20u) << end;
  EXPECT_EQ(end->error->alert_direction, uint32_t{TRESTLE_ALERT_DIRECTION_SENT});
  EXPECT_EQ(end.detail(), "alert 20 (bad_record_mac) was sent to the peer");
  EXPECT_TRUE(server_->wait_for_alert(received_alert(20))) << server_->log();
}

TEST_P(Endings, DisconnectByUs) {
  Connection connection = connect();
  EXPECT_EQ(connection.disconnect()->result, TRESTLE_RESULT_SUCCESS);
  EXPECT_TRUE(server_->wait_for_alert(received_alert(0))) << server_->log();  // close_notify
}

// The peer's answer to our close_notify counts, too.
TEST_P(Endings, CutOffWhileClosing) {
  Connection connection = connect();
  relay_->hold_to_client();
  size_t sent = relay_->wait_for_client_bytes(0).size();
  ASSERT_EQ(connection.disconnect_req(), TRESTLE_RESULT_SUCCESS);
  relay_->wait_for_client_bytes(sent + 1);
  relay_->cut();
  Message cfm = program_.expect(TRESTLE_PRIM_CONNECTION_DISCONNECT_CFM);
  EXPECT_EQ(cfm->result, TRESTLE_RESULT_TRUNCATED) << cfm;
  // Disconnected all the same: the connection may connect again.
  Relay direct(server_->port());
  connection.connect_req("127.0.0.1", direct.port());
  EXPECT_EQ(connection.finish_connect()->result, TRESTLE_RESULT_SUCCESS);
}

TEST_P(Endings, AlertWhileClosing) {
  Connection connection = connect();
  relay_->corrupt_to_server();
  Message cfm = connection.disconnect();
  EXPECT_EQ(cfm->result, TRESTLE_RESULT_ALERT_RECEIVED) << cfm;
  EXPECT_EQ(cfm.alert(), 20u) << cfm;  // bad_record_mac
}

TEST_P(Endings, BrokenWhileClosing) {
  Connection connection = connect();
  relay_->corrupt_to_client();
  Message cfm = connection.disconnect();
  EXPECT_EQ(cfm->result, TRESTLE_RESULT_PROTOCOL_VIOLATION) << cfm;
  EXPECT_EQ(cfm->error->alert, uint32_t{TRESTLE_ALERT_NONE}) << "nothing follows our close_notify";
}

TEST_P(Endings, GarbageInPlaceOfAHello) {
  Relay silent(0);
  session_.connect_to("127.0.0.1", silent.port());
  silent.inject_to_client("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
  Message cfm = program_.expect(TRESTLE_PRIM_CONNECTION_CONNECT_CFM);
  EXPECT_EQ(cfm->result, TRESTLE_RESULT_PROTOCOL_VIOLATION) << cfm;
}

TEST_P(Endings, HandshakeCutAndReset) {
  {
    Relay silent(0);
    session_.connect_to("127.0.0.1", silent.port());
    silent.wait_for_client_bytes(5);
    silent.cut();
    Message cfm = program_.expect(TRESTLE_PRIM_CONNECTION_CONNECT_CFM);
    EXPECT_EQ(cfm->result, TRESTLE_RESULT_TRUNCATED) << cfm;
    EXPECT_EQ(cfm.detail(),
              "the peer ended the transport without close_notify, within the handshake");
  }
  Relay silent(0);
  session_.connect_to("127.0.0.1", silent.port());
  silent.wait_for_client_bytes(5);
  silent.reset();
  Message cfm = program_.expect(TRESTLE_PRIM_CONNECTION_CONNECT_CFM);
  EXPECT_EQ(cfm->result, TRESTLE_RESULT_CONNECTION_RESET) << cfm;
  EXPECT_EQ(cfm.detail(), "the transport was reset, within the handshake");
}

INSTANTIATE_TEST_SUITE_P(Backends, Endings,
                         ::testing::Combine(::testing::ValuesIn(backends()),
                                            ::testing::Values(TRESTLE_VERSION_TLS12,
                                                              TRESTLE_VERSION_TLS13)),
                         parameter_name);

}  // namespace
}  // namespace trestle::testing
