// SPDX-License-Identifier: Apache-2.0
// Each of C's eight pre-verification results (C 4.12), reached by a real certificate on each backend.
#include <gtest/gtest.h>

#include "abi_tests/harness/program.h"

namespace trestle::testing {
namespace {

struct Case {
  const char* name;
  int32_t result;   // C's
  int32_t finding;  // the precise one
  Identity (*server)(const TestPki& pki);
  bool trusted;
};

Identity good(const TestPki& pki) { return pki.server; }
Identity not_yet_valid(const TestPki& pki) {
  return Certificate::server().not_yet_valid().signed_by(pki.intermediate).issue();
}
Identity expired(const TestPki& pki) {
  return Certificate::server().expired().signed_by(pki.intermediate).issue();
}
Identity self_signed(const TestPki&) { return Certificate::server().issue(); }
Identity lone_leaf(const TestPki& pki) { return pki.server.without_issuers(); }
Identity issued_by_no_ca(const TestPki& pki) {
  Identity pretender = Certificate::server("pretender.test").signed_by(pki.intermediate).issue();
  return Certificate::server().signed_by(pretender).issue();
}
Identity small_key(const TestPki& pki) {
  return Certificate::server().key(rsa(1024)).signed_by(pki.intermediate).issue();
}
Identity for_clients_only(const TestPki& pki) {
  return Certificate::server().extended_key_usage("clientAuth").signed_by(pki.intermediate).issue();
}

constexpr int32_t kOk = TRESTLE_RESULT_SUCCESS;
const Case kCases[] = {
    {"success", kOk, kOk, good, true},
    {"not_yet_valid", TRESTLE_RESULT_CERT_NOT_YET_VALID, TRESTLE_RESULT_CERT_NOT_YET_VALID,
     not_yet_valid, true},
    {"has_expired", TRESTLE_RESULT_CERT_HAS_EXPIRED, TRESTLE_RESULT_CERT_HAS_EXPIRED, expired, true},
    {"self_signed", TRESTLE_RESULT_CERT_SELF_SIGNED, TRESTLE_RESULT_CERT_SELF_SIGNED, self_signed,
     true},
    {"missing_issuer", TRESTLE_RESULT_CERT_MISSING_ISSUER_CERT,
     TRESTLE_RESULT_CERT_MISSING_ISSUER_CERT, good, false},
    {"unable_to_verify", TRESTLE_RESULT_CERT_UNABLE_TO_VERIFY_NO_SELF_SIGNED_CERT,
     TRESTLE_RESULT_CERT_UNABLE_TO_VERIFY_NO_SELF_SIGNED_CERT, lone_leaf, true},
    {"ca_invalid", TRESTLE_RESULT_CERT_CA_INVALID, TRESTLE_RESULT_CERT_CA_INVALID, issued_by_no_ca,
     true},
    {"failure_small_key", TRESTLE_RESULT_FAILURE, TRESTLE_RESULT_CERT_KEY_TOO_SMALL, small_key, true},
    {"failure_purpose", TRESTLE_RESULT_FAILURE, TRESTLE_RESULT_CERT_PURPOSE, for_clients_only, true},
};

using Parameters = std::tuple<std::string, Case>;

class Verdicts : public ::testing::TestWithParam<Parameters> {};

// Told by CERT_IND, and decided upon by AUTO, with the same code.
TEST_P(Verdicts, EachOfTheEight) {
  const auto& [backend, one] = GetParam();
  TestPki pki;
  ServerOptions options;
  options.identity = one.server(pki);
  // A weak key of the server's is the server's own business.
  options.openssl_ciphers = "DEFAULT@SECLEVEL=0";
  auto server = start_server(ServerKind::kOpenSsl, options);
  for (int32_t decision : {TRESTLE_CERT_DECISION_ASK, TRESTLE_CERT_DECISION_AUTO}) {
    Program program;
    Session session = program.client(backend);
    if (one.trusted) session.trust(pki.root.cert_pem());
    session.set(TRESTLE_OPTION_SERVER_NAME, "localhost");
    session.set(TRESTLE_OPTION_CERT_DECISION, int64_t{decision});
    session.connect_to("127.0.0.1", server->port());
    Message message = program.next();
    if (decision == TRESTLE_CERT_DECISION_ASK) {
      ASSERT_EQ(message->primitive, uint32_t{TRESTLE_PRIM_CONNECTION_CERT_IND}) << message;
      EXPECT_EQ(message->result, one.result) << message;
      EXPECT_EQ(message.error_code(), one.finding) << message;
    } else {
      ASSERT_EQ(message->primitive, uint32_t{TRESTLE_PRIM_CONNECTION_CONNECT_CFM}) << message;
      EXPECT_EQ(message->result, one.finding) << message;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Backends, Verdicts,
                         ::testing::Combine(::testing::ValuesIn(backends()),
                                            ::testing::ValuesIn(kCases)),
                         [](const auto& info) {
                           return std::get<0>(info.param) + "_" + std::get<1>(info.param).name;
                         });

}  // namespace
}  // namespace trestle::testing
