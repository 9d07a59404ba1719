// SPDX-License-Identifier: Apache-2.0
// Each backend as client against each as server, over real sockets: the same life, message by
// message, whoever is on either side.
#include <gtest/gtest.h>

#include "abi_tests/harness/program.h"

namespace trestle::testing {
namespace {

using Parameters = std::tuple<std::string, std::string, uint16_t>;

class Pairs : public ::testing::TestWithParam<Parameters> {
 protected:
  Pairs()
      : version_(std::get<2>(GetParam())),
        client_session_(client_program_.client(std::get<0>(GetParam()))),
        server_session_(server_program_.server(std::get<1>(GetParam()))) {
    server_session_.identity(pki_.server);
    client_session_.trust(pki_.root.cert_pem());
    client_session_.set(TRESTLE_OPTION_SERVER_NAME, "localhost");
    client_session_.versions(version_, version_);
  }

  // Both ends, up to their CERT_INDs' answers and the end of the handshake.
  void connect(bool mutual) {
    if (mutual) {
      client_session_.identity(pki_.client);
      server_session_.trust(pki_.root.cert_pem());
      server_session_.set(TRESTLE_OPTION_CLIENT_AUTH, int64_t{TRESTLE_CLIENT_AUTH_REQUIRE});
    }
    client_ = client_session_.connect_to("127.0.0.1", server_session_.listen()->port).handle();
    server_ = server_program_.expect(TRESTLE_PRIM_ACCEPT_IND)->connection;
    ASSERT_EQ(server().accept_res(1), TRESTLE_RESULT_SUCCESS);
    expect_certificate(client_program_, client(), TRESTLE_RESULT_SUCCESS, pki_.server);
    if (mutual) {
      expect_certificate(server_program_, server(), TRESTLE_RESULT_CERT_NAME_NOT_CHECKED,
                         pki_.client);
    }
    for (Program* program : {&client_program_, &server_program_}) {
      Message end = program->next();
      EXPECT_EQ(end->result, TRESTLE_RESULT_SUCCESS) << end;
      EXPECT_EQ(end->version, version_);
      EXPECT_EQ(end->suite >> 8 == 0x13, version_ == TRESTLE_VERSION_TLS13);
    }
  }

  void expect_certificate(Program& program, Connection connection, int32_t name_result,
                          const Identity& identity) {
    Message ind = program.expect(TRESTLE_PRIM_CONNECTION_CERT_IND);
    EXPECT_EQ(ind->result, TRESTLE_RESULT_SUCCESS) << ind;
    EXPECT_EQ(ind->name_result, name_result);
    EXPECT_EQ(ind.data(), identity.cert_pem());
    EXPECT_EQ(ind->certificate_count, identity.chain_der().size());
    ASSERT_EQ(connection.cert_res(1), TRESTLE_RESULT_SUCCESS);
  }

  Connection client() { return Connection(&client_program_, client_); }
  Connection server() { return Connection(&server_program_, server_); }

  const uint16_t version_;
  TestPki pki_;
  Program client_program_, server_program_;
  Session client_session_, server_session_;
  uint64_t client_ = 0, server_ = 0;
};

TEST_P(Pairs, DataBothWaysAndACleanClose) {
  connect(false);
  std::string data(300000, 'd');
  ASSERT_EQ(client().data_req(data), TRESTLE_RESULT_SUCCESS);
  EXPECT_EQ(server().receive(data.size()), data);
  ASSERT_EQ(server().data_req(data), TRESTLE_RESULT_SUCCESS);
  EXPECT_EQ(client_program_.expect(TRESTLE_PRIM_CONNECTION_DATA_CFM)->result,
            TRESTLE_RESULT_SUCCESS);
  EXPECT_EQ(client().receive(data.size()), data);
  EXPECT_EQ(server_program_.expect(TRESTLE_PRIM_CONNECTION_DATA_CFM)->result,
            TRESTLE_RESULT_SUCCESS);
  EXPECT_EQ(client().disconnect()->result, TRESTLE_RESULT_SUCCESS);
  Message end = server_program_.expect(TRESTLE_PRIM_CONNECTION_DISCONNECT_IND);
  EXPECT_EQ(end->result, TRESTLE_RESULT_SUCCESS) << end;
}

TEST_P(Pairs, MutualAuthenticationAndTheServerClosesFirst) {
  connect(true);
  server().send("bye");
  EXPECT_EQ(client().receive(3), "bye");
  ASSERT_EQ(server().disconnect_req(), TRESTLE_RESULT_SUCCESS);
  Message end = client_program_.expect(TRESTLE_PRIM_CONNECTION_DISCONNECT_IND);
  EXPECT_EQ(end->result, TRESTLE_RESULT_SUCCESS) << end;
  EXPECT_EQ(server_program_.expect(TRESTLE_PRIM_CONNECTION_DISCONNECT_CFM)->result,
            TRESTLE_RESULT_SUCCESS);
}

TEST_P(Pairs, ARejectionIsTheSameOnBothSides) {
  client_ = client_session_.connect_to("127.0.0.1", server_session_.listen()->port).handle();
  server_ = server_program_.expect(TRESTLE_PRIM_ACCEPT_IND)->connection;
  ASSERT_EQ(server().accept_res(1), TRESTLE_RESULT_SUCCESS);
  client_program_.expect(TRESTLE_PRIM_CONNECTION_CERT_IND);
  ASSERT_EQ(client().cert_res(0), TRESTLE_RESULT_SUCCESS);
  Message cfm = client_program_.expect(TRESTLE_PRIM_CONNECTION_CONNECT_CFM);
  EXPECT_EQ(cfm->result, TRESTLE_RESULT_CERT_REJECTED) << cfm;
  EXPECT_EQ(cfm.alert(), uint32_t{TRESTLE_ALERT_BAD_CERTIFICATE}) << cfm;
  Message ind = server_program_.expect(TRESTLE_PRIM_CONNECTION_CONNECT_IND);
  EXPECT_EQ(ind->result, TRESTLE_RESULT_ALERT_RECEIVED) << ind;
  EXPECT_EQ(ind.alert(), uint32_t{TRESTLE_ALERT_BAD_CERTIFICATE}) << ind;
}

INSTANTIATE_TEST_SUITE_P(
    Backends, Pairs,
    ::testing::Combine(::testing::ValuesIn(backends()), ::testing::ValuesIn(backends()),
                       ::testing::Values(TRESTLE_VERSION_TLS12, TRESTLE_VERSION_TLS13)),
    [](const auto& info) {
      return std::get<0>(info.param) + "_to_" + std::get<1>(info.param) +
             (std::get<2>(info.param) == TRESTLE_VERSION_TLS13 ? "_tls13" : "_tls12");
    });

}  // namespace
}  // namespace trestle::testing
