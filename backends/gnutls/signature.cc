// SPDX-License-Identifier: Apache-2.0
#include "backends/gnutls/signature.h"

#include "backends/gnutls/handles.h"
#include "backends/gnutls/suites.h"

namespace trestle::gnutls_backend {
namespace {

int32_t verify(const Scheme &scheme, const trestle_bytes &spki, const trestle_bytes &message,
               const trestle_bytes &signature) {
  const gnutls_datum_t der = datum(spki), data = datum(message), signed_with = datum(signature);
  const auto key = make<PublicKey>(gnutls_pubkey_init);
  if (gnutls_pubkey_import(key.get(), &der, GNUTLS_X509_FMT_DER) < 0) return TRESTLE_BACKEND_ERROR;
  // Whether an algorithm is too weak is the host's business.
  const unsigned flags = GNUTLS_VERIFY_ALLOW_SIGN_WITH_SHA1 | GNUTLS_VERIFY_ALLOW_BROKEN;
  const int code =
      gnutls_pubkey_verify_data2(key.get(), scheme.algorithm, flags, &data, &signed_with);
  if (code >= 0) return 1;
  return code == GNUTLS_E_MEMORY_ERROR ? TRESTLE_BACKEND_ERROR : 0;
}

}  // namespace

int32_t verify_signature(uint16_t scheme, const trestle_bytes *spki, const trestle_bytes *message,
                         const trestle_bytes *signature) noexcept {
  trestle_backend_error ignored = {};
  return run_slot(&ignored,
                  [&] { return verify(*find_scheme(scheme), *spki, *message, *signature); });
}

}  // namespace trestle::gnutls_backend
