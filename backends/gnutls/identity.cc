// SPDX-License-Identifier: Apache-2.0
#include "backends/gnutls/identity.h"

#include <cstring>
#include <memory>

#include "backends/gnutls/error.h"
#include "backends/gnutls/secret.h"

namespace trestle::gnutls_backend {
namespace {

bool is_unknown_algorithm(int code) {
  switch (code) {
    case GNUTLS_E_UNKNOWN_PK_ALGORITHM:
    case GNUTLS_E_UNIMPLEMENTED_FEATURE:
    case GNUTLS_E_UNSUPPORTED_SIGNATURE_ALGORITHM:
    case GNUTLS_E_ECC_UNSUPPORTED_CURVE:
    case GNUTLS_E_UNKNOWN_CIPHER_TYPE:
    case GNUTLS_E_UNKNOWN_HASH_ALGORITHM:
    case GNUTLS_E_UNKNOWN_PKCS_CONTENT_TYPE:
    case GNUTLS_E_UNKNOWN_PKCS_BAG_TYPE:
      return true;
    default:
      return false;
  }
}

// GnuTLS's word for a key derivation other than PBKDF2, such as scrypt.
bool is_unknown_derivation(int code) { return code == GNUTLS_E_ASN1_GENERIC_ERROR; }

// GnuTLS takes passwords as C strings. None of its encryptions was made with a longer one.
constexpr size_t kPkcs12CertificatesMax = 64;

bool has_nul(const trestle_bytes &password) {
  return password.length != 0 && std::memchr(password.data, 0, password.length) != nullptr;
}

// GnuTLS derives keys of PKCS#12 from UTF-8 alone, and says of others that it lacks memory.
bool is_utf8(const trestle_bytes &password) {
  gnutls_datum_t normalized = {nullptr, 0};
  const int code = gnutls_utf8_password_normalize(password.data, password.length, &normalized, 0);
  if (normalized.data != nullptr) explicit_bzero(normalized.data, normalized.size);
  gnutls_free(normalized.data);
  return code != GNUTLS_E_INVALID_UTF8_STRING;
}

int32_t load_certificates(const trestle_backend_identity_source &source,
                          trestle_backend_identity *identity, trestle_backend_error *error) {
  for (uint32_t i = 0; i < source.certificate_count; ++i) {
    gnutls_datum_t der;
    Certificate certificate;
    int code = to_datum(source.certificates[i], &der) ? make(&certificate, gnutls_x509_crt_init)
                                                      : GNUTLS_E_LARGE_PACKET;
    if (code >= 0) code = gnutls_x509_crt_import(certificate.get(), &der, GNUTLS_X509_FMT_DER);
    if (code < 0) {
      return fail(error, TRESTLE_RESULT_BAD_CERTIFICATE, code, "certificate %u does not parse", i);
    }
    identity->certificates.push_back(std::move(certificate));
  }
  if (!identity->certificates.empty()) return TRESTLE_BACKEND_OK;
  return fail(error, TRESTLE_RESULT_BAD_CERTIFICATE, 0, "no certificate");
}

int import_key(const gnutls_datum_t &der, uint32_t format, const trestle_bytes &password,
               gnutls_x509_privkey_t key) {
  if (format == TRESTLE_KEY_PKCS8) {
    return gnutls_x509_privkey_import_pkcs8(key, &der, GNUTLS_X509_FMT_DER, nullptr,
                                            GNUTLS_PKCS_PLAIN);
  }
  if (format != TRESTLE_KEY_PKCS8_ENCRYPTED) {
    return gnutls_x509_privkey_import(key, &der, GNUTLS_X509_FMT_DER);
  }
  const Secret text(password, true);
  return gnutls_x509_privkey_import_pkcs8(key, &der, GNUTLS_X509_FMT_DER, text.text(), 0);
}

int32_t load_key(const trestle_backend_identity_source &source, trestle_backend_identity *identity,
                 trestle_backend_error *error) {
  if (source.key_format == TRESTLE_KEY_NONE) {
    return fail(error, TRESTLE_RESULT_NO_IDENTITY, 0, "no private key");
  }
  if (source.key_format == TRESTLE_KEY_PKCS8_ENCRYPTED && has_nul(source.password)) {
    return fail(error, TRESTLE_RESULT_NOT_SUPPORTED, 0, "a password with a NUL");
  }
  gnutls_datum_t der;
  int code = to_datum(source.key, &der) ? make(&identity->key, gnutls_x509_privkey_init)
                                        : GNUTLS_E_LARGE_PACKET;
  if (code >= 0) {
    code = import_key(der, source.key_format, source.password, identity->key.get());
  }
  if (code == 0) return TRESTLE_BACKEND_OK;
  if (code == GNUTLS_E_DECRYPTION_FAILED) {
    return fail(error, TRESTLE_RESULT_WRONG_PASSWORD, code, "the private key does not decrypt");
  }
  const bool encrypted = source.key_format == TRESTLE_KEY_PKCS8_ENCRYPTED;
  if (is_unknown_algorithm(code) || (encrypted && is_unknown_derivation(code))) {
    return fail(error, TRESTLE_RESULT_NOT_SUPPORTED, code,
                "a private key of an unknown kind, or encrypted in an unknown way");
  }
  return fail(error, TRESTLE_RESULT_BAD_PRIVATE_KEY, code, "the private key does not parse");
}

// The parser has one code for a PKCS#12 without a key, without certificates, and without the one
// that is the key's.
int32_t tell_what_is_missing(gnutls_pkcs12_t pkcs12, const char *password,
                             trestle_backend_error *error) {
  gnutls_x509_privkey_t key = nullptr;
  gnutls_x509_crt_t *others = nullptr;
  unsigned count = 0;
  const int code = gnutls_pkcs12_simple_parse(pkcs12, password, &key, nullptr, nullptr, &others,
                                              &count, nullptr, 0);
  if (code < 0) return fail(error, TRESTLE_RESULT_NO_IDENTITY, code, "no key in the PKCS#12");
  gnutls_x509_privkey_deinit(key);
  for (unsigned i = 0; i < count; ++i) gnutls_x509_crt_deinit(others[i]);
  gnutls_free(others);
  return count != 0 ? fail(error, TRESTLE_RESULT_KEY_MISMATCH, 0,
                           "no certificate of the key in the PKCS#12")
                    : fail(error, TRESTLE_RESULT_BAD_CERTIFICATE, 0,
                           "no certificate in the PKCS#12");
}

// The key and the certificates of a PKCS#12, leaf first.
int32_t open_pkcs12(gnutls_pkcs12_t pkcs12, const char *password,
                    trestle_backend_identity *identity, trestle_backend_error *error) {
  gnutls_x509_privkey_t key = nullptr;
  gnutls_x509_crt_t *chain = nullptr;
  unsigned count = 0;
  // Before the parser's objects are there, so that nothing is lost when memory runs out.
  identity->certificates.reserve(kPkcs12CertificatesMax);
  const int code =
      gnutls_pkcs12_simple_parse(pkcs12, password, &key, &chain, &count, nullptr, nullptr, nullptr,
                                 GNUTLS_PKCS12_SP_INCLUDE_SELF_SIGNED);
  if (code == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE) {
    return tell_what_is_missing(pkcs12, password, error);
  }
  if (code < 0) {
    // The MAC was right, so it is what somebody made.
    return is_unknown_algorithm(code) || is_unknown_derivation(code) ||
                   code == GNUTLS_E_DECRYPTION_FAILED
               ? fail(error, TRESTLE_RESULT_NOT_SUPPORTED, code,
                      "the PKCS#12 holds something that GnuTLS can't read")
               : fail(error, TRESTLE_RESULT_BAD_CERTIFICATE, code, "the PKCS#12 does not parse");
  }
  identity->key.reset(key);
  for (unsigned i = 0; i < count; ++i) identity->certificates.emplace_back(chain[i]);
  gnutls_free(chain);
  return TRESTLE_BACKEND_OK;
}

int32_t load_pkcs12(const trestle_backend_identity_source &source,
                    trestle_backend_identity *identity, trestle_backend_error *error) {
  gnutls_datum_t der;
  Pkcs12 pkcs12;
  int code = to_datum(source.pkcs12, &der) ? make(&pkcs12, gnutls_pkcs12_init)
                                           : GNUTLS_E_LARGE_PACKET;
  if (code >= 0) code = gnutls_pkcs12_import(pkcs12.get(), &der, GNUTLS_X509_FMT_DER, 0);
  if (code < 0) {
    return fail(error, TRESTLE_RESULT_BAD_CERTIFICATE, code, "the PKCS#12 does not parse");
  }
  if (has_nul(source.password)) {
    return fail(error, TRESTLE_RESULT_WRONG_PASSWORD, 0, "a password with a NUL");
  }
  if (!is_utf8(source.password)) {
    return fail(error, TRESTLE_RESULT_NOT_SUPPORTED, 0, "a password that is no UTF-8");
  }
  const Secret text(source.password, true);
  code = gnutls_pkcs12_verify_mac(pkcs12.get(), text.text());
  // PKCS#12 knows an empty password and none. Keys of PBES2 are the same for both.
  if (code == GNUTLS_E_MAC_VERIFY_FAILED && source.password.length == 0) {
    code = gnutls_pkcs12_verify_mac(pkcs12.get(), nullptr);
  }
  if (code == GNUTLS_E_MAC_VERIFY_FAILED) {
    return fail(error, TRESTLE_RESULT_WRONG_PASSWORD, code, "the PKCS#12's MAC does not fit");
  }
  if (code < 0) {
    return is_unknown_algorithm(code)
               ? fail(error, TRESTLE_RESULT_NOT_SUPPORTED, code, "the PKCS#12's MAC is unknown")
               : fail(error, TRESTLE_RESULT_BAD_CERTIFICATE, code, "the PKCS#12 has no MAC");
  }
  return open_pkcs12(pkcs12.get(), text.text(), identity, error);
}

// GnuTLS compares the halves of a pair itself, but not those of EdDSA.
bool eddsa_halves_match(const trestle_backend_identity &identity) {
  const int kind = gnutls_x509_privkey_get_pk_algorithm(identity.key.get());
  if (kind != GNUTLS_PK_EDDSA_ED25519 && kind != GNUTLS_PK_EDDSA_ED448) return true;
  unsigned char of_key[32], of_certificate[32];
  size_t key_size = sizeof of_key, certificate_size = sizeof of_certificate;
  return gnutls_x509_privkey_get_key_id(identity.key.get(), GNUTLS_KEYID_USE_SHA256, of_key,
                                        &key_size) >= 0 &&
         gnutls_x509_crt_get_key_id(identity.certificates[0].get(), GNUTLS_KEYID_USE_SHA256,
                                    of_certificate, &certificate_size) >= 0 &&
         key_size == certificate_size && std::memcmp(of_key, of_certificate, key_size) == 0;
}

int32_t check_pair(const trestle_backend_identity &identity, trestle_backend_error *error) {
  CertificateCredentials credentials;
  int code = make(&credentials, gnutls_certificate_allocate_credentials);
  if (code >= 0) code = use_identity(identity, credentials.get());
  if (code >= 0 && !eddsa_halves_match(identity)) code = GNUTLS_E_CERTIFICATE_KEY_MISMATCH;
  if (code >= 0) return TRESTLE_BACKEND_OK;
  if (code == GNUTLS_E_CERTIFICATE_KEY_MISMATCH) {
    return fail(error, TRESTLE_RESULT_KEY_MISMATCH, code,
                "the private key is not the certificate's");
  }
  return fail(error, TRESTLE_RESULT_NOT_SUPPORTED, code, "GnuTLS can't use this identity");
}

}  // namespace

int use_identity(const trestle_backend_identity &identity,
                 gnutls_certificate_credentials_t credentials) {
  // Not gnutls_certificate_set_x509_key, which sorts the chain and drops what isn't part of it.
  const size_t count = identity.certificates.size();
  std::vector<gnutls_pcert_st> chain(count);
  size_t filled = 0;
  gnutls_privkey_t key = nullptr;
  int code = gnutls_privkey_init(&key);
  if (code >= 0) {
    code = gnutls_privkey_import_x509(key, identity.key.get(), GNUTLS_PRIVKEY_IMPORT_COPY);
  }
  while (code >= 0 && filled < count) {
    code = gnutls_pcert_import_x509(&chain[filled], identity.certificates[filled].get(), 0);
    if (code >= 0) ++filled;
  }
  if (code >= 0) {
    code = gnutls_certificate_set_key(credentials, nullptr, 0, chain.data(),
                                      static_cast<int>(count), key);
  }
  if (code >= 0) return 0;  // the credentials own it all
  while (filled != 0) gnutls_pcert_deinit(&chain[--filled]);
  if (key != nullptr) gnutls_privkey_deinit(key);
  return code;
}

int32_t identity_new(const trestle_backend_identity_source *source,
                     trestle_backend_identity **identity, trestle_backend_error *error) noexcept {
  return guarded(error, [&] {
    auto made = std::make_unique<trestle_backend_identity>();
    int32_t status;
    if (source->pkcs12.length != 0) {
      status = load_pkcs12(*source, made.get(), error);
    } else {
      status = load_certificates(*source, made.get(), error);
      if (status == TRESTLE_BACKEND_OK) status = load_key(*source, made.get(), error);
    }
    if (status == TRESTLE_BACKEND_OK) status = check_pair(*made, error);
    if (status == TRESTLE_BACKEND_OK) *identity = made.release();
    return status;
  });
}

}  // namespace trestle::gnutls_backend
