// SPDX-License-Identifier: Apache-2.0
#include "backends/gnutls/signature.h"

#include "backends/gnutls/handles.h"
#include "backends/gnutls/suites.h"

namespace trestle::gnutls_backend {

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
  // Whether an algorithm is too weak is the host's business.
  const unsigned flags = GNUTLS_VERIFY_ALLOW_SIGN_WITH_SHA1 | GNUTLS_VERIFY_ALLOW_BROKEN;
  const int code = gnutls_pubkey_verify_data2(key.get(), scheme->algorithm, flags, &signed_data,
                                              &signature_data);
  if (code >= 0) return 1;
  return code == GNUTLS_E_MEMORY_ERROR ? TRESTLE_BACKEND_ERROR : 0;
}

}  // namespace trestle::gnutls_backend
