// SPDX-License-Identifier: Apache-2.0
#include "abi_tests/support/peers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <tuple>

namespace trestle::testing {
namespace {

using ::testing::Combine;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Values;
using ::testing::ValuesIn;

constexpr int kBadRecordMac = 20;
constexpr int kUnknownCa = 48;
constexpr int kCertificateRequired = 116;

const TestPki& pki() {
  static const TestPki instance;
  return instance;
}

ServerOptions server_options() {
  ServerOptions options;
  options.identity = pki().server;
  return options;
}

ClientOptions client_options(const Server& server) {
  ClientOptions options;
  options.address = server.address();
  options.port = server.port();
  options.trusted = {pki().root};
  return options;
}

const char* name_of(TlsVersion version) {
  return version == TlsVersion::k13 ? "Tls13" : version == TlsVersion::k12 ? "Tls12" : "Tls10";
}

// Each server with each client.
class PairTest
    : public ::testing::TestWithParam<std::tuple<ServerKind, ClientKind, TlsVersion, IpVersion>> {
 protected:
  ServerKind server_kind() const { return std::get<0>(GetParam()); }
  ClientKind client_kind() const { return std::get<1>(GetParam()); }
  TlsVersion version() const { return std::get<2>(GetParam()); }
  IpVersion ip() const { return std::get<3>(GetParam()); }
};

TEST_P(PairTest, ClientFetchesAPage) {
  ServerOptions options = server_options();
  options.ip = ip();
  options.min_version = options.max_version = version();
  const auto server = start_server(server_kind(), options);
  const auto client = start_client(client_kind(), client_options(*server));
  client->send("GET " + Server::path() + " HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(client->received().wait_for(options.page)) << client->log() << server->log();
  client->close();
  ASSERT_TRUE(client->wait_for_exit()) << client->log();
  EXPECT_EQ(client->wait_for_exit()->code, 0) << client->log();
}

class StrangerTest : public PairTest {};

TEST_P(StrangerTest, IsRefusedWithAnAlertThatBothSidesTell) {
  ServerOptions options = server_options();
  options.ip = ip();
  options.min_version = options.max_version = version();
  const auto server = start_server(server_kind(), options);
  ClientOptions distrusting = client_options(*server);
  distrusting.trusted = {Certificate::root("Somebody Else").issue()};
  const auto client = start_client(client_kind(), distrusting);
  ASSERT_TRUE(client->wait_for_exit()) << client->log();
  EXPECT_NE(client->wait_for_exit()->code, 0);
  // The clients differ in what they call it; what one sent, the server received.
  const auto alerts = client->alerts();
  ASSERT_FALSE(alerts.empty()) << client->log();
  EXPECT_EQ(alerts[0].direction, Alert::Direction::kSent);
  EXPECT_TRUE(server->wait_for_alert(received_alert(alerts[0].description))) << server->log();
}

std::string pair_name(const ::testing::TestParamInfo<PairTest::ParamType>& info) {
  return std::string(name_of(std::get<0>(info.param))) + name_of(std::get<1>(info.param)) +
         name_of(std::get<2>(info.param)) +
         (std::get<3>(info.param) == IpVersion::kV4 ? "V4" : "V6");
}

const auto kBothVersions = Values(TlsVersion::k12, TlsVersion::k13);
const auto kBothIps = Values(IpVersion::kV4, IpVersion::kV6);

INSTANTIATE_TEST_SUITE_P(Peers, PairTest,
                         Combine(ValuesIn(kAllServerKinds), ValuesIn(kAllClientKinds),
                                 kBothVersions, kBothIps),
                         pair_name);
INSTANTIATE_TEST_SUITE_P(OnOpenSsl, StrangerTest,
                         Combine(Values(ServerKind::kOpenSsl, ServerKind::kNginx),
                                 ValuesIn(kAllClientKinds), kBothVersions, kBothIps),
                         pair_name);
INSTANTIATE_TEST_SUITE_P(OnGnuTls, StrangerTest,
                         Combine(Values(ServerKind::kGnuTls), Values(ClientKind::kGnuTls),
                                 kBothVersions, kBothIps),
                         pair_name);
INSTANTIATE_TEST_SUITE_P(OpenSslToGnuTls, StrangerTest,
                         Combine(Values(ServerKind::kGnuTls), Values(ClientKind::kOpenSsl),
                                 Values(TlsVersion::k12), kBothIps),
                         pair_name);

// An OpenSSL client that refuses a certificate in TLS 1.3 sends the alert before it uses its
// handshake keys, in the clear. A GnuTLS server reads it as a record that doesn't decrypt.
TEST(GnuTlsServerTest, CannotReadTheAlertOfAnOpenSslClientInTls13) {
  ServerOptions options = server_options();
  options.min_version = TlsVersion::k13;
  GnuTlsServer server(options);
  ClientOptions distrusting = client_options(server);
  distrusting.trusted = {Certificate::root("Somebody Else").issue()};
  OpenSslClient client(distrusting);
  ASSERT_TRUE(client.wait_for_exit()) << client.log();
  EXPECT_TRUE(client.wait_for_alert(sent_alert(kUnknownCa))) << client.log();
  EXPECT_TRUE(server.wait_for_alert(sent_alert(kBadRecordMac))) << server.log();
  EXPECT_THAT(server.alerts(), Not(Contains(received_alert(kUnknownCa))));
}

class ServerTest : public ::testing::TestWithParam<ServerKind> {};

TEST_P(ServerTest, CurlFetchesAPage) {
  const auto server = start_server(GetParam(), server_options());
  Curl curl(client_options(*server));
  ASSERT_TRUE(curl.wait_for_exit()) << curl.log();
  EXPECT_EQ(curl.wait_for_exit()->code, 0) << curl.log();
  EXPECT_EQ(curl.body(), server_options().page);
}

TEST_P(ServerTest, CurlRefusesAStranger) {
  const auto server = start_server(GetParam(), server_options());
  ClientOptions options = client_options(*server);
  options.trusted = {Certificate::root("Somebody Else").issue()};
  options.max_version = TlsVersion::k12;  // See CannotReadTheAlertOfAnOpenSslClientInTls13.
  Curl curl(options);
  ASSERT_TRUE(curl.wait_for_exit()) << curl.log();
  constexpr int kPeerFailedVerification = 60;
  EXPECT_EQ(curl.wait_for_exit()->code, kPeerFailedVerification) << curl.log();
  EXPECT_TRUE(curl.wait_for_alert(sent_alert(kUnknownCa))) << curl.log();
  EXPECT_TRUE(server->wait_for_alert(received_alert(kUnknownCa))) << server->log();
}

TEST_P(ServerTest, OldVersionsAreSpokenWhenAskedFor) {
  ServerOptions options = server_options();
  options.min_version = options.max_version = TlsVersion::k10;
  const auto server = start_server(GetParam(), options);
  ClientOptions old = client_options(*server);
  old.min_version = old.max_version = TlsVersion::k10;
  Curl curl(old);
  ASSERT_TRUE(curl.wait_for_exit()) << curl.log();
  EXPECT_EQ(curl.body(), options.page) << curl.log() << server->log();
  EXPECT_THAT(curl.log(), HasSubstr("SSL connection using TLSv1 /"));
}

TEST_P(ServerTest, RequiredClientCertificateIsDemanded) {
  ServerOptions options = server_options();
  options.client_auth = ClientAuth::kRequire;
  options.trusted = {pki().root};
  const auto server = start_server(GetParam(), options);
  ClientOptions with = client_options(*server);
  with.identity = pki().client;
  Curl welcome(with);
  ASSERT_TRUE(welcome.wait_for_exit()) << welcome.log();
  EXPECT_EQ(welcome.body(), options.page) << welcome.log() << server->log();

  Curl nobody(client_options(*server));
  ASSERT_TRUE(nobody.wait_for_exit()) << nobody.log();
  EXPECT_THAT(nobody.body(), Not(HasSubstr(options.page)));
}

TEST_P(ServerTest, RequestedClientCertificateMayBeMissing) {
  ServerOptions options = server_options();
  options.client_auth = ClientAuth::kRequest;
  options.trusted = {pki().root};
  const auto server = start_server(GetParam(), options);
  Curl curl(client_options(*server));
  ASSERT_TRUE(curl.wait_for_exit()) << curl.log();
  EXPECT_EQ(curl.body(), options.page) << curl.log() << server->log();
}

INSTANTIATE_TEST_SUITE_P(Peers, ServerTest, ValuesIn(kAllServerKinds),
                         [](const auto& info) { return name_of(info.param); });

TEST(OpenSslServerTest, MissingClientCertificateIsAnsweredWithItsAlert) {
  ServerOptions options = server_options();
  options.client_auth = ClientAuth::kRequire;
  options.trusted = {pki().root};
  options.mode = ServerMode::kConsole;
  OpenSslServer server(options);
  OpenSslClient client(client_options(server));
  EXPECT_TRUE(client.wait_for_alert(received_alert(kCertificateRequired))) << client.log();
  EXPECT_TRUE(server.wait_for_alert(sent_alert(kCertificateRequired))) << server.log();
}

TEST(OpenSslServerTest, ConsoleTalksBothWays) {
  ServerOptions options = server_options();
  options.mode = ServerMode::kConsole;
  OpenSslServer server(options);
  OpenSslClient client(client_options(server));
  client.send("Q is no command here\n");
  EXPECT_TRUE(server.received().wait_for("Q is no command here\n")) << server.log();
  server.send("R neither\n");
  EXPECT_TRUE(client.received().wait_for("R neither\n")) << client.log();
}

class EchoTest : public ::testing::TestWithParam<std::tuple<ServerKind, ClientKind>> {};

TEST_P(EchoTest, LinesComeBack) {
  ServerOptions options = server_options();
  options.mode = ServerMode::kEcho;
  const auto server = start_server(std::get<0>(GetParam()), options);
  const auto client = start_client(std::get<1>(GetParam()), client_options(*server));
  client->send("first line\n");
  EXPECT_TRUE(client->received().wait_for("first line\n")) << client->log() << server->log();
  client->send("second line\n");
  EXPECT_TRUE(client->received().wait_for("second line\n")) << client->log() << server->log();
}

INSTANTIATE_TEST_SUITE_P(Peers, EchoTest,
                         Combine(Values(ServerKind::kOpenSsl, ServerKind::kGnuTls),
                                 ValuesIn(kAllClientKinds)),
                         [](const auto& info) {
                           return std::string(name_of(std::get<0>(info.param))) +
                                  name_of(std::get<1>(info.param));
                         });

class PskTest
    : public ::testing::TestWithParam<std::tuple<ServerKind, ClientKind, TlsVersion>> {};

TEST_P(PskTest, SharedKeyConnectsWithoutCertificates) {
  ServerOptions options;
  options.mode = ServerMode::kEcho;
  options.min_version = options.max_version = std::get<2>(GetParam());
  options.psk = Psk{"device-7", std::string("\x00\x01\xfe\xffsixteen bytes", 16)};
  const auto server = start_server(std::get<0>(GetParam()), options);
  ClientOptions right = client_options(*server);
  right.trusted.clear();
  right.psk = options.psk;
  right.min_version = right.max_version = options.min_version;
  const auto client = start_client(std::get<1>(GetParam()), right);
  client->send("hello\n");
  EXPECT_TRUE(client->received().wait_for("hello\n")) << client->log() << server->log();
  client->close();
  ASSERT_TRUE(client->wait_for_exit());

  ClientOptions wrong = right;
  wrong.psk->key[0] = 'x';
  const auto stranger = start_client(std::get<1>(GetParam()), wrong);
  stranger->send("hello\n");
  ASSERT_TRUE(stranger->wait_for_exit());
  EXPECT_EQ(stranger->received().text(), "");
}

INSTANTIATE_TEST_SUITE_P(Peers, PskTest,
                         Combine(Values(ServerKind::kOpenSsl, ServerKind::kGnuTls),
                                 ValuesIn(kAllClientKinds),
                                 Values(TlsVersion::k12, TlsVersion::k13)),
                         [](const auto& info) {
                           return std::string(name_of(std::get<0>(info.param))) +
                                  name_of(std::get<1>(info.param)) +
                                  name_of(std::get<2>(info.param));
                         });

// Whether the server sends session tickets in TLS 1.3.
bool sends_tickets(ServerKind kind, bool asked) {
  ServerOptions options = server_options();
  options.session_tickets = asked;
  const auto server = start_server(kind, options);
  OpenSslClient client(client_options(*server));
  client.send("GET " + Server::path() + " HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(client.received().wait_for(options.page)) << client.log();
  client.close();
  EXPECT_TRUE(client.wait_for_exit());
  return client.log().find("NewSessionTicket") != std::string::npos;
}

TEST_P(ServerTest, SendsTicketsWhenAskedTo) { EXPECT_TRUE(sends_tickets(GetParam(), true)); }

TEST(PeersTest, TicketsCanBeTurnedOff) {
  EXPECT_FALSE(sends_tickets(ServerKind::kOpenSsl, false));
  EXPECT_FALSE(sends_tickets(ServerKind::kGnuTls, false));
  EXPECT_THROW(sends_tickets(ServerKind::kNginx, false), std::invalid_argument);
}

TEST(NginxTest, ServesSeveralConnectionsAtOnceAndLargeFiles) {
  Nginx server(server_options());
  const std::string content(size_t{3} << 20, 'x');
  server.add_file("big.bin", content);
  OpenSslClient idle(client_options(server));
  ASSERT_TRUE(idle.process().log().wait_for("NewSessionTicket")) << idle.log();
  Curl curl(client_options(server), "/big.bin");
  ASSERT_TRUE(curl.wait_for_exit());
  EXPECT_EQ(curl.body().size(), content.size());
}

TEST(PeersTest, WhatAPeerCannotDoIsRefused) {
  ServerOptions options = server_options();
  options.psk = Psk{"a", "b"};
  EXPECT_THROW(Nginx{options}, std::invalid_argument);
  options = server_options();
  options.mode = ServerMode::kConsole;
  EXPECT_THROW(Nginx{options}, std::invalid_argument);
  EXPECT_THROW(GnuTlsServer{options}, std::invalid_argument);
}

TEST(PeersTest, ServerThatCannotStartSaysWhy) {
  ServerOptions options = server_options();
  options.identity = pki().server.with_key(Key::fresh(ec()));
  for (const ServerKind kind : kAllServerKinds) {
    EXPECT_THROW(start_server(kind, options), std::runtime_error) << name_of(kind);
  }
}

TEST(PeersTest, CipherAndAlpnAreHonoured) {
  ServerOptions options = server_options();
  options.max_version = TlsVersion::k12;
  options.mode = ServerMode::kConsole;
  options.openssl_ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256";
  options.alpn = {"http/1.1"};
  OpenSslServer server(options);
  ClientOptions offers = client_options(server);
  offers.alpn = {"h2", "http/1.1"};
  GnuTlsClient client(offers);
  EXPECT_TRUE(client.process().log().wait_for("(ECDHE-SECP256R1)-(ECDSA-SHA256)-(AES-128-GCM)"))
      << client.log();
  EXPECT_TRUE(client.process().log().wait_for("Application protocol: http/1.1")) << client.log();
}

}  // namespace
}  // namespace trestle::testing
