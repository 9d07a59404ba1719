// SPDX-License-Identifier: Apache-2.0
//
// What is in a buffer that a program handed over as "a certificate" or "a key"? Told from the
// outermost structure alone, so that each backend can be given the format it has a function for.
#pragma once

#include "core/pki/bytes.h"

namespace trestle::pki {

enum class BufferKind {
  kEmpty,
  kUnknown,
  kPem,                  // at least one PEM boundary; decode_pem tells the rest
  kCertificate,          // DER; one certificate or several, one after the other
  kCrl,                  // DER CertificateList
  kPrivateKey,           // DER PKCS#8 PrivateKeyInfo (OneAsymmetricKey)
  kEncryptedPrivateKey,  // DER PKCS#8 EncryptedPrivateKeyInfo
  kRsaPrivateKey,        // DER PKCS#1 RSAPrivateKey
  kEcPrivateKey,         // DER SEC 1 ECPrivateKey
  kDsaPrivateKey,        // DER, the traditional six integers
  kPkcs12,               // PFX, DER or BER
};

BufferKind classify(Bytes buffer);

const char* buffer_kind_name(BufferKind kind);

}  // namespace trestle::pki
