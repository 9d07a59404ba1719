// SPDX-License-Identifier: Apache-2.0
//
// The one verdict on certificates: RFC 5280 path building and validation, the same whichever TLS
// library carries the connection. How the core uses it:
//
//   TrustStore store;                                  // per session; several add() add up
//   store.add(Bytes(buffer, size), &error);            // CONFIG_CERT_VERIFY
//   PeerChain chain = parse_chain(certificates);       // when the backend asks
//   Verdict verdict = verify(chain, store, Purpose::kServer, time(nullptr), Policy(), checker);
//   result = c_result(verdict.finding);                // CERT_IND: C's eight values
//   code = result_code(verdict.finding);               // error record: the precise finding
//   match_name(*chain.entries[0].certificate, name);   // name.h; null if the leaf is malformed
//   encode_pem("CERTIFICATE", certificates[0]);        // pem.h: CERT_IND's certificate
//
// Everything is a pure function of its arguments and may run on any thread and on a small stack.
// Single signatures go to the SignatureChecker, which the core implements over the backend.
//
// Trust anchors. Every certificate in the store is an anchor in the sense of RFC 5280 section 6.1:
// the program has named it, so its own issuer and signature don't matter.
// - An intermediate CA in the store ends a path; its root need not be there. C calls each
//   certificate of that buffer a trusted CA; GnuTLS, wolfSSL, Go and the RFC agree, OpenSSL alone
//   wants the root as well unless told otherwise.
// - The peer's own certificate in the store, octet by octet, is trusted as itself, self-signed or
//   not. C (section 3.4.3) demands it for self-signed servers; a CA-issued one is no worse.
// - In all else an anchor is held to the rules: it must be a CA to issue (one of version 1, which
//   can't say so, must at least be self-signed), within its validity, with a large enough key, and
//   its path length, purposes, name constraints and critical extensions bind. RFC 5280 leaves this
//   to the program; being stricter is what all three libraries do with dates.
//
// Which finding is reported. When several things are wrong, the gravest is told, so that a program
// that overlooks a mild finding never overlooks a grave one unawares; dates, which programs are
// most inclined to overlook, therefore come last:
//   1. kMalformed (no certificate, or a malformed leaf), kChainTooLong (more certificates than
//      kMaxPeerCertificates)
//   2. no way to an anchor: kTooComplex, kSelfSigned, then (if the names do lead to an anchor)
//      kUnsupportedAlgorithm or kWeakSignature (MD5), kSignature, then kChainTooLong (more than
//      Policy::max_path), kMalformed (some other certificate), kNoTrustAnchors,
//      kUnableToVerifyLeaf, kMissingIssuer
//   3. kCaInvalid, kPathLength
//   4. kUnknownCriticalExtension
//   5. kUnsupportedAlgorithm, kKeyTooSmall, kWeakSignature
//   6. kPurpose
//   7. kKeyUsage
//   8. kNameConstraint
//   9. kPolicy
//   10. kNotYetValid, kExpired
// Within 3 to 10 the certificate nearest to the anchor is told first. When several paths lead to an
// anchor and none is valid, the one that came furthest down this list is told. An expired
// self-signed certificate that nobody trusts is kSelfSigned, as with OpenSSL.
//
// Bounds: kMaxPeerCertificates certificates, kMaxSignatureChecks signatures, kMaxSearchSteps steps.
// Signatures are checked from the anchor downwards, so that the key of a certificate is never used
// before the certificate itself has been authenticated: a stranger's chain costs nearly nothing.
//
// Not here: revocation; the key agreement in use (a key usage of only digitalSignature or only
// keyEncipherment passes for RSA, since which one is needed depends on the cipher suite).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/pki/certificate.h"
#include "core/pki/trust_store.h"

namespace trestle::pki {

constexpr size_t kMaxPeerCertificates = 32;
constexpr int kMaxSignatureChecks = 100;
constexpr int kMaxSearchSteps = 250;

enum class Finding {
  kOk,
  kMalformed,
  kChainTooLong,
  kTooComplex,  // a bound of the search was reached
  kSelfSigned,  // the leaf or the top of the chain is self-signed and not trusted
  kSignature,
  kNoTrustAnchors,      // nothing is loaded, and the lone leaf shows nothing more specific
  kUnableToVerifyLeaf,  // a lone leaf whose issuer isn't known
  kMissingIssuer,       // a chain of two or more whose top's issuer isn't known
  kCaInvalid,
  kPathLength,
  kUnknownCriticalExtension,
  kUnsupportedAlgorithm,
  kKeyTooSmall,
  kWeakSignature,
  kPurpose,
  kKeyUsage,
  kNameConstraint,
  kPolicy,
  kNotYetValid,
  kExpired,
};

struct Verdict {
  Finding finding = Finding::kMalformed;
  int32_t certificate_index = -1;  // in the peer's chain; -1: an anchor, or none in particular
  std::string subject;             // of the certificate at fault; kMaxNameText octets at most
  std::string detail;              // one sentence; empty with kOk
};

// What the peer's certificate is for: kServer when the peer is a server.
enum class Purpose { kServer, kClient };

enum class SignatureStatus { kValid, kInvalid, kUnsupported };

class SignatureChecker {
 public:
  virtual ~SignatureChecker() = default;
  // `scheme` is IANA's TLS SignatureScheme; ECDSA by its hash, whatever the curve.
  virtual SignatureStatus check(uint16_t scheme, Bytes spki, Bytes message, Bytes signature) = 0;
};

struct Policy {
  int min_rsa_bits = 2048;  // RSA and DSA
  int min_ec_bits = 224;
  bool allow_sha1 = false;
  size_t max_path = 10;  // certificates in a path, leaf and anchor included
};

struct PeerChain {
  struct Entry {
    CertificatePtr certificate;  // null if malformed
    std::string error;           // then the reason
  };
  std::vector<Entry> entries;  // leaf first, as on the wire
  bool too_long = false;       // there were more than kMaxPeerCertificates; the rest was not read
};

PeerChain parse_chain(const std::vector<Bytes>& certificates);

// `now` in seconds since 1970.
Verdict verify(const PeerChain& chain, const TrustStore& store, Purpose purpose, int64_t now,
               const Policy& policy, SignatureChecker& checker);

const char* finding_name(Finding finding);

// TRESTLE_RESULT_SUCCESS, the six CERT_* of C, or FAILURE.
int32_t c_result(Finding finding);
// The finding by itself: TRESTLE_RESULT_CERT_*.
int32_t result_code(Finding finding);

}  // namespace trestle::pki
