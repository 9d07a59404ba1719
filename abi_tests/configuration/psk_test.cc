// SPDX-License-Identifier: Apache-2.0
// CONFIG_CERT_CLIENT with a pre-shared key: TLS 1.2's suites and external PSKs in TLS 1.3, with
// real peers that have the same key, another, or none.
#include <gtest/gtest.h>

#include "abi_tests/configuration/met_rows.h"
#include "abi_tests/configuration/sides.h"
#include "abi_tests/configuration/suite_peers.h"
#include "abi_tests/conformance/known_differences.h"

namespace trestle::testing {
namespace {

using conformance::expect_same;

// Of TLS 1.2's suites with nothing but a PSK, the one that every library and both programs have.
const Suite& tls12_suite() {
  return conformance::suite(TRESTLE_TLS_PSK_WITH_CHACHA20_POLY1305_SHA256);
}

const Psk kPsk = {"a client of ours", std::string("\x00\x10\xFF a pre-shared key", 20)};

// In TLS 1.3, GnuTLS's key exchange PSK would be psk_ke (RFC 8446, 4.2.9).
constexpr char kGnutlsPskDheKe[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:-KX-ALL:+ECDHE-PSK:+DHE-PSK";

// gnutls-cli takes no key of fewer bytes.
constexpr size_t kGnutlsCliKeyMin = 4;

class PreSharedKey : public ::testing::TestWithParam<std::tuple<std::string, uint16_t>> {
 protected:
  const std::string& backend() const { return std::get<0>(GetParam()); }
  bool tls13() const { return std::get<1>(GetParam()) == TRESTLE_VERSION_TLS13; }
  std::string version_text() const { return tls13() ? "1.3" : "1.2"; }

  // TLS 1.3 needs nothing but the key; a suite of TLS 1.2 is named.
  void name_suite(Session& session) const {
    if (tls13()) return;
    Message cfm = session.cipher({tls12_suite().id});
    ASSERT_EQ(cfm->result, TRESTLE_RESULT_SUCCESS) << cfm;
  }
  void configure(Session& session, const Psk& psk) const {
    name_suite(session);
    session.psk(psk);
  }
  void configure(TlsOptions* options, const Psk& psk) const {
    options->psk = psk;
    if (!tls13()) return speak_only({tls12_suite()}, options);
    options->min_version = TlsVersion::k13;
    options->gnutls_priority = kGnutlsPskDheKe;
  }

  std::unique_ptr<Server> start(ServerKind kind, const Psk& psk) const {
    ServerOptions options;
    configure(&options, psk);
    return start_server(kind, options);
  }

  // CONNECT_CFM of a client that is ready. No certificate takes part.
  Message connect(Session session, const Server& server) {
    session.connect_to(server.address(), server.port());
    Message end = program_.expect(TRESTLE_PRIM_CONNECTION_CONNECT_CFM);
    EXPECT_EQ(session.destroy()->result, TRESTLE_RESULT_SUCCESS);
    return end;
  }
  Message connect(const Psk& psk, const Server& server) {
    Session session = program_.client(backend());
    configure(session, psk);
    return connect(session, server);
  }

  Program program_;
};

TEST_P(PreSharedKey, OfEachLengthServesWithRealServers) {
  for (ServerKind kind : {ServerKind::kOpenSsl, ServerKind::kGnuTls}) {
    for (size_t length : {1, TRESTLE_PSK_MAX}) {
      SCOPED_TRACE(name_of(kind) + std::string(", bytes: ") + std::to_string(length));
      const Psk psk = {"a client of ours", std::string(length, '\x5A')};
      auto server = start(kind, psk);
      Session session = program_.client(backend());
      configure(session, psk);
      Connection connection = session.connect_to(server->address(), server->port());
      Message end = program_.expect(TRESTLE_PRIM_CONNECTION_CONNECT_CFM);
      ASSERT_EQ(end->result, TRESTLE_RESULT_SUCCESS) << end << server->log();
      EXPECT_EQ(end->version, std::get<1>(GetParam()));
      connection.send("GET " + Server::path() + " HTTP/1.0\r\n\r\n");
      EXPECT_NE(connection.receive_all(&end).find(ServerOptions().page), std::string::npos) << end;
      connection.disconnect_res();
    }
  }
}

TEST_P(PreSharedKey, OfEachLengthServesWithRealClients) {
  for (ClientKind kind : kAllClientKinds) {
    const size_t shortest = kind == ClientKind::kGnuTls ? kGnutlsCliKeyMin : 1;
    for (size_t length : {shortest, size_t{TRESTLE_PSK_MAX}}) {
      SCOPED_TRACE(name_of(kind) + std::string(", bytes: ") + std::to_string(length));
      const Psk psk = {"a client of ours", std::string(length, '\x5A')};
      Session session = program_.server(backend());
      configure(session, psk);
      ClientOptions options;
      configure(&options, psk);
      options.port = listen_on(session);
      auto client = start_client(kind, options);
      Connection connection = accept_next(program_);
      Message end = program_.expect(TRESTLE_PRIM_CONNECTION_CONNECT_IND);
      ASSERT_EQ(end->result, TRESTLE_RESULT_SUCCESS) << end << client->log();
      EXPECT_EQ(end->version, std::get<1>(GetParam()));
      client->send("to and fro\n");
      Message data = program_.expect(TRESTLE_PRIM_CONNECTION_DATA_IND);
      connection.send(data.data());
      EXPECT_TRUE(client->received().wait_for("to and fro")) << client->log();
      session.destroy();
    }
  }
}

// Without TRESTLE_OPTION_PSK_IDENTITY.
TEST_P(PreSharedKey, HasADefaultIdentity) {
  auto server = start(ServerKind::kGnuTls, {"Client_identity", kPsk.key});
  Session session = program_.client(backend());
  name_suite(session);
  ASSERT_EQ(session.cert_client(TRESTLE_PSK, kPsk.key)->result, TRESTLE_RESULT_SUCCESS);
  Message end = connect(session, *server);
  EXPECT_EQ(end->result, TRESTLE_RESULT_SUCCESS) << end << server->log();
}

TEST_P(PreSharedKey, ServersRefuseAnother) {
  for (ServerKind kind : {ServerKind::kOpenSsl, ServerKind::kGnuTls}) {
    SCOPED_TRACE(name_of(kind));
    auto server = start(kind, kPsk);
    Message end = connect({kPsk.identity, kPsk.key + "!"}, *server);
    EXPECT_EQ(end->result, TRESTLE_RESULT_ALERT_RECEIVED) << end;
    // In TLS 1.2, s_server only warns of an identity that it doesn't know.
    if (kind == ServerKind::kGnuTls || tls13()) {
      end = connect({kPsk.identity + "!", kPsk.key}, *server);
      EXPECT_EQ(end->result, TRESTLE_RESULT_ALERT_RECEIVED) << end;
    }
    // That it isn't the server's fault.
    end = connect(kPsk, *server);
    EXPECT_EQ(end->result, TRESTLE_RESULT_SUCCESS) << end;
  }
}

TEST_P(PreSharedKey, ClientsWithAnotherAreRefused) {
  struct Case {
    const char* what;
    Psk psk;
    std::string expected;
  };
  const Case cases[] = {
      {"another PSK: server's result",
       {kPsk.identity, kPsk.key + "!"},
       tls13() ? "HANDSHAKE_FAILED, alert 51 sent" : "PROTOCOL_VIOLATION, alert 20 sent"},
      {"unknown PSK identity: server's result",
       {kPsk.identity + "!", kPsk.key},
       "HANDSHAKE_FAILED, alert 115 sent"},
  };
  for (ClientKind kind : kAllClientKinds) {
    for (const Case& each : cases) {
      SCOPED_TRACE(name_of(kind));
      Session session = program_.server(backend());
      configure(session, kPsk);
      ClientOptions options;
      configure(&options, each.psk);
      options.port = listen_on(session);
      auto client = start_client(kind, options);
      accept_next(program_);
      Message end = program_.expect(TRESTLE_PRIM_CONNECTION_CONNECT_IND);
      expect_same({name_of(kind), backend(), version_text()}, each.what, each.expected,
                  outcome_text(end), end.text());
      ASSERT_NE(end->error, nullptr);
      EXPECT_TRUE(client->wait_for_alert(received_alert(static_cast<int>(end.alert()))))
          << client->log();
      session.destroy();
    }
  }
}

// A server that has a certificate, too, serves each client with what it knows.
TEST_P(PreSharedKey, StandsBesideACertificate) {
  const Identity identity = Certificate::server().issue();
  Session session = program_.server(backend());
  const uint16_t certificate_suite = tls13() ? TRESTLE_TLS_AES_128_GCM_SHA256
                                             : TRESTLE_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256;
  std::vector<uint16_t> suites = {certificate_suite};
  if (!tls13()) suites.push_back(tls12_suite().id);
  ASSERT_EQ(session.cipher(suites)->result, TRESTLE_RESULT_SUCCESS);
  session.identity(identity);
  session.psk(kPsk);
  const uint16_t port = listen_on(session);

  ClientOptions with_psk;
  configure(&with_psk, kPsk);
  with_psk.port = port;
  ClientOptions with_trust;
  with_trust.trusted = {identity};
  with_trust.min_version = with_trust.max_version = tls13() ? TlsVersion::k13 : TlsVersion::k12;
  with_trust.port = port;
  for (const ClientOptions& options : {with_psk, with_trust}) {
    for (ClientKind kind : kAllClientKinds) {
      SCOPED_TRACE(name_of(kind) + std::string(options.psk ? " with a PSK" : " with a CA"));
      auto client = start_client(kind, options);
      Connection connection = accept_next(program_);
      Message end = program_.expect(TRESTLE_PRIM_CONNECTION_CONNECT_IND);
      ASSERT_EQ(end->result, TRESTLE_RESULT_SUCCESS) << end << client->log();
      client->send("hello\n");
      program_.expect(TRESTLE_PRIM_CONNECTION_DATA_IND);
      EXPECT_EQ(connection.destroy()->result, TRESTLE_RESULT_SUCCESS);
    }
  }
}

const ::testing::Environment* const rows =
    ::testing::AddGlobalTestEnvironment(new EveryRowIsMet("gnutls-serv"));

std::string parameter_name(const ::testing::TestParamInfo<PreSharedKey::ParamType>& info) {
  return std::get<0>(info.param) +
         (std::get<1>(info.param) == TRESTLE_VERSION_TLS13 ? "_tls13" : "_tls12");
}

INSTANTIATE_TEST_SUITE_P(Backends, PreSharedKey,
                         ::testing::Combine(::testing::ValuesIn(backends()),
                                            ::testing::Values(TRESTLE_VERSION_TLS12,
                                                              TRESTLE_VERSION_TLS13)),
                         parameter_name);

class PskConfiguration : public ::testing::TestWithParam<std::string> {
 protected:
  Sides sides_;
};

TEST_P(PskConfiguration, HasOneTo64Bytes) {
  Session server = sides_.server(GetParam());
  Session client = sides_.client(GetParam());
  for (Session* side : {&client, &server}) {
    side->psk(kPsk);
    for (size_t length : {0, TRESTLE_PSK_MAX + 1, 1000}) {
      Message cfm = side->cert_client(TRESTLE_PSK, std::string(length, 'k'));
      EXPECT_EQ(cfm->result, TRESTLE_RESULT_BAD_PSK) << length << ": " << cfm;
    }
  }
  // The key before is in force, on both sides the same.
  Meeting meeting = sides_.meet(client, listen_on(server));
  EXPECT_TRUE(meeting.established()) << meeting.text();
}

// The server has a key exchange without Diffie-Hellman as well, and would rather have that one.
TEST_P(PskConfiguration, ServersThatPreferPskKeGetPskDheKe) {
  ServerOptions options;
  options.psk = kPsk;
  options.min_version = TlsVersion::k13;
  options.gnutls_priority = std::string(kGnutlsPskDheKe) + ":+PSK";
  GnuTlsServer server(options);
  Session client = sides_.client(GetParam());
  client.psk(kPsk);
  client.connect_to(server.address(), server.port());
  Message end = sides_.client_program().expect(TRESTLE_PRIM_CONNECTION_CONNECT_CFM);
  expect_same({GetParam(), "gnutls-serv", "1.3"}, "PSK with a server that prefers psk_ke", "SUCCESS",
              outcome_text(end), end.text());
}

// It would be accepted and never used.
TEST_P(PskConfiguration, NeedsASuiteThatCanUseIt) {
  for (uint16_t suite :
       {TRESTLE_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, TRESTLE_TLS_AES_256_GCM_SHA384}) {
    Session server = sides_.server(GetParam());
    ASSERT_EQ(server.cipher({suite})->result, TRESTLE_RESULT_SUCCESS);
    server.identity(Certificate::server().issue());
    server.psk(kPsk);
    Message cfm = server.listen();
    EXPECT_EQ(cfm->result, TRESTLE_RESULT_NOT_SUPPORTED) << cfm;

    Session client = sides_.client(GetParam());
    ASSERT_EQ(client.cipher({suite})->result, TRESTLE_RESULT_SUCCESS);
    client.psk(kPsk);
    ReservedPort nobody;
    client.connect_to("127.0.0.1", nobody.number());
    cfm = sides_.client_program().expect(TRESTLE_PRIM_CONNECTION_CONNECT_CFM);
    EXPECT_EQ(cfm->result, TRESTLE_RESULT_NOT_SUPPORTED) << cfm;
  }
}

// A client with a PSK shows no certificate.
TEST_P(PskConfiguration, ExcludesARequiredClientCertificate) {
  Session server = sides_.server(GetParam());
  server.psk(kPsk);
  server.set(TRESTLE_OPTION_CLIENT_AUTH, int64_t{TRESTLE_CLIENT_AUTH_REQUIRE});
  Message cfm = server.listen();
  EXPECT_EQ(cfm->result, TRESTLE_RESULT_NOT_SUPPORTED) << cfm;
}

INSTANTIATE_TEST_SUITE_P(Backends, PskConfiguration, ::testing::ValuesIn(backends()),
                         [](const ::testing::TestParamInfo<std::string>& info) {
                           return info.param;
                         });

}  // namespace
}  // namespace trestle::testing
