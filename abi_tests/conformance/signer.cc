// SPDX-License-Identifier: Apache-2.0
#include "abi_tests/conformance/signer.h"

#include <map>
#include <stdexcept>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "abi_tests/support/pki.h"

namespace trestle::conformance {
namespace {

using ContextPtr = std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)>;
using DigestContextPtr = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

void check(int result, const char* what) {
  if (result <= 0) throw std::runtime_error(what);
}

EVP_PKEY* generate_rsa(const char* kind, unsigned exponent) {
  const ContextPtr context(EVP_PKEY_CTX_new_from_name(nullptr, kind, nullptr), EVP_PKEY_CTX_free);
  check(EVP_PKEY_keygen_init(context.get()), "keygen");
  check(EVP_PKEY_CTX_set_rsa_keygen_bits(context.get(), 2048), "bits");
  BIGNUM* e = BN_new();
  BN_set_word(e, exponent);
  check(EVP_PKEY_CTX_set1_rsa_keygen_pubexp(context.get(), e), "exponent");
  BN_free(e);
  EVP_PKEY* key = nullptr;
  check(EVP_PKEY_generate(context.get(), &key), "generate");
  return key;
}

// The group of keys that pki.h makes; DSA takes long enough to be worth sharing.
EVP_PKEY* from_pki(const trestle::testing::KeySpec& spec) {
  const std::string der = trestle::testing::Key::cached(spec, "conformance").pkcs8_der();
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  return d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(der.size()));
}

EVP_PKEY* make_key(const std::string& kind) {
  using namespace trestle::testing;
  if (kind == "RSA") return from_pki(rsa());
  if (kind == "RSA-3") return generate_rsa("RSA", 3);
  if (kind == "RSA-PSS") return generate_rsa("RSA-PSS", 65537);
  if (kind == "DSA") return from_pki(dsa());
  if (kind == "ED25519") return from_pki(ed25519());
  if (kind == "ED448") return from_pki(ed448());
  return from_pki(ec(std::stoi(kind.substr(2))));
}

std::string public_key_der(EVP_PKEY* key) {
  unsigned char* bytes = nullptr;
  const int length = i2d_PUBKEY(key, &bytes);
  check(length, "SPKI");
  std::string der(reinterpret_cast<char*>(bytes), static_cast<size_t>(length));
  OPENSSL_free(bytes);
  return der;
}

bool is_pss(uint16_t scheme) {
  return (scheme >= 0x0804 && scheme <= 0x0806) || (scheme >= 0x0809 && scheme <= 0x080B);
}

const unsigned char* bytes_of(const std::string& text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

const char* hash_of(uint16_t scheme) {
  switch (scheme) {
    case 0x0201:
    case 0x0202:
    case 0x0203:
      return "SHA1";
    case 0x0401:
    case 0x0402:
    case 0x0403:
    case 0x0804:
    case 0x0809:
      return "SHA256";
    case 0x0501:
    case 0x0503:
    case 0x0805:
    case 0x080A:
      return "SHA384";
    case 0x0601:
    case 0x0603:
    case 0x0806:
    case 0x080B:
      return "SHA512";
    default:
      return nullptr;
  }
}

std::string digest(const char* hash, const std::string& message) {
  unsigned char value[EVP_MAX_MD_SIZE];
  size_t length = 0;
  check(EVP_Q_digest(nullptr, hash, nullptr, message.data(), message.size(), value, &length),
        "digest");
  return std::string(reinterpret_cast<char*>(value), length);
}

Signer::Signer(const std::string& kind) : key_(make_key(kind), EVP_PKEY_free) {
  if (!key_) throw std::runtime_error("no key " + kind);
  spki_ = public_key_der(key_.get());
}

const Signer& Signer::with(const std::string& kind) {
  static std::map<std::string, Signer> made;
  const auto found = made.find(kind);
  if (found != made.end()) return found->second;
  return made.emplace(kind, Signer(kind)).first->second;
}

std::string Signer::sign(uint16_t scheme, const std::string& message) const {
  return sign_pss(scheme, message, RSA_PSS_SALTLEN_DIGEST);
}

std::string Signer::sign_pss(uint16_t scheme, const std::string& message, int salt_length) const {
  const DigestContextPtr context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  EVP_PKEY_CTX* key_context = nullptr;
  check(EVP_DigestSignInit_ex(context.get(), &key_context, hash_of(scheme), nullptr, nullptr,
                              key_.get(), nullptr),
        "sign");
  if (is_pss(scheme)) {
    check(EVP_PKEY_CTX_set_rsa_padding(key_context, RSA_PKCS1_PSS_PADDING), "PSS");
    check(EVP_PKEY_CTX_set_rsa_pss_saltlen(key_context, salt_length), "salt");
  }
  size_t length = 0;
  check(EVP_DigestSign(context.get(), nullptr, &length, bytes_of(message), message.size()), "sign");
  std::string signature(length, '\0');
  check(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &length,
                       bytes_of(message), message.size()),
        "sign");
  signature.resize(length);
  return signature;
}

std::string Signer::sign_raw_block(const std::string& block) const {
  const ContextPtr context(EVP_PKEY_CTX_new(key_.get(), nullptr), EVP_PKEY_CTX_free);
  check(EVP_PKEY_sign_init(context.get()), "sign");
  check(EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_NO_PADDING), "padding");
  std::string signature(modulus_bytes(), '\0');
  size_t length = signature.size();
  check(EVP_PKEY_sign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &length,
                      bytes_of(block), block.size()),
        "sign");
  return signature;
}

size_t Signer::modulus_bytes() const { return static_cast<size_t>(EVP_PKEY_get_size(key_.get())); }

std::string Signer::spki_with_explicit_parameters() const {
  const std::shared_ptr<EVP_PKEY> copy(EVP_PKEY_dup(key_.get()), EVP_PKEY_free);
  check(EVP_PKEY_set_utf8_string_param(copy.get(), OSSL_PKEY_PARAM_EC_ENCODING,
                                       OSSL_PKEY_EC_ENCODING_EXPLICIT),
        "explicit");
  return public_key_der(copy.get());
}

}  // namespace trestle::conformance
