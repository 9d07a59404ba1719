// SPDX-License-Identifier: Apache-2.0
// Client certificates: none, requested, required.
#include "abi_tests/conformance/scenario.h"
#include "abi_tests/conformance/wire.h"

namespace trestle::conformance {
namespace {

class ClientAuthTest : public PairTest {
 protected:
  Pair& run(uint32_t client_auth, bool client_has_certificate) {
    scenario_ = std::make_unique<Scenario>(GetParam());
    scenario_->server.client_auth = client_auth;
    if (client_has_certificate) {
      scenario_->set_client_identity(chain_of(KeyKind::kEcdsaP256, 1));
    }
    Pair& pair = scenario_->make_pair();
    pair.handshake();
    return pair;
  }

  void expect_data_flows(Pair* pair) {
    ASSERT_TRUE(pair->established()) << pair->explanation();
    Outcome end;
    EXPECT_EQ(transfer(&pair->client, &pair->server, "up", &end), "up") << end.explanation();
    EXPECT_EQ(transfer(&pair->server, &pair->client, "down", &end), "down") << end.explanation();
  }

  std::unique_ptr<Scenario> scenario_;
};

TEST_P(ClientAuthTest, NotWantedIsNotSent) {
  Pair& pair = run(TRESTLE_CLIENT_AUTH_NONE, true);
  expect_data_flows(&pair);
  EXPECT_EQ(pair.server.asks(), 0);
}

TEST_P(ClientAuthTest, RequestedAndSentIsAskedAbout) {
  Pair& pair = run(TRESTLE_CLIENT_AUTH_REQUEST, true);
  expect_data_flows(&pair);
  EXPECT_EQ(pair.server.asks(), 1);
  EXPECT_TRUE(pair.server.chain() == chain_of(KeyKind::kEcdsaP256, 1).certificates);
}

TEST_P(ClientAuthTest, RequestedAndNotSentPassesWithoutQuestion) {
  Pair& pair = run(TRESTLE_CLIENT_AUTH_REQUEST, false);
  expect_data_flows(&pair);
  EXPECT_EQ(pair.server.asks(), 0);
}

TEST_P(ClientAuthTest, RequiredAndSentIsAskedAbout) {
  Pair& pair = run(TRESTLE_CLIENT_AUTH_REQUIRE, true);
  expect_data_flows(&pair);
  EXPECT_EQ(pair.server.asks(), 1);
}

TEST_P(ClientAuthTest, RequiredAndNotSentIsRefused) {
  Pair& pair = run(TRESTLE_CLIENT_AUTH_REQUIRE, false);
  // certificate_required came with TLS 1.3; before that it is handshake_failure.
  const std::string alert = version() == TRESTLE_VERSION_TLS13 ? "116" : "40";
  expect_same(where(), "required client certificate not sent: server's result",
              "PEER_HAS_NO_CERTIFICATE, alert " + alert + " sent", pair.server_outcome.text(),
              pair.explanation());
  expect_same(where(), "required client certificate not sent: client's result",
              "ALERT_RECEIVED, alert " + alert + " received", pair.client_outcome.text(),
              pair.explanation());
  EXPECT_EQ(pair.server.asks(), 0);
}

TEST_P(ClientAuthTest, WorksWithEachKindOfKey) {
  for (KeyKind kind : {KeyKind::kRsa2048, KeyKind::kEcdsaP256, KeyKind::kEcdsaP384,
                       KeyKind::kEcdsaP521, KeyKind::kRsa3072}) {
    Scenario scenario(GetParam());
    scenario.server.client_auth = TRESTLE_CLIENT_AUTH_REQUIRE;
    scenario.set_client_identity(chain_of(kind, 2));
    scenario.set_server_identity(chain_of(kind, 2));
    Pair& pair = scenario.make_pair();
    pair.handshake();
    EXPECT_TRUE(pair.established()) << static_cast<int>(kind) << ": " << pair.explanation();
    EXPECT_TRUE(pair.server.chain() == chain_of(kind, 2).certificates);
  }
}

TRESTLE_FOR_EACH_PAIR_AND_VERSION(ClientAuthTest);

class ClientAuthConfigurationTest : public BackendTest {};

// An anonymous handshake asks for no certificate: a client would choose to have none.
TEST_P(ClientAuthConfigurationTest, RequiredExcludesAnonymousSuites) {
  constexpr uint16_t kAnonymous = TRESTLE_TLS_DH_anon_WITH_AES_128_CBC_SHA;
  ASSERT_TRUE(plugin().can_suite(kAnonymous));
  Scenario scenario({&plugin(), &plugin(), TRESTLE_VERSION_TLS12});
  scenario.server.suites.push_back(kAnonymous);
  EXPECT_EQ(Context(plugin(), scenario.server).created().text(), "OK");
  scenario.server.client_auth = TRESTLE_CLIENT_AUTH_REQUIRE;
  EXPECT_EQ(Context(plugin(), scenario.server).created().text(), "NOT_SUPPORTED");
}

TRESTLE_FOR_EACH_BACKEND(ClientAuthConfigurationTest);

}  // namespace
}  // namespace trestle::conformance
