// SPDX-License-Identifier: Apache-2.0
// What a peer only warns of ends nothing.
#include <gtest/gtest.h>

#include "abi_tests/harness/program.h"
#include "abi_tests/support/temp_dir.h"

namespace trestle::testing {
namespace {

class Warning : public ::testing::TestWithParam<std::string> {};

// RFC 6066, 3: a server that doesn't know the name may say so and go on.
TEST_P(Warning, UnrecognizedNameAsAWarning) {
  TestPki pki;
  ServerOptions options;
  options.identity = pki.server;
  options.max_version = TlsVersion::k12;
  // s_server warns of other names if it has a second certificate for the one that it knows.
  const Identity other = Certificate::server("other.test").issue();
  TempDir folder;
  const std::string certificate = folder.write("certificate.pem", other.chain_pem());
  const std::string key = folder.write("key.pem", other.key().pkcs8_pem());
  options.extra_arguments = {"-servername", "other.test", "-cert2", certificate, "-key2", key};
  OpenSslServer server(options);
  Program program;
  Session session = program.client(GetParam());
  session.trust(pki.root.cert_pem());
  session.set(TRESTLE_OPTION_SERVER_NAME, std::string("localhost"));
  Connection connection = session.connect_to("127.0.0.1", server.port());
  Message connected = connection.finish_connect();
  ASSERT_EQ(connected->result, TRESTLE_RESULT_SUCCESS) << connected;
  connection.send("GET " + Server::path() + " HTTP/1.0\r\n\r\n");
  Message end;
  EXPECT_NE(connection.receive_all(&end).find(options.page), std::string::npos);
  EXPECT_TRUE(server.wait_for_alert(sent_alert(112))) << server.log();
}

INSTANTIATE_TEST_SUITE_P(Backends, Warning, ::testing::ValuesIn(backends()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace trestle::testing
