// SPDX-License-Identifier: Apache-2.0
#include "abi_tests/conformance/material.h"

#include <map>
#include <memory>
#include <stdexcept>
#include <utility>

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

namespace trestle::conformance {
namespace {

using Key = std::shared_ptr<EVP_PKEY>;
using Certificate = std::shared_ptr<X509>;

Key make_key(KeyKind kind) {
  EVP_PKEY* key = kind == KeyKind::kRsa2048 ? EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", size_t{2048})
                                            : EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256");
  if (key == nullptr) throw std::runtime_error("cannot make a key");
  return Key(key, EVP_PKEY_free);
}

void add_extension(X509* certificate, int nid, const char* value) {
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value);
  if (extension == nullptr) throw std::runtime_error(value);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

void set_name(X509_NAME* name, const std::string& common_name) {
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1,
                             0);
}

std::string der(X509* certificate) {
  unsigned char* bytes = nullptr;
  const int length = i2d_X509(certificate, &bytes);
  std::string result(reinterpret_cast<char*>(bytes), static_cast<size_t>(length));
  OPENSSL_free(bytes);
  return result;
}

std::string pkcs8(EVP_PKEY* key) {
  PKCS8_PRIV_KEY_INFO* info = EVP_PKEY2PKCS8(key);
  unsigned char* bytes = nullptr;
  const int length = i2d_PKCS8_PRIV_KEY_INFO(info, &bytes);
  std::string result(reinterpret_cast<char*>(bytes), static_cast<size_t>(length));
  OPENSSL_clear_free(bytes, static_cast<size_t>(length));
  PKCS8_PRIV_KEY_INFO_free(info);
  return result;
}

Certificate issue(const std::string& subject, EVP_PKEY* key, const std::string& issuer,
                  EVP_PKEY* issuer_key, bool ca, long serial) {
  Certificate certificate(X509_new(), X509_free);
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial);
  set_name(X509_get_subject_name(certificate.get()), subject);
  set_name(X509_get_issuer_name(certificate.get()), issuer);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 86400);
  X509_set_pubkey(certificate.get(), key);
  add_extension(certificate.get(), NID_basic_constraints, ca ? "critical,CA:TRUE" : "CA:FALSE");
  if (!ca) add_extension(certificate.get(), NID_subject_alt_name, "DNS:server.test");
  if (X509_sign(certificate.get(), issuer_key, EVP_sha256()) == 0) {
    throw std::runtime_error("cannot sign");
  }
  return certificate;
}

IdentitySource make_chain(KeyKind kind, int length) {
  Key issuer_key = make_key(KeyKind::kEcdsaP256);
  std::string issuer = "Root";
  IdentitySource source;
  for (int i = length - 1; i >= 0; --i) {
    const bool leaf = i == 0;
    const Key key = make_key(leaf ? kind : KeyKind::kEcdsaP256);
    const std::string subject = leaf ? "server.test" : "Intermediate " + std::to_string(i);
    const Certificate certificate =
        issue(subject, key.get(), issuer, issuer_key.get(), !leaf, 100 + i);
    source.certificates.insert(source.certificates.begin(), der(certificate.get()));
    if (leaf) source.key = pkcs8(key.get());
    issuer_key = key;
    issuer = subject;
  }
  source.key_format = TRESTLE_KEY_PKCS8;
  return source;
}

}  // namespace

const IdentitySource& chain_of(KeyKind kind, int length) {
  static std::map<std::pair<KeyKind, int>, IdentitySource> made;
  const auto wanted = std::make_pair(kind, length);
  const auto found = made.find(wanted);
  if (found != made.end()) return found->second;
  return made.emplace(wanted, make_chain(kind, length)).first->second;
}

}  // namespace trestle::conformance
