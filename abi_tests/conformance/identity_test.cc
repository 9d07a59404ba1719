// SPDX-License-Identifier: Apache-2.0
// Identities: every form that a key can have, and what is wrong with those that are none.
#include <map>

#include "abi_tests/conformance/scenario.h"
#include "abi_tests/support/pki.h"

namespace trestle::conformance {
namespace {

namespace pki = trestle::testing;

const std::string kPassword = "correct horse battery staple";

// A certificate under an intermediate, for both purposes.
const pki::Identity& leaf(pki::KeySpec spec) {
  static std::map<std::pair<int, int>, pki::Identity> made;
  const auto wanted = std::make_pair(static_cast<int>(spec.kind), spec.bits);
  const auto found = made.find(wanted);
  if (found != made.end()) return found->second;
  const pki::Identity root = pki::Certificate::root("Root").issue();
  const pki::Identity ca = pki::Certificate::intermediate("CA").signed_by(root).issue();
  return made
      .emplace(wanted, pki::Certificate::leaf("leaf")
                           .key(pki::Key::cached(spec, "conformance"))
                           .key_usage("digitalSignature,keyEncipherment")
                           .signed_by(ca)
                           .issue())
      .first->second;
}

IdentitySource source_of(const pki::Identity& identity) {
  return {identity.chain_der(), identity.key().pkcs8_der(), TRESTLE_KEY_PKCS8, "", ""};
}

IdentitySource pkcs12_source(const std::string& bytes, const std::string& password) {
  return {{}, "", TRESTLE_KEY_NONE, bytes, password};
}

class IdentityTest : public BackendTest {
 protected:
  // The outcome of identity_new. What works must also work in a handshake.
  std::string outcome_of(const IdentitySource& source,
                         const std::vector<std::string>& chain_expected = {}) {
    const Identity identity(plugin(), source);
    const trestle_backend_error& error = identity.created().error;
    EXPECT_EQ(std::string(error.library_text).find(kPassword), std::string::npos);
    EXPECT_EQ(std::string(error.detail).find(kPassword), std::string::npos);
    explanation_ = identity.created().explanation();
    if (!identity.created().ok()) {
      EXPECT_EQ(identity.get(), nullptr) << "an identity in spite of the failure";
      return identity.created().text();
    }
    return serves(source, chain_expected.empty() ? source.certificates : chain_expected);
  }

  void expect_outcome(const std::string& what, const std::string& expected,
                      const IdentitySource& source,
                      const std::vector<std::string>& chain_expected = {}) {
    const std::string observed = outcome_of(source, chain_expected);
    expect_same(alone(plugin()), "identity: " + what, expected, observed, explanation_);
  }

 private:
  // "OK", or what became of a handshake with it.
  std::string serves(const IdentitySource& source, const std::vector<std::string>& chain) {
    Scenario scenario({&plugin(), &plugin(), TRESTLE_VERSION_TLS12});
    scenario.set_server_identity(source);
    for (Configuration* side : {&scenario.client, &scenario.server}) {
      side->suites = {TRESTLE_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
                      TRESTLE_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256};
      constexpr uint16_t kDsaSuite = TRESTLE_TLS_DHE_DSS_WITH_AES_128_CBC_SHA256;
      if (!plugin().can_suite(kDsaSuite)) continue;
      side->suites.push_back(kDsaSuite);
      allow_dsa(plugin(), side);
    }
    Pair& pair = scenario.make_pair();
    pair.handshake();
    if (!pair.established()) return pair.explanation();
    return pair.client.chain() == chain ? "OK" : "another chain";
  }

  std::string explanation_;
};

TEST_P(IdentityTest, TakesPkcs8) {
  expect_outcome("RSA 2048 in PKCS#8", "OK", source_of(leaf(pki::rsa())));
  expect_outcome("EC P-256 in PKCS#8", "OK", source_of(leaf(pki::ec(256))));
  expect_outcome("EC P-384 in PKCS#8", "OK", source_of(leaf(pki::ec(384))));
  expect_outcome("EC P-521 in PKCS#8", "OK", source_of(leaf(pki::ec(521))));
  expect_outcome("Ed25519 in PKCS#8", "OK", source_of(leaf(pki::ed25519())));
  expect_outcome("Ed448 in PKCS#8", "OK", source_of(leaf(pki::ed448())));
  expect_outcome("DSA 2048 in PKCS#8", "OK", source_of(leaf(pki::dsa())));
}

TEST_P(IdentityTest, TakesTheTraditionalForms) {
  const auto traditional = [](pki::KeySpec spec, uint32_t format) {
    IdentitySource source = source_of(leaf(spec));
    source.key = leaf(spec).key().traditional_der();
    source.key_format = format;
    return source;
  };
  expect_outcome("RSAPrivateKey", "OK", traditional(pki::rsa(), TRESTLE_KEY_RSA));
  expect_outcome("ECPrivateKey", "OK", traditional(pki::ec(), TRESTLE_KEY_EC));
  expect_outcome("DSAPrivateKey", "OK", traditional(pki::dsa(), TRESTLE_KEY_DSA));
}

TEST_P(IdentityTest, TakesEncryptedPkcs8WithItsPassword) {
  for (const pki::KeySpec spec : {pki::rsa(), pki::ec()}) {
    IdentitySource source = source_of(leaf(spec));
    source.key = leaf(spec).key().encrypted_pkcs8_der(kPassword);
    source.key_format = TRESTLE_KEY_PKCS8_ENCRYPTED;
    source.password = kPassword;
    expect_outcome("encrypted PKCS#8", "OK", source);
    source.password = kPassword + "!";
    expect_outcome("encrypted PKCS#8, wrong password", "WRONG_PASSWORD", source);
    source.password = "";
    expect_outcome("encrypted PKCS#8, no password", "WRONG_PASSWORD", source);
    source.password = kPassword;
    source.key.resize(source.key.size() / 2);
    expect_outcome("encrypted PKCS#8, cut", "BAD_PRIVATE_KEY", source);
  }
}

TEST_P(IdentityTest, TakesPkcs12WithItsPassword) {
  const pki::Identity& identity = leaf(pki::ec());
  const std::vector<std::string> chain = identity.chain_der();
  const std::string pfx = identity.pkcs12(kPassword);
  expect_outcome("PKCS#12", "OK", pkcs12_source(pfx, kPassword), chain);
  expect_outcome("PKCS#12 with RSA", "OK",
                 pkcs12_source(leaf(pki::rsa()).pkcs12(kPassword), kPassword),
                 leaf(pki::rsa()).chain_der());
  expect_outcome("PKCS#12 with 3DES", "OK",
                 pkcs12_source(identity.pkcs12(kPassword, pki::Pkcs12Cipher::kTripleDes),
                               kPassword),
                 chain);
  expect_outcome("PKCS#12, wrong password", "WRONG_PASSWORD", pkcs12_source(pfx, "wrong"));
  expect_outcome("PKCS#12, no password", "WRONG_PASSWORD", pkcs12_source(pfx, ""));
  expect_outcome("PKCS#12 of garbage", "BAD_CERTIFICATE",
                 pkcs12_source("this is no PFX at all", kPassword));
  expect_outcome("PKCS#12, cut", "BAD_CERTIFICATE",
                 pkcs12_source(pfx.substr(0, pfx.size() / 2), kPassword));
}

// Neither the certificates nor the key of a PFX that was changed are taken.
TEST_P(IdentityTest, ChangedPkcs12IsRefused) {
  const std::string pfx = leaf(pki::ec()).pkcs12(kPassword);
  for (size_t at = pfx.size() / 8; at < pfx.size(); at += pfx.size() / 8) {
    std::string changed = pfx;
    changed[at] = static_cast<char>(changed[at] ^ 0x01);
    const Identity identity(plugin(), pkcs12_source(changed, kPassword));
    EXPECT_TRUE(identity.created().failed()) << "byte " << at << " of " << pfx.size();
  }
}

TEST_P(IdentityTest, KeyOfAnotherIsAMismatch) {
  IdentitySource source = source_of(leaf(pki::ec()));
  source.key = pki::Key::cached(pki::ec(), "another").pkcs8_der();
  expect_outcome("another's EC key", "KEY_MISMATCH", source);
  source.key = leaf(pki::rsa()).key().pkcs8_der();
  expect_outcome("RSA key for an EC certificate", "KEY_MISMATCH", source);
  source = source_of(leaf(pki::rsa()));
  source.key = pki::Key::cached(pki::rsa(), "another").pkcs8_der();
  expect_outcome("another's RSA key", "KEY_MISMATCH", source);
  source = source_of(leaf(pki::ec(256)));
  source.key = leaf(pki::ec(384)).key().pkcs8_der();
  expect_outcome("P-384 key for a P-256 certificate", "KEY_MISMATCH", source);
}

TEST_P(IdentityTest, BadKeys) {
  IdentitySource source = source_of(leaf(pki::ec()));
  source.key = "";
  expect_outcome("empty key", "BAD_PRIVATE_KEY", source);
  source.key = std::string(100, 'k');
  expect_outcome("garbage as key", "BAD_PRIVATE_KEY", source);
  source.key_format = TRESTLE_KEY_EC;
  expect_outcome("garbage as ECPrivateKey", "BAD_PRIVATE_KEY", source);
  source.key_format = TRESTLE_KEY_RSA;
  expect_outcome("garbage as RSAPrivateKey", "BAD_PRIVATE_KEY", source);
  source = source_of(leaf(pki::ec()));
  source.key.resize(source.key.size() - 10);
  expect_outcome("key, cut", "BAD_PRIVATE_KEY", source);
  source = source_of(leaf(pki::ec()));
  source.key = leaf(pki::ec()).key().public_key_der();
  expect_outcome("public key as private key", "BAD_PRIVATE_KEY", source);
}

TEST_P(IdentityTest, BadCertificates) {
  IdentitySource source = source_of(leaf(pki::ec()));
  source.certificates[0] = "";
  expect_outcome("empty certificate", "BAD_CERTIFICATE", source);
  source.certificates[0] = std::string(100, 'c');
  expect_outcome("garbage as certificate", "BAD_CERTIFICATE", source);
  source = source_of(leaf(pki::ec()));
  source.certificates[0].resize(source.certificates[0].size() - 1);
  expect_outcome("certificate, cut", "BAD_CERTIFICATE", source);
  source = source_of(leaf(pki::ec()));
  source.certificates[1] = std::string(100, 'c');
  expect_outcome("garbage as intermediate", "BAD_CERTIFICATE", source);
}

TEST_P(IdentityTest, WithoutAKeyThereIsNoIdentity) {
  IdentitySource source = source_of(leaf(pki::ec()));
  source.key = "";
  source.key_format = TRESTLE_KEY_NONE;
  expect_outcome("certificate without key", "NO_IDENTITY", source);
}

// A server without anything to show can't serve suites that need it.
TEST_P(IdentityTest, ServerNeedsOne) {
  const Configuration configuration = default_configuration(plugin(), TRESTLE_ROLE_SERVER);
  const Context context(plugin(), configuration);
  EXPECT_EQ(context.created().text(), "NO_IDENTITY") << context.created().explanation();
}

TRESTLE_FOR_EACH_BACKEND(IdentityTest);

}  // namespace
}  // namespace trestle::conformance
