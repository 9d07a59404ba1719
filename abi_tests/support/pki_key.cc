// SPDX-License-Identifier: Apache-2.0
#include <openssl/dsa.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rsa.h>

#include <map>
#include <mutex>
#include <stdexcept>
#include <tuple>

#include "abi_tests/support/pki_openssl.h"

namespace trestle::testing {
namespace {

constexpr int kDsaSmallModulus = 1024;

KeyPtr generate_dsa(int bits) {
  KeyContextPtr context(check(EVP_PKEY_CTX_new_from_name(nullptr, "DSA", nullptr), "DSA"));
  check(EVP_PKEY_paramgen_init(context.get()), "DSA parameters");
  check(EVP_PKEY_CTX_set_dsa_paramgen_bits(context.get(), bits), "DSA modulus");
  const int q_bits = bits <= kDsaSmallModulus ? 160 : 256;  // FIPS 186-4, section 4.2
  check(EVP_PKEY_CTX_set_dsa_paramgen_q_bits(context.get(), q_bits), "DSA q");
  EVP_PKEY* raw_parameters = nullptr;
  check(EVP_PKEY_paramgen(context.get(), &raw_parameters), "DSA parameters");
  KeyPtr parameters(raw_parameters);
  context.reset(check(EVP_PKEY_CTX_new_from_pkey(nullptr, parameters.get(), nullptr), "DSA"));
  check(EVP_PKEY_keygen_init(context.get()), "DSA key");
  EVP_PKEY* key = nullptr;
  check(EVP_PKEY_keygen(context.get(), &key), "DSA key");
  return KeyPtr(key);
}

KeyPtr generate(KeySpec spec) {
  switch (spec.kind) {
    case KeyKind::kRsa:
      return KeyPtr(check(EVP_RSA_gen(static_cast<unsigned>(spec.bits)), "RSA key"));
    case KeyKind::kEc: {
      const std::string curve = "P-" + std::to_string(spec.bits);
      return KeyPtr(check(EVP_EC_gen(curve.c_str()), "EC key"));
    }
    case KeyKind::kDsa:
      return generate_dsa(spec.bits);
    case KeyKind::kEd25519:
      return KeyPtr(check(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), "Ed25519 key"));
    case KeyKind::kEd448:
      return KeyPtr(check(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED448"), "Ed448 key"));
  }
  throw std::invalid_argument("no such kind of key");
}

std::string pkcs8(EVP_PKEY* key, const EVP_CIPHER* cipher, std::string_view password, bool pem) {
  return written("PKCS #8", [&](BIO* bio) {
    const auto encode = pem ? PEM_write_bio_PKCS8PrivateKey : i2d_PKCS8PrivateKey_bio;
    return encode(bio, key, cipher, cipher == nullptr ? nullptr : password.data(),
                  static_cast<int>(password.size()), nullptr, nullptr);
  });
}

}  // namespace

void throw_openssl(std::string_view what) {
  char reason[256] = "no further reason";
  if (const unsigned long code = ERR_peek_last_error(); code != 0) {
    ERR_error_string_n(code, reason, sizeof reason);
  }
  ERR_clear_error();
  throw std::runtime_error(std::string(what) + ": " + reason);
}

std::string to_pem(std::string_view label, const std::string& der) {
  return written("PEM", [&](BIO* bio) {
    return PEM_write_bio(bio, std::string(label).c_str(), "",
                         reinterpret_cast<const unsigned char*>(der.data()),
                         static_cast<long>(der.size()));
  });
}

DigestContextPtr start_signature(const Key& key, const std::string& digest, bool pss) {
  DigestContextPtr context(check(EVP_MD_CTX_new(), "signature"));
  const KeyKind kind = key.impl().spec.kind;
  const bool has_digest_of_its_own = kind == KeyKind::kEd25519 || kind == KeyKind::kEd448;
  EVP_PKEY_CTX* key_context = nullptr;
  check(EVP_DigestSignInit_ex(context.get(), &key_context,
                              has_digest_of_its_own ? nullptr : digest.c_str(), nullptr, nullptr,
                              key.impl().key.get(), nullptr),
        "signature with " + digest);
  if (pss) {
    check(EVP_PKEY_CTX_set_rsa_padding(key_context, RSA_PKCS1_PSS_PADDING), "PSS");
    check(EVP_PKEY_CTX_set_rsa_pss_saltlen(key_context, RSA_PSS_SALTLEN_DIGEST), "PSS salt");
  }
  return context;
}

Key Key::fresh(KeySpec spec) {
  return Key(std::make_shared<Impl>(Impl{spec, generate(spec)}));
}

Key Key::cached(KeySpec spec, std::string_view label) {
  static std::mutex mutex;
  static auto* const keys = new std::map<std::tuple<KeyKind, int, std::string>, Key>;
  std::lock_guard lock(mutex);
  const auto id = std::make_tuple(spec.kind, spec.bits, std::string(label));
  auto found = keys->find(id);
  if (found == keys->end()) found = keys->emplace(id, fresh(spec)).first;
  return found->second;
}

std::string Key::pkcs8_pem() const { return pkcs8(impl_->key.get(), nullptr, {}, true); }
std::string Key::pkcs8_der() const { return pkcs8(impl_->key.get(), nullptr, {}, false); }

std::string Key::encrypted_pkcs8_pem(std::string_view password) const {
  return pkcs8(impl_->key.get(), EVP_aes_256_cbc(), password, true);
}

std::string Key::encrypted_pkcs8_der(std::string_view password) const {
  return pkcs8(impl_->key.get(), EVP_aes_256_cbc(), password, false);
}

std::string Key::traditional_pem() const {
  return written("traditional key", [&](BIO* bio) {
    return PEM_write_bio_PrivateKey_traditional(bio, impl_->key.get(), nullptr, nullptr, 0, nullptr,
                                                nullptr);
  });
}

std::string Key::encrypted_traditional_pem(std::string_view password) const {
  return written("traditional key", [&](BIO* bio) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(password.data());
    return PEM_write_bio_PrivateKey_traditional(bio, impl_->key.get(), EVP_aes_256_cbc(), bytes,
                                                static_cast<int>(password.size()), nullptr,
                                                nullptr);
  });
}

std::string Key::traditional_der() const {
  const KeyKind kind = impl_->spec.kind;
  if (kind == KeyKind::kEd25519 || kind == KeyKind::kEd448) {
    throw std::invalid_argument("this kind of key has no traditional form");
  }
  unsigned char* der = nullptr;
  const int length = i2d_PrivateKey(impl_->key.get(), &der);
  check(length, "traditional key");
  std::string result(reinterpret_cast<char*>(der), static_cast<size_t>(length));
  OPENSSL_clear_free(der, static_cast<size_t>(length));
  return result;
}

std::string Key::public_key_pem() const {
  return written("public key", [&](BIO* bio) { return PEM_write_bio_PUBKEY(bio, impl_->key.get()); });
}

std::string Key::public_key_der() const {
  return written("public key", [&](BIO* bio) { return i2d_PUBKEY_bio(bio, impl_->key.get()); });
}

}  // namespace trestle::testing
