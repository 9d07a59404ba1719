// SPDX-License-Identifier: Apache-2.0
// Identities: every form that a key in the clear can have, and what is wrong with those that are
// none.
#include "abi_tests/conformance/identity_outcome.h"

namespace trestle::conformance {
namespace {

namespace pki = trestle::testing;

class IdentityTest : public IdentityOutcomeTest {};

TEST_P(IdentityTest, TakesPkcs8) {
  expect_outcome("RSA 2048 in PKCS#8", "OK", source_of(identity_leaf(pki::rsa())));
  expect_outcome("EC P-256 in PKCS#8", "OK", source_of(identity_leaf(pki::ec(256))));
  expect_outcome("EC P-384 in PKCS#8", "OK", source_of(identity_leaf(pki::ec(384))));
  expect_outcome("EC P-521 in PKCS#8", "OK", source_of(identity_leaf(pki::ec(521))));
  expect_outcome("Ed25519 in PKCS#8", "OK", source_of(identity_leaf(pki::ed25519())));
  expect_outcome("Ed448 in PKCS#8", "OK", source_of(identity_leaf(pki::ed448())));
  expect_outcome("DSA 2048 in PKCS#8", "OK", source_of(identity_leaf(pki::dsa())));
}

TEST_P(IdentityTest, TakesTheTraditionalForms) {
  const auto traditional = [](pki::KeySpec spec, uint32_t format) {
    IdentitySource source = source_of(identity_leaf(spec));
    source.key = identity_leaf(spec).key().traditional_der();
    source.key_format = format;
    return source;
  };
  const auto followed = [](IdentitySource source) {
    source.key.push_back('\0');
    return source;
  };
  expect_outcome("RSAPrivateKey", "OK", traditional(pki::rsa(), TRESTLE_KEY_RSA));
  expect_outcome("RSAPrivateKey, then something else", "BAD_PRIVATE_KEY",
                 followed(traditional(pki::rsa(), TRESTLE_KEY_RSA)));
  expect_outcome("ECPrivateKey", "OK", traditional(pki::ec(), TRESTLE_KEY_EC));
  expect_outcome("ECPrivateKey, then something else", "BAD_PRIVATE_KEY",
                 followed(traditional(pki::ec(), TRESTLE_KEY_EC)));
  expect_outcome("DSAPrivateKey", "OK", traditional(pki::dsa(), TRESTLE_KEY_DSA));
  expect_outcome("DSAPrivateKey, then something else", "BAD_PRIVATE_KEY",
                 followed(traditional(pki::dsa(), TRESTLE_KEY_DSA)));
}

TEST_P(IdentityTest, KeyOfAnotherIsAMismatch) {
  IdentitySource source = source_of(identity_leaf(pki::ec()));
  source.key = pki::Key::cached(pki::ec(), "another").pkcs8_der();
  expect_outcome("another's EC key", "KEY_MISMATCH", source);
  source.key = identity_leaf(pki::rsa()).key().pkcs8_der();
  expect_outcome("RSA key for an EC certificate", "KEY_MISMATCH", source);
  source = source_of(identity_leaf(pki::rsa()));
  source.key = pki::Key::cached(pki::rsa(), "another").pkcs8_der();
  expect_outcome("another's RSA key", "KEY_MISMATCH", source);
  source = source_of(identity_leaf(pki::ec(256)));
  source.key = identity_leaf(pki::ec(384)).key().pkcs8_der();
  expect_outcome("P-384 key for a P-256 certificate", "KEY_MISMATCH", source);
}

TEST_P(IdentityTest, BadKeys) {
  IdentitySource source = source_of(identity_leaf(pki::ec()));
  source.key = "";
  expect_outcome("empty key", "BAD_PRIVATE_KEY", source);
  source.key = std::string(100, 'k');
  expect_outcome("garbage as key", "BAD_PRIVATE_KEY", source);
  source.key_format = TRESTLE_KEY_EC;
  expect_outcome("garbage as ECPrivateKey", "BAD_PRIVATE_KEY", source);
  source.key_format = TRESTLE_KEY_RSA;
  expect_outcome("garbage as RSAPrivateKey", "BAD_PRIVATE_KEY", source);
  source = source_of(identity_leaf(pki::ec()));
  source.key.resize(source.key.size() - 10);
  expect_outcome("key, cut", "BAD_PRIVATE_KEY", source);
  source = source_of(identity_leaf(pki::ec()));
  source.key.push_back('\0');
  expect_outcome("key, then something else", "BAD_PRIVATE_KEY", source);
  source = source_of(identity_leaf(pki::ec()));
  source.key = identity_leaf(pki::ec()).key().public_key_der();
  expect_outcome("public key as private key", "BAD_PRIVATE_KEY", source);
}

TEST_P(IdentityTest, BadCertificates) {
  IdentitySource source = source_of(identity_leaf(pki::ec()));
  source.certificates[0] = "";
  expect_outcome("empty certificate", "BAD_CERTIFICATE", source);
  source.certificates[0] = std::string(100, 'c');
  expect_outcome("garbage as certificate", "BAD_CERTIFICATE", source);
  source = source_of(identity_leaf(pki::ec()));
  source.certificates[0].resize(source.certificates[0].size() - 1);
  expect_outcome("certificate, cut", "BAD_CERTIFICATE", source);
  source = source_of(identity_leaf(pki::ec()));
  source.certificates[0].push_back('\0');
  expect_outcome("certificate, then something else", "BAD_CERTIFICATE", source);
  source = source_of(identity_leaf(pki::ec()));
  source.certificates[1] = std::string(100, 'c');
  expect_outcome("garbage as intermediate", "BAD_CERTIFICATE", source);
  source.certificates.clear();
  expect_outcome("key without certificate", "BAD_CERTIFICATE", source);
}

// Something that is right in itself, but not every library has a use for it.
TEST_P(IdentityTest, UnusualCertificatesAndKeys) {
  expect_created("RSA 512", "OK", source_of(identity_leaf(pki::rsa(512))));
  expect_created("certificate with an unknown critical extension", "OK",
                 source_of(pki::Certificate::leaf("unusual").unknown_critical_extension().issue()));
}

TEST_P(IdentityTest, WithoutAKeyThereIsNoIdentity) {
  IdentitySource source = source_of(identity_leaf(pki::ec()));
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
