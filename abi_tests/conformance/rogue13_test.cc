// SPDX-License-Identifier: Apache-2.0
// TLS 1.3 clients that leave out the messages that prove who they are, or send more than anybody
// wants.
#include "abi_tests/conformance/material.h"
#include "abi_tests/conformance/pair.h"
#include "abi_tests/conformance/parameters.h"
#include "abi_tests/conformance/rogue_client13.h"
#include "abi_tests/conformance/wire.h"

namespace trestle::conformance {
namespace {

constexpr char kUnexpected[] = "PROTOCOL_VIOLATION, alert 10 sent";

class RogueClient13Test : public BackendTest {
 protected:
  struct Result {
    Outcome outcome;
    int asks;
    uint64_t read;  // of what came after the server's flight
  };

  // `answer` makes the second flight, from a client that has read the server's.
  template <typename Answer>
  Result run(uint32_t client_auth, Answer answer) {
    Configuration configuration =
        default_configuration(plugin(), TRESTLE_ROLE_SERVER, TRESTLE_VERSION_TLS13);
    configuration.client_auth = client_auth;
    configuration.suites = {TRESTLE_TLS_AES_128_GCM_SHA256};
    const Identity identity(plugin(), chain_of(KeyKind::kEcdsaP256, 1));
    configuration.identity = &identity;
    const Context context(plugin(), configuration);
    Pipe in;
    Pipe out;
    Endpoint server(context, in, out);
    RogueClient13 client;
    in.write(client.hello());
    Outcome outcome = server.handshake();
    EXPECT_TRUE(outcome.wants_read()) << outcome.explanation();
    client.read(out.sent());
    const uint64_t before = in.read_so_far();
    in.write(answer(&client));
    outcome = server.handshake();
    // A server that waits for what the client left out learns that it won't come.
    if (outcome.wants_read()) {
      in.end();
      outcome = server.handshake();
    }
    return {outcome, server.asks(), in.read_so_far() - before};
  }

  Result finish_after(uint32_t client_auth, const std::string& messages) {
    return run(client_auth,
               [&messages](RogueClient13* client) { return client->finish_after(messages); });
  }

  const std::string empty_ = RogueClient13::certificate_message({});
  const std::string foreign_ =
      RogueClient13::certificate_message(chain_of(KeyKind::kEcdsaP384, 2).certificates);
};

// The rogue can behave: so what makes the others fail is what they leave out.
TEST_P(RogueClient13Test, WithAllItsMessagesIsTaken) {
  Result result = finish_after(TRESTLE_CLIENT_AUTH_NONE, "");
  EXPECT_TRUE(result.outcome.ok()) << result.outcome.explanation();
  result = finish_after(TRESTLE_CLIENT_AUTH_REQUEST, empty_);
  EXPECT_TRUE(result.outcome.ok()) << result.outcome.explanation();
  EXPECT_EQ(result.asks, 0);
}

TEST_P(RogueClient13Test, ThatSkipsItsCertificateIsRefused) {
  for (uint32_t client_auth : {TRESTLE_CLIENT_AUTH_REQUEST, TRESTLE_CLIENT_AUTH_REQUIRE}) {
    const Result result = finish_after(client_auth, "");
    EXPECT_EQ(result.outcome.text(), kUnexpected) << result.outcome.explanation();
    EXPECT_EQ(result.asks, 0);
  }
}

// Somebody else's certificate, and no proof of its key.
TEST_P(RogueClient13Test, WithoutCertificateVerifyIsRefused) {
  for (uint32_t client_auth : {TRESTLE_CLIENT_AUTH_REQUEST, TRESTLE_CLIENT_AUTH_REQUIRE}) {
    const Result result = finish_after(client_auth, foreign_);
    EXPECT_EQ(result.outcome.text(), kUnexpected) << result.outcome.explanation();
  }
}

TEST_P(RogueClient13Test, WithAnEmptyCertificateWhereOneIsRequiredIsRefused) {
  const Result result = finish_after(TRESTLE_CLIENT_AUTH_REQUIRE, empty_);
  EXPECT_EQ(result.outcome.text(), "PEER_HAS_NO_CERTIFICATE, alert 116 sent")
      << result.outcome.explanation();
}

TEST_P(RogueClient13Test, WithACertificateThatNobodyWantsIsRefused) {
  for (const std::string& message : {empty_, foreign_}) {
    const Result result = finish_after(TRESTLE_CLIENT_AUTH_NONE, message);
    EXPECT_EQ(result.asks, 0);
    expect_same(alone(plugin()), "client sends a Certificate message unasked in TLS 1.3",
                kUnexpected, result.outcome.text(), result.outcome.explanation());
  }
}

// A message of 16 MiB under the handshake's keys: nobody gathers that.
TEST_P(RogueClient13Test, ThatSendsAGiantIsNotFollowed) {
  constexpr size_t kSent = 1 << 20;
  const Result result = run(TRESTLE_CLIENT_AUTH_REQUEST, [](RogueClient13* client) {
    std::string flight;
    std::string plaintext = std::string("\x0B\xFF\xFF\xFF\x00\xFF\xFF\xFB", 8);
    while (flight.size() < kSent) {
      plaintext.resize(16000, '\0');
      flight += client->record(kHandshakeRecord, plaintext);
      plaintext.clear();
    }
    return flight;
  });
  ASSERT_TRUE(result.outcome.failed()) << result.outcome.text();
  EXPECT_NE(result.outcome.error.result, TRESTLE_RESULT_TRUNCATED);
  EXPECT_LT(result.read, kSent / 2);
}

TRESTLE_FOR_EACH_BACKEND(RogueClient13Test);

}  // namespace
}  // namespace trestle::conformance
