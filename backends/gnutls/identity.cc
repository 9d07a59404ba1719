// SPDX-License-Identifier: Apache-2.0
#include "backends/gnutls/identity.h"

#include <cstring>

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
constexpr int kUnknownDerivation = GNUTLS_E_ASN1_GENERIC_ERROR;

constexpr size_t kPkcs12CertificatesMax = 64;

const char *text(const trestle_bytes &password) {
  return reinterpret_cast<const char *>(password.data);
}

// GnuTLS derives keys of PKCS#12 from UTF-8 alone, and says of others that it lacks memory.
bool is_utf8(const trestle_bytes &password) {
  gnutls_datum_t normalized = {nullptr, 0};
  const int code = gnutls_utf8_password_normalize(password.data, password.length, &normalized, 0);
  if (normalized.data != nullptr) explicit_bzero(normalized.data, normalized.size);
  gnutls_free(normalized.data);
  return code != GNUTLS_E_INVALID_UTF8_STRING;
}

void load_certificates(const trestle_backend_identity_source &source,
                       trestle_backend_identity *identity) {
  for (uint32_t i = 0; i < source.certificate_count; ++i) {
    const gnutls_datum_t der = datum(source.certificates[i]);
    auto certificate = make<Certificate>(gnutls_x509_crt_init);
    const int code = gnutls_x509_crt_import(certificate.get(), &der, GNUTLS_X509_FMT_DER);
    if (code < 0) refuse(TRESTLE_RESULT_BAD_CERTIFICATE, code, "certificate %u does not parse", i);
    identity->certificates.push_back(std::move(certificate));
  }
}

void load_key(const trestle_backend_identity_source &source, trestle_backend_identity *identity) {
  const gnutls_datum_t der = datum(source.key);
  const bool encrypted = source.key_format == TRESTLE_KEY_PKCS8_ENCRYPTED;
  identity->key = make<PrivateKey>(gnutls_x509_privkey_init);
  const int code =
      encrypted || source.key_format == TRESTLE_KEY_PKCS8
          ? gnutls_x509_privkey_import_pkcs8(identity->key.get(), &der, GNUTLS_X509_FMT_DER,
                                             text(source.password),
                                             encrypted ? 0 : GNUTLS_PKCS_PLAIN)
          : gnutls_x509_privkey_import(identity->key.get(), &der, GNUTLS_X509_FMT_DER);
  if (code == 0) return;
  if (code == GNUTLS_E_DECRYPTION_FAILED)
    refuse(TRESTLE_RESULT_WRONG_PASSWORD, code, "the private key does not decrypt");
  if (is_unknown_algorithm(code) || (encrypted && code == kUnknownDerivation)) {
    refuse(TRESTLE_RESULT_NOT_SUPPORTED, code,
           "a private key of an unknown kind, or encrypted in an unknown way");
  }
  refuse(TRESTLE_RESULT_BAD_PRIVATE_KEY, code, "the private key does not parse");
}

// Not a wrong password: the MAC was right, or isn't reached yet.
[[noreturn]] void refuse_pkcs12(int code) {
  const bool unknown = is_unknown_algorithm(code) || code == kUnknownDerivation ||
                       code == GNUTLS_E_DECRYPTION_FAILED;
  refuse(unknown ? TRESTLE_RESULT_NOT_SUPPORTED : TRESTLE_RESULT_BAD_CERTIFICATE, code,
         "GnuTLS can't read the PKCS#12");
}

// The parser has one code for a PKCS#12 without a key, without certificates, and without the one
// that is the key's.
[[noreturn]] void tell_what_is_missing(gnutls_pkcs12_t pkcs12, const char *password) {
  gnutls_x509_privkey_t key = nullptr;
  gnutls_x509_crt_t *others = nullptr;
  unsigned count = 0;
  const int code = gnutls_pkcs12_simple_parse(pkcs12, password, &key, nullptr, nullptr, &others,
                                              &count, nullptr, 0);
  if (code < 0) refuse(TRESTLE_RESULT_NO_IDENTITY, code, "no key in the PKCS#12");
  gnutls_x509_privkey_deinit(key);
  for (unsigned i = 0; i < count; ++i) gnutls_x509_crt_deinit(others[i]);
  gnutls_free(others);
  if (count == 0) refuse(TRESTLE_RESULT_BAD_CERTIFICATE, 0, "no certificate in the PKCS#12");
  refuse(TRESTLE_RESULT_KEY_MISMATCH, 0, "no certificate of the key in the PKCS#12");
}

// The key and the certificates of a PKCS#12, leaf first.
void open_pkcs12(gnutls_pkcs12_t pkcs12, const char *password,
                 trestle_backend_identity *identity) {
  gnutls_x509_privkey_t key = nullptr;
  gnutls_x509_crt_t *chain = nullptr;
  unsigned count = 0;
  // Before the parser's objects are there, so that nothing is lost when memory runs out.
  identity->certificates.reserve(kPkcs12CertificatesMax);
  const int code =
      gnutls_pkcs12_simple_parse(pkcs12, password, &key, &chain, &count, nullptr, nullptr, nullptr,
                                 GNUTLS_PKCS12_SP_INCLUDE_SELF_SIGNED);
  if (code == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE) tell_what_is_missing(pkcs12, password);
  if (code < 0) refuse_pkcs12(code);
  identity->key.reset(key);
  for (unsigned i = 0; i < count; ++i) identity->certificates.emplace_back(chain[i]);
  gnutls_free(chain);
}

void load_pkcs12(const trestle_backend_identity_source &source,
                 trestle_backend_identity *identity) {
  const gnutls_datum_t der = datum(source.pkcs12);
  const char *password = text(source.password);
  const auto pkcs12 = make<Pkcs12>(gnutls_pkcs12_init);
  int code = gnutls_pkcs12_import(pkcs12.get(), &der, GNUTLS_X509_FMT_DER, 0);
  if (code < 0) refuse_pkcs12(code);
  if (!is_utf8(source.password))
    refuse(TRESTLE_RESULT_NOT_SUPPORTED, 0, "a password that is no UTF-8");
  code = gnutls_pkcs12_verify_mac(pkcs12.get(), password);
  // PKCS#12 knows an empty password and none. Keys of PBES2 are the same for both.
  if (code == GNUTLS_E_MAC_VERIFY_FAILED && source.password.length == 0)
    code = gnutls_pkcs12_verify_mac(pkcs12.get(), nullptr);
  if (code == GNUTLS_E_MAC_VERIFY_FAILED)
    refuse(TRESTLE_RESULT_WRONG_PASSWORD, code, "the PKCS#12's MAC does not fit");
  if (code < 0) refuse_pkcs12(code);
  open_pkcs12(pkcs12.get(), password, identity);
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

void check_pair(const trestle_backend_identity &identity) {
  const auto credentials = make<CertificateCredentials>(gnutls_certificate_allocate_credentials);
  const int code = use_identity(identity, credentials.get());
  if (code == GNUTLS_E_CERTIFICATE_KEY_MISMATCH || !eddsa_halves_match(identity))
    refuse(TRESTLE_RESULT_KEY_MISMATCH, code, "the private key is not the certificate's");
  if (code < 0) refuse(TRESTLE_RESULT_NOT_SUPPORTED, code, "GnuTLS can't use this identity");
}

}  // namespace

int use_identity(const trestle_backend_identity &identity,
                 gnutls_certificate_credentials_t credentials) {
  // Not gnutls_certificate_set_x509_key, which sorts the chain and drops what isn't part of it.
  std::vector<gnutls_pcert_st> chain(identity.certificates.size());
  auto key = make<SigningKey>(gnutls_privkey_init);
  int code =
      gnutls_privkey_import_x509(key.get(), identity.key.get(), GNUTLS_PRIVKEY_IMPORT_COPY);
  for (size_t i = 0; i < chain.size() && code >= 0; ++i)
    code = gnutls_pcert_import_x509(&chain[i], identity.certificates[i].get(), 0);
  if (code >= 0) {
    code = gnutls_certificate_set_key(credentials, nullptr, 0, chain.data(),
                                      static_cast<int>(chain.size()), key.get());
  }
  if (code >= 0) {
    key.release();  // the credentials own it all
  } else {
    for (gnutls_pcert_st &certificate : chain) gnutls_pcert_deinit(&certificate);
  }
  return code;
}

std::unique_ptr<trestle_backend_identity> make_identity(
    const trestle_backend_identity_source &source) {
  auto identity = std::make_unique<trestle_backend_identity>();
  if (source.pkcs12.length != 0) {
    load_pkcs12(source, identity.get());
  } else {
    load_certificates(source, identity.get());
    load_key(source, identity.get());
  }
  check_pair(*identity);
  return identity;
}

}  // namespace trestle::gnutls_backend
