// SPDX-License-Identifier: Apache-2.0
// Peers that don't know RFC 5746. A client that talks to such a server can't tell whether the
// server takes its handshake for the renegotiation of an attacker's connection, so it refuses
// (RFC 5746, 4.1); a server that never renegotiates has nothing to fear from such a client. In
// TLS 1.3 there is no renegotiation.
#include <gtest/gtest.h>

#include "abi_tests/configuration/met_rows.h"
#include "abi_tests/configuration/sides.h"
#include "abi_tests/conformance/known_differences.h"

namespace trestle::testing {
namespace {

using conformance::expect_same;

constexpr char kServerWithout[] = "gnutls-serv without RFC 5746";
constexpr char kServerThatInsists[] = "gnutls-serv that insists on RFC 5746";
constexpr char kTls12Without[] = "NORMAL:-VERS-ALL:+VERS-TLS1.2:%DISABLE_SAFE_RENEGOTIATION";
constexpr char kTls12ThatInsists[] = "NORMAL:-VERS-ALL:+VERS-TLS1.2:%SAFE_RENEGOTIATION";
constexpr char kTls13Without[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:%DISABLE_SAFE_RENEGOTIATION";

class SecureRenegotiation : public ::testing::TestWithParam<std::string> {
 protected:
  // Both versions are offered, and each certificate is accepted.
  Message end_of_handshake_with(const Server& server) {
    Session session = program_.client(GetParam());
    Message end = session.connect_to(server.address(), server.port()).finish_connect();
    EXPECT_EQ(session.destroy()->result, TRESTLE_RESULT_SUCCESS);
    return end;
  }

  static GnuTlsServer serve(const char* priority) {
    ServerOptions options;
    options.identity = Certificate::server().issue();
    options.gnutls_priority = priority;
    return GnuTlsServer(options);
  }

  Program program_;
};

TEST_P(SecureRenegotiation, ClientsRefuseServersWithoutIt) {
  GnuTlsServer server = serve(kTls12Without);
  Message end = end_of_handshake_with(server);
  expect_same({GetParam(), kServerWithout, "1.2"}, "TLS 1.2 without renegotiation_info",
              "HANDSHAKE_FAILED, alert 40 sent", outcome_text(end), end.text());
  if (end->result != TRESTLE_RESULT_SUCCESS) {
    EXPECT_TRUE(server.wait_for_alert(received_alert(40))) << server.log();
  }
}

TEST_P(SecureRenegotiation, ClientsHaveItForServersThatInsist) {
  Message end = end_of_handshake_with(serve(kTls12ThatInsists));
  expect_same({GetParam(), kServerThatInsists, "1.2"}, "TLS 1.2 with renegotiation_info", "SUCCESS",
              outcome_text(end), end.text());
}

TEST_P(SecureRenegotiation, ClientsNeedItInTls12Alone) {
  Message end = end_of_handshake_with(serve(kTls13Without));
  EXPECT_EQ(end->result, TRESTLE_RESULT_SUCCESS) << end;
  EXPECT_EQ(end->version, TRESTLE_VERSION_TLS13);
}

TEST_P(SecureRenegotiation, ServersServeClientsWithAndWithoutIt) {
  Session session = program_.server(GetParam());
  session.identity(Certificate::server().issue());
  ClientOptions options;
  options.port = listen_on(session);
  for (const char* priority : {kTls12Without, kTls12ThatInsists}) {
    SCOPED_TRACE(priority);
    options.gnutls_priority = priority;
    GnuTlsClient client(options);
    Connection connection = accept_next(program_);
    Message end = program_.expect(TRESTLE_PRIM_CONNECTION_CONNECT_IND);
    ASSERT_EQ(end->result, TRESTLE_RESULT_SUCCESS) << end << client.log();
    EXPECT_EQ(end->version, TRESTLE_VERSION_TLS12);
    client.send("to and fro\n");
    Message data = program_.expect(TRESTLE_PRIM_CONNECTION_DATA_IND);
    connection.send(data.data());
    EXPECT_TRUE(client.received().wait_for("to and fro")) << client.log();
    EXPECT_EQ(connection.destroy()->result, TRESTLE_RESULT_SUCCESS);
  }
}

const ::testing::Environment* const rows[] = {
    ::testing::AddGlobalTestEnvironment(new EveryRowIsMet(kServerWithout)),
    ::testing::AddGlobalTestEnvironment(new EveryRowIsMet(kServerThatInsists))};

INSTANTIATE_TEST_SUITE_P(Backends, SecureRenegotiation, ::testing::ValuesIn(backends()),
                         [](const ::testing::TestParamInfo<std::string>& info) {
                           return info.param;
                         });

}  // namespace
}  // namespace trestle::testing
