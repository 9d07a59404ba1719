// SPDX-License-Identifier: Apache-2.0
// Peers that leave out the messages that prove who they are, or choose what was not offered.
#include <algorithm>

#include "abi_tests/conformance/material.h"
#include "abi_tests/conformance/pair.h"
#include "abi_tests/conformance/parameters.h"
#include "abi_tests/conformance/rogue_client.h"
#include "abi_tests/conformance/wire.h"

namespace trestle::conformance {
namespace {

class RogueClientTest : public BackendTest {
 protected:
  struct Result {
    Outcome outcome;
    int asks;
  };

  Result run(uint32_t client_auth, RogueClient::Certificate certificate,
             const std::vector<std::string>& certificates = {}) {
    Configuration configuration =
        default_configuration(plugin(), TRESTLE_ROLE_SERVER, TRESTLE_VERSION_TLS12);
    configuration.client_auth = client_auth;
    const Identity identity(plugin(), chain_of(KeyKind::kEcdsaP256, 1));
    configuration.identity = &identity;
    const Context context(plugin(), configuration);
    Pipe in;
    Pipe out;
    Endpoint server(context, in, out);
    RogueClient client;
    in.write(client.hello());
    Outcome outcome = server.handshake();
    EXPECT_TRUE(outcome.wants_read()) << outcome.explanation();
    in.write(client.answer(out.sent(), certificate, certificates));
    outcome = server.handshake();
    // A server that waits for what the client left out learns that it won't come.
    if (outcome.wants_read()) {
      in.end();
      outcome = server.handshake();
    }
    return {outcome, server.asks()};
  }
};

// The rogue can behave: so what makes the others fail is what they leave out.
TEST_P(RogueClientTest, WithAllItsMessagesIsTaken) {
  Result result = run(TRESTLE_CLIENT_AUTH_NONE, RogueClient::Certificate::kSkipped);
  EXPECT_TRUE(result.outcome.ok()) << result.outcome.explanation();
  result = run(TRESTLE_CLIENT_AUTH_REQUEST, RogueClient::Certificate::kEmpty);
  EXPECT_TRUE(result.outcome.ok()) << result.outcome.explanation();
  EXPECT_EQ(result.asks, 0);
}

TEST_P(RogueClientTest, ThatSkipsItsCertificateIsRefused) {
  for (uint32_t client_auth : {TRESTLE_CLIENT_AUTH_REQUEST, TRESTLE_CLIENT_AUTH_REQUIRE}) {
    const Result result = run(client_auth, RogueClient::Certificate::kSkipped);
    EXPECT_TRUE(result.outcome.failed()) << "client_auth " << client_auth;
    EXPECT_EQ(result.asks, 0);
    expect_same(alone(plugin()), "client skips its Certificate message in TLS 1.2",
                "PROTOCOL_VIOLATION, alert 10 sent", result.outcome.text(),
                result.outcome.explanation());
  }
}

TEST_P(RogueClientTest, WithAnEmptyCertificateWhereOneIsRequiredIsRefused) {
  const Result result = run(TRESTLE_CLIENT_AUTH_REQUIRE, RogueClient::Certificate::kEmpty);
  EXPECT_EQ(result.outcome.text(), "PEER_HAS_NO_CERTIFICATE, alert 40 sent")
      << result.outcome.explanation();
  EXPECT_EQ(result.asks, 0);
}

// Somebody else's certificate, and no proof of its key.
TEST_P(RogueClientTest, WithoutCertificateVerifyIsRefused) {
  for (uint32_t client_auth : {TRESTLE_CLIENT_AUTH_REQUEST, TRESTLE_CLIENT_AUTH_REQUIRE}) {
    const Result result = run(client_auth, RogueClient::Certificate::kSent,
                              chain_of(KeyKind::kEcdsaP384, 2).certificates);
    EXPECT_TRUE(result.outcome.failed()) << "client_auth " << client_auth;
    expect_same(alone(plugin()), "client skips its CertificateVerify message in TLS 1.2",
                "PROTOCOL_VIOLATION, alert 10 sent", result.outcome.text(),
                result.outcome.explanation());
  }
}

// A certificate that the client does not have to send.
TEST_P(RogueClientTest, WithACertificateThatNobodyWantsIsRefused) {
  const Result result = run(TRESTLE_CLIENT_AUTH_NONE, RogueClient::Certificate::kSent,
                            chain_of(KeyKind::kEcdsaP384, 2).certificates);
  EXPECT_TRUE(result.outcome.failed());
  EXPECT_EQ(result.asks, 0);
}

// Records that bring nothing, for ever: taken or refused, but neither answered one by one nor
// gathered.
TEST_P(RogueClientTest, ThatFloodsIsBounded) {
  constexpr int kRecords = 20000;
  const struct {
    const char* what;
    uint8_t type;
    std::string plaintext;
  } floods[] = {
      {"empty records", kApplicationDataRecord, ""},
      {"user_canceled warnings", kAlertRecord, std::string("\x01\x5A", 2)},
      {"no_renegotiation warnings", kAlertRecord, std::string("\x01\x64", 2)},
      {"HelloRequests", kHandshakeRecord, std::string(4, '\0')},
  };
  for (const auto& flood : floods) {
    SCOPED_TRACE(flood.what);
    Configuration configuration =
        default_configuration(plugin(), TRESTLE_ROLE_SERVER, TRESTLE_VERSION_TLS12);
    const Identity identity(plugin(), chain_of(KeyKind::kEcdsaP256, 1));
    configuration.identity = &identity;
    const Context context(plugin(), configuration);
    Pipe in;
    Pipe out;
    Endpoint server(context, in, out);
    RogueClient client;
    in.write(client.hello());
    EXPECT_TRUE(server.handshake().wants_read());
    in.write(client.answer(out.sent(), RogueClient::Certificate::kSkipped));
    ASSERT_TRUE(server.handshake().ok());
    const size_t sent = out.sent().size();
    for (int i = 0; i < kRecords; ++i) in.write(client.record(flood.type, flood.plaintext));
    in.write(client.record(kApplicationDataRecord, "after the flood"));
    Outcome end;
    const std::string data = receive(&server, &end);
    EXPECT_TRUE(end.failed() ? data.empty() : data == "after the flood") << end.explanation();
    EXPECT_LT(out.sent().size() - sent, 10000u);
  }
}

TRESTLE_FOR_EACH_BACKEND(RogueClientTest);

std::string number16(size_t value) {
  return {static_cast<char>(value >> 8), static_cast<char>(value & 0xFF)};
}

std::string message(uint8_t type, const std::string& body) {
  return std::string{static_cast<char>(type), 0} + number16(body.size()) + body;
}

struct ServerHelloParts {
  uint16_t version = TRESTLE_VERSION_TLS12;
  uint16_t suite = TRESTLE_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256;
  char compression = 0;
  std::string extensions = "";
};

class RogueServerTest : public BackendTest {
 protected:
  void SetUp() override {
    const Context context(plugin(), default_configuration(plugin(), TRESTLE_ROLE_CLIENT));
    Pipe in;
    Pipe out;
    Endpoint client(context, in, out);
    EXPECT_TRUE(client.handshake().wants_read());
    const Hello hello = parse_hello(handshake_messages_of(out.sent()).at(0));
    constexpr uint16_t kRenegotiationInfo = 0xFF01;
    constexpr uint16_t kRenegotiationScsv = 0x00FF;
    // RFC 5746: some refuse a server without it before anything else, all refuse it unasked.
    if (hello.has(kRenegotiationInfo) ||
        std::count(hello.suites.begin(), hello.suites.end(), kRenegotiationScsv) != 0) {
      renegotiation_info_ = std::string("\xFF\x01\x00\x01\x00", 5);
    }
  }

  std::string server_hello(const ServerHelloParts& parts) const {
    const std::string extensions = renegotiation_info_ + parts.extensions;
    const std::string body = number16(parts.version) + std::string(32, 's') +
                             std::string(1, '\0') + number16(parts.suite) + parts.compression +
                             number16(extensions.size()) + extensions;
    return message(kServerHello, body);
  }

  void expect_refused(const std::string& what, const std::string& flight,
                      const std::string& expected) {
    const Context context(plugin(), default_configuration(plugin(), TRESTLE_ROLE_CLIENT));
    Pipe in;
    Pipe out;
    Endpoint client(context, in, out);
    EXPECT_TRUE(client.handshake().wants_read());
    in.write(make_record(kHandshakeRecord, flight));
    in.end();
    const Outcome outcome = client.handshake();
    EXPECT_TRUE(outcome.failed()) << what;
    EXPECT_EQ(client.asks(), 0) << what;
    expect_same(alone(plugin()), "server sends " + what, expected, outcome.text(),
                outcome.explanation());
  }

  const std::string done_ = message(14, "");
  std::string renegotiation_info_;
};

constexpr char kUnexpected[] = "PROTOCOL_VIOLATION, alert 10 sent";
constexpr char kIllegal[] = "PROTOCOL_VIOLATION, alert 47 sent";
constexpr char kVersion[] = "NO_COMMON_VERSION, alert 70 sent";
constexpr char kUnsupportedExtension[] = "PROTOCOL_VIOLATION, alert 110 sent";

TEST_P(RogueServerTest, WithoutCertificateIsRefused) {
  expect_refused("ServerHelloDone after ServerHello", server_hello({}) + done_, kUnexpected);
  // A key of nobody, signed by nobody.
  const std::string key_exchange = std::string("\x03\x00\x17\x41\x04", 5) + std::string(64, 'k') +
                                   std::string("\x04\x03\x00\x08", 4) + std::string(8, 's');
  expect_refused("ServerKeyExchange after ServerHello",
                 server_hello({}) + message(kServerKeyExchange, key_exchange) + done_,
                 kUnexpected);
  expect_refused("a Certificate message without certificates",
                 server_hello({}) + message(kCertificate, std::string(3, '\0')) + done_,
                 kUnexpected);
  expect_refused("a certificate that is none",
                 server_hello({}) +
                     message(kCertificate, std::string("\0\0\x07\0\0\x04none", 10)) + done_,
                 "CERT_MALFORMED, alert 42 sent");
}

TEST_P(RogueServerTest, ThatChoosesWhatWasNotOfferedIsRefused) {
  ServerHelloParts parts;
  parts.suite = TRESTLE_TLS_DH_anon_WITH_AES_128_CBC_SHA;
  expect_refused("an anonymous suite that was not offered", server_hello(parts), kIllegal);
  parts.suite = TRESTLE_TLS_RSA_WITH_NULL_SHA;
  expect_refused("a NULL suite that was not offered", server_hello(parts), kIllegal);
  parts.suite = TRESTLE_TLS_NULL_WITH_NULL_NULL;
  expect_refused("TLS_NULL_WITH_NULL_NULL", server_hello(parts), kIllegal);
  parts.suite = TRESTLE_TLS_AES_128_GCM_SHA256;
  expect_refused("a TLS 1.3 suite in TLS 1.2", server_hello(parts), kIllegal);
  parts = ServerHelloParts();
  parts.compression = 1;
  expect_refused("a compression method", server_hello(parts) + done_, kIllegal);
  for (uint16_t version : {0x0002, 0x0300, 0x0301, 0x0302, 0x0305}) {
    parts = ServerHelloParts();
    parts.version = version;
    expect_refused("a version that was not offered", server_hello(parts) + done_, kVersion);
  }
  parts = ServerHelloParts();
  // application_layer_protocol_negotiation: "h2"
  parts.extensions = std::string("\x00\x10\x00\x05\x00\x03\x02h2", 9);
  expect_refused("an ALPN protocol that was not offered", server_hello(parts) + done_,
                 kUnsupportedExtension);
  // supported_versions: TLS 1.2, which may not be said that way
  parts.extensions = std::string("\x00\x2B\x00\x02\x03\x03", 6);
  expect_refused("TLS 1.2 in supported_versions", server_hello(parts) + done_, kIllegal);
}

TRESTLE_FOR_EACH_BACKEND(RogueServerTest);

}  // namespace
}  // namespace trestle::conformance
