// SPDX-License-Identifier: Apache-2.0
// Which key a SubjectPublicKeyInfo (RFC 5280, 4.1.2.7) or a certificate has, and whose it is.
#pragma once

#include "backends/wolfssl/der.h"

namespace trestle::wolf {

enum class KeyKind { kOther, kRsa, kRsaPss, kP256, kP384, kP521, kEd25519, kEd448, kDsa };

struct PublicKey {
  KeyKind kind = KeyKind::kOther;
  Span spki;       // the whole
  Span parameters; // of the algorithm; empty if absent
  Span key;        // what the BIT STRING holds
};

bool parse_public_key(Span spki, PublicKey* key);

// Parts of a certificate, tags and lengths included; empty if it isn't one.
struct CertificateParts {
  Span issuer;
  Span subject;
  Span public_key; // SubjectPublicKeyInfo
};
CertificateParts parts_of(Span certificate);
Span public_key_of(Span certificate);

}  // namespace trestle::wolf
