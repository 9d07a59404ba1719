// SPDX-License-Identifier: Apache-2.0
#include <openssl/objects.h>
#include <openssl/pkcs12.h>

#include "abi_tests/support/pki_openssl.h"

namespace trestle::testing {
namespace {

constexpr int kPkcs12Iterations = 2048;

// Frees the stack alone, not what is in it.
void free_stack(STACK_OF(X509)* stack) { sk_X509_free(stack); }
using StackPtr = Owned<STACK_OF(X509), free_stack>;

CertPtr shared(X509* cert) {
  check(X509_up_ref(cert), "certificate");
  return CertPtr(cert);
}

// The issuers that a peer sends: all but the self-signed one.
std::vector<Identity> intermediates(const Identity& leaf) {
  std::vector<Identity> result;
  std::optional<Identity> next = leaf.impl().issuer;
  while (next && next->impl().issuer) {
    result.push_back(*next);
    next = next->impl().issuer;
  }
  return result;
}

}  // namespace

std::string Identity::cert_der() const {
  return written("certificate", [&](BIO* bio) { return i2d_X509_bio(bio, impl_->cert.get()); });
}

std::string Identity::cert_pem() const { return to_pem("CERTIFICATE", cert_der()); }

std::string Identity::intermediates_pem() const {
  std::string result;
  for (const Identity& issuer : intermediates(*this)) result += issuer.cert_pem();
  return result;
}

std::string Identity::chain_pem() const { return cert_pem() + intermediates_pem(); }

std::vector<std::string> Identity::chain_der() const {
  std::vector<std::string> result = {cert_der()};
  for (const Identity& issuer : intermediates(*this)) result.push_back(issuer.cert_der());
  return result;
}

const Key& Identity::key() const { return impl_->key; }

std::string Identity::pkcs12(std::string_view password, Pkcs12Cipher cipher) const {
  StackPtr issuers(check(sk_X509_new_null(), "PKCS #12"));
  const std::vector<Identity> above = intermediates(*this);
  for (const Identity& issuer : above) {
    check(sk_X509_push(issuers.get(), issuer.impl().cert.get()), "PKCS #12");
  }
  const int algorithm = cipher == Pkcs12Cipher::kAes256 ? NID_aes_256_cbc
                                                        : NID_pbe_WithSHA1And3_Key_TripleDES_CBC;
  const std::string terminated(password);
  Owned<PKCS12, PKCS12_free> store(check(
      PKCS12_create(terminated.c_str(), nullptr, impl_->key.impl().key.get(), impl_->cert.get(),
                    issuers.get(), algorithm, algorithm, kPkcs12Iterations, kPkcs12Iterations, 0),
      "PKCS #12"));
  return written("PKCS #12", [&](BIO* bio) { return i2d_PKCS12_bio(bio, store.get()); });
}

std::string Identity::subject() const {
  return written("subject", [&](BIO* bio) {
    const int length =
        X509_NAME_print_ex(bio, X509_get_subject_name(impl_->cert.get()), 0, XN_FLAG_RFC2253);
    return length < 0 ? 0 : 1;  // An empty subject prints nothing.
  });
}

std::string Identity::sha256_fingerprint() const {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  const std::string der = cert_der();
  check(EVP_Digest(der.data(), der.size(), digest, &length, EVP_sha256(), nullptr),
        "fingerprint");
  constexpr char kDigits[] = "0123456789abcdef";
  std::string result;
  for (unsigned i = 0; i < length; ++i) {
    result += kDigits[digest[i] >> 4];
    result += kDigits[digest[i] & 0xf];
  }
  return result;
}

Identity Identity::without_issuers() const {
  return Identity(
      std::make_shared<Impl>(Impl{shared(impl_->cert.get()), impl_->key, std::nullopt}));
}

Identity Identity::with_key(const Key& other) const {
  return Identity(
      std::make_shared<Impl>(Impl{shared(impl_->cert.get()), other, impl_->issuer}));
}

}  // namespace trestle::testing
