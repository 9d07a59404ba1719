// SPDX-License-Identifier: Apache-2.0
// Private to pki_*.cc: OpenSSL's types with owners, and what stands behind Key and Identity.
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "abi_tests/support/pki.h"

namespace trestle::testing {

template <auto kFree>
struct Deleter {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};

template <typename T, auto kFree>
using Owned = std::unique_ptr<T, Deleter<kFree>>;

using BioPtr = Owned<BIO, BIO_free_all>;
using KeyPtr = Owned<EVP_PKEY, EVP_PKEY_free>;
using KeyContextPtr = Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using CertPtr = Owned<X509, X509_free>;
using CrlPtr = Owned<X509_CRL, X509_CRL_free>;
using ExtensionPtr = Owned<X509_EXTENSION, X509_EXTENSION_free>;

struct Key::Impl {
  KeySpec spec;
  KeyPtr key;
};

struct Identity::Impl {
  CertPtr cert;
  Key key;
  std::optional<Identity> issuer;  // Nothing for a self-signed certificate.
};

// Throws with OpenSSL's own error text.
[[noreturn]] void throw_openssl(std::string_view what);

inline void check(int result, std::string_view what) {
  if (result <= 0) throw_openssl(what);
}

template <typename T>
T* check(T* object, std::string_view what) {
  if (object == nullptr) throw_openssl(what);
  return object;
}

// What `write` puts into the BIO that it gets.
template <typename Write>
std::string written(std::string_view what, const Write& write) {
  BioPtr bio(check(BIO_new(BIO_s_mem()), what));
  check(write(bio.get()), what);
  char* data = nullptr;
  const long length = BIO_get_mem_data(bio.get(), &data);
  return std::string(data, static_cast<size_t>(length));
}

std::string to_pem(std::string_view label, const std::string& der);

// Starts a signature by `key` with the named digest into `context`.
using DigestContextPtr = Owned<EVP_MD_CTX, EVP_MD_CTX_free>;
DigestContextPtr start_signature(const Key& key, const std::string& digest, bool pss);

}  // namespace trestle::testing
