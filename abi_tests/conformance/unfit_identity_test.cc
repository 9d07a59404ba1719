// SPDX-License-Identifier: Apache-2.0
// An identity that the other side has no signature scheme for: a client's stays at home (RFC 5246,
// 7.4.6; RFC 8446, 4.4.2), a server's ends the handshake.
#include "abi_tests/conformance/scenario.h"

namespace trestle::conformance {
namespace {

constexpr uint16_t kEcdsaSha256 = 0x0403;

class UnfitIdentityTest : public PairTest {
 protected:
  void expect_outcomes(const std::string& what, const std::string& client,
                       const std::string& server, Scenario* scenario) {
    Pair& pair = scenario->make_pair();
    pair.handshake();
    expect_same(where(), what + ": server's result", server, pair.server_outcome.text(),
                pair.explanation());
    expect_same(where(), what + ": client's result", client, pair.client_outcome.text(),
                pair.explanation());
    EXPECT_EQ(pair.server.asks(), 0) << what;
  }
  void expect_kept_back(const std::string& what, Scenario* scenario) {
    scenario->server.client_auth = TRESTLE_CLIENT_AUTH_REQUEST;
    expect_outcomes(what + ", requested", "OK", "OK", scenario);
    scenario->server.client_auth = TRESTLE_CLIENT_AUTH_REQUIRE;
    const std::string alert = version() == TRESTLE_VERSION_TLS13 ? "116" : "40";
    expect_outcomes(what + ", required", "ALERT_RECEIVED, alert " + alert + " received",
                    "PEER_HAS_NO_CERTIFICATE, alert " + alert + " sent", scenario);
  }
  void expect_no_suite(const std::string& what, Scenario* scenario) {
    expect_outcomes(what, "ALERT_RECEIVED, alert 40 received", "NO_COMMON_SUITE, alert 40 sent",
                    scenario);
  }
};

TEST_P(UnfitIdentityTest, OfAClientIsKeptBack) {
  {
    Scenario scenario(GetParam());
    scenario.server.signature_schemes = {kEcdsaSha256};
    scenario.set_client_identity(chain_of(KeyKind::kRsa2048, 1));
    expect_kept_back("client has RSA, server lists ECDSA", &scenario);
  }
  if (!Identity(client_plugin(), chain_of(KeyKind::kDsa2048, 1)).created().ok()) return;
  Scenario scenario(GetParam());
  scenario.set_client_identity(chain_of(KeyKind::kDsa2048, 1));
  expect_kept_back("client has DSA, no side lists it", &scenario);
}

TEST_P(UnfitIdentityTest, OfAServerEndsTheHandshake) {
  {
    Scenario scenario(GetParam());
    scenario.client.signature_schemes = {kEcdsaSha256};
    scenario.set_server_identity(chain_of(KeyKind::kRsa2048, 1));
    expect_no_suite("server has RSA, client lists ECDSA", &scenario);
  }
  if (!Identity(server_plugin(), chain_of(KeyKind::kDsa2048, 1)).created().ok()) return;
  Scenario scenario(GetParam());
  scenario.set_server_identity(chain_of(KeyKind::kDsa2048, 1));
  expect_no_suite("server has DSA, no side lists it", &scenario);
}

TRESTLE_FOR_EACH_PAIR_AND_VERSION(UnfitIdentityTest);

class NoIdentityTest : public PairTest {};

// TLS 1.3, and a server with nothing but a PSK.
TEST_P(NoIdentityTest, IsNothingForAClientWithoutThePsk) {
  const PairParameter tls13 = {&client_plugin(), &server_plugin(), TRESTLE_VERSION_TLS13};
  Scenario scenario(tls13);
  scenario.server.identity = nullptr;
  scenario.server.psk = std::string(32, 'k');
  scenario.server.psk_identity = "a client of ours";
  Pair& pair = scenario.make_pair();
  pair.handshake();
  expect_same(tls13.where(), "server has a PSK alone, client none: server's result",
              "NO_COMMON_SUITE, alert 40 sent", pair.server_outcome.text(), pair.explanation());
  expect_same(tls13.where(), "server has a PSK alone, client none: client's result",
              "ALERT_RECEIVED, alert 40 received", pair.client_outcome.text(),
              pair.explanation());
}

TRESTLE_FOR_EACH_PAIR(NoIdentityTest);

}  // namespace
}  // namespace trestle::conformance
