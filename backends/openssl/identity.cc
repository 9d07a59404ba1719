// SPDX-License-Identifier: Apache-2.0
#include "backends/openssl/identity.h"

#include <openssl/x509v3.h>

#include <climits>

#include "backends/openssl/error.h"
#include "backends/openssl/pkcs12.h"
#include "backends/openssl/pkcs8.h"

namespace trestle::openssl {
namespace {

CertificatePtr parse_certificate(const trestle_bytes &der) {
  if (der.length == 0 || der.length > LONG_MAX) return nullptr;
  CertificatePtr certificate(X509_new_ex(library_context(), nullptr));
  if (!certificate) throw std::bad_alloc();
  X509 *parsed = certificate.get();
  const uint8_t *at = der.data;
  if (d2i_X509(&parsed, &at, static_cast<long>(der.length)) == nullptr) {
    certificate.release();  // d2i freed it
    return nullptr;
  }
  return at == der.data + der.length ? std::move(certificate) : nullptr;
}

int32_t load_certificates(const trestle_backend_identity_source &source,
                          trestle_backend_identity &identity, trestle_backend_error *error) {
  identity.chain.reset(sk_X509_new_null());
  if (!identity.chain) throw std::bad_alloc();
  for (uint32_t i = 0; i < source.certificate_count; ++i) {
    CertificatePtr certificate = parse_certificate(source.certificates[i]);
    if (!certificate) {
      return failf(error, TRESTLE_RESULT_BAD_CERTIFICATE, "certificate %u", i);
    }
    if (i == 0) {
      identity.certificate = std::move(certificate);
    } else {
      if (sk_X509_push(identity.chain.get(), certificate.get()) == 0) throw std::bad_alloc();
      certificate.release();
    }
  }
  return TRESTLE_BACKEND_OK;
}

int32_t load_traditional(int type, const uint8_t *at, long length,
                         trestle_backend_identity &identity, trestle_backend_error *error) {
  const uint8_t *end = at + length;
  identity.key.reset(d2i_PrivateKey_ex(type, nullptr, &at, length, library_context(), nullptr));
  return identity.key && at == end ? TRESTLE_BACKEND_OK
                                   : fail(error, TRESTLE_RESULT_BAD_PRIVATE_KEY, nullptr);
}

int32_t load_key(const trestle_backend_identity_source &source, trestle_backend_identity &identity,
                 trestle_backend_error *error) {
  if (source.key_format == TRESTLE_KEY_NONE) {
    return fail(error, TRESTLE_RESULT_NO_IDENTITY, "no private key");
  }
  if (source.key.length == 0 || source.key.length > INT_MAX) {
    return fail(error, TRESTLE_RESULT_BAD_PRIVATE_KEY, nullptr);
  }
  const uint8_t *at = source.key.data;
  const long length = static_cast<long>(source.key.length);
  switch (source.key_format) {
    case TRESTLE_KEY_PKCS8:
      return load_pkcs8(source.key, identity, error);
    case TRESTLE_KEY_PKCS8_ENCRYPTED:
      return load_encrypted_pkcs8(source.key, source.password, identity, error);
    case TRESTLE_KEY_RSA:
      return load_traditional(EVP_PKEY_RSA, at, length, identity, error);
    case TRESTLE_KEY_EC:
      return load_traditional(EVP_PKEY_EC, at, length, identity, error);
    case TRESTLE_KEY_DSA:
      return load_traditional(EVP_PKEY_DSA, at, length, identity, error);
    default:
      return fail(error, TRESTLE_RESULT_NOT_SUPPORTED, "format of the private key");
  }
}

bool can_sign_handshakes(const EVP_PKEY *key) {
  switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA:
    case EVP_PKEY_RSA_PSS:
    case EVP_PKEY_EC:
    case EVP_PKEY_DSA:
    case EVP_PKEY_ED25519:
    case EVP_PKEY_ED448:
      return true;
    default:
      return false;
  }
}

int32_t check_pair(const trestle_backend_identity &identity, trestle_backend_error *error) {
  const EVP_PKEY *public_key = X509_get0_pubkey(identity.certificate.get());
  if (public_key == nullptr) {
    return fail(error, TRESTLE_RESULT_BAD_CERTIFICATE, "public key of the certificate");
  }
  if (!can_sign_handshakes(public_key)) {
    return fail(error, TRESTLE_RESULT_NOT_SUPPORTED, "type of the certificate's key");
  }
  if (X509_check_private_key(identity.certificate.get(), identity.key.get()) != 1) {
    return fail(error, TRESTLE_RESULT_KEY_MISMATCH, nullptr);
  }
  return TRESTLE_BACKEND_OK;
}

int32_t load(const trestle_backend_identity_source &source, trestle_backend_identity &identity,
             trestle_backend_error *error) {
  if (source.pkcs12.length != 0) {
    const int32_t status = load_pkcs12(source.pkcs12, source.password, identity, error);
    return status == TRESTLE_BACKEND_OK ? check_pair(identity, error) : status;
  }
  if (source.certificate_count == 0) return fail(error, TRESTLE_RESULT_BAD_CERTIFICATE, "none");
  int32_t status = load_certificates(source, identity, error);
  if (status == TRESTLE_BACKEND_OK) status = load_key(source, identity, error);
  if (status == TRESTLE_BACKEND_OK) status = check_pair(identity, error);
  return status;
}

}  // namespace

int32_t identity_new(const trestle_backend_identity_source *source,
                     trestle_backend_identity **identity, trestle_backend_error *error) {
  return run_slot(error, [&] {
    auto made = std::make_unique<trestle_backend_identity>();
    const int32_t status = load(*source, *made, error);
    if (status == TRESTLE_BACKEND_OK) *identity = made.release();
    return status;
  });
}

void identity_free(trestle_backend_identity *identity) { delete identity; }

}  // namespace trestle::openssl
