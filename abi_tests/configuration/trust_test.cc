// SPDX-License-Identifier: Apache-2.0
// CONFIG_CERT_VERIFY: what can be trusted, in which forms, and what is refused without a trace.
#include <gtest/gtest.h>

#include "abi_tests/configuration/sample_certificate.h"
#include "abi_tests/configuration/sides.h"

namespace trestle::testing {
namespace {

class Trust : public ::testing::TestWithParam<std::string> {
 protected:
  Session client() { return program_.client(GetParam()); }

  // The pre-verification of this server's certificate.
  int32_t verdict(Session session, const Server& server) {
    Connection connection = session.connect_to(server.address(), server.port());
    const int32_t result = program_.expect(TRESTLE_PRIM_CONNECTION_CERT_IND)->result;
    EXPECT_EQ(connection.cert_res(0), TRESTLE_RESULT_SUCCESS);
    program_.expect(TRESTLE_PRIM_CONNECTION_CONNECT_CFM, TRESTLE_RESULT_CERT_REJECTED);
    return result;
  }

  static GnuTlsServer serve(const Identity& identity) {
    ServerOptions options;
    options.identity = identity;
    return GnuTlsServer(options);
  }

  static Identity root(const std::string& name) {
    return Certificate::root(name).key(Key::cached(ec(), name)).issue();
  }
  static Identity leaf_below(const Identity& issuer) {
    return Certificate::server("localhost").signed_by(issuer).issue();
  }

  // Two servers that are below different roots.
  const Identity root_a_ = root("Root A");
  const Identity root_b_ = root("Root B");
  GnuTlsServer server_a_ = serve(leaf_below(root_a_));
  GnuTlsServer server_b_ = serve(leaf_below(root_b_));
  Program program_;
};

TEST_P(Trust, SeveralCasInOneBuffer) {
  const std::string between = root("Root C").cert_pem() + "\nwords in between\n\n";
  for (const std::string& buffer :
       {root_a_.cert_pem() + between + root_b_.cert_pem(),
        root_a_.cert_der() + root_b_.cert_der(),
        root_b_.cert_der() + root_a_.cert_der() + root_a_.cert_der()}) {
    Session session = client();
    ASSERT_EQ(session.cert_verify(buffer)->result, TRESTLE_RESULT_SUCCESS);
    EXPECT_EQ(verdict(session, server_a_), TRESTLE_RESULT_SUCCESS);
    EXPECT_EQ(verdict(session, server_b_), TRESTLE_RESULT_SUCCESS);
  }
}

TEST_P(Trust, RequestsAddUp) {
  Session session = client();
  ASSERT_EQ(session.cert_verify(root_a_.cert_pem())->result, TRESTLE_RESULT_SUCCESS);
  ASSERT_EQ(session.cert_verify(root_b_.cert_der())->result, TRESTLE_RESULT_SUCCESS);
  EXPECT_EQ(verdict(session, server_a_), TRESTLE_RESULT_SUCCESS);
  EXPECT_EQ(verdict(session, server_b_), TRESTLE_RESULT_SUCCESS);
}

TEST_P(Trust, OneCaIsNotTheOther) {
  Session session = client();
  ASSERT_EQ(session.cert_verify(root_a_.cert_pem())->result, TRESTLE_RESULT_SUCCESS);
  EXPECT_EQ(verdict(session, server_a_), TRESTLE_RESULT_SUCCESS);
  EXPECT_NE(verdict(session, server_b_), TRESTLE_RESULT_SUCCESS);
}

TEST_P(Trust, SessionsDoNotShareTheirs) {
  Session trusting = client();
  ASSERT_EQ(trusting.cert_verify(root_a_.cert_pem())->result, TRESTLE_RESULT_SUCCESS);
  Session bare = client();
  EXPECT_EQ(verdict(trusting, server_a_), TRESTLE_RESULT_SUCCESS);
  EXPECT_NE(verdict(bare, server_a_), TRESTLE_RESULT_SUCCESS);
}

TEST_P(Trust, WhatIsNoCertificateIsRefused) {
  const std::string pem = root_a_.cert_pem();
  const std::string der = root_a_.cert_der();
  const std::string nothing =
      "-----BEGIN CERTIFICATE-----\nbm90aGluZyBvZiB0aGUgc29ydA==\n-----END CERTIFICATE-----\n";
  struct Buffer {
    std::string bytes;
    const char* named;  // in the detail
  };
  const Buffer buffers[] = {
      {"", "nothing"},
      {"no certificate at all", "unknown"},
      {std::string(300, '\0'), "unknown"},
      {pem.substr(0, pem.size() / 2), "0"},
      {der.substr(0, der.size() / 2), "0"},
      {root_a_.key().pkcs8_pem(), "PRIVATE KEY"},
      {root_a_.key().pkcs8_der(), "private key"},
      {root_a_.pkcs12("password"), "PKCS#12"},
      {RevocationList(root_a_).pem(), "X509 CRL"},
      // The second is bad: the first isn't added either.
      {pem + nothing, "1"},
      {pem + root_b_.key().pkcs8_pem(), "1"},
      {der + "trailing", "1"},
      {der + root_b_.cert_der().substr(0, 100), "1"},
  };
  Session session = client();
  for (const Buffer& buffer : buffers) {
    Message cfm = session.cert_verify(buffer.bytes);
    EXPECT_EQ(cfm->result, TRESTLE_RESULT_BAD_CERTIFICATE) << cfm;
    EXPECT_NE(cfm.detail().find(buffer.named), std::string::npos) << cfm;
  }
  EXPECT_NE(verdict(session, server_a_), TRESTLE_RESULT_SUCCESS);

  // Those from before stay.
  Session other = client();
  ASSERT_EQ(other.cert_verify(root_b_.cert_pem())->result, TRESTLE_RESULT_SUCCESS);
  EXPECT_EQ(other.cert_verify(pem + nothing)->result, TRESTLE_RESULT_BAD_CERTIFICATE);
  EXPECT_EQ(verdict(other, server_b_), TRESTLE_RESULT_SUCCESS);
  EXPECT_NE(verdict(other, server_a_), TRESTLE_RESULT_SUCCESS);
}

// C 3.4.2 shows a certificate; what is printed there can't be read by anybody.
TEST_P(Trust, TheSampleOfTheDocumentIsRefusedWithItsReason) {
  for (uint32_t role : {TRESTLE_ROLE_CLIENT, TRESTLE_ROLE_SERVER}) {
    Session session =
        role == TRESTLE_ROLE_CLIENT ? client() : program_.server(GetParam());
    for (Message cfm : {session.cert_verify(kSampleCertificate),
                        session.cert_client(TRESTLE_CERTIFICATE, kSampleCertificate)}) {
      EXPECT_EQ(cfm->result, TRESTLE_RESULT_BAD_CERTIFICATE) << cfm;
      EXPECT_NE(cfm.detail().find("base64 of 846 characters, which is not a multiple of 4"),
                std::string::npos)
          << cfm;
    }
    for (Message cfm : {session.cert_verify(restored_sample_certificate()),
                        session.cert_client(TRESTLE_CERTIFICATE, restored_sample_certificate())}) {
      EXPECT_EQ(cfm->result, TRESTLE_RESULT_BAD_CERTIFICATE) << cfm;
      EXPECT_NE(cfm.detail().find("certificate 0: the signature algorithm is malformed"),
                std::string::npos)
          << cfm;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Backends, Trust, ::testing::ValuesIn(backends()),
                         [](const ::testing::TestParamInfo<std::string>& info) {
                           return info.param;
                         });

}  // namespace
}  // namespace trestle::testing
