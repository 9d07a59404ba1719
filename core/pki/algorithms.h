// SPDX-License-Identifier: Apache-2.0
//
// Signature algorithms and public keys of certificates, in IANA's TLS numbers.
#pragma once

#include <cstdint>
#include <string>

#include "core/pki/bytes.h"

namespace trestle::pki {

struct SignatureAlgorithm {
  // TLS SignatureScheme; ECDSA by its hash alone, whatever the curve. 0: TLS has no number for it,
  // or its parameters are none that TLS allows. RSASSA-PSS has rsa_pss_pss_* (0x0809..) here; what
  // to ask a backend for depends on the issuer's key, see scheme_for_key.
  uint16_t scheme = 0;
  bool is_broken = false;  // MD2, MD4 or MD5: never acceptable, and no backend is asked
  bool uses_sha1 = false;
  std::string text;  // a name or the dotted object identifier
};

enum class KeyKind { kUnknown, kRsa, kRsaPss, kEc, kEd25519, kEd448, kDsa };

struct PublicKey {
  KeyKind kind = KeyKind::kUnknown;  // kUnknown also for keys whose parameters can't be used
  int bits = 0;                      // RSA modulus, EC curve, DSA p; 256 and 456 for Edwards curves
  uint16_t pss_scheme = 0;           // kRsaPss: the only scheme that the key allows; 0: any
  bool is_tls_point = false;         // kEc: uncompressed, on a curve of TLS (RFC 8446, 4.2.8.2)
  std::string text;                  // "RSA", "EC secp256r1", or the dotted object identifier
  Bytes spki;                        // SubjectPublicKeyInfo, identifier and length included

  // Whether it can verify anything: of a known kind, and of EC on the curves of TLS alone.
  bool is_usable() const { return kind != KeyKind::kUnknown && (kind != KeyKind::kEc || is_tls_point); }
};

// Both take the whole element and are false only if it isn't well-formed; an algorithm that is
// merely unknown is a result.
bool parse_signature_algorithm(Bytes whole, SignatureAlgorithm* algorithm);
bool parse_public_key(Bytes whole, PublicKey* key);

// The scheme under which a backend checks such a signature with such a key: rsa_pss_rsae_* when the
// key is a plain RSA key (RFC 8446 section 4.2.3). 0 if the key can't have made the signature.
uint16_t scheme_for_key(const SignatureAlgorithm& algorithm, const PublicKey& key);

// Whether a backend is asked about signatures under this scheme with this key.
bool key_allows(const PublicKey& key, uint16_t scheme);

}  // namespace trestle::pki
