// SPDX-License-Identifier: Apache-2.0
// What ends a handshake: the result, the alert for it, and our words.
#pragma once

#include <trestle/backend.h>

namespace trestle::wolf {

// Alert descriptions (RFC 8446, 6; RFC 4279, 2).
constexpr uint8_t kUnexpectedMessage = 10;
constexpr uint8_t kHandshakeFailure = 40;
constexpr uint8_t kBadCertificate = 42;
constexpr uint8_t kIllegalParameter = 47;
constexpr uint8_t kDecodeError = 50;
constexpr uint8_t kDecryptError = 51;
constexpr uint8_t kProtocolVersion = 70;
constexpr uint8_t kInternalError = 80;
constexpr uint8_t kUnsupportedExtension = 110;
constexpr uint8_t kUnknownPskIdentity = 115;

struct Verdict {
  int32_t result;
  uint8_t alert;
  const char* detail;
};

// Those of the host or ours, which wolfSSL can't know of.
inline constexpr Verdict kRejected = {TRESTLE_RESULT_CERT_REJECTED, kBadCertificate, ""};
inline constexpr Verdict kChainTooLong = {TRESTLE_RESULT_CERT_CHAIN_TOO_LONG, kBadCertificate,
                                          "wolfSSL takes nine certificates at most"};
inline constexpr Verdict kMalformed = {TRESTLE_RESULT_PROTOCOL_VIOLATION, kDecodeError, ""};
inline constexpr Verdict kCertificateSkipped = {TRESTLE_RESULT_PROTOCOL_VIOLATION,
                                                kUnexpectedMessage,
                                                "the client left out its Certificate message"};
inline constexpr Verdict kUnexpectedCertificate = {TRESTLE_RESULT_PROTOCOL_VIOLATION,
                                                   kUnexpectedMessage,
                                                   "a certificate that was not asked for"};
inline constexpr Verdict kNoCertificate = {TRESTLE_RESULT_HANDSHAKE_FAILED, kHandshakeFailure,
                                           "the peer showed no certificate"};
inline constexpr Verdict kNotOffered = {
    TRESTLE_RESULT_PROTOCOL_VIOLATION, kIllegalParameter,
    "a version, suite, curve or signature scheme that was not offered"};
inline constexpr Verdict kKeyNotAllowed = {
    TRESTLE_RESULT_CERT_UNSUPPORTED_ALGORITHM, kHandshakeFailure,
    "no configured signature scheme goes with the certificate's key"};
inline constexpr Verdict kNoCommonVersion = {TRESTLE_RESULT_NO_COMMON_VERSION, kProtocolVersion,
                                             ""};
inline constexpr Verdict kNoCommonGroup = {TRESTLE_RESULT_HANDSHAKE_FAILED, kHandshakeFailure,
                                           "no common group"};
inline constexpr Verdict kNoPsk = {TRESTLE_RESULT_NO_COMMON_SUITE, kHandshakeFailure,
                                   "the client has neither our PSK nor use for a certificate"};
inline constexpr Verdict kUnknownPsk = {TRESTLE_RESULT_HANDSHAKE_FAILED, kUnknownPskIdentity, ""};
inline constexpr Verdict kFlooded = {TRESTLE_RESULT_PROTOCOL_VIOLATION, kUnexpectedMessage,
                                     "too many key updates without data"};
inline constexpr Verdict kOutOfMemory = {TRESTLE_RESULT_OUT_OF_MEMORY, kInternalError, ""};
// The alert is the peer's.
inline constexpr Verdict kPlainAlert = {TRESTLE_RESULT_ALERT_RECEIVED, 0, ""};

// What a code of wolfSSL means, and the alert for it where wolfSSL sends none.
Verdict meaning_of(int code);

}  // namespace trestle::wolf
