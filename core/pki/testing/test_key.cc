// SPDX-License-Identifier: Apache-2.0
#include "core/pki/testing/test_key.h"

#include <openssl/bio.h>
#include <openssl/dsa.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <cstdio>
#include <cstdlib>

namespace trestle::pki::testing {
namespace {

// A test that can't make its material has nothing to say: it stops at once.
void require(bool condition, const char* what) {
  if (condition) return;
  fprintf(stderr, "test key: %s failed\n", what);
  abort();
}

const EVP_MD* digest_of(uint16_t scheme) {
  switch (scheme) {
    case kRsaMd5: return EVP_md5();
    case kRsaSha1: case kEcdsaSha1: case kDsaSha1: return EVP_sha1();
    case kRsaSha256: case kEcdsaSha256: case kDsaSha256: case kRsaPssSha256:
    case kRsaPssRsaeSha256: return EVP_sha256();
    case kRsaSha384: case kEcdsaSha384: case kRsaPssSha384: case kRsaPssRsaeSha384:
      return EVP_sha384();
    case kRsaSha512: case kEcdsaSha512: case kRsaPssSha512: case kRsaPssRsaeSha512:
      return EVP_sha512();
    default: return nullptr;  // Ed25519 and Ed448 hash by themselves
  }
}

bool is_pss(uint16_t scheme) {
  return (scheme >= kRsaPssRsaeSha256 && scheme <= kRsaPssRsaeSha512) ||
         (scheme >= kRsaPssSha256 && scheme <= kRsaPssSha512);
}

bool set_padding(EVP_PKEY_CTX* context, uint16_t scheme) {
  return !is_pss(scheme) ||
         (EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
          EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1);
}

template <typename Write>
Octets to_der(Write write) {
  unsigned char* out = nullptr;
  const int size = write(&out);
  require(size > 0, "DER encoding");
  Octets result(out, out + size);
  OPENSSL_free(out);
  return result;
}

Octets contents_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  require(size > 0, "BIO");
  return Octets(data, data + size);
}

}  // namespace

struct TestKey::Holder {
  explicit Holder(EVP_PKEY* pkey) : key(pkey) { require(key != nullptr, "key generation"); }
  ~Holder() { EVP_PKEY_free(key); }
  EVP_PKEY* key;
};

TestKey::TestKey(std::shared_ptr<Holder> holder) : holder_(std::move(holder)) {}

TestKey TestKey::rsa(int bits) { return TestKey(std::make_shared<Holder>(EVP_RSA_gen(bits))); }

TestKey TestKey::ec(const std::string& curve) {
  return TestKey(std::make_shared<Holder>(EVP_EC_gen(curve.c_str())));
}

TestKey TestKey::ed25519() {
  return TestKey(std::make_shared<Holder>(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")));
}

TestKey TestKey::ed448() {
  return TestKey(std::make_shared<Holder>(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED448")));
}

TestKey TestKey::dsa(int bits) {
  EVP_PKEY* parameters = nullptr;
  EVP_PKEY* key = nullptr;
  EVP_PKEY_CTX* context = EVP_PKEY_CTX_new_id(EVP_PKEY_DSA, nullptr);
  require(EVP_PKEY_paramgen_init(context) == 1, "DSA parameters");
  require(EVP_PKEY_CTX_set_dsa_paramgen_bits(context, bits) == 1, "DSA size");
  require(EVP_PKEY_paramgen(context, &parameters) == 1, "DSA parameters");
  EVP_PKEY_CTX_free(context);
  context = EVP_PKEY_CTX_new(parameters, nullptr);
  require(EVP_PKEY_keygen_init(context) == 1 && EVP_PKEY_keygen(context, &key) == 1, "DSA key");
  EVP_PKEY_CTX_free(context);
  EVP_PKEY_free(parameters);
  return TestKey(std::make_shared<Holder>(key));
}

Octets TestKey::spki() const {
  return to_der([this](unsigned char** out) { return i2d_PUBKEY(holder_->key, out); });
}

Octets TestKey::pkcs8() const {
  PKCS8_PRIV_KEY_INFO* info = EVP_PKEY2PKCS8(holder_->key);
  require(info != nullptr, "PKCS#8");
  Octets result =
      to_der([info](unsigned char** out) { return i2d_PKCS8_PRIV_KEY_INFO(info, out); });
  PKCS8_PRIV_KEY_INFO_free(info);
  return result;
}

Octets TestKey::encrypted_pkcs8(const std::string& password) const {
  BIO* bio = BIO_new(BIO_s_mem());
  require(i2d_PKCS8PrivateKey_bio(bio, holder_->key, EVP_aes_128_cbc(), password.data(),
                                  static_cast<int>(password.size()), nullptr, nullptr) == 1,
          "encrypted PKCS#8");
  Octets result = contents_of(bio);
  BIO_free(bio);
  return result;
}

Octets TestKey::traditional() const {
  return to_der([this](unsigned char** out) { return i2d_PrivateKey(holder_->key, out); });
}

std::string TestKey::traditional_pem(const std::string& password) const {
  BIO* bio = BIO_new(BIO_s_mem());
  require(PEM_write_bio_PrivateKey_traditional(
              bio, holder_->key, EVP_aes_128_cbc(),
              reinterpret_cast<const unsigned char*>(password.data()),
              static_cast<int>(password.size()), nullptr, nullptr) == 1,
          "traditional PEM");
  const Octets result = contents_of(bio);
  BIO_free(bio);
  return std::string(result.begin(), result.end());
}

Octets TestKey::pkcs12(const std::string& password) const {
  PKCS12* p12 =
      PKCS12_create(password.c_str(), "key", holder_->key, nullptr, nullptr, 0, 0, 0, 0, 0);
  require(p12 != nullptr, "PKCS#12");
  Octets result = to_der([p12](unsigned char** out) { return i2d_PKCS12(p12, out); });
  PKCS12_free(p12);
  return result;
}

Octets TestKey::sign(uint16_t scheme, const Octets& message) const {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  EVP_PKEY_CTX* key_context = nullptr;
  size_t size = 0;
  EVP_PKEY* key = holder_->key;
  require(EVP_DigestSignInit(context, &key_context, digest_of(scheme), nullptr, key) == 1 &&
              set_padding(key_context, scheme),
          "signing set-up");
  require(EVP_DigestSign(context, nullptr, &size, message.data(), message.size()) == 1, "signing");
  Octets signature(size);
  require(EVP_DigestSign(context, signature.data(), &size, message.data(), message.size()) == 1,
          "signing");
  signature.resize(size);
  EVP_MD_CTX_free(context);
  return signature;
}

uint16_t TestKey::default_scheme() const {
  switch (EVP_PKEY_get_base_id(holder_->key)) {
    case EVP_PKEY_RSA: return kRsaSha256;
    case EVP_PKEY_DSA: return kDsaSha256;
    case EVP_PKEY_ED25519: return kEd25519;
    case EVP_PKEY_ED448: return kEd448;
    default: return kEcdsaSha256;
  }
}

bool verify_signature(uint16_t scheme, Bytes spki, Bytes message, Bytes signature) {
  const unsigned char* at = spki.data;
  EVP_PKEY* key = d2i_PUBKEY(nullptr, &at, static_cast<long>(spki.size));
  if (key == nullptr) return false;
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  EVP_PKEY_CTX* key_context = nullptr;
  const bool valid =
      EVP_DigestVerifyInit(context, &key_context, digest_of(scheme), nullptr, key) == 1 &&
      set_padding(key_context, scheme) &&
      EVP_DigestVerify(context, signature.data, signature.size, message.data, message.size) == 1;
  EVP_MD_CTX_free(context);
  EVP_PKEY_free(key);
  return valid;
}

}  // namespace trestle::pki::testing
