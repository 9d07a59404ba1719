// SPDX-License-Identifier: Apache-2.0
// The configured signature schemes hold for what the peer signs with, and are what it is told.
#include "abi_tests/conformance/libssl_peer.h"
#include "abi_tests/conformance/scenario.h"
#include "abi_tests/conformance/wire.h"

namespace trestle::conformance {
namespace {

constexpr uint16_t kEcdsaSha256 = 0x0403;
constexpr uint16_t kEcdsaSha384 = 0x0503;
constexpr uint16_t kRsaPssSha256 = 0x0804;

class SchemeTest : public PairTest {
 protected:
  void expect_established(const std::string& what, bool expected, Scenario* scenario) {
    Pair& pair = scenario->make_pair();
    pair.handshake();
    expect_same(where(), what, expected ? "established" : "failed",
                pair.established() ? "established" : "failed", pair.explanation());
  }
};

TEST_P(SchemeTest, TheClientsListHoldsForTheServer) {
  {
    Scenario scenario(GetParam());
    scenario.client.signature_schemes = {kEcdsaSha256};
    expect_established("server has a key for the client's only scheme", true, &scenario);
  }
  {
    Scenario scenario(GetParam());
    scenario.client.signature_schemes = {kEcdsaSha256};
    scenario.set_server_identity(chain_of(KeyKind::kRsa2048, 1));
    expect_established("server has no key for the client's only scheme", false, &scenario);
  }
  {
    // In TLS 1.3 the scheme names the curve as well.
    Scenario scenario(GetParam());
    scenario.client.signature_schemes = {kEcdsaSha256};
    scenario.set_server_identity(chain_of(KeyKind::kEcdsaP384, 1));
    expect_established("server's key is on another curve than the client's only scheme",
                       version() == TRESTLE_VERSION_TLS12, &scenario);
  }
}

TEST_P(SchemeTest, TheServersListHoldsForTheClient) {
  {
    Scenario scenario(GetParam());
    scenario.server.client_auth = TRESTLE_CLIENT_AUTH_REQUIRE;
    scenario.server.signature_schemes = {kEcdsaSha256};
    scenario.set_client_identity(chain_of(KeyKind::kEcdsaP256, 1));
    expect_established("client has a key for the server's only scheme", true, &scenario);
  }
  {
    Scenario scenario(GetParam());
    scenario.server.client_auth = TRESTLE_CLIENT_AUTH_REQUIRE;
    scenario.server.signature_schemes = {kEcdsaSha256};
    scenario.set_client_identity(chain_of(KeyKind::kRsa2048, 1));
    expect_established("client has no key for the server's only scheme", false, &scenario);
  }
}

TRESTLE_FOR_EACH_PAIR_AND_VERSION(SchemeTest);

class CertificateRequestTest : public BackendTest {};

TEST_P(CertificateRequestTest, ListsTheSchemesInTheirOrder) {
  const std::vector<uint16_t> schemes = {kEcdsaSha384, kEcdsaSha256, kRsaPssSha256};
  for (uint16_t version : {TRESTLE_VERSION_TLS12, TRESTLE_VERSION_TLS13}) {
    const Identity identity(plugin(), chain_of(KeyKind::kEcdsaP256, 1));
    Configuration configuration = default_configuration(plugin(), TRESTLE_ROLE_SERVER, version);
    configuration.identity = &identity;
    configuration.client_auth = TRESTLE_CLIENT_AUTH_REQUIRE;
    configuration.signature_schemes = schemes;
    LibsslPair pair(plugin(), configuration, version, [](SSL_CTX* context) {
      use_chain(context, chain_of(KeyKind::kEcdsaP256, 1));
    });
    pair.handshake();
    ASSERT_TRUE(pair.established()) << pair.explanation();
    std::vector<uint16_t> listed;
    unsigned char signature = 0;
    unsigned char hash = 0;
    for (int i = 0; SSL_get_sigalgs(pair.peer.ssl(), i, nullptr, nullptr, nullptr, &signature,
                                    &hash) > i;
         ++i) {
      listed.push_back(static_cast<uint16_t>(hash << 8 | signature));
    }
    expect_same(alone(plugin()), "CertificateRequest lists the configured signature schemes, TLS " +
                                     std::string(version == TRESTLE_VERSION_TLS12 ? "1.2" : "1.3"),
                in_hexadecimal(schemes), in_hexadecimal(listed));
  }
}

TRESTLE_FOR_EACH_BACKEND(CertificateRequestTest);

}  // namespace
}  // namespace trestle::conformance
