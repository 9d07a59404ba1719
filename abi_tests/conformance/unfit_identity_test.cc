// SPDX-License-Identifier: Apache-2.0
// An identity that the other side has no signature scheme for: a client's stays at home (RFC 5246,
// 7.4.6; RFC 8446, 4.4.2), a server's ends the handshake. One of an unlisted authority fits.
#include <openssl/x509.h>

#include "abi_tests/conformance/libssl_peer.h"
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

class AuthorityTest : public BackendTest {};

// A server's list of authorities is a hint (RFC 5246, 7.4.4; RFC 8446, 4.2.4): whom it trusts in
// fact, it has to say itself.
TEST_P(AuthorityTest, NotListedKeepsNoCertificateBack) {
  for (uint16_t version : {TRESTLE_VERSION_TLS12, TRESTLE_VERSION_TLS13}) {
    const Identity identity(plugin(), chain_of(KeyKind::kEcdsaP256, 1));
    Configuration configuration = default_configuration(plugin(), TRESTLE_ROLE_CLIENT, version);
    configuration.identity = &identity;
    LibsslPair pair(plugin(), configuration, version, [](SSL_CTX* context) {
      use_chain(context, chain_of(KeyKind::kEcdsaP256, 1));
      X509_NAME* name = X509_NAME_new();
      X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                 reinterpret_cast<const unsigned char*>("Other"), -1, -1, 0);
      STACK_OF(X509_NAME)* authorities = sk_X509_NAME_new_null();
      sk_X509_NAME_push(authorities, name);
      SSL_CTX_set_client_CA_list(context, authorities);
      SSL_CTX_set_verify(context, SSL_VERIFY_PEER, [](int, X509_STORE_CTX*) { return 1; });
    });
    pair.handshake();
    ASSERT_TRUE(pair.established()) << pair.explanation();
    EXPECT_NE(SSL_get0_peer_certificate(pair.peer.ssl()), nullptr) << version;
  }
}

TRESTLE_FOR_EACH_BACKEND(AuthorityTest);

}  // namespace
}  // namespace trestle::conformance
