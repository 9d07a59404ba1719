// SPDX-License-Identifier: Apache-2.0
#include "backends/openssl/pkcs12.h"

#include <openssl/x509v3.h>

#include <climits>
#include <cstring>
#include <string>
#include <utility>

#include "backends/openssl/error.h"

namespace trestle::openssl {
namespace {

using Pkcs12Ptr = std::unique_ptr<PKCS12, Freer<PKCS12_free>>;

// NUL-terminated, as the library wants it, and wiped at the end.
class Password {
 public:
  explicit Password(const trestle_bytes &bytes)
      : text_(reinterpret_cast<const char *>(bytes.data), bytes.length) {}
  ~Password() { OPENSSL_cleanse(text_.data(), text_.size()); }
  Password(const Password &) = delete;
  Password &operator=(const Password &) = delete;

  const char *text() const { return text_.c_str(); }
  bool contains_nul() const { return strlen(text_.c_str()) != text_.size(); }

 private:
  std::string text_;
};

// The library decrypts a container's bags in the default library context, whatever context the
// container was made with. The default is the thread's, so the program doesn't notice.
class OwnDefaultContext {
 public:
  OwnDefaultContext() : before_(OSSL_LIB_CTX_set0_default(library_context())) {}
  ~OwnDefaultContext() { OSSL_LIB_CTX_set0_default(before_); }
  OwnDefaultContext(const OwnDefaultContext &) = delete;
  OwnDefaultContext &operator=(const OwnDefaultContext &) = delete;

 private:
  OSSL_LIB_CTX *before_;
};

Pkcs12Ptr parse(const trestle_bytes &pfx) {
  if (pfx.length > LONG_MAX) return nullptr;
  const uint8_t *at = pfx.data;
  Pkcs12Ptr container(d2i_PKCS12(nullptr, &at, static_cast<long>(pfx.length)));
  return at == pfx.data + pfx.length ? std::move(container) : nullptr;
}

X509 *find_issuer(const STACK_OF(X509) *candidates, X509 *subject) {
  for (int i = 0; i < sk_X509_num(candidates); ++i) {
    X509 *candidate = sk_X509_value(candidates, i);
    if (X509_check_issued(candidate, subject) == X509_V_OK) return candidate;
  }
  return nullptr;
}

// The bags stand in any order; TLS wants each certificate to certify the one before it.
CertificatesPtr order_chain(X509 *leaf, const STACK_OF(X509) *candidates) {
  CertificatesPtr chain(sk_X509_new_null());
  if (!chain) throw std::bad_alloc();
  X509 *last = leaf;
  while (sk_X509_num(chain.get()) < sk_X509_num(candidates) &&
         X509_check_issued(last, last) != X509_V_OK) {
    last = find_issuer(candidates, last);
    if (last == nullptr) break;
    if (X509_add_cert(chain.get(), last, X509_ADD_FLAG_UP_REF) != 1) throw std::bad_alloc();
  }
  return chain;
}

}  // namespace

int32_t load_pkcs12(const trestle_bytes &pfx, const trestle_bytes &password_bytes,
                    trestle_backend_identity &identity, trestle_backend_error *error) {
  OwnDefaultContext own_default;
  Pkcs12Ptr container = parse(pfx);
  if (!container) return fail(error, TRESTLE_RESULT_BAD_CERTIFICATE, "not a PKCS#12 container");
  if (PKCS12_mac_present(container.get()) != 1) {
    return fail(error, TRESTLE_RESULT_BAD_CERTIFICATE, "PKCS#12 container without a MAC");
  }
  const Password password(password_bytes);
  if (password.contains_nul()) return fail(error, TRESTLE_RESULT_WRONG_PASSWORD, nullptr);
  EVP_PKEY *key = nullptr;
  X509 *certificate = nullptr;
  STACK_OF(X509) *others = nullptr;
  const int parsed = PKCS12_parse(container.get(), password.text(), &key, &certificate, &others);
  identity.key.reset(key);
  identity.certificate.reset(certificate);
  const CertificatesPtr candidates(others);
  if (parsed != 1) {
    return fail_unlocking(error, TRESTLE_RESULT_BAD_CERTIFICATE, "PKCS#12 container");
  }
  if (!identity.key) return fail(error, TRESTLE_RESULT_NO_IDENTITY, "no private key");
  if (!identity.certificate) {
    return candidates ? fail(error, TRESTLE_RESULT_KEY_MISMATCH, "no certificate fits the key")
                      : fail(error, TRESTLE_RESULT_BAD_CERTIFICATE, "no certificate");
  }
  identity.chain = order_chain(identity.certificate.get(), candidates.get());
  return TRESTLE_BACKEND_OK;
}

}  // namespace trestle::openssl
