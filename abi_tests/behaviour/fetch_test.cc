// SPDX-License-Identifier: Apache-2.0
// The whole life of a connection, against servers that we didn't write.
#include <gtest/gtest.h>

#include "abi_tests/harness/program.h"

namespace trestle::testing {
namespace {

using Parameters = std::tuple<std::string, ServerKind, uint16_t>;

class Fetch : public ::testing::TestWithParam<Parameters> {};

TEST_P(Fetch, APage) {
  auto [backend, kind, version] = GetParam();
  TestPki pki;
  ServerOptions options;
  options.identity = pki.server;
  auto server = start_server(kind, options);

  Program program;
  Session session = program.client(backend);
  session.trust(pki.root.cert_pem());
  session.set(TRESTLE_OPTION_SERVER_NAME, "localhost");
  session.versions(version, version);
  Connection connection = session.connect_to(server->address(), server->port());

  Message cert = program.expect(TRESTLE_PRIM_CONNECTION_CERT_IND);
  EXPECT_EQ(cert->result, TRESTLE_RESULT_SUCCESS) << cert;
  EXPECT_EQ(cert->name_result, TRESTLE_RESULT_SUCCESS);
  EXPECT_EQ(cert.data(), pki.server.cert_pem());
  ASSERT_EQ(connection.cert_res(1), TRESTLE_RESULT_SUCCESS);

  Message connected = program.expect(TRESTLE_PRIM_CONNECTION_CONNECT_CFM);
  ASSERT_EQ(connected->result, TRESTLE_RESULT_SUCCESS) << connected;
  EXPECT_EQ(connected->version, version);

  connection.send("GET " + Server::path() + " HTTP/1.0\r\n\r\n");
  Message end;
  std::string page = connection.receive_all(&end);
  EXPECT_NE(page.find(options.page), std::string::npos) << page;
  EXPECT_EQ(end->result, TRESTLE_RESULT_SUCCESS) << end;
  EXPECT_EQ(connection.disconnect_res(), TRESTLE_RESULT_SUCCESS);
  EXPECT_EQ(session.destroy()->result, TRESTLE_RESULT_SUCCESS);
}

INSTANTIATE_TEST_SUITE_P(
    Backends, Fetch,
    ::testing::Combine(::testing::ValuesIn(backends()),
                       ::testing::Values(ServerKind::kOpenSsl, ServerKind::kGnuTls,
                                         ServerKind::kNginx),
                       ::testing::Values(TRESTLE_VERSION_TLS12, TRESTLE_VERSION_TLS13)));

}  // namespace
}  // namespace trestle::testing
