// SPDX-License-Identifier: Apache-2.0
#include "backends/openssl/pkcs12.h"

#include "backends/openssl/error.h"

namespace trestle::openssl {
namespace {

using Pkcs12Ptr = std::unique_ptr<PKCS12, Freer<PKCS12_free>>;
using DefaultContextPtr = std::unique_ptr<OSSL_LIB_CTX, Freer<OSSL_LIB_CTX_set0_default>>;

Pkcs12Ptr parse(const trestle_bytes &pfx) {
  const uint8_t *at = pfx.data;
  Pkcs12Ptr container(d2i_PKCS12(nullptr, &at, static_cast<long>(pfx.length)));
  // In BER, it comes as the program gave it.
  if (!container || at != pfx.data + pfx.length ||
      PKCS12_mac_present(container.get()) != 1) {
    refuse(TRESTLE_RESULT_BAD_CERTIFICATE, "not a PKCS#12 container, or without a MAC");
  }
  return container;
}

// The bags stand in any order; TLS wants each certificate to certify the one before it.
CertificatesPtr order_chain(X509 *leaf, STACK_OF(X509) *candidates) {
  CertificatesPtr chain(
      need(X509_build_chain(leaf, candidates, nullptr, 1, library_context(), nullptr)));
  X509_free(sk_X509_shift(chain.get()));  // the leaf
  return chain;
}

}  // namespace

void load_pkcs12(const trestle_bytes &pfx, const trestle_bytes &password,
                 trestle_backend_identity &identity) {
  // The library decrypts a container's bags in the default library context, whatever context the
  // container was made with. The default is the thread's, so the program doesn't notice.
  const DefaultContextPtr restored_at_end(OSSL_LIB_CTX_set0_default(library_context()));
  const Pkcs12Ptr container = parse(pfx);
  EVP_PKEY *key = nullptr;
  X509 *certificate = nullptr;
  STACK_OF(X509) *others = nullptr;
  const int parsed = PKCS12_parse(container.get(), reinterpret_cast<const char *>(password.data),
                                  &key, &certificate, &others);
  identity.key.reset(key);
  identity.certificate.reset(certificate);
  const CertificatesPtr candidates(others);
  if (parsed != 1) refuse_unlocking(TRESTLE_RESULT_BAD_CERTIFICATE, "PKCS#12 container");
  if (!identity.key) refuse(TRESTLE_RESULT_NO_IDENTITY, "no private key");
  if (!identity.certificate) {
    refuse(candidates ? TRESTLE_RESULT_KEY_MISMATCH : TRESTLE_RESULT_BAD_CERTIFICATE,
           candidates ? "no certificate fits the key" : "no certificate");
  }
  identity.chain = order_chain(identity.certificate.get(), candidates.get());
}

}  // namespace trestle::openssl
