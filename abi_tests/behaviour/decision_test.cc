// SPDX-License-Identifier: Apache-2.0
// The certificate decision: CERT_IND asks, the program thinks as long as it likes, CERT_RES answers.
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

// What a real peer makes of a rejection, where that isn't simply bad_certificate received.
struct PeerDifference {
  const char* backend;
  uint16_t version;
  ServerKind peer;
  Alert instead;
  const char* reason;
};
const PeerDifference kDifferences[] = {
    {"openssl", TRESTLE_VERSION_TLS13, ServerKind::kGnuTls, sent_alert(20),
     "libssl sends this alert before it switches its writing to handshake keys; gnutls-serv, unlike "
     "s_server and nginx, takes it for a broken record"},
};

Alert expected_alert(const std::string& backend, uint16_t version, ServerKind peer) {
  for (const PeerDifference& row : kDifferences)
    if (row.backend == backend && row.version == version && row.peer == peer) return row.instead;
  return received_alert(TRESTLE_ALERT_BAD_CERTIFICATE);
}

// What a client may have sent before the decision: one record with its ClientHello, and the
// change_cipher_spec of middlebox compatibility (RFC 8446, D.4), which depends on nothing.
bool is_only_a_hello(const std::string& bytes) {
  if (bytes.size() < 5 || bytes[0] != 22) return false;
  size_t hello = 5 + (static_cast<uint8_t>(bytes[3]) << 8 | static_cast<uint8_t>(bytes[4]));
  return bytes.size() == hello || bytes.substr(hello) == std::string("\x14\3\3\0\1\1", 6);
}

class Decision : public ::testing::TestWithParam<Parameters> {
 protected:
  const std::string& backend() const { return std::get<0>(GetParam()); }
  uint16_t version() const { return std::get<1>(GetParam()); }

  Session client() {
    Session session = program_.client(backend());
    session.trust(pki_.root.cert_pem());
    session.versions(version(), version());
    return session;
  }
  ServerOptions server_options() {
    ServerOptions options;
    options.identity = pki_.server;
    return options;
  }

  TestPki pki_;
  Program program_;
};

TEST_P(Decision, CertIndTellsEverything) {
  auto server = start_server(ServerKind::kOpenSsl, server_options());
  Session session = client();
  session.set(TRESTLE_OPTION_SERVER_NAME, "other.test");
  session.connect_to("127.0.0.1", server->port());
  Message ind = program_.expect(TRESTLE_PRIM_CONNECTION_CERT_IND);
  EXPECT_EQ(ind->result, TRESTLE_RESULT_SUCCESS) << ind;
  EXPECT_EQ(ind->name_result, TRESTLE_RESULT_CERT_NAME_MISMATCH);
  EXPECT_EQ(ind.data(), pki_.server.cert_pem());
  ASSERT_EQ(ind->certificate_count, pki_.server.chain_der().size());
  for (uint32_t i = 0; i < ind->certificate_count; ++i) {
    const trestle_bytes& der = ind->certificates[i];
    EXPECT_EQ(std::string(reinterpret_cast<const char*>(der.data), der.length),
              pki_.server.chain_der()[i]);
  }
}

TEST_P(Decision, RejectingPutsBadCertificateOnTheWire) {
  for (ServerKind kind : {ServerKind::kOpenSsl, ServerKind::kGnuTls, ServerKind::kNginx}) {
    auto server = start_server(kind, server_options());
    Session session = client();
    Connection connection = session.connect_to("127.0.0.1", server->port());
    program_.expect(TRESTLE_PRIM_CONNECTION_CERT_IND);
    ASSERT_EQ(connection.cert_res(0), TRESTLE_RESULT_SUCCESS);
    EXPECT_EQ(connection.cert_res(0), TRESTLE_RESULT_NOTHING_TO_ANSWER);
    Message cfm = program_.expect(TRESTLE_PRIM_CONNECTION_CONNECT_CFM);
    EXPECT_EQ(cfm->result, TRESTLE_RESULT_CERT_REJECTED) << cfm;
    EXPECT_EQ(cfm.alert(), uint32_t{TRESTLE_ALERT_BAD_CERTIFICATE}) << cfm;
    EXPECT_EQ(cfm->error->alert_direction, uint32_t{TRESTLE_ALERT_DIRECTION_SENT});
    EXPECT_TRUE(server->wait_for_alert(expected_alert(backend(), version(), kind)))
        << name_of(kind) << server->log();
    EXPECT_EQ(session.destroy()->result, TRESTLE_RESULT_SUCCESS);
  }
}

TEST_P(Decision, AServerRejectsAClientTheSameWay) {
  Session server = program_.server(backend());
  server.identity(pki_.server);
  server.trust(pki_.root.cert_pem());
  server.versions(version(), version());
  server.set(TRESTLE_OPTION_CLIENT_AUTH, int64_t{TRESTLE_CLIENT_AUTH_REQUIRE});
  Message listening = server.listen();
  for (uint8_t accepted : {0, 1}) {
    ClientOptions options;
    options.identity = pki_.client;
    options.port = listening->port;
    OpenSslClient peer(options);
    Message accept = program_.expect(TRESTLE_PRIM_ACCEPT_IND);
    Connection connection(&program_, accept->connection);
    ASSERT_EQ(connection.accept_res(1), TRESTLE_RESULT_SUCCESS);
    Message ind = program_.expect(TRESTLE_PRIM_CONNECTION_CERT_IND);
    EXPECT_EQ(ind->result, TRESTLE_RESULT_SUCCESS) << ind;
    EXPECT_EQ(ind->name_result, TRESTLE_RESULT_CERT_NAME_NOT_CHECKED);
    EXPECT_EQ(ind.data(), pki_.client.cert_pem());
    ASSERT_EQ(connection.cert_res(accepted), TRESTLE_RESULT_SUCCESS);
    Message end = program_.expect(TRESTLE_PRIM_CONNECTION_CONNECT_IND);
    if (accepted) {
      EXPECT_EQ(end->result, TRESTLE_RESULT_SUCCESS) << end;
    } else {
      EXPECT_EQ(end->result, TRESTLE_RESULT_CERT_REJECTED) << end;
      EXPECT_TRUE(peer.wait_for_alert(received_alert(42))) << peer.log();
    }
    EXPECT_EQ(connection.destroy()->result, TRESTLE_RESULT_SUCCESS);
  }
}

TEST_P(Decision, NothingIsSentBeforeTheAnswer) {
  auto server = start_server(ServerKind::kOpenSsl, server_options());
  Relay relay(server->port());
  Session session = client();
  Connection connection = session.connect_to("127.0.0.1", relay.port());
  program_.expect(TRESTLE_PRIM_CONNECTION_CERT_IND);
  EXPECT_TRUE(is_only_a_hello(relay.wait_for_client_bytes(5)));
  // Another connection's whole life passes meanwhile.
  auto other_server = start_server(ServerKind::kGnuTls, server_options());
  Session other = client();
  Connection second = other.connect_to("127.0.0.1", other_server->port());
  EXPECT_EQ(second.finish_connect()->result, TRESTLE_RESULT_SUCCESS);
  EXPECT_EQ(other.destroy()->result, TRESTLE_RESULT_SUCCESS);
  std::string before = relay.wait_for_client_bytes(0);
  EXPECT_TRUE(is_only_a_hello(before));
  ASSERT_EQ(connection.cert_res(1), TRESTLE_RESULT_SUCCESS);
  EXPECT_EQ(program_.expect(TRESTLE_PRIM_CONNECTION_CONNECT_CFM)->result, TRESTLE_RESULT_SUCCESS);
  EXPECT_GT(relay.wait_for_client_bytes(before.size() + 1).size(), before.size());
}

TEST_P(Decision, TheProgramsYesIsTheLastWord) {
  // Self-signed, expired, for another name: the program may know better.
  ServerOptions options;
  options.identity = Certificate::server("other.test").expired().issue();
  auto server = start_server(ServerKind::kOpenSsl, options);
  Session session = client();
  session.set(TRESTLE_OPTION_SERVER_NAME, "localhost");
  Connection connection = session.connect_to("127.0.0.1", server->port());
  Message ind = program_.expect(TRESTLE_PRIM_CONNECTION_CERT_IND);
  EXPECT_EQ(ind->result, TRESTLE_RESULT_CERT_SELF_SIGNED) << ind;
  ASSERT_EQ(connection.cert_res(1), TRESTLE_RESULT_SUCCESS);
  Message cfm = program_.expect(TRESTLE_PRIM_CONNECTION_CONNECT_CFM);
  EXPECT_EQ(cfm->result, TRESTLE_RESULT_SUCCESS) << cfm;
}

TEST_P(Decision, AutomaticDecision) {
  auto server = start_server(ServerKind::kGnuTls, server_options());
  struct Case {
    std::string name;
    bool trusted;
    int32_t result;
  };
  const Case cases[] = {
      {"localhost", true, TRESTLE_RESULT_SUCCESS},
      {"other.test", true, TRESTLE_RESULT_CERT_NAME_MISMATCH},
      {"", true, TRESTLE_RESULT_CERT_NAME_NOT_CHECKED},
      {"localhost", false, TRESTLE_RESULT_CERT_MISSING_ISSUER_CERT},
  };
  for (const Case& one : cases) {
    Session session = program_.client(backend());
    session.versions(version(), version());
    if (one.trusted) session.trust(pki_.root.cert_pem());
    session.set(TRESTLE_OPTION_CERT_DECISION, int64_t{TRESTLE_CERT_DECISION_AUTO});
    session.set(TRESTLE_OPTION_SERVER_NAME, one.name);
    session.connect_to("127.0.0.1", server->port());
    Message cfm = program_.expect(TRESTLE_PRIM_CONNECTION_CONNECT_CFM);
    EXPECT_EQ(cfm->result, one.result) << one.name << " " << cfm;
    EXPECT_EQ(session.destroy()->result, TRESTLE_RESULT_SUCCESS);
  }
}

INSTANTIATE_TEST_SUITE_P(Backends, Decision,
                         ::testing::Combine(::testing::ValuesIn(backends()),
                                            ::testing::Values(TRESTLE_VERSION_TLS12,
                                                              TRESTLE_VERSION_TLS13)),
                         parameter_name);

}  // namespace
}  // namespace trestle::testing
