// SPDX-License-Identifier: Apache-2.0
#include "backends/openssl/identity.h"

#include <gtest/gtest.h>
#include <openssl/provider.h>

#include <string>
#include <vector>

#include "backends/openssl/library.h"

namespace trestle::openssl {
namespace {

const trestle_host kNoHost = {};
constexpr char kPassword[] = "open sesame";

template <typename T>
std::string der(int (*encode)(const T *, unsigned char **), const T *object) {
  unsigned char *bytes = nullptr;
  const int length = encode(object, &bytes);
  EXPECT_GT(length, 0);
  std::string result(reinterpret_cast<char *>(bytes), static_cast<size_t>(length));
  OPENSSL_free(bytes);
  return result;
}

KeyPtr make_key(const std::string &type) {
  if (type == "RSA") return KeyPtr(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", size_t{2048}));
  if (type == "EC") return KeyPtr(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
  return KeyPtr(EVP_PKEY_Q_keygen(nullptr, nullptr, type.c_str()));
}

CertificatePtr issue(const char *subject, EVP_PKEY *key, const char *issuer, EVP_PKEY *issuer_key) {
  CertificatePtr certificate(X509_new());
  static long serial = 1;
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial++);
  X509_set_version(certificate.get(), X509_VERSION_3);
  const auto set_name = [](X509_NAME *name, const char *text) {
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char *>(text), -1, -1, 0);
  };
  set_name(X509_get_subject_name(certificate.get()), subject);
  set_name(X509_get_issuer_name(certificate.get()), issuer);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
  X509_set_pubkey(certificate.get(), key);
  const bool edwards =
      EVP_PKEY_is_a(issuer_key, "ED25519") || EVP_PKEY_is_a(issuer_key, "ED448");
  EXPECT_NE(X509_sign(certificate.get(), issuer_key, edwards ? nullptr : EVP_sha256()), 0);
  return certificate;
}

std::string pkcs8(EVP_PKEY *key) {
  std::unique_ptr<PKCS8_PRIV_KEY_INFO, Freer<PKCS8_PRIV_KEY_INFO_free>> info(EVP_PKEY2PKCS8(key));
  return der(i2d_PKCS8_PRIV_KEY_INFO, info.get());
}

std::string encrypted_pkcs8(EVP_PKEY *key, int pbe_nid, const EVP_CIPHER *cipher) {
  std::unique_ptr<PKCS8_PRIV_KEY_INFO, Freer<PKCS8_PRIV_KEY_INFO_free>> info(EVP_PKEY2PKCS8(key));
  std::unique_ptr<X509_SIG, Freer<X509_SIG_free>> encrypted(PKCS8_encrypt(
      pbe_nid, cipher, kPassword, sizeof kPassword - 1, nullptr, 0, 2048, info.get()));
  EXPECT_TRUE(encrypted);
  return der(i2d_X509_SIG, encrypted.get());
}

// The same for bytes that the library itself can't parse.
std::string encrypt_pkcs8(const std::string &info) {
  X509_ALGOR *algorithm =
      PKCS5_pbe2_set_iv(EVP_aes_128_cbc(), 2048, nullptr, 0, nullptr, NID_hmacWithSHA256);
  unsigned char *data = nullptr;
  int length = 0;
  EXPECT_NE(PKCS12_pbe_crypt(algorithm, kPassword, sizeof kPassword - 1,
                             reinterpret_cast<const unsigned char *>(info.data()),
                             static_cast<int>(info.size()), &data, &length, 1),
            nullptr);
  ASN1_OCTET_STRING *contents = ASN1_OCTET_STRING_new();
  ASN1_STRING_set0(contents, data, length);
  std::unique_ptr<X509_SIG, Freer<X509_SIG_free>> encrypted(X509_SIG_new());
  X509_ALGOR *to_algorithm = nullptr;
  ASN1_OCTET_STRING *to_contents = nullptr;
  X509_SIG_getm(encrypted.get(), &to_algorithm, &to_contents);
  X509_ALGOR_copy(to_algorithm, algorithm);
  ASN1_STRING_copy(to_contents, contents);
  X509_ALGOR_free(algorithm);
  ASN1_OCTET_STRING_free(contents);
  return der(i2d_X509_SIG, encrypted.get());
}

struct Source {
  std::vector<std::string> certificates;
  std::string key;
  uint32_t key_format = TRESTLE_KEY_PKCS8;
  std::string pkcs12;
  std::string password;
};

trestle_bytes lend(const std::string &bytes) {
  return {reinterpret_cast<const uint8_t *>(bytes.data()), bytes.size()};
}

struct Loaded {
  int32_t result = TRESTLE_RESULT_SUCCESS;
  std::unique_ptr<trestle_backend_identity, Freer<identity_free>> identity;
};

Loaded load(const Source &from) {
  std::vector<trestle_bytes> certificates;
  for (const std::string &certificate : from.certificates) {
    certificates.push_back(lend(certificate));
  }
  trestle_backend_identity_source source = {};
  source.size = sizeof source;
  source.certificates = certificates.data();
  source.certificate_count = static_cast<uint32_t>(certificates.size());
  source.key = lend(from.key);
  source.key_format = from.key_format;
  source.pkcs12 = lend(from.pkcs12);
  source.password = lend(from.password);
  trestle_backend_error error = {};
  error.size = sizeof error;
  error.alert = TRESTLE_ALERT_NONE;
  trestle_backend_identity *identity = nullptr;
  Loaded loaded;
  if (identity_new(&source, &identity, &error) != TRESTLE_BACKEND_OK) loaded.result = error.result;
  EXPECT_EQ(identity != nullptr, loaded.result == TRESTLE_RESULT_SUCCESS);
  EXPECT_EQ(ERR_peek_error(), 0u) << "left something in the thread's error queue";
  for (const char *text : {error.library_text, error.detail}) {
    EXPECT_EQ(std::string(text).find(kPassword), std::string::npos);
  }
  loaded.identity.reset(identity);
  return loaded;
}

class IdentityTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    ASSERT_TRUE(library_context() != nullptr || library_init(&kNoHost));
  }

  IdentityTest()
      : key_(make_key("EC")), certificate_(issue("leaf", key_.get(), "leaf", key_.get())) {
    source_.certificates = {der(i2d_X509, certificate_.get())};
    source_.key = pkcs8(key_.get());
  }

  KeyPtr key_;
  CertificatePtr certificate_;
  Source source_;
};

TEST_F(IdentityTest, TakesEachKindOfKey) {
  for (const char *type : {"RSA", "EC", "ED25519", "ED448"}) {
    KeyPtr key = make_key(type);
    Source source;
    source.certificates = {der(i2d_X509, issue("leaf", key.get(), "leaf", key.get()).get())};
    source.key = pkcs8(key.get());
    EXPECT_EQ(load(source).result, TRESTLE_RESULT_SUCCESS) << type;
  }
}

TEST_F(IdentityTest, TakesTraditionalFormats) {
  source_.key = der(i2d_PrivateKey, static_cast<const EVP_PKEY *>(key_.get()));
  source_.key_format = TRESTLE_KEY_EC;
  EXPECT_EQ(load(source_).result, TRESTLE_RESULT_SUCCESS);
  source_.key_format = TRESTLE_KEY_RSA;
  EXPECT_EQ(load(source_).result, TRESTLE_RESULT_BAD_PRIVATE_KEY);

  KeyPtr rsa = make_key("RSA");
  source_.certificates = {der(i2d_X509, issue("leaf", rsa.get(), "leaf", rsa.get()).get())};
  source_.key = der(i2d_PrivateKey, static_cast<const EVP_PKEY *>(rsa.get()));
  EXPECT_EQ(load(source_).result, TRESTLE_RESULT_SUCCESS);
}

// What precedes the key of the example in RFC 8410, 10.3, and the public key that follows it; an
// attribute stands between the two.
std::string version2(EVP_PKEY *key) {
  unsigned char secret[32], open[32];
  size_t length = sizeof secret;
  EXPECT_EQ(EVP_PKEY_get_raw_private_key(key, secret, &length), 1);
  EXPECT_EQ(EVP_PKEY_get_raw_public_key(key, open, &length), 1);
  return std::string("\x30\x72\x02\x01\x01\x30\x05\x06\x03\x2B\x65\x70\x04\x22\x04\x20", 16) +
         std::string(reinterpret_cast<char *>(secret), sizeof secret) +
         std::string("\xA0\x1F\x30\x1D\x06\x0A\x2A\x86\x48\x86\xF7\x0D\x01\x09\x09\x14"
                     "\x31\x0F\x0C\x0D" "Curdle Chairs" "\x81\x21\x00", 36) +
         std::string(reinterpret_cast<char *>(open), sizeof open);
}

TEST_F(IdentityTest, TakesVersion2OfPkcs8) {
  KeyPtr key = make_key("ED25519");
  source_.certificates = {der(i2d_X509, issue("leaf", key.get(), "leaf", key.get()).get())};
  source_.key = version2(key.get());
  EXPECT_EQ(load(source_).result, TRESTLE_RESULT_SUCCESS);
  for (size_t length = 0; length < source_.key.size(); ++length) {
    Source truncated = source_;
    truncated.key = source_.key.substr(0, length);
    EXPECT_EQ(load(truncated).result, TRESTLE_RESULT_BAD_PRIVATE_KEY) << length;
  }
  source_.key += '\0';
  EXPECT_EQ(load(source_).result, TRESTLE_RESULT_BAD_PRIVATE_KEY) << "something behind it";

  source_.key_format = TRESTLE_KEY_PKCS8_ENCRYPTED;
  source_.key = encrypt_pkcs8(version2(key.get()));
  source_.password = kPassword;
  EXPECT_EQ(load(source_).result, TRESTLE_RESULT_SUCCESS);
  source_.password = "wrong";
  EXPECT_EQ(load(source_).result, TRESTLE_RESULT_WRONG_PASSWORD);
}

TEST_F(IdentityTest, KeepsTheChainInItsOrder) {
  source_.certificates.push_back(der(i2d_X509, issue("b", key_.get(), "c", key_.get()).get()));
  source_.certificates.push_back(der(i2d_X509, issue("a", key_.get(), "b", key_.get()).get()));
  const Loaded loaded = load(source_);
  ASSERT_EQ(loaded.result, TRESTLE_RESULT_SUCCESS);
  ASSERT_EQ(sk_X509_num(loaded.identity->chain.get()), 2);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(der(i2d_X509, static_cast<const X509 *>(
                                sk_X509_value(loaded.identity->chain.get(), i))),
              source_.certificates[static_cast<size_t>(i) + 1]);
  }
}

TEST_F(IdentityTest, TellsWhatIsWrong) {
  Source source = source_;
  source.certificates[0] = "garbage";
  EXPECT_EQ(load(source).result, TRESTLE_RESULT_BAD_CERTIFICATE);

  source = source_;
  source.certificates.push_back("garbage");
  EXPECT_EQ(load(source).result, TRESTLE_RESULT_BAD_CERTIFICATE) << "in the chain";

  source = source_;
  source.key = "garbage";
  EXPECT_EQ(load(source).result, TRESTLE_RESULT_BAD_PRIVATE_KEY);
  source.key_format = 77;
  source.key = source_.key;
  EXPECT_EQ(load(source).result, TRESTLE_RESULT_NOT_SUPPORTED);

  source = source_;
  source.key = pkcs8(make_key("EC").get());
  EXPECT_EQ(load(source).result, TRESTLE_RESULT_KEY_MISMATCH);
  source.key = pkcs8(make_key("ED25519").get());
  EXPECT_EQ(load(source).result, TRESTLE_RESULT_KEY_MISMATCH) << "of another type";
}

TEST_F(IdentityTest, RefusesEveryTruncation) {
  Source source = source_;
  for (size_t length = 0; length < source_.key.size(); ++length) {
    source.key = source_.key.substr(0, length);
    EXPECT_NE(load(source).result, TRESTLE_RESULT_SUCCESS) << length;
  }
  source = source_;
  for (size_t length = 0; length < source_.certificates[0].size(); ++length) {
    source.certificates[0] = source_.certificates[0].substr(0, length);
    EXPECT_EQ(load(source).result, TRESTLE_RESULT_BAD_CERTIFICATE) << length;
  }
}

TEST_F(IdentityTest, KeyThatSignsNoHandshakeIsNotSupported) {
  for (const char *type : {"X25519", "SM2"}) {
    KeyPtr key = make_key(type);
    source_.certificates = {der(i2d_X509, issue("leaf", key.get(), "root", key_.get()).get())};
    source_.key = pkcs8(key.get());
    EXPECT_EQ(load(source_).result, TRESTLE_RESULT_NOT_SUPPORTED) << type;
  }
}

TEST_F(IdentityTest, OpensEncryptedKeys) {
  source_.key_format = TRESTLE_KEY_PKCS8_ENCRYPTED;
  const std::string by_aes = encrypted_pkcs8(key_.get(), -1, EVP_aes_256_cbc());
  const std::string by_3des =
      encrypted_pkcs8(key_.get(), NID_pbe_WithSHA1And3_Key_TripleDES_CBC, nullptr);
  for (const std::string &key : {by_aes, by_3des}) {
    source_.key = key;
    source_.password = kPassword;
    EXPECT_EQ(load(source_).result, TRESTLE_RESULT_SUCCESS);
    source_.password = "";
    EXPECT_EQ(load(source_).result, TRESTLE_RESULT_WRONG_PASSWORD);
    source_.key = key.substr(0, key.size() - 1);
    EXPECT_EQ(load(source_).result, TRESTLE_RESULT_BAD_PRIVATE_KEY);
  }
}

TEST_F(IdentityTest, AWrongPasswordIsToldFromGarbageAlwaysAndNotJustMostly) {
  source_.key_format = TRESTLE_KEY_PKCS8_ENCRYPTED;
  source_.key = encrypted_pkcs8(key_.get(), NID_pbe_WithSHA1And3_Key_TripleDES_CBC, nullptr);
  // One wrong key in 256 leaves a valid padding.
  for (int i = 0; i < 1000; ++i) {
    source_.password = "wrong" + std::to_string(i);
    ASSERT_EQ(load(source_).result, TRESTLE_RESULT_WRONG_PASSWORD) << i;
  }
}

class Pkcs12Test : public IdentityTest {
 protected:
  Pkcs12Test()
      : root_key_(make_key("EC")),
        root_(issue("root", root_key_.get(), "root", root_key_.get())),
        intermediate_(issue("intermediate", root_key_.get(), "root", root_key_.get())) {
    certificate_ = issue("leaf", key_.get(), "intermediate", root_key_.get());
  }

  // In an order that isn't the chain's.
  CertificatesPtr others() {
    CertificatesPtr chain(sk_X509_new_null());
    for (X509 *certificate : {root_.get(), intermediate_.get()}) {
      X509_add_cert(chain.get(), certificate, X509_ADD_FLAG_UP_REF);
    }
    return chain;
  }

  Source make(const char *password, int key_nid, int certificate_nid) {
    std::unique_ptr<PKCS12, Freer<PKCS12_free>> container(
        PKCS12_create(password, "name", key_.get(), certificate_.get(), others().get(), key_nid,
                      certificate_nid, 2048, 2048, 0));
    EXPECT_TRUE(container);
    Source source;
    source.pkcs12 = der(i2d_PKCS12, container.get());
    source.password = password;
    return source;
  }

  KeyPtr root_key_;
  CertificatePtr root_;
  CertificatePtr intermediate_;
};

TEST_F(Pkcs12Test, OpensTodaysAndYesterdaysEncryption) {
  const Source by_aes = make(kPassword, 0, 0);
  const Source by_3des = make(kPassword, NID_pbe_WithSHA1And3_Key_TripleDES_CBC,
                              NID_pbe_WithSHA1And3_Key_TripleDES_CBC);
  for (Source source : {by_aes, by_3des}) {
    const Loaded loaded = load(source);
    ASSERT_EQ(loaded.result, TRESTLE_RESULT_SUCCESS);
    EXPECT_EQ(X509_cmp(loaded.identity->certificate.get(), certificate_.get()), 0);
    ASSERT_EQ(sk_X509_num(loaded.identity->chain.get()), 2);
    EXPECT_EQ(X509_cmp(sk_X509_value(loaded.identity->chain.get(), 0), intermediate_.get()), 0);
    EXPECT_EQ(X509_cmp(sk_X509_value(loaded.identity->chain.get(), 1), root_.get()), 0);
    for (const char *wrong : {"", "wrong"}) {
      source.password = wrong;
      EXPECT_EQ(load(source).result, TRESTLE_RESULT_WRONG_PASSWORD);
    }
  }
}

TEST_F(Pkcs12Test, SaysThatTheCipherIsMissing) {
  // RC2 is only in the legacy provider; the container is made with it, and opened without.
  OSSL_PROVIDER *legacy = OSSL_PROVIDER_load(nullptr, "legacy");
  OSSL_PROVIDER *standard = OSSL_PROVIDER_load(nullptr, "default");
  if (legacy == nullptr) GTEST_SKIP() << "no legacy provider to make a container with RC2";
  const Source source = make(kPassword, NID_pbe_WithSHA1And40BitRC2_CBC,
                             NID_pbe_WithSHA1And40BitRC2_CBC);
  EXPECT_EQ(load(source).result, TRESTLE_RESULT_NOT_SUPPORTED);
  OSSL_PROVIDER_unload(legacy);
  OSSL_PROVIDER_unload(standard);
}

}  // namespace
}  // namespace trestle::openssl
