// SPDX-License-Identifier: Apache-2.0
// The error record's words about a handshake: what the core knows is the same sentence over each
// backend. Those for deadlines and for the ends of a connection stand in their own tests.
#include <gtest/gtest.h>

#include "abi_tests/harness/program.h"
#include "abi_tests/harness/relay.h"

namespace trestle::testing {
namespace {

using Parameters = std::tuple<std::string, uint16_t>;

const char* const kMismatch =
    "the certificate is not for \"other.test\"; it is for \"localhost\", \"127.0.0.1\", \"::1\"";
const char* const kRejected = "the program rejected the peer's certificate";

class Words : public ::testing::TestWithParam<Parameters> {
 protected:
  const std::string& backend() const { return std::get<0>(GetParam()); }

  Session client(const std::string& server_name, int64_t decision) {
    Session session = program_.client(backend());
    session.trust(pki_.root.cert_pem());
    session.versions(std::get<1>(GetParam()), std::get<1>(GetParam()));
    session.set(TRESTLE_OPTION_SERVER_NAME, server_name);
    session.set(TRESTLE_OPTION_CERT_DECISION, decision);
    return session;
  }

  std::unique_ptr<Server> server(const Identity& identity) {
    ServerOptions options;
    options.identity = identity;
    return start_server(ServerKind::kOpenSsl, options);
  }

  // What AUTO makes of this server.
  Message automatic(const Server& server, const std::string& server_name) {
    client(server_name, TRESTLE_CERT_DECISION_AUTO).connect_to("127.0.0.1", server.port());
    return program_.expect(TRESTLE_PRIM_CONNECTION_CONNECT_CFM);
  }

  Message rejected(Session session, const Server& server) {
    Connection connection = session.connect_to("127.0.0.1", server.port());
    program_.expect(TRESTLE_PRIM_CONNECTION_CERT_IND);
    EXPECT_EQ(connection.cert_res(0), TRESTLE_RESULT_SUCCESS);
    Message cfm = program_.expect(TRESTLE_PRIM_CONNECTION_CONNECT_CFM);
    EXPECT_EQ(cfm->result, TRESTLE_RESULT_CERT_REJECTED) << cfm;
    return cfm;
  }

  TestPki pki_;
  Program program_;
};

TEST_P(Words, TheWrongNameAndTheRightOnes) {
  auto server = this->server(pki_.server);
  Message mismatch = automatic(*server, "other.test");
  EXPECT_EQ(mismatch->result, TRESTLE_RESULT_CERT_NAME_MISMATCH) << mismatch;
  EXPECT_EQ(mismatch.detail(), kMismatch);
  EXPECT_EQ(mismatch->error->certificate_index, 0);
  EXPECT_STREQ(mismatch->error->subject, "CN=localhost");
  Message unchecked = automatic(*server, "");
  EXPECT_EQ(unchecked->result, TRESTLE_RESULT_CERT_NAME_NOT_CHECKED) << unchecked;
  EXPECT_EQ(unchecked.detail(),
            "there is no name to compare the certificate with (TRESTLE_OPTION_SERVER_NAME)");
}

TEST_P(Words, NamesThatAreNotFitToBeShown) {
  Certificate evil = Certificate::server("\r\n\x1b[2J\", \"other.test");
  for (int i = 0; i < 500; ++i) evil.dns("name-" + std::to_string(i) + ".test");
  auto server = this->server(evil.signed_by(pki_.intermediate).issue());
  Message mismatch = automatic(*server, "other.test");
  EXPECT_EQ(mismatch->result, TRESTLE_RESULT_CERT_NAME_MISMATCH) << mismatch;
  const std::string detail = mismatch.detail();
  const std::string first =
      "the certificate is not for \"other.test\"; it is for "
      "\"\\0d\\0a\\1b[2J\\\", \\\"other.test\", \"name-0.test\", ";
  EXPECT_EQ(detail.substr(0, first.size()), first);
  EXPECT_LT(detail.size(), 500u);
  EXPECT_NE(detail.find(" more"), std::string::npos) << detail;
}

TEST_P(Words, TheProgramsNoAndWhatWasFound) {
  auto server = this->server(pki_.server);
  EXPECT_EQ(rejected(client("localhost", TRESTLE_CERT_DECISION_ASK), *server).detail(), kRejected);
  EXPECT_EQ(rejected(client("other.test", TRESTLE_CERT_DECISION_ASK), *server).detail(),
            std::string(kRejected) + ": " + kMismatch);
  Session distrustful = program_.client(backend());
  EXPECT_EQ(rejected(distrustful, *server).detail(),
            std::string(kRejected) + ": the issuer of the certificate is not known");
}

TEST_P(Words, TheAlertOfThePeer) {
  Relay silent(0);
  client("localhost", TRESTLE_CERT_DECISION_ASK).connect_to("127.0.0.1", silent.port());
  silent.wait_for_client_bytes(5);
  silent.inject_to_client(std::string("\x15\x03\x03\x00\x02\x02\x28", 7));
  Message cfm = program_.expect(TRESTLE_PRIM_CONNECTION_CONNECT_CFM);
  EXPECT_EQ(cfm->result, TRESTLE_RESULT_ALERT_RECEIVED) << cfm;
  EXPECT_EQ(cfm.detail(), "the peer sent alert 40 (handshake_failure)");
}

INSTANTIATE_TEST_SUITE_P(Backends, Words,
                         ::testing::Combine(::testing::ValuesIn(backends()),
                                            ::testing::Values(TRESTLE_VERSION_TLS12,
                                                              TRESTLE_VERSION_TLS13)),
                         [](const auto& info) {
                           return std::get<0>(info.param) +
                                  (std::get<1>(info.param) == TRESTLE_VERSION_TLS13 ? "_tls13"
                                                                                    : "_tls12");
                         });

}  // namespace
}  // namespace trestle::testing
