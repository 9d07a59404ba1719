// SPDX-License-Identifier: Apache-2.0
// A peer that doesn't speak TLS, or not to the end.
#include "abi_tests/conformance/scenario.h"
#include "abi_tests/conformance/wire.h"

namespace trestle::conformance {
namespace {

struct Garbage {
  const char* name;
  std::string bytes;
};

std::vector<Garbage> all_garbage() {
  return {
      {"an HTTP reply", "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"},
      {"an HTTP request", "GET / HTTP/1.1\r\nHost: server.test\r\n\r\n"},
      {"an SMTP greeting", "220 mail.test ESMTP ready when you are\r\n"},
      {"zeros", std::string(600, '\0')},
      {"ones", std::string(600, '\xFF')},
      {"application data", make_record(kApplicationDataRecord, std::string(100, 'a'))},
      {"a handshake message of 16 MiB", make_record(kHandshakeRecord, "\x02\xFF\xFF\xFF" +
                                                                          std::string(100, 'a'))},
  };
}

class GarbageTest : public BackendTest {
 protected:
  // A side alone, which has got `bytes` and then the end.
  Outcome outcome_of(uint32_t role, const std::string& bytes, Pipe* sent) {
    Configuration configuration = default_configuration(plugin(), role);
    const Identity identity(plugin(), chain_of(KeyKind::kEcdsaP256, 1));
    if (role == TRESTLE_ROLE_SERVER) configuration.identity = &identity;
    const Context context(plugin(), configuration);
    EXPECT_TRUE(context.created().ok()) << context.created().explanation();
    Pipe in;
    Endpoint endpoint(context, in, *sent);
    // A client speaks first.
    Outcome outcome = endpoint.handshake();
    EXPECT_TRUE(outcome.wants_read()) << outcome.explanation();
    in.write(bytes);
    in.end();
    outcome = endpoint.handshake();
    EXPECT_EQ(endpoint.asks(), 0);
    return outcome;
  }
};

TEST_P(GarbageTest, ToAClientIsAViolation) {
  for (const Garbage& garbage : all_garbage()) {
    Pipe sent;
    const Outcome outcome = outcome_of(TRESTLE_ROLE_CLIENT, garbage.bytes, &sent);
    EXPECT_TRUE(outcome.failed());
    expect_same(alone(plugin()), std::string("client gets ") + garbage.name,
                "PROTOCOL_VIOLATION", result_text(outcome.error.result), outcome.explanation());
  }
}

TEST_P(GarbageTest, ToAServerIsAViolation) {
  for (const Garbage& garbage : all_garbage()) {
    Pipe sent;
    const Outcome outcome = outcome_of(TRESTLE_ROLE_SERVER, garbage.bytes, &sent);
    EXPECT_TRUE(outcome.failed());
    expect_same(alone(plugin()), std::string("server gets ") + garbage.name,
                "PROTOCOL_VIOLATION", result_text(outcome.error.result), outcome.explanation());
  }
}

// What was said to have been sent was sent, in the clear since no keys are there.
TEST_P(GarbageTest, IsAnsweredWithTheAlertThatTheErrorNames) {
  for (const Garbage& garbage : all_garbage()) {
    for (uint32_t role : {TRESTLE_ROLE_CLIENT, TRESTLE_ROLE_SERVER}) {
      Pipe sent;
      const Outcome outcome = outcome_of(role, garbage.bytes, &sent);
      const std::vector<Record> records = records_of(sent.sent());
      const bool has_alert = !records.empty() && records.back().type == kAlertRecord;
      const uint32_t alert =
          has_alert ? static_cast<uint8_t>(records.back().body[1]) : uint32_t{TRESTLE_ALERT_NONE};
      EXPECT_EQ(outcome.error.alert, alert)
          << garbage.name << ", role " << role << ": " << outcome.explanation();
    }
  }
}

TEST_P(GarbageTest, NothingAtAllIsTruncation) {
  for (uint32_t role : {TRESTLE_ROLE_CLIENT, TRESTLE_ROLE_SERVER}) {
    Pipe sent;
    const Outcome outcome = outcome_of(role, "", &sent);
    EXPECT_EQ(outcome.text(), "TRUNCATED") << "role " << role << ": " << outcome.explanation();
  }
}

TEST_P(GarbageTest, PlaintextAlertsAreReported) {
  // handshake_failure, protocol_version, unrecognized_name, and what stands for none otherwise
  for (uint8_t alert : {40, 70, 112, TRESTLE_ALERT_NONE}) {
    for (uint32_t role : {TRESTLE_ROLE_CLIENT, TRESTLE_ROLE_SERVER}) {
      Pipe sent;
      const std::string body = {2, static_cast<char>(alert)};
      const Outcome outcome = outcome_of(role, make_record(kAlertRecord, body), &sent);
      expect_same(alone(plugin()),
                  "fatal alert " + std::to_string(alert) + " in place of a " +
                      (role == TRESTLE_ROLE_CLIENT ? "ServerHello" : "ClientHello"),
                  "ALERT_RECEIVED, alert " + std::to_string(alert) + " received", outcome.text(),
                  outcome.explanation());
    }
  }
}

TEST_P(GarbageTest, WarningAlertsForEverAreNotFollowedForEver) {
  // unrecognized_name as a warning, 20,000 times, then the end of the transport.
  std::string flood;
  for (int i = 0; i < 20000; ++i) flood += make_record(kAlertRecord, std::string("\x01\x70", 2));
  for (uint32_t role : {TRESTLE_ROLE_CLIENT, TRESTLE_ROLE_SERVER}) {
    Pipe sent;
    const Outcome outcome = outcome_of(role, flood, &sent);
    EXPECT_TRUE(outcome.failed()) << outcome.text();
    // Nothing that grows with what the peer sends.
    EXPECT_LT(sent.sent().size(), 4096u);
  }
}

TRESTLE_FOR_EACH_BACKEND(GarbageTest);

// A handshake that ends with the transport, at each byte.
class CutHandshakeTest : public PairTest {};

TEST_P(CutHandshakeTest, IsTruncation) {
  uint64_t to_client = 0;
  uint64_t to_server = 0;
  {
    Scenario scenario(GetParam());
    Pair& whole = scenario.make_established_pair();
    to_client = whole.to_client.sent().size();
    to_server = whole.to_server.sent().size();
  }
  Scenario scenario(GetParam());
  // A step that visits record headers, their middles and message boundaries alike.
  constexpr uint64_t kStep = 37;
  for (uint64_t cut = 0; cut + 8 < to_client; cut += kStep) {
    Pair& pair = scenario.make_pair();
    pair.to_client.set_arrived(cut);
    pair.handshake();
    ASSERT_TRUE(pair.client_outcome.wants_read()) << cut << ": " << pair.explanation();
    // What has not arrived never will.
    pair.to_client.drain();
    pair.to_client.end();
    pair.to_client.set_arrived(Pipe::kNoLimit);
    EXPECT_EQ(pair.client.handshake().text(), "TRUNCATED") << "client, cut at " << cut;
  }
  for (uint64_t cut = 0; cut + 8 < to_server; cut += kStep) {
    Pair& pair = scenario.make_pair();
    pair.to_server.set_arrived(cut);
    pair.handshake();
    ASSERT_TRUE(pair.server_outcome.wants_read()) << cut << ": " << pair.explanation();
    pair.to_server.drain();
    pair.to_server.end();
    pair.to_server.set_arrived(Pipe::kNoLimit);
    EXPECT_EQ(pair.server.handshake().text(), "TRUNCATED") << "server, cut at " << cut;
  }
}

TRESTLE_FOR_EACH_PAIR_AND_VERSION(CutHandshakeTest);

}  // namespace
}  // namespace trestle::conformance
