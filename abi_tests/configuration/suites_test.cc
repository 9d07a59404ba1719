// SPDX-License-Identifier: Apache-2.0
// CONFIG_CIPHER: each suite of trestle.h on each backend negotiates exactly itself, between two
// Trestle sides and with real peers, or is refused by name. The table of the documentation is what
// this program found.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>

#include "abi_tests/configuration/sides.h"
#include "abi_tests/configuration/suite_peers.h"
#include "abi_tests/configuration/suite_sides.h"
#include "abi_tests/configuration/suite_table.h"
#include "abi_tests/conformance/known_differences.h"

namespace trestle::testing {
namespace {

using conformance::all_suites;
using conformance::expect_same;

constexpr uint16_t kPlainSuite = TRESTLE_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256;

void expect_negotiated(const Message& end, const Suite& suite) {
  ASSERT_EQ(end->result, TRESTLE_RESULT_SUCCESS) << end;
  EXPECT_EQ(end->suite, suite.id) << api().suite_name(end->suite);
  EXPECT_EQ(end->version, suite.version());
}

class Suites : public ::testing::TestWithParam<std::string> {
 protected:
  const std::string& backend() const { return GetParam(); }
};

TEST_P(Suites, CapabilityAndConfigurationSayTheSame) {
  Program program;
  for (uint32_t role : {TRESTLE_ROLE_CLIENT, TRESTLE_ROLE_SERVER}) {
    Session session = role == TRESTLE_ROLE_CLIENT ? program.client(backend())
                                                  : program.server(backend());
    for (const Suite& suite : all_suites()) {
      expect_same({backend(), "-", "*"}, "has " + suite.name, suite.is_extinct() ? "no" : "yes",
                  has_suite(backend(), suite) ? "yes" : "no");
      // Behind a suite that each has: nothing is dropped in silence.
      Message cfm = session.cipher({kPlainSuite, suite.id});
      if (has_suite(backend(), suite)) {
        EXPECT_EQ(cfm->result, TRESTLE_RESULT_SUCCESS) << suite.name << ": " << cfm;
      } else {
        EXPECT_EQ(cfm->result, TRESTLE_RESULT_SUITE_NOT_SUPPORTED) << suite.name << ": " << cfm;
        EXPECT_EQ(cfm.error_code(), TRESTLE_RESULT_SUITE_NOT_SUPPORTED) << suite.name;
        EXPECT_NE(cfm.detail().find(suite.name), std::string::npos) << cfm;
        suite_table().refused(backend(), suite);
      }
    }
  }
}

TEST_P(Suites, ARefusedListLeavesTheOneBeforeInForce) {
  Sides sides;
  Session client = sides.client(backend());
  Session server = sides.server(backend());
  server.identity(*credentials(Authentication::kEcdsa).identity);
  const uint16_t in_force = TRESTLE_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384;
  for (Session* side : {&client, &server}) {
    ASSERT_EQ(side->cipher({in_force})->result, TRESTLE_RESULT_SUCCESS);
    for (const Suite& suite : all_suites()) {
      if (has_suite(backend(), suite)) continue;
      EXPECT_EQ(side->cipher({kPlainSuite, suite.id})->result, TRESTLE_RESULT_SUITE_NOT_SUPPORTED);
    }
  }
  Meeting meeting = sides.meet(client, listen_on(server));
  ASSERT_TRUE(meeting.established()) << meeting.text();
  EXPECT_EQ(meeting.client_end->suite, in_force);
  EXPECT_EQ(meeting.server_end->suite, in_force);
}

// A handshake between two Trestle sides that must negotiate this suite, and data.
void negotiate(const Suite& suite, Sides& sides, Session client, uint16_t port) {
  Meeting meeting = sides.meet(client, port);
  ASSERT_NO_FATAL_FAILURE(expect_negotiated(meeting.client_end, suite));
  ASSERT_NO_FATAL_FAILURE(expect_negotiated(meeting.server_end, suite));
  expect_to_carry_data(meeting);
  sides.part(meeting);
}

TEST_P(Suites, TheClientsOnlySuiteIsNegotiatedWithEveryBackend) {
  for (const std::string& server_backend : backends()) {
    Sides sides;
    for (Authentication authentication : kAuthentications) {
      const std::vector<uint16_t> all = suites_of(server_backend, authentication);
      if (all.empty()) continue;
      Session server = server_for(sides.server_program(), server_backend, all, authentication);
      const uint16_t port = listen_on(server);
      for (uint16_t id : all) {
        const Suite& suite = conformance::suite(id);
        if (!has_suite(backend(), suite)) continue;
        SCOPED_TRACE(suite.name + ", server " + server_backend);
        Session client = client_for(sides.client_program(), backend(), {id}, authentication);
        ASSERT_NO_FATAL_FAILURE(negotiate(suite, sides, client, port));
        suite_table().met(backend(), server_backend, suite);
      }
    }
  }
}

TEST_P(Suites, TheServersOnlySuiteIsNegotiated) {
  Sides sides;
  for (Authentication authentication : kAuthentications) {
    const std::vector<uint16_t> all = suites_of(backend(), authentication);
    if (all.empty()) continue;
    Session client = client_for(sides.client_program(), backend(), all, authentication);
    for (uint16_t id : all) {
      const Suite& suite = conformance::suite(id);
      SCOPED_TRACE(suite.name);
      Session server = server_for(sides.server_program(), backend(), {id}, authentication);
      ASSERT_NO_FATAL_FAILURE(negotiate(suite, sides, client, listen_on(server)));
    }
  }
}

// A real server with these credentials and every suite of its library. It serves all tests.
Server& real_server(ServerKind kind, Authentication authentication) {
  static std::map<std::pair<ServerKind, Authentication>, std::unique_ptr<Server>> servers;
  std::unique_ptr<Server>& server = servers[{kind, authentication}];
  if (!server) {
    server = start_server_with(kind, suites_with(authentication), credentials(authentication));
  }
  return *server;
}

void expect_page(Connection& connection) {
  connection.send("GET " + Server::path() + " HTTP/1.0\r\n\r\n");
  Message end;
  EXPECT_NE(connection.receive_all(&end).find(ServerOptions().page), std::string::npos) << end;
  EXPECT_EQ(connection.disconnect_res(), TRESTLE_RESULT_SUCCESS);
}

TEST_P(Suites, AreNegotiatedWithRealServers) {
  Program program;
  for (const auto& [kind, proof] : {std::pair(ServerKind::kOpenSsl, Proof::kOpenSslServer),
                                    std::pair(ServerKind::kGnuTls, Proof::kGnuTlsServer)}) {
    for (const Suite& suite : all_suites()) {
      if (!has_suite(backend(), suite) || !can_prove(kind, suite)) continue;
      SCOPED_TRACE(suite.name + " with " + name_of(kind));
      Session session =
          client_for(program, backend(), {suite.id}, suite.authentication());
      Server& server = real_server(kind, suite.authentication());
      Connection connection = session.connect_to(server.address(), server.port());
      Message end = connection.finish_connect();
      ASSERT_NO_FATAL_FAILURE(expect_negotiated(end, suite));
      expect_page(connection);
      suite_table().proved(backend(), suite, proof);
    }
  }
}

TEST_P(Suites, AreNegotiatedWithRealClients) {
  Program program;
  for (Authentication authentication : kAuthentications) {
    const std::vector<uint16_t> all = suites_of(backend(), authentication);
    if (all.empty()) continue;
    Session session = server_for(program, backend(), all, authentication);
    ClientOptions options;
    options.port = listen_on(session);
    options.psk = credentials(authentication).psk;
    for (const auto& [kind, proof] : {std::pair(ClientKind::kOpenSsl, Proof::kOpenSslClient),
                                      std::pair(ClientKind::kGnuTls, Proof::kGnuTlsClient)}) {
      for (uint16_t id : all) {
        const Suite& suite = conformance::suite(id);
        if (!can_prove(kind, suite)) continue;
        SCOPED_TRACE(suite.name + " with " + name_of(kind));
        speak_only({suite}, &options);
        auto client = start_client(kind, options);
        Connection connection = accept_next(program);
        Message end = connection.finish_connect();
        ASSERT_NO_FATAL_FAILURE(expect_negotiated(end, suite)) << client->log();
        client->send("to and fro\n");
        Message data = program.expect(TRESTLE_PRIM_CONNECTION_DATA_IND);
        connection.send(data.data());
        connection.data_res();
        EXPECT_TRUE(client->received().wait_for("to and fro")) << client->log();
        client->close();
        program.expect(TRESTLE_PRIM_CONNECTION_DISCONNECT_IND, TRESTLE_RESULT_SUCCESS);
        connection.disconnect_res();
        suite_table().proved(backend(), suite, proof);
      }
    }
  }
}

// The committed table is what this run has found. $TRESTLE_SUITE_TABLE names a file to write it to
// instead (tools/update_suite_table.sh).
class TableOfTheDocumentation : public ::testing::Environment {
 public:
  void TearDown() override {
    const bool complete = ::testing::GTEST_FLAG(filter) == "*";
    if (!complete || ::testing::UnitTest::GetInstance()->Failed()) return;
    const std::string found = suite_table().markdown();
    std::printf("%s", found.c_str());
    if (const char* path = std::getenv("TRESTLE_SUITE_TABLE")) {
      std::ofstream(path) << found;
      return;
    }
    EXPECT_EQ(read_file("docs/cipher-suites.md"), found)
        << "run tools/update_suite_table.sh";
  }
};

const ::testing::Environment* const table_of_the_documentation =
    ::testing::AddGlobalTestEnvironment(new TableOfTheDocumentation);

std::string backend_name(const ::testing::TestParamInfo<std::string>& info) { return info.param; }

INSTANTIATE_TEST_SUITE_P(Backends, Suites, ::testing::ValuesIn(backends()), backend_name);

}  // namespace
}  // namespace trestle::testing
