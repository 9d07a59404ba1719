// SPDX-License-Identifier: Apache-2.0
// Alerts in the clear within a handshake, of whoever can write into the transport.
#include "abi_tests/conformance/scenario.h"
#include "abi_tests/conformance/wire.h"

namespace trestle::conformance {
namespace {

constexpr char kWarning = 1;
constexpr char kCloseNotify = 0;
constexpr char kUserCanceled = 90;
constexpr int kWarningsMax = 4;

// Before which flight of which side.
struct Position {
  const char* name;
  bool from_client;
  int flight;
};

constexpr Position kBeforeClientHello = {"before the ClientHello", true, 0};
constexpr Position kAfterClientHello = {"before the client's second flight", true, 1};
constexpr Position kBeforeServerHello = {"before the ServerHello", false, 0};
constexpr Position kBeforeServerFinished = {"before the server's second flight", false, 1};

class AlertTest : public PairTest {
 protected:
  struct Outcomes {
    Outcome sender;
    Outcome receiver;
  };

  // A handshake of the pair, with records put between.
  Outcomes run(const Position& position, const std::string& records) {
    Scenario scenario(GetParam());
    Pair& pair = scenario.make_pair();
    int client_flights = 0;
    int server_flights = 0;
    for (bool progress = true; progress;) {
      const uint64_t to_server = pair.to_server.unread();
      progress = advance(&pair.client, &pair.client_outcome, pair.to_client, &pair.to_server);
      const bool client_spoke = pair.to_server.unread() > to_server;
      if (client_spoke && client_flights++ == position.flight && position.from_client) {
        pair.to_server.write(records + pair.to_server.drain());
      }
      const uint64_t to_client = pair.to_client.unread();
      progress |= advance(&pair.server, &pair.server_outcome, pair.to_server, &pair.to_client);
      const bool server_spoke = pair.to_client.unread() > to_client;
      if (server_spoke && server_flights++ == position.flight && !position.from_client) {
        pair.to_client.write(records + pair.to_client.drain());
      }
    }
    if (position.from_client) return {pair.client_outcome, pair.server_outcome};
    return {pair.server_outcome, pair.client_outcome};
  }

  static std::string alerts(int count, char description) {
    std::string records;
    for (int i = 0; i < count; ++i) {
      records += make_record(kAlertRecord, {kWarning, description});
    }
    return records;
  }

  void expect(const Position& position, int count, char description, const std::string& expected) {
    const Outcome outcome = run(position, alerts(count, description)).receiver;
    const int number = static_cast<uint8_t>(description);
    const Plugin& receiver = position.from_client ? server_plugin() : client_plugin();
    expect_same(alone(receiver),
                std::to_string(count) + " x warning " + std::to_string(number) + " " +
                    position.name + ", TLS " + where().version,
                expected, outcome.text(), outcome.explanation());
  }

  bool is_tls13() const { return version() == TRESTLE_VERSION_TLS13; }
};

// no_certificate of SSL 3.0, user_canceled, unsupported_extension,
// unrecognized_name, and one that nobody has defined.
constexpr char kDescriptions[] = {41, kUserCanceled, 110, 112, static_cast<char>(254)};
constexpr char kViolation[] = "PROTOCOL_VIOLATION, alert 10 sent";

TEST_P(AlertTest, FourWarningsOfAServerEndNothingTheFifthDoes) {
  for (char description : kDescriptions) {
    expect(kBeforeServerHello, kWarningsMax, description, "OK");
    expect(kBeforeServerHello, kWarningsMax + 1, description, kViolation);
    if (is_tls13()) continue;  // the flight has no second
    expect(kBeforeServerFinished, kWarningsMax, description, "OK");
    expect(kBeforeServerFinished, kWarningsMax + 1, description, kViolation);
  }
}

TEST_P(AlertTest, WarningsOfAClientEndNothingInTls12AndAlmostAllInTls13) {
  for (char description : kDescriptions) {
    const std::string received =
        "ALERT_RECEIVED, alert " + std::to_string(static_cast<uint8_t>(description)) + " received";
    const bool ends = is_tls13() && description != kUserCanceled;
    expect(kAfterClientHello, kWarningsMax, description, ends ? received : "OK");
    expect(kAfterClientHello, kWarningsMax + 1, description, ends ? received : kViolation);
  }
}

// It answers an attempt to renegotiate (RFC 5246, 7.2.2), and there was none.
TEST_P(AlertTest, NoRenegotiationEndsAHandshake) {
  constexpr char kNoRenegotiation = 100;
  expect(kBeforeServerHello, 1, kNoRenegotiation, kViolation);
  if (is_tls13()) return;
  expect(kBeforeServerFinished, 1, kNoRenegotiation, kViolation);
  expect(kAfterClientHello, 1, kNoRenegotiation, kViolation);
}

TEST_P(AlertTest, WarningsAheadOfAClientHelloAreAViolation) {
  for (char description : kDescriptions) expect(kBeforeClientHello, 1, description, kViolation);
  expect(kBeforeClientHello, 1, kCloseNotify, kViolation);
}

TEST_P(AlertTest, CloseNotifyEndsAHandshake) {
  constexpr char kReceived[] = "ALERT_RECEIVED, alert 0 received";
  expect(kBeforeServerHello, 1, kCloseNotify, kReceived);
  expect(kAfterClientHello, 1, kCloseNotify, kReceived);
  if (!is_tls13()) expect(kBeforeServerFinished, 1, kCloseNotify, kReceived);
}

TRESTLE_FOR_EACH_PAIR_AND_VERSION(AlertTest);

}  // namespace
}  // namespace trestle::conformance
