// SPDX-License-Identifier: Apache-2.0
// The certificate decision: CERT_IND asks, the program thinks as long as it likes, CERT_RES answers.
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <stdexcept>

#include "abi_tests/configuration/met_rows.h"
#include "abi_tests/conformance/known_differences.h"
#include "abi_tests/harness/program.h"
#include "abi_tests/harness/relay.h"

namespace trestle::testing {
namespace {

using conformance::expect_same;

using Parameters = std::tuple<std::string, uint16_t>;

std::string parameter_name(const ::testing::TestParamInfo<Parameters>& info) {
  return std::get<0>(info.param) +
         (std::get<1>(info.param) == TRESTLE_VERSION_TLS13 ? "_tls13" : "_tls12");
}

// The other side, as the table of differences names it.
std::string by_its_log(ServerKind kind) {
  const char* program = kind == ServerKind::kOpenSsl  ? "s_server"
                        : kind == ServerKind::kGnuTls ? "gnutls-serv"
                                                      : "nginx";
  return std::string(program) + ", by its log";
}

std::string by_its_log(ClientKind kind) {
  return std::string(kind == ClientKind::kOpenSsl ? "s_client" : "gnutls-cli") + ", by its log";
}

struct Record {
  uint8_t type;
  std::string payload;
};

// What was sent, as records; the last one has whatever came of it.
std::vector<Record> records_of(const std::string& bytes) {
  std::vector<Record> records;
  for (size_t at = 0; at < bytes.size();) {
    const std::string header = bytes.substr(at, 5);
    if (header.size() < 5) throw std::runtime_error("half a record header was sent");
    const size_t length =
        static_cast<size_t>(static_cast<uint8_t>(header[3]) << 8 | static_cast<uint8_t>(header[4]));
    records.push_back({static_cast<uint8_t>(header[0]), bytes.substr(at + 5, length)});
    at += 5 + length;
  }
  return records;
}

constexpr uint8_t kChangeCipherSpec = 20;
constexpr uint8_t kAlert = 21;
constexpr uint8_t kHandshake = 22;
constexpr uint8_t kApplicationData = 23;

// Without the change_cipher_spec of TLS 1.3's middlebox compatibility (RFC 8446, D.4), which
// depends on nothing and may come early or late.
std::vector<Record> without_compatibility(uint16_t version, std::vector<Record> records) {
  if (version == TRESTLE_VERSION_TLS12) return records;
  const auto is_it = [](const Record& each) {
    return each.type == kChangeCipherSpec && each.payload == "\1";
  };
  const auto found = std::find_if(records.begin(), records.end(), is_it);
  if (found != records.end()) records.erase(found);
  return records;
}

// What a client may send before the decision: one record with its ClientHello.
bool is_only_a_hello(uint16_t version, const std::string& bytes) {
  const auto records = without_compatibility(version, records_of(bytes));
  return records.size() == 1 && records[0].type == kHandshake && records[0].payload[0] == 1;
}

// bad_certificate in the clear; or, with the keys of TLS 1.3, a record that has just the length of
// an alert, its content type and the tag of the AEAD (RFC 8446, 5.2): no Finished, no Certificate
// is that short. What such a record says is in the peer's log.
bool is_bad_certificate(uint16_t version, const Record& record) {
  if (record.type == kAlert) return record.payload == "\2\x2A";
  return version == TRESTLE_VERSION_TLS13 && record.type == kApplicationData &&
         record.payload.size() == 2 + 1 + 16;
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

  // What a real server, or a real client, makes of a rejection.
  void expect_bad_certificate_in_the_log_of(const Server& server, ServerKind kind) {
    expect_bad_certificate(server, {backend(), by_its_log(kind), version_text()},
                           "a server's certificate is rejected");
  }
  void expect_bad_certificate_in_the_log_of(const Client& client, ClientKind kind) {
    expect_bad_certificate(client, {by_its_log(kind), backend(), version_text()},
                           "a client's certificate is rejected");
  }
  static void expect_bad_certificate(const Peer& peer, const conformance::Where& where,
                                     const char* feature) {
    std::ostringstream alert;
    if (const auto first = peer.wait_for_first_alert()) alert << *first;
    expect_same(where, feature, "received alert 42", alert.str(), peer.log());
  }
  const char* version_text() const { return version() == TRESTLE_VERSION_TLS13 ? "1.3" : "1.2"; }

  TestPki pki_;
  Program program_;
};

const auto* const kEveryRowIsMet = ::testing::AddGlobalTestEnvironment(
    new EveryRowIsMet(by_its_log(ServerKind::kGnuTls)));

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
    expect_bad_certificate_in_the_log_of(*server, kind);
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
  for (ClientKind kind : kAllClientKinds) {
    for (uint8_t accepted : {0, 1}) {
      SCOPED_TRACE(name_of(kind));
      ClientOptions options;
      options.identity = pki_.client;
      options.port = listening->port;
      auto peer = start_client(kind, options);
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
        expect_bad_certificate_in_the_log_of(*peer, kind);
      }
      EXPECT_EQ(connection.destroy()->result, TRESTLE_RESULT_SUCCESS);
    }
  }
}

TEST_P(Decision, NothingIsSentBeforeTheAnswer) {
  auto server = start_server(ServerKind::kOpenSsl, server_options());
  Relay relay(server->port());
  Session session = client();
  Connection connection = session.connect_to("127.0.0.1", relay.port());
  program_.expect(TRESTLE_PRIM_CONNECTION_CERT_IND);
  EXPECT_TRUE(is_only_a_hello(version(), relay.wait_for_client_bytes(5)));
  // Data can't overtake the question.
  ASSERT_EQ(connection.data_req("too early"), TRESTLE_RESULT_SUCCESS);
  program_.expect(TRESTLE_PRIM_CONNECTION_DATA_CFM, TRESTLE_RESULT_NOT_CONNECTED);
  // Another connection's whole life passes meanwhile.
  auto other_server = start_server(ServerKind::kGnuTls, server_options());
  Session other = client();
  Connection second = other.connect_to("127.0.0.1", other_server->port());
  EXPECT_EQ(second.finish_connect()->result, TRESTLE_RESULT_SUCCESS);
  EXPECT_EQ(other.destroy()->result, TRESTLE_RESULT_SUCCESS);
  std::string before = relay.wait_for_client_bytes(0);
  EXPECT_TRUE(is_only_a_hello(version(), before));
  ASSERT_EQ(connection.cert_res(1), TRESTLE_RESULT_SUCCESS);
  EXPECT_EQ(program_.expect(TRESTLE_PRIM_CONNECTION_CONNECT_CFM)->result, TRESTLE_RESULT_SUCCESS);
  EXPECT_GT(relay.wait_for_client_bytes(before.size() + 1).size(), before.size());
}

// The server asks for a certificate and the client has one: a yes would be followed by it.
TEST_P(Decision, AfterARejectionTheServerGetsAnAlertAndNothingElse) {
  for (ServerKind kind : {ServerKind::kOpenSsl, ServerKind::kGnuTls, ServerKind::kNginx}) {
    SCOPED_TRACE(name_of(kind));
    ServerOptions options = server_options();
    options.client_auth = ClientAuth::kRequest;
    options.trusted = {pki_.root};
    auto server = start_server(kind, options);
    Relay relay(server->port());
    Session session = client();
    session.identity(pki_.client);
    Connection connection = session.connect_to("127.0.0.1", relay.port());
    program_.expect(TRESTLE_PRIM_CONNECTION_CERT_IND);
    ASSERT_EQ(connection.cert_res(0), TRESTLE_RESULT_SUCCESS);
    program_.expect(TRESTLE_PRIM_CONNECTION_CONNECT_CFM, TRESTLE_RESULT_CERT_REJECTED);
    ASSERT_EQ(connection.data_req("too late"), TRESTLE_RESULT_SUCCESS);
    program_.expect(TRESTLE_PRIM_CONNECTION_DATA_CFM, TRESTLE_RESULT_INVALIDATED);
    EXPECT_EQ(session.destroy()->result, TRESTLE_RESULT_SUCCESS);
    const auto sent = without_compatibility(version(), records_of(relay.wait_for_client_end()));
    ASSERT_EQ(sent.size(), 2u);
    EXPECT_EQ(sent[0].type, kHandshake);
    EXPECT_TRUE(is_bad_certificate(version(), sent[1])) << int{sent[1].type};
    expect_bad_certificate_in_the_log_of(*server, kind);
  }
}

TEST_P(Decision, AfterARejectionTheClientGetsAnAlertAndNothingElse) {
  Session server = program_.server(backend());
  server.identity(pki_.server);
  server.versions(version(), version());
  server.set(TRESTLE_OPTION_CLIENT_AUTH, int64_t{TRESTLE_CLIENT_AUTH_REQUIRE});
  Relay relay(server.listen()->port);
  ClientOptions options;
  options.identity = pki_.client;
  options.port = relay.port();
  const OpenSslClient peer(options);
  Message accept = program_.expect(TRESTLE_PRIM_ACCEPT_IND);
  Connection connection(&program_, accept->connection);
  ASSERT_EQ(connection.accept_res(1), TRESTLE_RESULT_SUCCESS);
  program_.expect(TRESTLE_PRIM_CONNECTION_CERT_IND);
  // The client has answered it, so it is complete.
  const std::string flight = relay.server_bytes();
  // Another connection's whole life passes meanwhile.
  auto other_server = start_server(ServerKind::kGnuTls, server_options());
  Connection other = client().connect_to("127.0.0.1", other_server->port());
  EXPECT_EQ(other.finish_connect()->result, TRESTLE_RESULT_SUCCESS);
  EXPECT_EQ(relay.server_bytes(), flight);
  ASSERT_EQ(connection.cert_res(0), TRESTLE_RESULT_SUCCESS);
  program_.expect(TRESTLE_PRIM_CONNECTION_CONNECT_IND, TRESTLE_RESULT_CERT_REJECTED);
  const auto after = records_of(relay.wait_for_server_end().substr(flight.size()));
  ASSERT_EQ(after.size(), 1u);
  EXPECT_TRUE(is_bad_certificate(version(), after[0])) << int{after[0].type};
  expect_bad_certificate_in_the_log_of(peer, ClientKind::kOpenSsl);
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
