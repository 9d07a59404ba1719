// SPDX-License-Identifier: Apache-2.0
// A client with a pre-shared key meets a real server that has none, but a certificate: nobody takes
// the key for a reason not to look at the certificate.
#include <gtest/gtest.h>

#include "abi_tests/configuration/sides.h"
#include "abi_tests/configuration/suite_peers.h"
#include "abi_tests/conformance/known_differences.h"

namespace trestle::testing {
namespace {

using conformance::expect_same;

const Psk kPsk = {"a client of ours", "a pre-shared key"};

const Identity& impostor() {
  static const Identity identity = Certificate::server().issue();
  return identity;
}

// Of those who do vouch for servers.
const std::string& trusted_roots() {
  static const std::string pem = Certificate::root("another root").issue().cert_pem();
  return pem;
}

// What the client offers beside the PSK, in each version that the server may choose.
struct Offer {
  const char* name;
  std::vector<uint16_t> suites;  // none: the default
  TlsVersion server;
};

const Offer kOffers[] = {
    {"tls13", {}, TlsVersion::k13},
    {"tls13_each_suite",
     {TRESTLE_TLS_AES_256_GCM_SHA384, TRESTLE_TLS_CHACHA20_POLY1305_SHA256,
      TRESTLE_TLS_AES_128_GCM_SHA256},
     TlsVersion::k13},
    {"tls12",
     {TRESTLE_TLS_PSK_WITH_CHACHA20_POLY1305_SHA256,
      TRESTLE_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256},
     TlsVersion::k12},
};

class RogueServer : public ::testing::TestWithParam<std::tuple<std::string, Offer>> {
 protected:
  const std::string& backend() const { return std::get<0>(GetParam()); }
  const Offer& offer() const { return std::get<1>(GetParam()); }

  std::unique_ptr<Server> start(ServerKind kind, const Identity& identity) const {
    ServerOptions options;
    options.identity = identity;
    options.min_version = options.max_version = offer().server;
    return start_server(kind, options);
  }

  Session client(int64_t decision) {
    Session session = program_.client(backend());
    if (!offer().suites.empty()) {
      EXPECT_EQ(session.cipher(offer().suites)->result, TRESTLE_RESULT_SUCCESS);
    }
    session.psk(kPsk);
    session.trust(trusted_roots());
    session.set(TRESTLE_OPTION_SERVER_NAME, "localhost");
    session.set(TRESTLE_OPTION_CERT_DECISION, decision);
    return session;
  }

  Program program_;
};

TEST_P(RogueServer, IsAskedAbout) {
  for (ServerKind kind : {ServerKind::kOpenSsl, ServerKind::kGnuTls}) {
    for (uint8_t answer : {0, 1}) {
      SCOPED_TRACE(name_of(kind) + std::string(answer ? ", accepted" : ", refused"));
      auto server = start(kind, impostor());
      Session session = client(TRESTLE_CERT_DECISION_ASK);
      Connection connection = session.connect_to(server->address(), server->port());
      Message question = program_.expect(TRESTLE_PRIM_CONNECTION_CERT_IND);
      EXPECT_NE(question->result, TRESTLE_RESULT_SUCCESS) << question;
      ASSERT_EQ(connection.cert_res(answer), TRESTLE_RESULT_SUCCESS);
      Message end = program_.expect(TRESTLE_PRIM_CONNECTION_CONNECT_CFM);
      EXPECT_EQ(end->result,
                answer ? TRESTLE_RESULT_SUCCESS : TRESTLE_RESULT_CERT_REJECTED)
          << end << server->log();
      EXPECT_EQ(session.destroy()->result, TRESTLE_RESULT_SUCCESS);
    }
  }
}

TEST_P(RogueServer, FailsByItsVerdict) {
  for (ServerKind kind : {ServerKind::kOpenSsl, ServerKind::kGnuTls}) {
    SCOPED_TRACE(name_of(kind));
    auto server = start(kind, impostor());
    Session session = client(TRESTLE_CERT_DECISION_AUTO);
    session.connect_to(server->address(), server->port());
    Message end = program_.expect(TRESTLE_PRIM_CONNECTION_CONNECT_CFM);
    EXPECT_EQ(api().result_category(end->result), TRESTLE_CATEGORY_CERTIFICATE) << end;
    EXPECT_EQ(end.alert(), 42u) << end;
    EXPECT_EQ(session.destroy()->result, TRESTLE_RESULT_SUCCESS);
  }
}

// That it is the certificate, and not the PSK, which decides.
TEST_P(RogueServer, WouldBeTakenWithATrustedCertificate) {
  for (ServerKind kind : {ServerKind::kOpenSsl, ServerKind::kGnuTls}) {
    SCOPED_TRACE(name_of(kind));
    auto server = start(kind, impostor());
    Session session = client(TRESTLE_CERT_DECISION_AUTO);
    session.trust(impostor().cert_pem());
    session.connect_to(server->address(), server->port());
    Message end = program_.expect(TRESTLE_PRIM_CONNECTION_CONNECT_CFM);
    EXPECT_EQ(end->result, TRESTLE_RESULT_SUCCESS) << end << server->log();
    EXPECT_EQ(session.destroy()->result, TRESTLE_RESULT_SUCCESS);
  }
}

// The PSK is one of TLS 1.3, and the server comes with TLS 1.2.
class RogueServerOfTls12 : public ::testing::TestWithParam<std::string> {};

TEST_P(RogueServerOfTls12, IsNotTaken) {
  for (ServerKind kind : {ServerKind::kOpenSsl, ServerKind::kGnuTls}) {
    ServerOptions options;
    options.identity = impostor();
    options.max_version = TlsVersion::k12;
    auto server = start_server(kind, options);
    for (int64_t decision : {TRESTLE_CERT_DECISION_ASK, TRESTLE_CERT_DECISION_AUTO}) {
      Program program;
      Session session = program.client(GetParam());
      session.psk(kPsk);
      session.trust(trusted_roots());
      session.set(TRESTLE_OPTION_CERT_DECISION, decision);
      Connection connection = session.connect_to(server->address(), server->port());
      Message message = program.next();
      const bool asked = message->primitive == TRESTLE_PRIM_CONNECTION_CERT_IND;
      if (asked) {
        EXPECT_EQ(decision, TRESTLE_CERT_DECISION_ASK);
        EXPECT_NE(message->result, TRESTLE_RESULT_SUCCESS) << message;
        ASSERT_EQ(connection.cert_res(0), TRESTLE_RESULT_SUCCESS);
        message = program.next();
      }
      EXPECT_EQ(message->primitive, uint32_t{TRESTLE_PRIM_CONNECTION_CONNECT_CFM});
      EXPECT_NE(message->result, TRESTLE_RESULT_SUCCESS) << message;
      const bool judged =
          asked || api().result_category(message->result) == TRESTLE_CATEGORY_CERTIFICATE;
      expect_same({GetParam(), name_of(kind), "1.2"}, "PSK of TLS 1.3 with a server of TLS 1.2",
                  "by certificate", judged ? "by certificate" : "refused", message.text());
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Backends, RogueServerOfTls12, ::testing::ValuesIn(backends()),
                         [](const ::testing::TestParamInfo<std::string>& info) {
                           return info.param;
                         });

std::string parameter_name(const ::testing::TestParamInfo<RogueServer::ParamType>& info) {
  return std::get<0>(info.param) + "_" + std::get<1>(info.param).name;
}

INSTANTIATE_TEST_SUITE_P(Backends, RogueServer,
                         ::testing::Combine(::testing::ValuesIn(backends()),
                                            ::testing::ValuesIn(kOffers)),
                         parameter_name);

}  // namespace
}  // namespace trestle::testing
