// SPDX-License-Identifier: Apache-2.0
#include "backends/wolfssl/identity.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#include "backends/wolfssl/der.h"
#include "backends/wolfssl/error.h"
#include "backends/wolfssl/public_key.h"

#include <wolfssl/wolfcrypt/asn_public.h>
#include <wolfssl/wolfcrypt/ecc.h>
#include <wolfssl/wolfcrypt/error-crypt.h>
#include <wolfssl/wolfcrypt/memory.h>
#include <wolfssl/wolfcrypt/pkcs12.h>

namespace trestle::wolf {
namespace {

using der::Reader;

constexpr uint8_t kOidRsa[] = {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01};
constexpr uint8_t kOidEc[] = {0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01};
constexpr uint8_t kOidEd25519[] = {0x2B, 0x65, 0x70};
constexpr uint8_t kOidEd448[] = {0x2B, 0x65, 0x71};
constexpr uint8_t kOidPbes2[] = {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x05, 0x0D};
constexpr uint8_t kOidPbkdf2[] = {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x05, 0x0C};

constexpr uint8_t kOidHmacSha1[] = {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x02, 0x07};
constexpr uint8_t kOidHmacSha256[] = {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x02, 0x09};
constexpr uint8_t kOidAes128Cbc[] = {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x02};
constexpr uint8_t kOidAes256Cbc[] = {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x2A};
constexpr uint8_t kOid3DesCbc[] = {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x03, 0x07};

template <size_t n>
Span oid(const uint8_t (&bytes)[n]) {
  return {bytes, n};
}

Span span_of(const trestle_bytes& bytes) { return {bytes.data, static_cast<size_t>(bytes.length)}; }

struct Pkcs8 {
  der::Algorithm algorithm;
  Span key;
};

bool parse_pkcs8(Span input, Pkcs8* pkcs8) {
  Reader outer(input);
  Reader fields(outer.read(der::kSequence));
  fields.read(der::kInteger);
  const Span algorithm = fields.read(der::kSequence);
  pkcs8->key = fields.read(der::kOctetString);
  return fields.ok() && outer.at_end() && der::parse_algorithm(algorithm, &pkcs8->algorithm);
}

bool is_known_key_algorithm(Span algorithm) {
  return algorithm == oid(kOidRsa) || algorithm == oid(kOidEc) || algorithm == oid(kOidEd25519) ||
         algorithm == oid(kOidEd448);
}

// Whether an RSAPrivateKey is larger than wolfSSL was built for.
bool is_oversized_rsa(Span rsa_key) {
  Reader outer(rsa_key);
  Reader fields(outer.read(der::kSequence));
  fields.read(der::kInteger);
  const Span modulus = der::magnitude(fields.read(der::kInteger));
  return fields.ok() && modulus.size > RSA_MAX_SIZE / 8;
}

int32_t check_pkcs8(Span key, trestle_backend_error* error) {
  Pkcs8 pkcs8;
  if (!parse_pkcs8(key, &pkcs8)) {
    return fail(error, TRESTLE_RESULT_BAD_PRIVATE_KEY, 0, "not a PKCS#8 private key");
  }
  if (!is_known_key_algorithm(pkcs8.algorithm.oid)) {
    return fail(error, TRESTLE_RESULT_NOT_SUPPORTED, 0,
                "wolfSSL has private keys of RSA, EC, Ed25519 and Ed448 only");
  }
  if (pkcs8.algorithm.oid == oid(kOidRsa) && is_oversized_rsa(pkcs8.key)) {
    return fail(error, TRESTLE_RESULT_NOT_SUPPORTED, 0, "RSA keys end at %d bits", RSA_MAX_SIZE);
  }
  return TRESTLE_BACKEND_OK;
}

// PBES2 (RFC 8018): what wolfSSL lacks it would report as a wrong password.
bool has_known_encryption(Span algorithm_content) {
  der::Algorithm scheme, derivation, cipher, prf;
  if (!der::parse_algorithm(algorithm_content, &scheme)) return false;
  if (!(scheme.oid == oid(kOidPbes2))) return true;
  Reader outer(scheme.parameters);
  Reader fields(outer.read(der::kSequence));
  if (!der::parse_algorithm(fields.read(der::kSequence), &derivation) ||
      !der::parse_algorithm(fields.read(der::kSequence), &cipher) || !fields.at_end()) {
    return false;
  }
  Reader derivation_outer(derivation.parameters);
  Reader pbkdf2(derivation_outer.read(der::kSequence));
  pbkdf2.read(der::kOctetString);
  pbkdf2.read(der::kInteger);
  Span key_length, prf_content;
  pbkdf2.read_if(der::kInteger, &key_length);
  const bool default_prf = !pbkdf2.read_if(der::kSequence, &prf_content);
  const bool known_prf = default_prf || (der::parse_algorithm(prf_content, &prf) &&
                                         (prf.oid == oid(kOidHmacSha1) ||
                                          prf.oid == oid(kOidHmacSha256)));
  return derivation.oid == oid(kOidPbkdf2) && pbkdf2.at_end() && known_prf &&
         (cipher.oid == oid(kOidAes128Cbc) || cipher.oid == oid(kOidAes256Cbc) ||
          cipher.oid == oid(kOid3DesCbc));
}

int32_t decrypt_pkcs8(const trestle_backend_identity_source& source, SecretBytes* key,
                      trestle_backend_error* error) {
  Reader outer(span_of(source.key));
  Reader fields(outer.read(der::kSequence));
  const Span algorithm = fields.read(der::kSequence);
  fields.read(der::kOctetString);
  if (!fields.at_end() || !outer.at_end()) {
    return fail(error, TRESTLE_RESULT_BAD_PRIVATE_KEY, 0, "not an encrypted PKCS#8 private key");
  }
  if (!has_known_encryption(algorithm)) {
    return fail(error, TRESTLE_RESULT_NOT_SUPPORTED, 0, "encryption of the private key");
  }
  const char* password = reinterpret_cast<const char*>(source.password.data);
  const int size = wc_DecryptPKCS8Key(key->data(), static_cast<word32>(key->size()),
                                      password ? password : "",
                                      static_cast<int>(source.password.length));
  if (size == ASN_INPUT_E || size == ALGO_ID_E) {
    return fail(error, TRESTLE_RESULT_NOT_SUPPORTED, size, "encryption of the private key");
  }
  Pkcs8 pkcs8;
  // A wrong password shows as nonsense after decryption.
  if (size <= 0 || !parse_pkcs8({key->data(), static_cast<size_t>(size)}, &pkcs8)) {
    return fail(error, TRESTLE_RESULT_WRONG_PASSWORD, size < 0 ? size : 0,
                "the private key does not decrypt with this password");
  }
  key->truncate(static_cast<size_t>(size));
  return TRESTLE_BACKEND_OK;
}

int32_t take_key(const trestle_backend_identity_source& source, SecretBytes* key,
                 trestle_backend_error* error) {
  *key = SecretBytes(source.key.data, source.key.length);
  switch (source.key_format) {
    case TRESTLE_KEY_NONE:
      return fail(error, TRESTLE_RESULT_NO_IDENTITY, 0, "the certificate has no private key");
    case TRESTLE_KEY_PKCS8_ENCRYPTED:
      if (const int32_t status = decrypt_pkcs8(source, key, error)) return status;
      return check_pkcs8({key->data(), key->size()}, error);
    case TRESTLE_KEY_PKCS8:
      return check_pkcs8({key->data(), key->size()}, error);
    case TRESTLE_KEY_RSA:
      if (!is_oversized_rsa({key->data(), key->size()})) return TRESTLE_BACKEND_OK;
      return fail(error, TRESTLE_RESULT_NOT_SUPPORTED, 0, "RSA keys end at %d bits", RSA_MAX_SIZE);
    case TRESTLE_KEY_EC:
      return TRESTLE_BACKEND_OK;
    default:
      return fail(error, TRESTLE_RESULT_NOT_SUPPORTED, 0,
                  "wolfSSL has private keys of RSA, EC, Ed25519 and Ed448 only");
  }
}

void append(std::vector<uint8_t>* list, const uint8_t* data, size_t size) {
  list->insert(list->end(), data, data + size);
}

// --- certificates and their keys -----------------------------------------------------------------

// wolfSSL does not look at what follows the leaf before a peer does.
bool is_certificate(Span certificate) {
  Reader outer(certificate);
  outer.read(der::kSequence);
  return outer.at_end() && !public_key_of(certificate).empty();
}

bool export_point(ecc_key* key, std::vector<uint8_t>* point) {
  word32 size = 1 + 2 * MAX_ECC_BYTES;
  point->resize(size);
  if (wc_ecc_export_x963(key, point->data(), &size) != 0) return false;
  point->resize(size);
  return true;
}

// wolfSSL's check of an EC pair looks at each half by itself, so that any key goes with any
// certificate of the curve. True also if it isn't an EC pair.
bool ec_halves_match(Span certificate, const SecretBytes& key) {
  const Span spki = public_key_of(certificate);
  const auto spki_size = static_cast<word32>(spki.size);
  const auto key_size = static_cast<word32>(key.size());
  ecc_key certified, own;
  if (wc_ecc_init(&certified) != 0) return false;
  Cleanup<ecc_key, wc_ecc_free> free_certified(&certified);
  if (wc_ecc_init(&own) != 0) return false;
  Cleanup<ecc_key, wc_ecc_free> free_own(&own);
  word32 spki_used = 0, key_used = 0;
  if (wc_EccPublicKeyDecode(spki.data, &spki_used, &certified, spki_size) != 0 ||
      wc_EccPrivateKeyDecode(key.data(), &key_used, &own, key_size) != 0) {
    return true;
  }
  std::vector<uint8_t> certified_point, own_point;
  return wc_ecc_make_pub(&own, nullptr) == 0 && export_point(&own, &own_point) &&
         export_point(&certified, &certified_point) && own_point == certified_point;
}

// --- PKCS#12 -------------------------------------------------------------------------------------

// What wc_PKCS12_parse hands over.
struct Pkcs12Content {
  byte* key = nullptr;
  word32 key_size = 0;
  byte* certificate = nullptr;
  word32 certificate_size = 0;
  WC_DerCertList* others = nullptr;

  ~Pkcs12Content() {
    if (key != nullptr) explicit_bzero(key, key_size);
    wolfSSL_Free(key);
    wolfSSL_Free(certificate);
    // wc_FreeCertList is declared but not exported.
    while (others != nullptr) {
      WC_DerCertList* next = others->next;
      wolfSSL_Free(others->buffer);
      wolfSSL_Free(others);
      others = next;
    }
  }
};

// wolfSSL does not mind a PFX without a MAC; who made such a one can't be told.
bool has_mac(Span pfx) {
  Reader outer(pfx);
  Reader fields(outer.read(der::kSequence));
  fields.read(der::kInteger);
  fields.read(der::kSequence);
  fields.read(der::kSequence);
  return fields.at_end() && outer.at_end();
}

// The bags stand in any order, and for an EC key's own certificate wolfSSL takes any of the curve.
// TLS wants the leaf first and each certificate to certify the one before it.
std::vector<Span> order_chain(std::vector<Span> found, const SecretBytes& key) {
  std::vector<Span> chain;
  const auto move = [&](std::vector<Span>::iterator one) {
    chain.push_back(*one);
    found.erase(one);
  };
  const auto is_leaf = [&key](Span one) {
    return is_certificate(one) && ec_halves_match(one, key);
  };
  auto next = std::find_if(found.begin(), found.end(), is_leaf);
  move(next == found.end() ? found.begin() : next);
  const auto is_issuer = [&chain](Span one) {
    return parts_of(one).subject == parts_of(chain.back()).issuer;
  };
  while ((next = std::find_if(found.begin(), found.end(), is_issuer)) != found.end()) move(next);
  return chain;
}

int32_t take_pkcs12(const trestle_backend_identity_source& source,
                    trestle_backend_identity* identity, trestle_backend_error* error) {
  const Span pfx = span_of(source.pkcs12);
  if (!has_mac(pfx)) {
    return fail(error, TRESTLE_RESULT_BAD_CERTIFICATE, 0, "not a PKCS#12 in DER with a MAC");
  }
  std::unique_ptr<WC_PKCS12, void (*)(WC_PKCS12*)> pkcs12(wc_PKCS12_new(), wc_PKCS12_free);
  if (!pkcs12) throw std::bad_alloc();
  int result = wc_d2i_PKCS12(pfx.data, static_cast<word32>(pfx.size), pkcs12.get());
  if (result < 0) return fail(error, TRESTLE_RESULT_BAD_CERTIFICATE, result, "not a PKCS#12");
  // It wants a string, and would take what comes before a NUL for the whole.
  SecretBytes password(source.password.data, source.password.length);
  password.append_nul();
  if (std::strlen(reinterpret_cast<const char*>(password.data())) != source.password.length) {
    return fail(error, TRESTLE_RESULT_WRONG_PASSWORD, 0, "a password with a NUL");
  }
  Pkcs12Content content;
  result = wc_PKCS12_parse(pkcs12.get(), reinterpret_cast<const char*>(password.data()),
                           &content.key, &content.key_size, &content.certificate,
                           &content.certificate_size, &content.others);
  if (result == MAC_CMP_FAILED_E) {
    return fail(error, TRESTLE_RESULT_WRONG_PASSWORD, result, "the PKCS#12's MAC does not match");
  }
  // The MAC was right, so it is what somebody made.
  if (result < 0) {
    return fail(error, TRESTLE_RESULT_NOT_SUPPORTED, result, "encryption of the PKCS#12");
  }
  if (content.key == nullptr) {
    return fail(error, TRESTLE_RESULT_NO_IDENTITY, 0, "the PKCS#12 has no private key");
  }
  if (content.certificate == nullptr) {
    return fail(error, TRESTLE_RESULT_KEY_MISMATCH, 0, "the PKCS#12 has no certificate of its key");
  }
  identity->key = SecretBytes(content.key, content.key_size);
  std::vector<Span> found = {{content.certificate, content.certificate_size}};
  for (const WC_DerCertList* node = content.others; node != nullptr; node = node->next) {
    found.push_back({node->buffer, node->bufferSz});
  }
  for (const Span& one : order_chain(std::move(found), identity->key)) {
    append(&identity->certificates, one.data, one.size);
  }
  return TRESTLE_BACKEND_OK;
}

// Loads the identity once, so that contexts find nothing wrong with it later.
int32_t check_identity(const trestle_backend_identity& identity, trestle_backend_error* error) {
  std::unique_ptr<WOLFSSL_CTX, void (*)(WOLFSSL_CTX*)> context(
      wolfSSL_CTX_new(wolfTLS_server_method()), wolfSSL_CTX_free);
  if (!context) throw std::bad_alloc();
  int code = 0;
  if (!load_certificates(identity, context.get(), &code)) {
    return fail(error, TRESTLE_RESULT_BAD_CERTIFICATE, code, "wolfSSL can't use the certificate");
  }
  if (!load_key(identity, context.get(), &code)) {
    return fail(error, TRESTLE_RESULT_BAD_PRIVATE_KEY, code, "wolfSSL can't use the private key");
  }
  if (wolfSSL_CTX_check_private_key(context.get()) != WOLFSSL_SUCCESS ||
      !ec_halves_match({identity.certificates.data(), identity.certificates.size()},
                       identity.key)) {
    return fail(error, TRESTLE_RESULT_KEY_MISMATCH, 0, "the private key is not the certificate's");
  }
  return TRESTLE_BACKEND_OK;
}

}  // namespace

SecretBytes::~SecretBytes() {
  if (!bytes_.empty()) explicit_bzero(bytes_.data(), bytes_.size());
}

void SecretBytes::truncate(size_t size) {
  explicit_bzero(bytes_.data() + size, bytes_.size() - size);
  bytes_.resize(size);
}

void SecretBytes::append_nul() {
  SecretBytes longer;
  longer.bytes_.resize(bytes_.size() + 1);
  std::copy(bytes_.begin(), bytes_.end(), longer.bytes_.begin());
  bytes_.swap(longer.bytes_);
}

bool load_certificates(const trestle_backend_identity& identity, WOLFSSL_CTX* context, int* code) {
  *code = wolfSSL_CTX_use_certificate_chain_buffer_format(
      context, identity.certificates.data(), static_cast<long>(identity.certificates.size()),
      WOLFSSL_FILETYPE_ASN1);
  return *code == WOLFSSL_SUCCESS;
}

bool load_key(const trestle_backend_identity& identity, WOLFSSL_CTX* context, int* code) {
  *code = wolfSSL_CTX_use_PrivateKey_buffer(context, identity.key.data(),
                                            static_cast<long>(identity.key.size()),
                                            WOLFSSL_FILETYPE_ASN1);
  return *code == WOLFSSL_SUCCESS;
}

int32_t identity_new(const trestle_backend_identity_source* source,
                     trestle_backend_identity** identity, trestle_backend_error* error) {
  wolfSSL_ERR_clear_error();
  auto made = std::make_unique<trestle_backend_identity>();
  if (source->pkcs12.length > 0) {
    if (const int32_t status = take_pkcs12(*source, made.get(), error)) return status;
  } else {
    if (source->certificate_count == 0) {
      return fail(error, TRESTLE_RESULT_NO_IDENTITY, 0, "no certificate");
    }
    if (const int32_t status = take_key(*source, &made->key, error)) return status;
    for (uint32_t i = 0; i < source->certificate_count; ++i) {
      if (!is_certificate(span_of(source->certificates[i]))) {
        return fail(error, TRESTLE_RESULT_BAD_CERTIFICATE, 0, "certificate %u", i);
      }
      append(&made->certificates, source->certificates[i].data, source->certificates[i].length);
    }
  }
  const int32_t status = check_identity(*made, error);
  wolfSSL_ERR_clear_error();
  if (status == TRESTLE_BACKEND_OK) *identity = made.release();
  return status;
}

}  // namespace trestle::wolf
