// SPDX-License-Identifier: Apache-2.0
// What this backend promises beyond the conformance suite: each suite that it affirms, also those
// without a constant in trestle.h; what it refuses and why; which suite a PSK gets.
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <cstdlib>
#include <memory>

#include "abi_tests/conformance/scenario.h"

namespace trestle::conformance {
namespace {

const Plugin &plugin() { return plugins().front(); }
PairParameter with_itself(uint16_t version) { return {&plugin(), &plugin(), version}; }

constexpr char kPsk[] = "sixteen bytes or";

void add_psk(Configuration *configuration) {
  configuration->psk = kPsk;
  configuration->psk_identity = "us";
}

// One attempt with this identity of the server (NULL: none); 0 if it wasn't to be.
uint16_t negotiate(uint16_t suite, const KeyKind *kind, bool psk) {
  Scenario scenario(with_itself(0));
  scenario.server.identity = nullptr;
  if (kind != nullptr) scenario.set_server_identity(chain_of(*kind, 1));
  for (Configuration *side : {&scenario.client, &scenario.server}) {
    side->suites = {suite};
    side->signature_schemes.push_back(0x0402);  // DSA, for the suites that need it
    if (psk) add_psk(side);
  }
  const Context client(plugin(), scenario.client);
  const Context server(plugin(), scenario.server);
  if (!client.created().ok() || !server.created().ok()) return 0;
  Pair pair(client, server);
  pair.handshake();
  return pair.established() ? pair.client.info().suite : 0;
}

bool negotiates_itself(uint16_t suite) {
  constexpr KeyKind kKinds[] = {KeyKind::kRsa2048, KeyKind::kEcdsaP256, KeyKind::kDsa2048};
  for (bool psk : {false, true}) {
    if (negotiate(suite, nullptr, psk) == suite) return true;
    for (const KeyKind &kind : kKinds) {
      if (negotiate(suite, &kind, psk) == suite) return true;
    }
  }
  return false;
}

TEST(OpensslSuites, EachOneAffirmedNegotiates) {
  int affirmed = 0;
  for (uint32_t id = 0; id <= 0xFFFF; ++id) {
    if (!plugin().can_suite(static_cast<uint16_t>(id))) continue;
    ++affirmed;
    EXPECT_TRUE(negotiates_itself(static_cast<uint16_t>(id))) << std::hex << id;
  }
  EXPECT_GE(affirmed, 5);
  printf("%d suites\n", affirmed);
}

class OpensslContext : public testing::Test {
 protected:
  OpensslContext() : scenario_(with_itself(0)) {}

  std::string created(const Configuration &configuration) {
    return Context(plugin(), configuration).created().text();
  }

  Scenario scenario_;
};

TEST_F(OpensslContext, NamesTheSuiteThatIsNotThere) {
  scenario_.client.suites = {TRESTLE_TLS_AES_128_GCM_SHA256, TRESTLE_TLS_RSA_WITH_RC4_128_SHA};
  const Context context(plugin(), scenario_.client);
  EXPECT_EQ(context.created().text(), "SUITE_NOT_SUPPORTED");
  EXPECT_NE(std::string(context.created().error.detail).find("0x0005"), std::string::npos);
}

TEST_F(OpensslContext, RefusesVersionsWithoutASuite) {
  scenario_.client.suites = {TRESTLE_TLS_AES_128_GCM_SHA256};
  scenario_.client.version_max = TRESTLE_VERSION_TLS12;
  EXPECT_EQ(created(scenario_.client), "NOT_SUPPORTED");
}

TEST_F(OpensslContext, RefusesAPskThatNoSuiteCanUse) {
  add_psk(&scenario_.client);
  scenario_.client.suites = {TRESTLE_TLS_AES_256_GCM_SHA384};
  EXPECT_EQ(created(scenario_.client), "NOT_SUPPORTED") << "bound to another hash";
  scenario_.client.suites = {TRESTLE_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256};
  EXPECT_EQ(created(scenario_.client), "NOT_SUPPORTED");
  scenario_.client.suites = {TRESTLE_TLS_AES_128_GCM_SHA256,
                             TRESTLE_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256};
  scenario_.client.version_max = TRESTLE_VERSION_TLS12;
  EXPECT_EQ(created(scenario_.client), "NOT_SUPPORTED") << "its version is excluded";
}

TEST_F(OpensslContext, RefusesAPskBesideARequiredCertificate) {
  add_psk(&scenario_.server);
  scenario_.server.client_auth = TRESTLE_CLIENT_AUTH_REQUIRE;
  EXPECT_EQ(created(scenario_.server), "NOT_SUPPORTED");
}

TEST_F(OpensslContext, RefusesAServerThatIsNobody) {
  scenario_.server.identity = nullptr;
  EXPECT_EQ(created(scenario_.server), "NO_IDENTITY");
  scenario_.server.suites = {TRESTLE_TLS_DH_anon_WITH_AES_128_CBC_SHA};
  EXPECT_EQ(created(scenario_.server), "OK") << "anonymous, by name";
}

TEST_F(OpensslContext, RefusesADheGroupThatNobodyHas) {
  scenario_.server.dh_bits_min = 8193;
  EXPECT_EQ(created(scenario_.server), "NOT_SUPPORTED");
}

// A server takes its own group at least as large as it wants its peers'.
TEST_F(OpensslContext, ServersDheGroupIsAsLargeAsConfigured) {
  for (Configuration *side : {&scenario_.client, &scenario_.server}) {
    side->suites = {TRESTLE_TLS_DHE_RSA_WITH_AES_128_GCM_SHA256};
  }
  scenario_.set_server_identity(chain_of(KeyKind::kRsa2048, 1));
  scenario_.server.dh_bits_min = 3072;
  scenario_.client.dh_bits_min = 3072;
  scenario_.make_established_pair();
  scenario_.client.dh_bits_min = 3073;
  Pair &pair = scenario_.make_pair();
  pair.handshake();
  EXPECT_EQ(pair.client_outcome.text(), "HANDSHAKE_FAILED, alert 40 sent") << pair.explanation();
}

TEST_F(OpensslContext, FiniteFieldGroupsOfTls13ObeyTheMinimum) {
  constexpr uint16_t kFfdhe2048 = 256, kFfdhe3072 = 257;
  for (Configuration *side : {&scenario_.client, &scenario_.server}) {
    side->suites = {TRESTLE_TLS_AES_128_GCM_SHA256};
    side->groups = {kFfdhe2048};
  }
  scenario_.make_established_pair();
  scenario_.server.groups = {kFfdhe2048, kFfdhe3072};
  scenario_.server.dh_bits_min = 3072;
  Pair &pair = scenario_.make_pair();
  pair.handshake();
  EXPECT_TRUE(pair.server_outcome.failed()) << pair.explanation();
}

TEST_F(OpensslContext, APskBringsItsSuitesToTheFrontForWhoeverOffersIt) {
  const std::vector<uint16_t> order = {TRESTLE_TLS_AES_256_GCM_SHA384,
                                       TRESTLE_TLS_CHACHA20_POLY1305_SHA256,
                                       TRESTLE_TLS_AES_128_GCM_SHA256};
  scenario_.client.suites = order;
  scenario_.server.suites = order;
  add_psk(&scenario_.server);
  Pair &without = scenario_.make_established_pair();
  EXPECT_EQ(without.server.info().suite, TRESTLE_TLS_AES_256_GCM_SHA384);
  EXPECT_EQ(without.client.asks(), 1);

  add_psk(&scenario_.client);
  Pair &with = scenario_.make_established_pair();
  EXPECT_EQ(with.server.info().suite, TRESTLE_TLS_CHACHA20_POLY1305_SHA256);
  EXPECT_EQ(with.client.asks(), 0);

  scenario_.client.psk_identity = "somebody else";
  Pair &unknown = scenario_.make_established_pair();
  EXPECT_EQ(unknown.server.info().suite, TRESTLE_TLS_AES_256_GCM_SHA384);
  EXPECT_EQ(unknown.client.asks(), 1);
}

// main() has set it up; the tests above ran under it. And the program's own contexts still obey it
// after the backend was loaded.
TEST(OpensslConfiguration, IsTheProgramsOwn) {
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_method()),
                                                            SSL_CTX_free);
  ASSERT_TRUE(context);
  EXPECT_EQ(SSL_CTX_get_min_proto_version(context.get()), TLS1_3_VERSION);
  EXPECT_EQ(SSL_CTX_get_security_level(context.get()), 5);
}

}  // namespace
}  // namespace trestle::conformance

// What an openssl.cnf presets for every SSL_CTX of the process does not reach the backend's.
bool write_hostile_configuration(const std::string &path) {
  FILE *file = fopen(path.c_str(), "w");
  if (file == nullptr) return false;
  fputs(
      "openssl_conf = all\n[all]\nssl_conf = ssl\n[ssl]\nsystem_default = presets\n"
      "[presets]\nMinProtocol = TLSv1.3\nMaxProtocol = TLSv1.3\nCipherString = PSK:@SECLEVEL=5\n"
      "Ciphersuites = TLS_AES_256_GCM_SHA384\nOptions = ServerPreference,SessionTicket\n"
      "SignatureAlgorithms = RSA+SHA512\nClientSignatureAlgorithms = RSA+SHA512\n"
      "Groups = P-521\nNumTickets = 4\nVerifyMode = Require\nRecordPadding = 64\n",
      file);
  return fclose(file) == 0;
}

int main(int argc, char **argv) {
  using namespace trestle::conformance;
  const char *directory = std::getenv("TEST_TMPDIR");
  const std::string configuration =
      std::string(directory != nullptr ? directory : "/tmp") + "/hostile.cnf";
  std::string why;
  if (!write_hostile_configuration(configuration) ||
      setenv("OPENSSL_CONF", configuration.c_str(), 1) != 0 ||
      !load_plugin("openssl", argc > 1 && argv[1][0] != '-' ? argv[1]
                                                            : "./backends/openssl/openssl.so",
                   &why)) {
    fprintf(stderr, "cannot begin: %s\n", why.c_str());
    return 1;
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
