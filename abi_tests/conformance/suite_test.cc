// SPDX-License-Identifier: Apache-2.0
// Each suite negotiates exactly itself, or is refused by name.
#include "abi_tests/conformance/scenario.h"
#include "abi_tests/conformance/suites.h"

namespace trestle::conformance {
namespace {

KeyKind key_for(Authentication authentication) {
  switch (authentication) {
    case Authentication::kRsa:
    case Authentication::kRsaAndPsk:
      return KeyKind::kRsa2048;
    case Authentication::kDsa:
      return KeyKind::kDsa2048;
    default:
      return KeyKind::kEcdsaP256;
  }
}

std::string hexadecimal(uint16_t id) {
  char text[8];
  std::snprintf(text, sizeof text, "0x%04X", unsigned{id});
  return text;
}

// One side's configuration for one suite.
void configure(const Suite& suite, const Plugin& plugin, Configuration* configuration) {
  configuration->suites = {suite.id};
  configuration->version_min = suite.version();
  configuration->version_max = suite.version();
  if (suite.authentication() == Authentication::kDsa) allow_dsa(plugin, configuration);
  if (suite.uses_psk()) {
    configuration->psk = std::string("\x00\x01secret\xFF", 9);
    configuration->psk_identity = "a client";
  }
}

class SuiteTest : public PairTest {};

TEST_P(SuiteTest, NegotiatesExactlyItself) {
  int negotiated = 0;
  for (const Suite& suite : all_suites()) {
    if (!client_plugin().can_suite(suite.id) || !server_plugin().can_suite(suite.id)) continue;
    SCOPED_TRACE(suite.name);
    Scenario scenario(GetParam());
    if (suite.uses_certificate()) {
      scenario.set_server_identity(chain_of(key_for(suite.authentication()), 1));
    } else {
      scenario.server.identity = nullptr;
    }
    configure(suite, client_plugin(), &scenario.client);
    configure(suite, server_plugin(), &scenario.server);
    Pair& pair = scenario.make_pair();
    pair.handshake();
    expect_same(where(), "suite " + suite.name + " negotiates itself", "yes",
                pair.established() ? "yes" : "no", pair.explanation());
    if (!pair.established()) continue;
    ++negotiated;
    EXPECT_EQ(pair.client.info().suite, suite.id);
    EXPECT_EQ(pair.server.info().suite, suite.id);
    EXPECT_EQ(pair.client.info().version, suite.version());
    EXPECT_EQ(pair.client.asks(), suite.uses_certificate() ? 1 : 0);
    EXPECT_EQ(pair.server.asks(), 0);
    Outcome end;
    const std::string data(20000, 's');
    EXPECT_TRUE(transfer(&pair.client, &pair.server, data, &end) == data) << end.explanation();
    EXPECT_TRUE(transfer(&pair.server, &pair.client, data, &end) == data) << end.explanation();
  }
  EXPECT_GE(negotiated, 10);
}

// The list of groups may be one of curves alone: then the server has a finite field of its own.
TEST_P(SuiteTest, DheNeedsNoGroupOfTheList) {
  const uint16_t suite = TRESTLE_TLS_DHE_RSA_WITH_AES_128_GCM_SHA256;
  const PairParameter tls12 = {&client_plugin(), &server_plugin(), TRESTLE_VERSION_TLS12};
  Scenario scenario(tls12);
  scenario.set_server_identity(chain_of(KeyKind::kRsa2048, 1));
  for (Configuration* side : {&scenario.client, &scenario.server}) {
    side->suites = {suite};
    side->groups = {0x0017};
  }
  Pair& pair = scenario.make_pair();
  pair.handshake();
  EXPECT_TRUE(pair.established()) << pair.explanation();
}

TEST_P(SuiteTest, ServersOwnOrderWins) {
  const std::vector<std::vector<uint16_t>> lists = {
      {TRESTLE_TLS_AES_128_GCM_SHA256, TRESTLE_TLS_AES_256_GCM_SHA384,
       TRESTLE_TLS_CHACHA20_POLY1305_SHA256},
      {TRESTLE_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
       TRESTLE_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
       TRESTLE_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256},
  };
  for (const std::vector<uint16_t>& list : lists) {
    const uint16_t version = suite(list[0]).version();
    for (size_t first = 0; first < list.size(); ++first) {
      Scenario scenario({&client_plugin(), &server_plugin(), version});
      scenario.client.suites = list;
      // The server's order is the client's, turned.
      scenario.server.suites.clear();
      for (size_t i = 0; i < list.size(); ++i) {
        scenario.server.suites.push_back(list[(first + i) % list.size()]);
      }
      Pair& pair = scenario.make_established_pair();
      expect_same(where(), "server's own order of suites wins, TLS " +
                               std::string(suite(list[0]).tls13() ? "1.3" : "1.2"),
                  suite(list[first]).name, suite(pair.server.info().suite).name);
    }
  }
}

TEST_P(SuiteTest, NoneInCommonIsSaidOnBothSides) {
  const std::pair<uint16_t, uint16_t> cases[] = {
      {TRESTLE_TLS_AES_128_GCM_SHA256, TRESTLE_TLS_AES_256_GCM_SHA384},
      {TRESTLE_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
       TRESTLE_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384},
      // A suite in common that the server's certificate can't serve.
      {TRESTLE_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
       TRESTLE_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256},
  };
  for (const auto& [client_suite, server_suite] : cases) {
    const uint16_t version = suite(client_suite).version();
    const PairParameter parameter = {&client_plugin(), &server_plugin(), version};
    Scenario scenario(parameter);
    scenario.client.suites = {client_suite};
    scenario.server.suites = {server_suite};
    Pair& pair = scenario.make_pair();
    pair.handshake();
    const std::string which =
        client_suite == server_suite ? "no suite for the certificate" : "no common suite";
    expect_same(parameter.where(), which + ": server's result", "NO_COMMON_SUITE, alert 40 sent",
                pair.server_outcome.text(), pair.explanation());
    expect_same(parameter.where(), which + ": client's result",
                "ALERT_RECEIVED, alert 40 received", pair.client_outcome.text(),
                pair.explanation());
  }
}

TRESTLE_FOR_EACH_PAIR(SuiteTest);

class SuiteCapabilityTest : public BackendTest {};

TEST_P(SuiteCapabilityTest, IsTheSameOnAll) {
  for (const Suite& suite : all_suites()) {
    expect_same(alone(plugin()), "has " + suite.name, suite.is_extinct() ? "no" : "yes",
                plugin().can_suite(suite.id) ? "yes" : "no");
  }
}

TEST_P(SuiteCapabilityTest, AnyOtherSuiteIsRefusedByItsNumber) {
  std::vector<uint16_t> refused = {0x00FF, 0x5600, 0x1306, 0xFFFF};
  for (const Suite& suite : all_suites()) {
    if (!plugin().can_suite(suite.id)) refused.push_back(suite.id);
  }
  const Identity identity(plugin(), chain_of(KeyKind::kEcdsaP256, 1));
  for (uint16_t id : refused) {
    EXPECT_FALSE(plugin().can_suite(id)) << hexadecimal(id);
    for (uint32_t role : {TRESTLE_ROLE_CLIENT, TRESTLE_ROLE_SERVER}) {
      Configuration configuration = default_configuration(plugin(), role);
      if (role == TRESTLE_ROLE_SERVER) configuration.identity = &identity;
      // Behind suites that it has: nothing is dropped in silence.
      configuration.suites.push_back(id);
      const Context context(plugin(), configuration);
      EXPECT_EQ(context.created().text(), "SUITE_NOT_SUPPORTED") << hexadecimal(id);
      EXPECT_NE(std::string(context.created().error.detail).find(hexadecimal(id)),
                std::string::npos)
          << hexadecimal(id) << ": " << context.created().explanation();
    }
  }
}

TRESTLE_FOR_EACH_BACKEND(SuiteCapabilityTest);

}  // namespace
}  // namespace trestle::conformance
