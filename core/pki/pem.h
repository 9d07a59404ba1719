// SPDX-License-Identifier: Apache-2.0
//
// RFC 7468 textual encodings, read laxly: text before, between and after the objects is ignored,
// any white space may stand inside the base64, lines may have any length and any line ending. A
// BEGIN boundary counts only at the start of a line (after blanks), so that an object somebody has
// commented out stays out. The base64 itself is strict: a lost character is an error, not a guess.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/pki/bytes.h"
#include "core/pki/secret_bytes.h"

namespace trestle::pki {

constexpr size_t kMaxPemInput = 16 * 1024 * 1024;
constexpr size_t kMaxPemObjects = 4096;

enum class PemKind {
  kCertificate,          // CERTIFICATE, X509 CERTIFICATE
  kTrustedCertificate,   // TRUSTED CERTIFICATE: a certificate with OpenSSL's private trust settings
  kPrivateKey,           // PRIVATE KEY: PKCS#8
  kEncryptedPrivateKey,  // ENCRYPTED PRIVATE KEY: PKCS#8 with a password
  kRsaPrivateKey,        // RSA PRIVATE KEY: PKCS#1
  kEcPrivateKey,         // EC PRIVATE KEY: SEC 1
  kDsaPrivateKey,        // DSA PRIVATE KEY
  kCrl,                  // X509 CRL
  kOther,                // well-formed, with a label that isn't listed here
};

struct PemObject {
  PemKind kind = PemKind::kOther;
  std::string label;
  SecretBytes der;
};

enum class PemProblem {
  kNone,
  kTooLarge,          // more than kMaxPemInput octets or kMaxPemObjects objects
  kNoObject,          // no BEGIN boundary anywhere
  kBoundary,          // a BEGIN or END boundary is malformed, missing or doesn't match
  kBase64,            // a foreign character, a wrong length or wrong padding
  kEmptyObject,       // nothing between the boundaries
  kLegacyEncryption,  // "Proc-Type: 4,ENCRYPTED": a traditional key with a weak password scheme
};

struct PemError {
  PemProblem problem = PemProblem::kNone;
  size_t index = 0;   // which object of the buffer, from 0
  std::string label;  // empty when there was none to read
  std::string detail;

  std::string text() const;
};

// Appends every object to *objects. False at the first malformed one; *objects then holds those
// before it.
bool decode_pem(Bytes text, std::vector<PemObject>* objects, PemError* error);

// A BEGIN boundary stands at the start of some line.
bool looks_like_pem(Bytes text);

// The object as RFC 7468 writes it: boundaries, base64 in lines of 64 characters.
std::string encode_pem(std::string_view label, Bytes der);

}  // namespace trestle::pki
