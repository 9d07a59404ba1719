// SPDX-License-Identifier: Apache-2.0
// CONFIG_CIPHER's keybits_min and keybits_max are honoured against the peer's key: the handshake of
// a peer outside of them ends with bad_certificate, and the program isn't asked.
#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "abi_tests/configuration/sides.h"

namespace trestle::testing {
namespace {

constexpr uint32_t kBadCertificate = 42;

struct Limits {
  KeySpec key;
  uint16_t min;
  uint16_t max;
  bool fits;
};

const Limits kLimits[] = {
    {rsa(2048), 0, 0, true},        {rsa(2048), 2048, 2048, true},  {rsa(2048), 2049, 0, false},
    {rsa(2048), 0, 2047, false},    {rsa(2048), 3072, 4096, false}, {rsa(3072), 3072, 3072, true},
    {rsa(3072), 2049, 3071, false}, {rsa(3072), 0, 3072, true},     {rsa(3072), 65535, 65535, false},
    {ec(256), 256, 256, true},      {ec(256), 257, 384, false},     {ec(256), 0, 255, false},
    {ec(256), 2048, 0, false},      {ec(384), 384, 384, true},      {ec(384), 256, 383, false},
    {ec(384), 385, 0, false},
};

// Suites for every key here, of both versions.
const std::vector<uint16_t> kSuites = {TRESTLE_TLS_AES_128_GCM_SHA256,
                                       TRESTLE_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
                                       TRESTLE_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256};

std::string name_of(KeySpec key) {
  return (key.kind == KeyKind::kRsa ? "RSA " : "EC ") + std::to_string(key.bits);
}

std::string text_of(const Limits& limits) {
  return name_of(limits.key) + ", " + std::to_string(limits.min) + " to " +
         std::to_string(limits.max);
}

Identity identity_with(KeySpec key) {
  return Certificate::leaf(name_of(key)).dns("localhost").key(key).issue();
}

class KeySize : public ::testing::TestWithParam<std::tuple<std::string, uint16_t>> {
 protected:
  const std::string& backend() const { return std::get<0>(GetParam()); }

  void configure(Session& session, const Limits& limits) const {
    const uint16_t version = std::get<1>(GetParam());
    session.versions(version, version);
    Message cfm = session.cipher(kSuites, limits.min, limits.max);
    ASSERT_EQ(cfm->result, TRESTLE_RESULT_SUCCESS) << cfm;
  }

  // `end_primitive` ends the handshake. What fits is asked about and connected; what doesn't, fails
  // without a question.
  void expect_end(Connection& connection, uint32_t end_primitive, const Limits& limits) {
    if (limits.fits) {
      program_.expect(TRESTLE_PRIM_CONNECTION_CERT_IND);
      ASSERT_EQ(connection.cert_res(1), TRESTLE_RESULT_SUCCESS);
      program_.expect(end_primitive, TRESTLE_RESULT_SUCCESS);
      return;
    }
    Message end = program_.expect(end_primitive);
    EXPECT_EQ(end->result, TRESTLE_RESULT_CERT_KEY_SIZE) << end;
    ASSERT_NE(end->error, nullptr);
    EXPECT_EQ(end->error->code, TRESTLE_RESULT_CERT_KEY_SIZE) << end;
    EXPECT_EQ(end->error->alert, kBadCertificate) << end;
    EXPECT_EQ(end->error->alert_direction, uint32_t{TRESTLE_ALERT_DIRECTION_SENT}) << end;
    EXPECT_EQ(end->error->certificate_index, 0) << end;
    EXPECT_EQ(end->error->subject, "CN=" + name_of(limits.key));
    EXPECT_NE(end.detail().find(std::to_string(limits.key.bits)), std::string::npos) << end;
  }

  Program program_;
};

// Awaits that the server has received this alert so often.
bool wait_for_alerts(OpenSslServer& server, const Alert& alert, int count) {
  return server.process().log().wait_until([&](const std::string& log) {
    const std::vector<Alert> alerts = alerts_in_openssl_trace(log);
    return std::count(alerts.begin(), alerts.end(), alert) == count;
  });
}

TEST_P(KeySize, OfServersIsLimitedForClients) {
  for (KeySpec key : {rsa(2048), rsa(3072), ec(256), ec(384)}) {
    ServerOptions options;
    options.identity = identity_with(key);
    options.session_tickets = false;
    OpenSslServer server(options);
    int refused = 0;
    for (const Limits& limits : kLimits) {
      if (limits.key.kind != key.kind || limits.key.bits != key.bits) continue;
      SCOPED_TRACE(text_of(limits));
      Session session = program_.client(backend());
      ASSERT_NO_FATAL_FAILURE(configure(session, limits));
      Connection connection = session.connect_to(server.address(), server.port());
      ASSERT_NO_FATAL_FAILURE(
          expect_end(connection, TRESTLE_PRIM_CONNECTION_CONNECT_CFM, limits));
      if (!limits.fits) {
        ++refused;
        EXPECT_TRUE(wait_for_alerts(server, received_alert(kBadCertificate), refused))
            << server.log();
      }
      connection.destroy();
    }
  }
}

TEST_P(KeySize, OfClientsIsLimitedForServers) {
  for (const Limits& limits : kLimits) {
    SCOPED_TRACE(text_of(limits));
    Session session = program_.server(backend());
    ASSERT_NO_FATAL_FAILURE(configure(session, limits));
    session.identity(identity_with(ec(256)));
    session.set(TRESTLE_OPTION_CLIENT_AUTH, int64_t{TRESTLE_CLIENT_AUTH_REQUIRE});
    ClientOptions options;
    options.port = listen_on(session);
    options.identity = identity_with(limits.key);
    OpenSslClient client(options);
    Connection connection = accept_next(program_);
    ASSERT_NO_FATAL_FAILURE(expect_end(connection, TRESTLE_PRIM_CONNECTION_CONNECT_IND, limits));
    if (!limits.fits) {
      EXPECT_TRUE(client.wait_for_alert(received_alert(kBadCertificate))) << client.log();
    }
    session.destroy();
  }
}

// A key that can't be read has no size within any limits: not even the widest.
TEST_P(KeySize, OfACertificateThatCannotBeReadIsWithinNoLimits) {
  // Policy mappings without any, which libraries let pass (RFC 5280, 4.2.1.5 does not).
  const std::string none("\x30\x00", 2);
  ServerOptions options;
  options.identity = Certificate::leaf("unreadable")
                         .dns("localhost")
                         .key(ec(256))
                         .raw_extension("2.5.29.33", none, false)
                         .issue();
  options.session_tickets = false;
  OpenSslServer server(options);
  Session unlimited = program_.client(backend());
  ASSERT_NO_FATAL_FAILURE(configure(unlimited, {ec(256), 0, 0, true}));
  Connection asked = unlimited.connect_to(server.address(), server.port());
  Message ind = program_.expect(TRESTLE_PRIM_CONNECTION_CERT_IND);
  EXPECT_EQ(ind.error_code(), TRESTLE_RESULT_CERT_MALFORMED) << ind;
  asked.destroy_req();
  program_.expect(TRESTLE_PRIM_CONNECTION_CONNECT_CFM, TRESTLE_RESULT_CANCELLED);
  program_.expect(TRESTLE_PRIM_CONNECTION_DESTROY_CFM, TRESTLE_RESULT_SUCCESS);
  for (const auto& [min, max] : {std::pair<uint16_t, uint16_t>{1, 0}, {0, 65535}}) {
    SCOPED_TRACE(std::to_string(min) + " to " + std::to_string(max));
    Session session = program_.client(backend());
    ASSERT_NO_FATAL_FAILURE(configure(session, {ec(256), min, max, false}));
    session.connect_to(server.address(), server.port());
    Message end = program_.expect(TRESTLE_PRIM_CONNECTION_CONNECT_CFM);
    EXPECT_EQ(end->result, TRESTLE_RESULT_CERT_KEY_SIZE) << end;
    EXPECT_EQ(end.alert(), kBadCertificate) << end;
  }
}

INSTANTIATE_TEST_SUITE_P(Backends, KeySize,
                         ::testing::Combine(::testing::ValuesIn(backends()),
                                            ::testing::Values(TRESTLE_VERSION_TLS12,
                                                              TRESTLE_VERSION_TLS13)),
                         [](const ::testing::TestParamInfo<KeySize::ParamType>& info) {
                           return std::get<0>(info.param) +
                                  (std::get<1>(info.param) == TRESTLE_VERSION_TLS13 ? "_tls13"
                                                                                    : "_tls12");
                         });

}  // namespace
}  // namespace trestle::testing
