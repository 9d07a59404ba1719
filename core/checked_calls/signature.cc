// SPDX-License-Identifier: Apache-2.0
#include "core/checked_calls/checked_calls.h"
#include "core/pki/algorithms.h"
#include "core/pki/der.h"

namespace trestle {
namespace {

using pki::Bytes;

constexpr int32_t kInvalid = 0;
constexpr int32_t kUnsupported = TRESTLE_BACKEND_ERROR;

// The longest, of an RSA key of 16,384 bits.
constexpr uint64_t kSignatureMax = 2048;

// SEQUENCE { r, s } (RFC 3279, 2.2.2; RFC 5480, appendix A). Libraries read other encodings of the
// same numbers, too, by which anybody could change a certificate's bytes.
bool is_der_pair(Bytes signature) {
  Bytes contents, integer, magnitude;
  if (!pki::der::read_single(signature, pki::der::kSequence, &contents)) return false;
  pki::der::Reader reader(contents);
  for (int i = 0; i < 2; ++i) {
    if (!reader.read(pki::der::kInteger, &integer) ||
        !pki::der::parse_positive(integer, &magnitude)) {
      return false;
    }
  }
  return reader.at_end();
}

}  // namespace

int32_t checked_verify_signature(const trestle_backend& backend, uint16_t scheme,
                                 const trestle_bytes& spki, const trestle_bytes& message,
                                 const trestle_bytes& signature) {
  pki::PublicKey key;
  if (backend.capability(TRESTLE_CAPABILITY_SIGNATURE_SCHEME, scheme) != 1 ||
      !pki::parse_public_key({spki.data, spki.length}, &key) || !pki::key_allows(key, scheme)) {
    return kUnsupported;
  }
  if (signature.length == 0 || signature.length > kSignatureMax) return kInvalid;
  const bool is_pair = key.kind == pki::KeyKind::kEc || key.kind == pki::KeyKind::kDsa;
  if (is_pair && !is_der_pair({signature.data, signature.length})) return kInvalid;
  return backend.verify_signature(scheme, &spki, &message, &signature);
}

}  // namespace trestle
