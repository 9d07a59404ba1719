// SPDX-License-Identifier: Apache-2.0
#include "backends/openssl/signature.h"

#include <gtest/gtest.h>
#include <openssl/dsa.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <map>
#include <string>

#include "backends/openssl/algorithms.h"
#include "backends/openssl/library.h"

namespace trestle::openssl {
namespace {

const trestle_host kNoHost = {};

trestle_bytes lend(const std::string &bytes) {
  return {reinterpret_cast<const uint8_t *>(bytes.data()), bytes.size()};
}

int32_t verify(uint16_t scheme, const std::string &spki, const std::string &message,
               const std::string &signature) {
  const trestle_bytes spki_bytes = lend(spki), message_bytes = lend(message),
                      signature_bytes = lend(signature);
  const int32_t result = verify_signature(scheme, &spki_bytes, &message_bytes, &signature_bytes);
  EXPECT_EQ(ERR_peek_error(), 0u) << "left something in the thread's error queue";
  return result;
}

KeyPtr make_dsa_key() {
  KeyContextPtr parameters(EVP_PKEY_CTX_new_from_name(library_context(), "DSA", nullptr));
  EVP_PKEY *made = nullptr;
  EXPECT_EQ(EVP_PKEY_paramgen_init(parameters.get()), 1);
  EXPECT_EQ(EVP_PKEY_CTX_set_dsa_paramgen_bits(parameters.get(), 1024), 1);
  EXPECT_EQ(EVP_PKEY_paramgen(parameters.get(), &made), 1);
  KeyPtr domain(made);
  KeyContextPtr generator(EVP_PKEY_CTX_new_from_pkey(library_context(), domain.get(), nullptr));
  made = nullptr;
  EXPECT_EQ(EVP_PKEY_keygen_init(generator.get()), 1);
  EXPECT_EQ(EVP_PKEY_keygen(generator.get(), &made), 1);
  return KeyPtr(made);
}

KeyPtr make_pss_key() {
  KeyContextPtr generator(EVP_PKEY_CTX_new_from_name(library_context(), "RSA-PSS", nullptr));
  EVP_PKEY *made = nullptr;
  EXPECT_EQ(EVP_PKEY_keygen_init(generator.get()), 1);
  EXPECT_EQ(EVP_PKEY_keygen(generator.get(), &made), 1);
  return KeyPtr(made);
}

KeyPtr make_key(const std::string &kind) {
  if (kind == "RSA") {
    return KeyPtr(EVP_PKEY_Q_keygen(library_context(), nullptr, "RSA", size_t{2048}));
  }
  if (kind == "RSA-PSS") return make_pss_key();
  if (kind == "DSA") return make_dsa_key();
  if (kind[0] == 'P') {
    return KeyPtr(EVP_PKEY_Q_keygen(library_context(), nullptr, "EC", kind.c_str()));
  }
  return KeyPtr(EVP_PKEY_Q_keygen(library_context(), nullptr, kind.c_str()));
}

// Made once: an RSA key takes a while.
EVP_PKEY *key_for(const std::string &kind) {
  static std::map<std::string, KeyPtr> made;
  KeyPtr &key = made[kind];
  if (!key) key = make_key(kind);
  return key.get();
}

std::string spki_of(EVP_PKEY *key) {
  unsigned char *bytes = nullptr;
  const int length = i2d_PUBKEY(key, &bytes);
  std::string spki(reinterpret_cast<char *>(bytes), static_cast<size_t>(length));
  OPENSSL_free(bytes);
  return spki;
}

std::string sign(EVP_PKEY *key, const char *digest, bool pss, int salt_length,
                 const std::string &message) {
  DigestContextPtr context(EVP_MD_CTX_new());
  EVP_PKEY_CTX *parameters = nullptr;
  EXPECT_EQ(EVP_DigestSignInit_ex(context.get(), &parameters, digest, library_context(), nullptr,
                                  key, nullptr),
            1);
  if (pss) {
    EXPECT_EQ(EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING), 1);
    EXPECT_EQ(EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, salt_length), 1);
  }
  const auto *data = reinterpret_cast<const unsigned char *>(message.data());
  size_t length = 0;
  EXPECT_EQ(EVP_DigestSign(context.get(), nullptr, &length, data, message.size()), 1);
  std::string signature(length, '\0');
  EXPECT_EQ(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char *>(&signature[0]),
                           &length, data, message.size()),
            1);
  signature.resize(length);
  return signature;
}

struct Case {
  uint16_t scheme;
  const char *key;
};

constexpr Case kCases[] = {
    {0x0201, "RSA"},     {0x0401, "RSA"},     {0x0501, "RSA"},     {0x0601, "RSA"},
    {0x0804, "RSA"},     {0x0805, "RSA"},     {0x0806, "RSA"},     {0x0809, "RSA-PSS"},
    {0x080A, "RSA-PSS"}, {0x080B, "RSA-PSS"}, {0x0202, "DSA"},     {0x0402, "DSA"},
    {0x0203, "P-256"},   {0x0403, "P-256"},   {0x0503, "P-256"},   {0x0603, "P-256"},
    {0x0203, "P-384"},   {0x0403, "P-384"},   {0x0503, "P-384"},   {0x0603, "P-384"},
    {0x0203, "P-521"},   {0x0403, "P-521"},   {0x0503, "P-521"},   {0x0603, "P-521"},
    {0x0807, "ED25519"}, {0x0808, "ED448"},
};

class SignatureTest : public testing::TestWithParam<Case> {
 protected:
  static void SetUpTestSuite() {
    ASSERT_TRUE(library_context() != nullptr || library_init(&kNoHost));
  }

  void SetUp() override {
    const SignatureScheme *scheme = find_signature_scheme(GetParam().scheme);
    ASSERT_NE(scheme, nullptr);
    key_ = key_for(GetParam().key);
    ASSERT_NE(key_, nullptr);
    spki_ = spki_of(key_);
    signature_ = sign(key_, scheme->digest, scheme->pss, RSA_PSS_SALTLEN_DIGEST, message_);
  }

  EVP_PKEY *key_ = nullptr;
  std::string spki_;
  std::string message_ = "what was signed";
  std::string signature_;
};

TEST_P(SignatureTest, AcceptsTheRightOne) {
  EXPECT_EQ(verify(GetParam().scheme, spki_, message_, signature_), 1);
}

TEST_P(SignatureTest, RefusesEachFlippedBitOfTheSignature) {
  for (size_t i = 0; i < signature_.size(); ++i) {
    std::string flipped = signature_;
    flipped[i] = static_cast<char>(flipped[i] ^ (1 << (i % 8)));
    EXPECT_EQ(verify(GetParam().scheme, spki_, message_, flipped), 0) << "byte " << i;
  }
}

TEST_P(SignatureTest, RefusesAnotherMessage) {
  for (size_t i = 0; i < message_.size(); ++i) {
    std::string flipped = message_;
    flipped[i] = static_cast<char>(flipped[i] ^ 1);
    EXPECT_EQ(verify(GetParam().scheme, spki_, flipped, signature_), 0);
  }
  EXPECT_EQ(verify(GetParam().scheme, spki_, "", signature_), 0);
  EXPECT_EQ(verify(GetParam().scheme, spki_, message_ + '\0', signature_), 0);
}

TEST_P(SignatureTest, RefusesEachFlippedBitOfTheKey) {
  for (size_t i = 0; i < spki_.size(); ++i) {
    std::string flipped = spki_;
    flipped[i] = static_cast<char>(flipped[i] ^ (1 << (i % 8)));
    // The NULL of an AlgorithmIdentifier, or a domain parameter that verification doesn't use, may
    // change without changing the key.
    if (verify(GetParam().scheme, flipped, message_, signature_) == 1) {
      const uint8_t *at = reinterpret_cast<const uint8_t *>(flipped.data());
      KeyPtr parsed(d2i_PUBKEY(nullptr, &at, static_cast<long>(flipped.size())));
      ERR_clear_error();
      ASSERT_TRUE(parsed);
      EXPECT_EQ(EVP_PKEY_eq(parsed.get(), key_), 1) << "byte " << i;
    }
  }
}

TEST_P(SignatureTest, RefusesTruncatedAndLengthenedSignatures) {
  for (size_t length = 0; length < signature_.size(); ++length) {
    EXPECT_EQ(verify(GetParam().scheme, spki_, message_, signature_.substr(0, length)), 0);
  }
  EXPECT_EQ(verify(GetParam().scheme, spki_, message_, signature_ + '\0'), 0);
  EXPECT_EQ(verify(GetParam().scheme, spki_, message_, '\0' + signature_), 0);
}

TEST_P(SignatureTest, RefusesGarbage) {
  EXPECT_EQ(verify(GetParam().scheme, spki_, message_, std::string(signature_.size(), '\xFF')), 0);
  EXPECT_EQ(verify(GetParam().scheme, spki_, message_, std::string(signature_.size(), '\0')), 0);
}

TEST_P(SignatureTest, CannotUseATruncatedKey) {
  for (size_t length = 0; length < spki_.size(); ++length) {
    EXPECT_EQ(verify(GetParam().scheme, spki_.substr(0, length), message_, signature_),
              TRESTLE_BACKEND_ERROR);
  }
}

TEST_P(SignatureTest, IsNotValidByAnyOtherSchemeOfItsKey) {
  for (const Case &other : kCases) {
    if (other.scheme == GetParam().scheme || std::string(other.key) != GetParam().key) continue;
    EXPECT_EQ(verify(other.scheme, spki_, message_, signature_), 0) << std::hex << other.scheme;
  }
}

INSTANTIATE_TEST_SUITE_P(Schemes, SignatureTest, testing::ValuesIn(kCases),
                         [](const testing::TestParamInfo<Case> &info) {
                           char name[24];
                           snprintf(name, sizeof name, "x%04X_%s", info.param.scheme,
                                    info.param.key);
                           std::replace(name, name + sizeof name, '-', '_');
                           return std::string(name);
                         });

class SignatureKeyTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    ASSERT_TRUE(library_context() != nullptr || library_init(&kNoHost));
  }
};

TEST_F(SignatureKeyTest, PssNeedsASaltAsLongAsTheHash) {
  EVP_PKEY *key = key_for("RSA");
  const std::string spki = spki_of(key);
  for (int salt : {0, 20, 31, 33}) {
    EXPECT_EQ(verify(0x0804, spki, "m", sign(key, "SHA256", true, salt, "m")), 0) << salt;
  }
}

TEST_F(SignatureKeyTest, PssSignatureKeepsItsLeadingZeros) {
  for (const Case &pss : {Case{0x0804, "RSA"}, Case{0x0809, "RSA-PSS"}}) {
    EVP_PKEY *key = key_for(pss.key);
    // One in 256 begins with a zero.
    std::string signature;
    do {
      signature = sign(key, "SHA256", true, RSA_PSS_SALTLEN_DIGEST, "m");
    } while (signature[0] != '\0');
    EXPECT_EQ(verify(pss.scheme, spki_of(key), "m", signature), 1);
    EXPECT_EQ(verify(pss.scheme, spki_of(key), "m", signature.substr(1)), 0);
  }
}

// RFC 8032, 7.1, TEST 3: made by somebody else's code.
TEST_F(SignatureKeyTest, KnownEd25519SignatureIsValid) {
  const std::string spki(
      "\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00"
      "\xfc\x51\xcd\x8e\x62\x18\xa1\xa3\x8d\xa4\x7e\xd0\x02\x30\xf0\x58"
      "\x08\x16\xed\x13\xba\x33\x03\xac\x5d\xeb\x91\x15\x48\x90\x80\x25",
      44);
  const std::string signature(
      "\x62\x91\xd6\x57\xde\xec\x24\x02\x48\x27\xe6\x9c\x3a\xbe\x01\xa3"
      "\x0c\xe5\x48\xa2\x84\x74\x3a\x44\x5e\x36\x80\xd7\xdb\x5a\xc3\xac"
      "\x18\xff\x9b\x53\x8d\x16\xf2\x90\xae\x67\xf7\x60\x98\x4d\xc6\x59"
      "\x4a\x7c\x15\xe9\x71\x6e\xd2\x8d\xc0\x27\xbe\xce\xea\x1e\xc4\x0a",
      64);
  EXPECT_EQ(verify(0x0807, spki, "\xaf\x82", signature), 1);
  EXPECT_EQ(verify(0x0807, spki, "\xaf\x83", signature), 0);
}

}  // namespace
}  // namespace trestle::openssl
