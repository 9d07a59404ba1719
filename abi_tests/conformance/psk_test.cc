// SPDX-License-Identifier: Apache-2.0
// Pre-shared keys: TLS 1.2's suites and, as an external PSK, TLS 1.3 (RFC 8446, 4.2.11).
#include "abi_tests/conformance/scenario.h"
#include "abi_tests/conformance/suites.h"
#include "abi_tests/conformance/wire.h"

namespace trestle::conformance {
namespace {

const std::string kKey("\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xAA\xBB\xCC\xDD\xEE\xFF", 16);
const std::string kIdentity = "a client of ours";

class PskTest : public PairTest {
 protected:
  // Neither side has a certificate; both have the key.
  void SetUp() override {
    scenario_ = std::make_unique<Scenario>(GetParam());
    scenario_->server.identity = nullptr;
    for (Configuration* side : {&scenario_->client, &scenario_->server}) {
      side->suites = {common_suite()};
      side->psk = kKey;
      side->psk_identity = kIdentity;
    }
  }

  // A suite that both have: in TLS 1.2, one that authenticates by nothing but the key.
  uint16_t common_suite() const {
    for (const Suite& suite : all_suites()) {
      if (suite.version() == version() && client_plugin().can_suite(suite.id) &&
          server_plugin().can_suite(suite.id) &&
          (suite.tls13() || suite.authentication() == Authentication::kPsk)) {
        return suite.id;
      }
    }
    throw std::runtime_error("no PSK suite in common");
  }

  std::unique_ptr<Scenario> scenario_;
};

TEST_P(PskTest, IsAllThatTwoSidesNeed) {
  Pair& pair = scenario_->make_pair();
  pair.handshake();
  ASSERT_TRUE(pair.established()) << pair.explanation();
  EXPECT_EQ(pair.client.asks(), 0);
  EXPECT_EQ(pair.server.asks(), 0);
  EXPECT_EQ(pair.client.info().by_psk, 1u);
  EXPECT_EQ(pair.server.info().by_psk, 1u);
  Outcome end;
  EXPECT_EQ(transfer(&pair.client, &pair.server, "up", &end), "up");
  EXPECT_EQ(transfer(&pair.server, &pair.client, "down", &end), "down");
}

TEST_P(PskTest, TakesKeysAndIdentitiesOfEachLength) {
  for (size_t key_length : {1, 32, 64}) {
    for (size_t identity_length : {1, 127, 128}) {
      const std::string key(key_length, '\x7E');
      const std::string identity(identity_length, 'i');
      for (Configuration* side : {&scenario_->client, &scenario_->server}) {
        side->psk = key;
        side->psk_identity = identity;
      }
      Pair& pair = scenario_->make_pair();
      pair.handshake();
      expect_same(where(),
                  "PSK of " + std::to_string(key_length) + " bytes, identity of " +
                      std::to_string(identity_length),
                  "established", pair.established() ? "established" : "failed",
                  pair.explanation());
    }
  }
}

TEST_P(PskTest, AnotherKeyFailsOnBothSides) {
  scenario_->client.psk = kKey + "!";
  Pair& pair = scenario_->make_pair();
  pair.handshake();
  EXPECT_TRUE(pair.client_outcome.failed()) << pair.explanation();
  EXPECT_TRUE(pair.server_outcome.failed()) << pair.explanation();
  // TLS 1.3 checks the binder: decrypt_error (RFC 8446, 6.2). TLS 1.2 has other keys: the first
  // record under them has a bad MAC.
  const bool tls13 = version() == TRESTLE_VERSION_TLS13;
  const std::string alert = tls13 ? "51" : "20";
  const std::string result = tls13 ? "HANDSHAKE_FAILED" : "PROTOCOL_VIOLATION";
  expect_same(where(), "another PSK: server's result", result + ", alert " + alert + " sent",
              pair.server_outcome.text(), pair.explanation());
  expect_same(where(), "another PSK: client's result",
              "ALERT_RECEIVED, alert " + alert + " received", pair.client_outcome.text(),
              pair.explanation());
}

TEST_P(PskTest, UnknownIdentityFailsOnBothSides) {
  for (const std::string& identity :
       {kIdentity + "!", kIdentity.substr(1), kIdentity.substr(0, kIdentity.size() - 1),
        std::string("x"), std::string(kIdentity).replace(0, 1, "A")}) {
    scenario_->client.psk_identity = identity;
    Pair& pair = scenario_->make_pair();
    pair.handshake();
    EXPECT_TRUE(pair.client_outcome.failed()) << pair.explanation();
    EXPECT_TRUE(pair.server_outcome.failed()) << pair.explanation();
    expect_same(where(), "unknown PSK identity: server's result",
                "HANDSHAKE_FAILED, alert 115 sent", pair.server_outcome.text(),
                pair.explanation());
    expect_same(where(), "unknown PSK identity: client's result",
                "ALERT_RECEIVED, alert 115 received", pair.client_outcome.text(),
                pair.explanation());
  }
}

TEST_P(PskTest, IdentityIsBytes) {
  const std::string identity("\xFF\xFE\x80 \n\x01", 6);
  scenario_->client.psk_identity = identity;
  scenario_->server.psk_identity = identity;
  Pair& pair = scenario_->make_pair();
  pair.handshake();
  EXPECT_TRUE(pair.established()) << pair.explanation();
}

// A client that has nothing but a PSK does not take a certificate in its stead.
TEST_P(PskTest, ServerWithACertificateAloneIsNotTaken) {
  scenario_->server.psk.clear();
  scenario_->server.psk_identity.clear();
  scenario_->set_server_identity(chain_of(KeyKind::kEcdsaP256, 1));
  Pair& pair = scenario_->make_pair();
  pair.handshake();
  EXPECT_TRUE(pair.client_outcome.failed() || pair.client.asks() == 1) << pair.explanation();
  if (pair.established()) {
    // Then it is a certificate like any other, and was asked about.
    EXPECT_EQ(pair.client.asks(), 1);
    EXPECT_EQ(pair.client.info().by_psk, 0u);
    EXPECT_EQ(pair.server.info().by_psk, 0u);
  }
}

TRESTLE_FOR_EACH_PAIR_AND_VERSION(PskTest);

// Of one version alone.
class PskOfOneVersionTest : public PairTest {
 protected:
  PairParameter of(uint16_t version) const {
    return {GetParam().client, GetParam().server, version};
  }
};

// The second ServerHello tells whether the PSK was taken; the first one, a HelloRetryRequest, doesn't.
TEST_P(PskOfOneVersionTest, ServesAfterAHelloRetryRequest) {
  const PairParameter tls13 = of(TRESTLE_VERSION_TLS13);
  Scenario scenario(tls13);
  scenario.server.identity = nullptr;
  for (Configuration* side : {&scenario.client, &scenario.server}) {
    side->psk = kKey;
    side->psk_identity = kIdentity;
  }
  scenario.client.groups = {0x001D, 0x0017};
  scenario.server.groups = {0x0017};
  Pair& pair = scenario.make_pair();
  pair.handshake();
  expect_same(tls13.where(), "PSK after a HelloRetryRequest", "established",
              pair.established() ? "established" : "failed", pair.explanation());
  if (!pair.established()) return;
  EXPECT_EQ(pair.client.info().by_psk, 1u);
  EXPECT_EQ(pair.server.info().by_psk, 1u);
}

// psk_ke, a PSK without Diffie-Hellman, gives no forward secrecy.
TEST_P(PskOfOneVersionTest, OneWithoutDiffieHellmanIsNotTaken) {
  const PairParameter tls13 = of(TRESTLE_VERSION_TLS13);
  Scenario scenario(tls13);
  scenario.server.identity = nullptr;
  for (Configuration* side : {&scenario.client, &scenario.server}) {
    side->psk = kKey;
    side->psk_identity = kIdentity;
  }
  Pair& pair = scenario.make_pair();
  ASSERT_TRUE(pair.client.handshake().wants_read());
  // psk_dhe_ke, the last of the modes, becomes psk_ke. The binder is wrong then, but a server that
  // doesn't take the PSK doesn't look at it.
  constexpr size_t kExtensionHeader = 4;
  const std::string hello = pair.to_server.sent();
  const std::string modes = parse_hello(handshake_messages_of(hello).at(0)).extensions.at(45);
  ASSERT_EQ(modes.back(), 1);
  const std::string extension = {0, 45, 0, static_cast<char>(modes.size())};
  const size_t at = hello.find(extension + modes);
  ASSERT_NE(at, std::string::npos);
  pair.to_server.flip(at + kExtensionHeader + modes.size() - 1, 0x01);
  pair.handshake();
  expect_same(tls13.where(), "PSK without Diffie-Hellman: server's result",
              "NO_COMMON_SUITE, alert 40 sent", pair.server_outcome.text(), pair.explanation());
}

// A server may have none, and another version than the one that the PSK is for.
TEST_P(PskOfOneVersionTest, OneOfTls13DoesNotKeepOutTls12) {
  Scenario scenario(of(0));
  scenario.client.psk = kKey;
  scenario.client.psk_identity = kIdentity;
  scenario.server.version_max = TRESTLE_VERSION_TLS12;
  Pair& pair = scenario.make_pair();
  pair.handshake();
  EXPECT_EQ(pair.established() ? 1 : 0, pair.client.asks()) << pair.explanation();
  expect_same(of(TRESTLE_VERSION_TLS12).where(), "PSK of TLS 1.3 with a server of TLS 1.2",
              "by certificate", pair.established() ? "by certificate" : "refused",
              pair.explanation());
}

TRESTLE_FOR_EACH_PAIR(PskOfOneVersionTest);

class PskIdentityTest : public BackendTest {};

// Some libraries take an identity as a C string, which ends at a zero byte: then it is refused, not
// cut.
TEST_P(PskIdentityTest, MayContainZeroBytes) {
  struct Case {
    const char* what;
    uint32_t role;
    uint16_t version;
  };
  const Case cases[] = {
      {"client, TLS 1.2", TRESTLE_ROLE_CLIENT, TRESTLE_VERSION_TLS12},
      {"server, TLS 1.2", TRESTLE_ROLE_SERVER, TRESTLE_VERSION_TLS12},
      {"client, TLS 1.3", TRESTLE_ROLE_CLIENT, TRESTLE_VERSION_TLS13},
      {"server, TLS 1.3", TRESTLE_ROLE_SERVER, TRESTLE_VERSION_TLS13},
  };
  for (const Case& each : cases) {
    Configuration configuration = default_configuration(plugin(), each.role, each.version);
    for (const Suite& suite : all_suites()) {
      if (suite.authentication() == Authentication::kPsk && plugin().can_suite(suite.id) &&
          each.version == TRESTLE_VERSION_TLS12) {
        configuration.suites = {suite.id};
      }
    }
    configuration.psk = kKey;
    configuration.psk_identity = std::string("a\0b", 3);
    const Context context(plugin(), configuration);
    expect_same(alone(plugin()), std::string("PSK identity with a zero byte: ") + each.what, "OK",
                context.created().text(), context.created().explanation());
  }
}

// A handshake with a PSK brings no client certificate.
TEST_P(PskIdentityTest, ExcludesARequiredClientCertificate) {
  Scenario scenario({&plugin(), &plugin(), TRESTLE_VERSION_TLS13});
  scenario.server.psk = kKey;
  scenario.server.psk_identity = kIdentity;
  scenario.server.client_auth = TRESTLE_CLIENT_AUTH_REQUIRE;
  const Context context(plugin(), scenario.server);
  EXPECT_EQ(context.created().text(), "NOT_SUPPORTED") << context.created().explanation();
}

// It would be accepted and never used.
TEST_P(PskIdentityTest, NeedsASuiteThatCanUseIt) {
  for (uint32_t role : {TRESTLE_ROLE_CLIENT, TRESTLE_ROLE_SERVER}) {
    // Certificates alone; TLS 1.3 with another hash than the PSK's.
    for (uint16_t suite :
         {TRESTLE_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, TRESTLE_TLS_AES_256_GCM_SHA384}) {
      Scenario scenario({&plugin(), &plugin(), 0});
      Configuration& side = role == TRESTLE_ROLE_CLIENT ? scenario.client : scenario.server;
      side.suites = {suite};
      side.psk = kKey;
      side.psk_identity = kIdentity;
      const Context context(plugin(), side);
      EXPECT_EQ(context.created().text(), "NOT_SUPPORTED") << context.created().explanation();
    }
  }
}

TRESTLE_FOR_EACH_BACKEND(PskIdentityTest);

}  // namespace
}  // namespace trestle::conformance
