// SPDX-License-Identifier: Apache-2.0
#include "backends/openssl/identity.h"

#include "backends/openssl/error.h"
#include "backends/openssl/pkcs12.h"
#include "backends/openssl/pkcs8.h"

namespace trestle::openssl {
namespace {

CertificatePtr parse_certificate(const trestle_bytes &der) {
  X509 *certificate = need(X509_new_ex(library_context(), nullptr));
  const uint8_t *at = der.data;
  const bool parsed = d2i_X509(&certificate, &at, static_cast<long>(der.length)) != nullptr;
  CertificatePtr owned(certificate);  // NULL by now if it isn't one
  if (!parsed) refuse(TRESTLE_RESULT_BAD_CERTIFICATE, "certificate");
  return owned;
}

void load_certificates(const trestle_backend_identity_source &source,
                       trestle_backend_identity &identity) {
  identity.certificate = parse_certificate(source.certificates[0]);
  identity.chain.reset(need(sk_X509_new_null()));
  for (uint32_t i = 1; i < source.certificate_count; ++i) {
    CertificatePtr certificate = parse_certificate(source.certificates[i]);
    if (sk_X509_push(identity.chain.get(), certificate.get()) == 0) throw std::bad_alloc();
    certificate.release();
  }
}

KeyPtr parse_traditional(int type, const trestle_bytes &der) {
  const uint8_t *at = der.data;
  return KeyPtr(d2i_PrivateKey_ex(type, nullptr, &at, static_cast<long>(der.length),
                                  library_context(), nullptr));
}

KeyPtr parse_key(const trestle_backend_identity_source &source) {
  switch (source.key_format) {
    case TRESTLE_KEY_PKCS8:
      return parse_pkcs8(source.key);
    case TRESTLE_KEY_PKCS8_ENCRYPTED:
      return parse_encrypted_pkcs8(source.key, source.password);
    case TRESTLE_KEY_RSA:
      return parse_traditional(EVP_PKEY_RSA, source.key);
    case TRESTLE_KEY_EC:
      return parse_traditional(EVP_PKEY_EC, source.key);
    case TRESTLE_KEY_DSA:
      return parse_traditional(EVP_PKEY_DSA, source.key);
    default:
      refuse(TRESTLE_RESULT_NOT_SUPPORTED, "format of the private key");
  }
}

void check_pair(const trestle_backend_identity &identity) {
  const EVP_PKEY *public_key = X509_get0_pubkey(identity.certificate.get());
  if (public_key == nullptr) {
    refuse(TRESTLE_RESULT_BAD_CERTIFICATE, "public key of the certificate");
  }
  // SM2 signs, too, but no handshake of this library.
  if (EVP_PKEY_can_sign(public_key) != 1 || EVP_PKEY_is_a(public_key, "SM2") == 1) {
    refuse(TRESTLE_RESULT_NOT_SUPPORTED, "type of the certificate's key");
  }
  if (X509_check_private_key(identity.certificate.get(), identity.key.get()) != 1) {
    refuse(TRESTLE_RESULT_KEY_MISMATCH, "private key");
  }
}

void load(const trestle_backend_identity_source &source, trestle_backend_identity &identity) {
  if (source.pkcs12.length != 0) {
    load_pkcs12(source.pkcs12, source.password, identity);
  } else {
    load_certificates(source, identity);
    identity.key = parse_key(source);
    if (!identity.key) refuse(TRESTLE_RESULT_BAD_PRIVATE_KEY, "private key");
  }
  check_pair(identity);
}

}  // namespace

int32_t identity_new(const trestle_backend_identity_source *source,
                     trestle_backend_identity **identity, trestle_backend_error *error) {
  return run_slot(error, [&] {
    auto made = std::make_unique<trestle_backend_identity>();
    load(*source, *made);
    *identity = made.release();
    return TRESTLE_BACKEND_OK;
  });
}

void identity_free(trestle_backend_identity *identity) { delete identity; }

}  // namespace trestle::openssl
