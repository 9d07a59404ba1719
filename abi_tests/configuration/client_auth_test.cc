// SPDX-License-Identifier: Apache-2.0
// TRESTLE_OPTION_CLIENT_AUTH: real clients with and without a certificate, and what the server
// thinks of it.
#include <gtest/gtest.h>

#include "abi_tests/configuration/sides.h"

namespace trestle::testing {
namespace {

using Parameters = std::tuple<std::string, ClientKind, uint16_t>;

struct Material {
  Identity root = Certificate::root("Client Root").issue();
  Identity ca = Certificate::intermediate("Client CA").signed_by(root).issue();
  Identity server = Certificate::server("localhost").signed_by(ca).issue();
  Identity good = Certificate::client("Good Client").signed_by(ca).issue();
  Identity late = Certificate::client("Late Client").expired().signed_by(ca).issue();
  Identity for_servers =
      Certificate::client("Server").extended_key_usage("serverAuth").signed_by(ca).issue();
  Identity unknown = Certificate::client("Unknown Client").issue();
};

const Material& material() {
  static const Material made;
  return made;
}

class ClientAuthentication : public ::testing::TestWithParam<Parameters> {
 protected:
  const std::string& backend() const { return std::get<0>(GetParam()); }
  ClientKind kind() const { return std::get<1>(GetParam()); }
  bool tls13() const { return std::get<2>(GetParam()) == TRESTLE_VERSION_TLS13; }

  Session server(int64_t client_auth, int64_t decision = TRESTLE_CERT_DECISION_ASK) {
    Session session = program_.server(backend());
    session.identity(material().server);
    session.trust(material().root.cert_pem());
    session.set(TRESTLE_OPTION_CLIENT_AUTH, client_auth);
    session.set(TRESTLE_OPTION_CERT_DECISION, decision);
    return session;
  }

  // Connects to the session; the handshake has begun when it returns.
  Connection call(Session& session, const std::optional<Identity>& identity) {
    ClientOptions options;
    options.port = listen_on(session);
    options.identity = identity;
    options.min_version = options.max_version = tls13() ? TlsVersion::k13 : TlsVersion::k12;
    client_ = start_client(kind(), options);
    return accept_next(program_);
  }

  // The handshake has succeeded without a question, and the client agrees.
  void expect_connected(Connection& connection) {
    Message end = program_.expect(TRESTLE_PRIM_CONNECTION_CONNECT_IND);
    ASSERT_EQ(end->result, TRESTLE_RESULT_SUCCESS) << end << client_->log();
    client_->send("hello\n");
    program_.expect(TRESTLE_PRIM_CONNECTION_DATA_IND);
    EXPECT_EQ(connection.destroy()->result, TRESTLE_RESULT_SUCCESS);
  }

  // It has failed with this result, and the client was told why.
  void expect_refused(int32_t result, int alert) {
    Message end = program_.expect(TRESTLE_PRIM_CONNECTION_CONNECT_IND);
    const std::string told = std::string(api().result_name(end->result)) + ", alert " +
                             std::to_string(end.alert());
    const std::string expected =
        std::string(api().result_name(result)) + ", alert " + std::to_string(alert);
    EXPECT_EQ(told, expected) << end;
    EXPECT_TRUE(client_->wait_for_alert(received_alert(alert))) << client_->log();
  }

  Program program_;
  std::unique_ptr<Client> client_;
};

TEST_P(ClientAuthentication, NoneAsksNobody) {
  Session session = server(TRESTLE_CLIENT_AUTH_NONE);
  Connection connection = call(session, material().good);
  expect_connected(connection);
}

TEST_P(ClientAuthentication, RequestTakesWhoHasNone) {
  for (int64_t decision : {TRESTLE_CERT_DECISION_ASK, TRESTLE_CERT_DECISION_AUTO}) {
    Session session = server(TRESTLE_CLIENT_AUTH_REQUEST, decision);
    Connection connection = call(session, std::nullopt);
    expect_connected(connection);
  }
}

TEST_P(ClientAuthentication, RequireRefusesWhoHasNone) {
  for (int64_t decision : {TRESTLE_CERT_DECISION_ASK, TRESTLE_CERT_DECISION_AUTO}) {
    Session session = server(TRESTLE_CLIENT_AUTH_REQUIRE, decision);
    call(session, std::nullopt);
    // certificate_required; before TLS 1.3, handshake_failure
    expect_refused(TRESTLE_RESULT_PEER_HAS_NO_CERTIFICATE, tls13() ? 116 : 40);
  }
}

TEST_P(ClientAuthentication, TheProgramIsAskedAboutACertificate) {
  for (int64_t client_auth : {TRESTLE_CLIENT_AUTH_REQUEST, TRESTLE_CLIENT_AUTH_REQUIRE}) {
    Session session = server(client_auth);
    Connection connection = call(session, material().good);
    Message question = program_.expect(TRESTLE_PRIM_CONNECTION_CERT_IND);
    EXPECT_EQ(question->result, TRESTLE_RESULT_SUCCESS) << question;
    EXPECT_EQ(question->name_result, TRESTLE_RESULT_CERT_NAME_NOT_CHECKED);
    EXPECT_EQ(question.data(), material().good.cert_pem());
    EXPECT_EQ(connection.cert_res(1), TRESTLE_RESULT_SUCCESS);
    expect_connected(connection);
  }
}

TEST_P(ClientAuthentication, TheProgramsNoIsBadCertificate) {
  Session session = server(TRESTLE_CLIENT_AUTH_REQUEST);
  Connection connection = call(session, material().good);
  program_.expect(TRESTLE_PRIM_CONNECTION_CERT_IND);
  EXPECT_EQ(connection.cert_res(0), TRESTLE_RESULT_SUCCESS);
  expect_refused(TRESTLE_RESULT_CERT_REJECTED, TRESTLE_ALERT_BAD_CERTIFICATE);
}

TEST_P(ClientAuthentication, BadCertificatesAreTold) {
  struct Case {
    const Identity& identity;
    int32_t result;  // of CERT_IND
    int32_t code;    // of its error, and of CONNECT_IND if the session decides
  };
  const int32_t failure = TRESTLE_RESULT_FAILURE;
  const Case cases[] = {
      {material().late, TRESTLE_RESULT_CERT_HAS_EXPIRED, TRESTLE_RESULT_CERT_HAS_EXPIRED},
      {material().for_servers, failure, TRESTLE_RESULT_CERT_PURPOSE},
      {material().unknown, TRESTLE_RESULT_CERT_SELF_SIGNED, TRESTLE_RESULT_CERT_SELF_SIGNED},
  };
  for (const Case& each : cases) {
    SCOPED_TRACE(each.identity.subject());
    Session asking = server(TRESTLE_CLIENT_AUTH_REQUEST);
    Connection connection = call(asking, each.identity);
    Message question = program_.expect(TRESTLE_PRIM_CONNECTION_CERT_IND);
    EXPECT_EQ(name_of(question->result), name_of(each.result));
    EXPECT_EQ(name_of(question.error_code()), name_of(each.code));
    ASSERT_NE(question->error, nullptr);
    EXPECT_EQ(question->error->certificate_index, 0);
    EXPECT_EQ(question->error->subject, each.identity.subject());
    EXPECT_EQ(connection.cert_res(1), TRESTLE_RESULT_SUCCESS);
    expect_connected(connection);

    Session deciding = server(TRESTLE_CLIENT_AUTH_REQUEST, TRESTLE_CERT_DECISION_AUTO);
    call(deciding, each.identity);
    expect_refused(each.code, TRESTLE_ALERT_BAD_CERTIFICATE);
  }
}

std::string parameter_name(const ::testing::TestParamInfo<Parameters>& info) {
  const auto& [backend, kind, version] = info.param;
  return backend + "_" + name_of(kind) + (version == TRESTLE_VERSION_TLS13 ? "_tls13" : "_tls12");
}

INSTANTIATE_TEST_SUITE_P(Backends, ClientAuthentication,
                         ::testing::Combine(::testing::ValuesIn(backends()),
                                            ::testing::ValuesIn(kAllClientKinds),
                                            ::testing::Values(TRESTLE_VERSION_TLS12,
                                                              TRESTLE_VERSION_TLS13)),
                         parameter_name);

}  // namespace
}  // namespace trestle::testing
