// SPDX-License-Identifier: Apache-2.0
#include "abi_tests/conformance/containers.h"

#include <memory>
#include <stdexcept>
#include <vector>

#include <openssl/pkcs12.h>

namespace trestle::conformance {
namespace {

template <auto kFree>
struct Deleter {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};

void free_stack(STACK_OF(X509)* stack) { sk_X509_pop_free(stack, X509_free); }

using InfoPtr = std::unique_ptr<PKCS8_PRIV_KEY_INFO, Deleter<PKCS8_PRIV_KEY_INFO_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using CertificatePtr = std::unique_ptr<X509, Deleter<X509_free>>;
using StackPtr = std::unique_ptr<STACK_OF(X509), Deleter<free_stack>>;
using Pkcs12Ptr = std::unique_ptr<PKCS12, Deleter<PKCS12_free>>;
using EncryptedPtr = std::unique_ptr<X509_SIG, Deleter<X509_SIG_free>>;

template <typename T>
T* check(T* object, const char* what) {
  if (object == nullptr) throw std::runtime_error(what);
  return object;
}

template <typename T>
std::string der(int (*encode)(const T*, unsigned char**), const T* object) {
  unsigned char* bytes = nullptr;
  const int length = encode(object, &bytes);
  if (length <= 0) throw std::runtime_error("encoding");
  const std::string result(reinterpret_cast<char*>(bytes), static_cast<size_t>(length));
  OPENSSL_free(bytes);
  return result;
}

InfoPtr parse_key(const testing::Key& key) {
  const std::string bytes = key.pkcs8_der();
  auto at = reinterpret_cast<const unsigned char*>(bytes.data());
  return InfoPtr(check(
      d2i_PKCS8_PRIV_KEY_INFO(nullptr, &at, static_cast<long>(bytes.size())), "private key"));
}

CertificatePtr parse_certificate(const std::string& bytes) {
  auto at = reinterpret_cast<const unsigned char*>(bytes.data());
  return CertificatePtr(
      check(d2i_X509(nullptr, &at, static_cast<long>(bytes.size())), "certificate"));
}

}  // namespace

std::string make_pkcs12(const testing::Identity& identity, const Pkcs12Recipe& recipe) {
  const std::vector<std::string> chain = identity.chain_der();
  const KeyPtr key(check(EVP_PKCS82PKEY(parse_key(identity.key()).get()), "private key"));
  const CertificatePtr leaf = parse_certificate(chain[0]);
  const StackPtr issuers(check(sk_X509_new_null(), "certificates"));
  for (size_t i = 1; recipe.with_issuers && i < chain.size(); ++i) {
    sk_X509_push(issuers.get(), parse_certificate(chain[i]).release());
  }
  constexpr int kIterations = 2048, kNoEncryption = -1, kNoMac = -1;
  const std::string name = recipe.cipher;
  const int cipher = name.empty() ? kNoEncryption : OBJ_txt2nid(recipe.cipher);
  const Pkcs12Ptr container(
      check(PKCS12_create(recipe.password, nullptr, recipe.with_key ? key.get() : nullptr,
                          recipe.with_certificate ? leaf.get() : nullptr, issuers.get(), cipher,
                          cipher, kIterations, recipe.with_mac ? kIterations : kNoMac, 0),
            recipe.cipher));
  return der<PKCS12>(i2d_PKCS12, container.get());
}

std::string encrypt_pkcs8(const testing::Key& key, const std::string& password, const char* cipher,
                          const char* derivation) {
  const EVP_CIPHER* by = check(EVP_get_cipherbyname(cipher), cipher);
  const bool scrypt = std::string(derivation) == "scrypt";
  X509_ALGOR* algorithm =
      scrypt ? PKCS5_pbe2_set_scrypt(by, nullptr, 0, nullptr, 1024, 8, 1)
             : PKCS5_pbe2_set_iv(by, 2048, nullptr, 0, nullptr, OBJ_txt2nid(derivation));
  // It takes the algorithm over.
  const EncryptedPtr encrypted(
      check(PKCS8_set0_pbe(password.data(), static_cast<int>(password.size()),
                           parse_key(key).get(), check(algorithm, derivation)),
            cipher));
  return der<X509_SIG>(i2d_X509_SIG, encrypted.get());
}

}  // namespace trestle::conformance
