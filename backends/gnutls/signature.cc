// SPDX-License-Identifier: Apache-2.0
#include "backends/gnutls/signature.h"

#include "backends/gnutls/handles.h"
#include "backends/gnutls/suites.h"

namespace trestle::gnutls_backend {
namespace {

// Reads one DER INTEGER that isn't negative, in the only encoding that DER allows for it.
bool skip_integer(const uint8_t **data, const uint8_t *end) {
  const uint8_t *at = *data;
  if (end - at < 3 || at[0] != 0x02 || at[1] == 0 || at[1] > 0x7F || at[1] > end - at - 2) {
    return false;
  }
  const bool padded = at[1] > 1 && at[2] == 0 && at[3] < 0x80;
  *data = at + 2 + at[1];
  return !padded && at[2] < 0x80;
}

// GnuTLS reads (EC)DSA signatures as BER. Several encodings of one signature would let a third
// party change a certificate's bytes.
bool is_der_pair(const gnutls_datum_t &signature) {
  const uint8_t *at = signature.data;
  const uint8_t *const end = at + signature.size;
  if (signature.size < 2 || *at++ != 0x30) return false;
  size_t length = *at++;
  if (length == 0x81) {
    if (at == end || *at < 0x80) return false;
    length = *at++;
  } else if (length >= 0x80) {
    return false;
  }
  return length == static_cast<size_t>(end - at) && skip_integer(&at, end) &&
         skip_integer(&at, end) && at == end;
}

// As for TLS; GnuTLS has smaller ones, too.
bool has_tls_curve(gnutls_pubkey_t key) {
  gnutls_ecc_curve_t curve;
  if (gnutls_pubkey_export_ecc_raw(key, &curve, nullptr, nullptr) < 0) return false;
  return curve == GNUTLS_ECC_CURVE_SECP256R1 || curve == GNUTLS_ECC_CURVE_SECP384R1 ||
         curve == GNUTLS_ECC_CURVE_SECP521R1;
}

}  // namespace

int32_t verify_signature(uint16_t scheme_id, const trestle_bytes *spki,
                         const trestle_bytes *message, const trestle_bytes *signature) noexcept {
  const Scheme *scheme = find_scheme(scheme_id);
  gnutls_datum_t key_der, signed_data, signature_data;
  if (scheme == nullptr || !to_datum(*spki, &key_der) || !to_datum(*message, &signed_data) ||
      !to_datum(*signature, &signature_data)) {
    return TRESTLE_BACKEND_ERROR;
  }
  PublicKey key;
  if (make(&key, gnutls_pubkey_init) < 0 ||
      gnutls_pubkey_import(key.get(), &key_der, GNUTLS_X509_FMT_DER) < 0) {
    return TRESTLE_BACKEND_ERROR;
  }
  if (gnutls_pubkey_get_pk_algorithm(key.get(), nullptr) != scheme->key) {
    return TRESTLE_BACKEND_ERROR;
  }
  const bool ecdsa = scheme->key == GNUTLS_PK_ECDSA;
  if (ecdsa && !has_tls_curve(key.get())) return TRESTLE_BACKEND_ERROR;
  if ((ecdsa || scheme->key == GNUTLS_PK_DSA) && !is_der_pair(signature_data)) return 0;
  // Whether an algorithm is too weak is the host's business.
  const unsigned flags = GNUTLS_VERIFY_ALLOW_SIGN_WITH_SHA1 | GNUTLS_VERIFY_ALLOW_BROKEN;
  const int code = gnutls_pubkey_verify_data2(key.get(), scheme->algorithm, flags, &signed_data,
                                              &signature_data);
  if (code >= 0) return 1;
  return code == GNUTLS_E_MEMORY_ERROR ? TRESTLE_BACKEND_ERROR : 0;
}

}  // namespace trestle::gnutls_backend
