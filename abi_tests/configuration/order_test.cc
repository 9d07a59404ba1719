// SPDX-License-Identifier: Apache-2.0
// When a session can be configured, and the primitive that configures nothing.
#include <gtest/gtest.h>

#include "abi_tests/configuration/sides.h"

namespace trestle::testing {
namespace {

class Order : public ::testing::TestWithParam<std::string> {
 protected:
  // Every CONFIG primitive, with arguments that would be right before.
  void expect_wrong_state(Session& session) {
    const Identity other = Certificate::server("other.test").issue();
    const std::string pem = other.chain_pem() + other.key().pkcs8_pem();
    for (Message cfm :
         {session.cipher({TRESTLE_TLS_AES_256_GCM_SHA384}),
          session.cert_client(TRESTLE_CERTIFICATE, pem),
          session.cert_client(TRESTLE_PSK, "a pre-shared key"), session.cert_verify(other.cert_pem()),
          session.compression(0), session.option(TRESTLE_OPTION_SEND_WINDOW, int64_t{8}),
          session.option(TRESTLE_OPTION_PSK_IDENTITY, "somebody")}) {
      EXPECT_EQ(cfm->result, TRESTLE_RESULT_WRONG_STATE) << cfm;
    }
  }

  const Identity identity_ = Certificate::server("localhost").issue();
  Sides sides_;
};

TEST_P(Order, ConfigurationComesBeforeConnectingAndListening) {
  Session server = sides_.server(GetParam());
  Session client = sides_.client(GetParam());
  for (Session* side : {&client, &server}) {
    ASSERT_EQ(side->cipher({TRESTLE_TLS_AES_128_GCM_SHA256})->result, TRESTLE_RESULT_SUCCESS);
  }
  server.identity(identity_);
  client.trust(identity_.cert_pem());
  const uint16_t port = listen_on(server);
  expect_wrong_state(server);

  // In the middle of a handshake, in a connection, and after it.
  Connection calling = client.connect_to("127.0.0.1", port);
  Connection called = accept_next(sides_.server_program());
  Message question = sides_.client_program().expect(TRESTLE_PRIM_CONNECTION_CERT_IND);
  expect_wrong_state(client);
  EXPECT_EQ(question.data(), identity_.cert_pem());
  EXPECT_EQ(question->result, TRESTLE_RESULT_SUCCESS) << question;
  ASSERT_EQ(calling.cert_res(1), TRESTLE_RESULT_SUCCESS);
  Meeting meeting = {calling, called, calling.finish_connect(), called.finish_connect()};
  ASSERT_TRUE(meeting.established()) << meeting.text();
  expect_wrong_state(client);
  expect_wrong_state(server);
  sides_.part(meeting);
  expect_wrong_state(client);
  expect_wrong_state(server);

  // Nothing of it had an effect.
  Meeting again = sides_.meet(client, port);
  ASSERT_TRUE(again.established()) << again.text();
  EXPECT_EQ(again.client_end->suite, TRESTLE_TLS_AES_128_GCM_SHA256);
}

TEST_P(Order, AFailedConnectEndsConfigurationToo) {
  Session client = sides_.client(GetParam());
  ReservedPort nobody;
  client.connect_to("127.0.0.1", nobody.number());
  sides_.client_program().expect(TRESTLE_PRIM_CONNECTION_CONNECT_CFM,
                                 TRESTLE_RESULT_CONNECT_REFUSED);
  expect_wrong_state(client);
}

TEST_P(Order, AConnectionThatIsOnlyCreatedEndsNothing) {
  Session client = sides_.client(GetParam());
  client.create_connection();
  EXPECT_EQ(client.cipher({TRESTLE_TLS_AES_256_GCM_SHA384})->result, TRESTLE_RESULT_SUCCESS);
  Session server = sides_.server(GetParam());
  server.identity(identity_);
  Meeting meeting = sides_.meet(client, listen_on(server));
  ASSERT_TRUE(meeting.established()) << meeting.text();
  EXPECT_EQ(meeting.client_end->suite, TRESTLE_TLS_AES_256_GCM_SHA384);
}

TEST_P(Order, CompressionIsNoneOrRefused) {
  for (Session session : {sides_.client(GetParam()), sides_.server(GetParam())}) {
    EXPECT_EQ(session.compression(0)->result, TRESTLE_RESULT_SUCCESS);
    for (int level : {1, 2, 64, 127, 128, 255}) {
      Message cfm = session.compression(static_cast<uint8_t>(level));
      EXPECT_EQ(cfm->result, TRESTLE_RESULT_NOT_SUPPORTED) << level << ": " << cfm;
      EXPECT_NE(cfm.detail(), "");
    }
    EXPECT_EQ(session.compression(0)->result, TRESTLE_RESULT_SUCCESS);
  }
}

INSTANTIATE_TEST_SUITE_P(Backends, Order, ::testing::ValuesIn(backends()),
                         [](const ::testing::TestParamInfo<std::string>& info) {
                           return info.param;
                         });

}  // namespace
}  // namespace trestle::testing
