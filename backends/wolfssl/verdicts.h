// SPDX-License-Identifier: Apache-2.0
// What ends a handshake: the result, the alert for it (by wolfSSL's name), and our words.
#pragma once

#include <trestle/backend.h>

#include "backends/wolfssl/wolf.h"

namespace trestle::wolf {

struct Verdict {
  int32_t result;
  uint8_t alert;
  const char* detail;
};

inline constexpr int32_t kViolation = TRESTLE_RESULT_PROTOCOL_VIOLATION;
inline constexpr int32_t kFailed = TRESTLE_RESULT_HANDSHAKE_FAILED;

inline constexpr Verdict kMalformed = {kViolation, decode_error, ""};
inline constexpr Verdict kUnexpectedCertificate = {kViolation, unexpected_message,
                                                   "a certificate that was not asked for"};
inline constexpr Verdict kNotOffered = {
    kViolation, illegal_parameter,
    "a version, suite, curve or signature scheme that was not offered"};
inline constexpr Verdict kNoCommonVersion = {TRESTLE_RESULT_NO_COMMON_VERSION,
                                             wolfssl_alert_protocol_version, ""};
inline constexpr Verdict kUnknownPsk = {kFailed, unknown_psk_identity, ""};
inline constexpr Verdict kOutOfMemory = {TRESTLE_RESULT_OUT_OF_MEMORY, internal_error, ""};

// What a code of wolfSSL means, and the alert for it where wolfSSL sends none.
Verdict meaning_of(int code);

}  // namespace trestle::wolf
