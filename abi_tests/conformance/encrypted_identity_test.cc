// SPDX-License-Identifier: Apache-2.0
// Identities under a password: PKCS#8 and PKCS#12, with each of the ciphers that are in use, and
// with passwords that aren't just a few letters.
#include "abi_tests/conformance/containers.h"
#include "abi_tests/conformance/identity_outcome.h"

namespace trestle::conformance {
namespace {

namespace pki = trestle::testing;

const std::string kPassword = "correct horse battery staple";
const std::string kWithNul("correct\0horse", 13);
constexpr char kTripleDes[] = "PBE-SHA1-3DES";

class EncryptedIdentityTest : public IdentityOutcomeTest {
 protected:
  void expect_pkcs8(const std::string& what, const std::string& expected, const char* cipher,
                    const char* derivation, const std::string& password = kPassword) {
    IdentitySource source = source_of(identity_leaf(pki::ec()));
    source.key = encrypt_pkcs8(identity_leaf(pki::ec()).key(), password, cipher, derivation);
    source.key_format = TRESTLE_KEY_PKCS8_ENCRYPTED;
    source.password = password;
    expect_outcome("encrypted PKCS#8, " + what, expected, source);
  }

  // Opened with the password that it was made with.
  void expect_pkcs12(const std::string& what, const std::string& expected,
                     const Pkcs12Recipe& recipe) {
    const std::string password = recipe.password == nullptr ? "" : recipe.password;
    expect_outcome("PKCS#12, " + what, expected,
                   pkcs12_source(make_pkcs12(identity_leaf(pki::ec()), recipe), password),
                   identity_leaf(pki::ec()).chain_der());
  }
};

TEST_P(EncryptedIdentityTest, TakesEncryptedPkcs8WithItsPassword) {
  for (const pki::KeySpec spec : {pki::rsa(), pki::ec()}) {
    IdentitySource source = source_of(identity_leaf(spec));
    source.key = identity_leaf(spec).key().encrypted_pkcs8_der(kPassword);
    source.key_format = TRESTLE_KEY_PKCS8_ENCRYPTED;
    source.password = kPassword;
    expect_outcome("encrypted PKCS#8", "OK", source);
    source.password = kPassword + "!";
    expect_outcome("encrypted PKCS#8, wrong password", "WRONG_PASSWORD", source);
    source.password = "";
    expect_outcome("encrypted PKCS#8, no password", "WRONG_PASSWORD", source);
    source.password = kPassword;
    source.key.push_back('\0');
    expect_outcome("encrypted PKCS#8, then something else", "BAD_PRIVATE_KEY", source);
    source.key.resize(source.key.size() / 2);
    expect_outcome("encrypted PKCS#8, cut", "BAD_PRIVATE_KEY", source);
  }
}

TEST_P(EncryptedIdentityTest, TakesPkcs12WithItsPassword) {
  const pki::Identity& identity = identity_leaf(pki::ec());
  const std::vector<std::string> chain = identity.chain_der();
  const std::string pfx = identity.pkcs12(kPassword);
  expect_outcome("PKCS#12", "OK", pkcs12_source(pfx, kPassword), chain);
  expect_outcome("PKCS#12 with RSA", "OK",
                 pkcs12_source(identity_leaf(pki::rsa()).pkcs12(kPassword), kPassword),
                 identity_leaf(pki::rsa()).chain_der());
  expect_outcome("PKCS#12 with 3DES", "OK",
                 pkcs12_source(identity.pkcs12(kPassword, pki::Pkcs12Cipher::kTripleDes),
                               kPassword),
                 chain);
  expect_outcome("PKCS#12, wrong password", "WRONG_PASSWORD", pkcs12_source(pfx, kPassword + "!"));
  expect_outcome("PKCS#12, no password", "WRONG_PASSWORD", pkcs12_source(pfx, ""));
  expect_outcome("PKCS#12 of garbage", "BAD_CERTIFICATE",
                 pkcs12_source("this is no PFX at all", kPassword));
  expect_outcome("PKCS#12, cut", "BAD_CERTIFICATE",
                 pkcs12_source(pfx.substr(0, pfx.size() / 2), kPassword));
  expect_outcome("PKCS#12, then something else", "BAD_CERTIFICATE",
                 pkcs12_source(pfx + '\0', kPassword));
}

// Neither the certificates nor the key of a PFX that was changed are taken.
TEST_P(EncryptedIdentityTest, ChangedPkcs12IsRefused) {
  const std::string pfx = identity_leaf(pki::ec()).pkcs12(kPassword);
  for (size_t at = pfx.size() / 8; at < pfx.size(); at += pfx.size() / 8) {
    std::string changed = pfx;
    changed[at] = static_cast<char>(changed[at] ^ 0x01);
    const Identity identity(plugin(), pkcs12_source(changed, kPassword));
    EXPECT_TRUE(identity.created().failed()) << "byte " << at << " of " << pfx.size();
  }
}

TEST_P(EncryptedIdentityTest, Pkcs8ByItsCipher) {
  expect_pkcs8("AES-128", "OK", "AES-128-CBC", "hmacWithSHA256");
  expect_pkcs8("AES-192", "OK", "AES-192-CBC", "hmacWithSHA256");
  expect_pkcs8("3DES", "OK", "DES-EDE3-CBC", "hmacWithSHA1");
  expect_pkcs8("PBKDF2 with SHA-384", "OK", "AES-256-CBC", "hmacWithSHA384");
  expect_pkcs8("PBKDF2 with SHA-512", "OK", "AES-256-CBC", "hmacWithSHA512");
  expect_pkcs8("scrypt", "OK", "AES-256-CBC", "scrypt");
}

TEST_P(EncryptedIdentityTest, Pkcs8ByItsPassword) {
  const auto expect = [this](const char* what, const std::string& password) {
    expect_pkcs8(what, "OK", "AES-256-CBC", "hmacWithSHA256", password);
  };
  expect("empty password", "");
  expect("password beyond ASCII", "p\xC3\xA4ssword \xE2\x82\xAC");
  expect("password of 300 bytes", std::string(300, 'p'));
  expect_pkcs8("password with a zero byte", "NOT_SUPPORTED", "AES-256-CBC", "hmacWithSHA256",
               kWithNul);
}

TEST_P(EncryptedIdentityTest, Pkcs12ByItsCipher) {
  expect_pkcs12("AES-128", "OK", {kPassword.c_str(), "AES-128-CBC"});
  expect_pkcs12("AES-192", "OK", {kPassword.c_str(), "AES-192-CBC"});
  expect_pkcs12("Camellia", "OK", {kPassword.c_str(), "CAMELLIA-256-CBC"});
  expect_pkcs12("in the clear but for the MAC", "OK", {kPassword.c_str(), ""});
}

TEST_P(EncryptedIdentityTest, Pkcs12ByItsPassword) {
  const std::string letters_300(300, 'p');
  const auto expect = [this](const std::string& what, const char* password) {
    expect_pkcs12(what, "OK", {password});
    expect_pkcs12(what + ", 3DES", "OK", {password, kTripleDes});
  };
  expect("empty password", "");
  expect("no password at all", nullptr);
  expect("password in Latin-1's range", "p\xC3\xA4ssword");
  expect("password beyond Latin-1", "p\xC3\xA4ssword \xE2\x82\xAC \xF0\x9F\x94\x91");
  expect("password that is no UTF-8", "p\xE4ssword");
  expect("password of 300 bytes", letters_300.c_str());
}

// The MAC alone tells that these aren't what somebody with the password made.
TEST_P(EncryptedIdentityTest, Pkcs12IsHeldToItsMac) {
  const pki::Identity& identity = identity_leaf(pki::ec());
  const std::string clear = make_pkcs12(identity, {kPassword.c_str(), ""});
  expect_outcome("PKCS#12 in the clear, wrong password", "WRONG_PASSWORD",
                 pkcs12_source(clear, kPassword + "!"));
  expect_outcome("PKCS#12, a zero byte behind the password", "NOT_SUPPORTED",
                 pkcs12_source(clear, kPassword + '\0'));
  std::string changed = clear;
  const size_t in_salt = changed.size() - 5;  // before the number of iterations
  changed[in_salt] = static_cast<char>(changed[in_salt] ^ 0x01);
  expect_outcome("PKCS#12, another salt of the MAC", "WRONG_PASSWORD",
                 pkcs12_source(changed, kPassword));
  // A hash of the MAC that nobody has, so that no password could be wrong.
  const std::string sha256("\x60\x86\x48\x01\x65\x03\x04\x02\x01", 9);
  changed = clear;
  changed[changed.rfind(sha256) + sha256.size() - 1] = '\x7F';
  expect_outcome("PKCS#12, another hash of the MAC", "NOT_SUPPORTED",
                 pkcs12_source(changed, kPassword));
  Pkcs12Recipe without_mac = {kPassword.c_str()};
  without_mac.with_mac = false;
  expect_pkcs12("without a MAC", "BAD_CERTIFICATE", without_mac);
  without_mac.cipher = "";
  expect_pkcs12("in the clear without a MAC", "BAD_CERTIFICATE", without_mac);
}

TEST_P(EncryptedIdentityTest, Pkcs12ThatLacksSomething) {
  Pkcs12Recipe recipe = {kPassword.c_str()};
  recipe.with_key = false;
  expect_pkcs12("without a key", "NO_IDENTITY", recipe);
  recipe.with_certificate = false;
  expect_pkcs12("with other certificates alone", "NO_IDENTITY", recipe);
  recipe.with_key = true;
  expect_pkcs12("with others' certificates", "KEY_MISMATCH", recipe);
  recipe.with_issuers = false;
  expect_pkcs12("without a certificate", "BAD_CERTIFICATE", recipe);
}

TRESTLE_FOR_EACH_BACKEND(EncryptedIdentityTest);

}  // namespace
}  // namespace trestle::conformance
