// SPDX-License-Identifier: Apache-2.0
// What went wrong with a connection: from wolfSSL's codes to results and alerts.
#include <memory>

#include "backends/wolfssl/connection.h"
#include "backends/wolfssl/error.h"

#include <wolfssl/error-ssl.h>
#include <wolfssl/wolfcrypt/error-crypt.h>

namespace {

using trestle::wolf::fail;

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

// What a code of wolfSSL means, and the alert for it where wolfSSL sends none.
struct Meaning {
  int code;
  int32_t result;
  uint8_t alert;
};

constexpr Meaning kMeanings[] = {
    {MATCH_SUITE_ERROR, TRESTLE_RESULT_NO_COMMON_SUITE, kHandshakeFailure},
    {UNSUPPORTED_SUITE, TRESTLE_RESULT_NO_COMMON_SUITE, kHandshakeFailure},
    {VERSION_ERROR, TRESTLE_RESULT_NO_COMMON_VERSION, kProtocolVersion},
    {UNSUPPORTED_PROTO_VERSION, TRESTLE_RESULT_NO_COMMON_VERSION, kProtocolVersion},
    {NO_PEER_CERT, TRESTLE_RESULT_PEER_HAS_NO_CERTIFICATE, kHandshakeFailure},
    // As the other libraries have it.
    {BAD_BINDER, TRESTLE_RESULT_HANDSHAKE_FAILED, kIllegalParameter},
    {PSK_KEY_ERROR, TRESTLE_RESULT_HANDSHAKE_FAILED, kUnknownPskIdentity},
    {DH_KEY_SIZE_E, TRESTLE_RESULT_HANDSHAKE_FAILED, kHandshakeFailure},
    {VERIFY_SIGN_ERROR, TRESTLE_RESULT_HANDSHAKE_FAILED, kDecryptError},
    {VERIFY_FINISHED_ERROR, TRESTLE_RESULT_HANDSHAKE_FAILED, kDecryptError},
    // Before it asks about a certificate, wolfSSL has to be able to read the leaf.
    {ASN_CRIT_EXT_E, TRESTLE_RESULT_CERT_UNKNOWN_CRITICAL_EXTENSION, kBadCertificate},
    {ASN_NAME_INVALID_E, TRESTLE_RESULT_CERT_NAME_CONSTRAINT, kBadCertificate},
    {ASN_PARSE_E, TRESTLE_RESULT_CERT_MALFORMED, kBadCertificate},
    {MEMORY_E, TRESTLE_RESULT_OUT_OF_MEMORY, kInternalError},
    {MEMORY_ERROR, TRESTLE_RESULT_OUT_OF_MEMORY, kInternalError},
    {UNKNOWN_RECORD_TYPE, TRESTLE_RESULT_PROTOCOL_VIOLATION, kUnexpectedMessage},
    {UNKNOWN_HANDSHAKE_TYPE, TRESTLE_RESULT_PROTOCOL_VIOLATION, kUnexpectedMessage},
    {OUT_OF_ORDER_E, TRESTLE_RESULT_PROTOCOL_VIOLATION, kUnexpectedMessage},
    {DUPLICATE_MSG_E, TRESTLE_RESULT_PROTOCOL_VIOLATION, kUnexpectedMessage},
    {SANITY_MSG_E, TRESTLE_RESULT_PROTOCOL_VIOLATION, kUnexpectedMessage},
    {NO_PEER_KEY, TRESTLE_RESULT_PROTOCOL_VIOLATION, kUnexpectedMessage},
    {UNSUPPORTED_EXTENSION, TRESTLE_RESULT_PROTOCOL_VIOLATION, kUnsupportedExtension},
    {NO_PEER_VERIFY, TRESTLE_RESULT_PROTOCOL_VIOLATION, kUnexpectedMessage},
    {SIDE_ERROR, TRESTLE_RESULT_PROTOCOL_VIOLATION, kUnexpectedMessage},
    {NO_CHANGE_CIPHER_E, TRESTLE_RESULT_PROTOCOL_VIOLATION, kUnexpectedMessage},
    {ALERT_COUNT_E, TRESTLE_RESULT_PROTOCOL_VIOLATION, kUnexpectedMessage},
    {SSL_R_HTTP_REQUEST, TRESTLE_RESULT_PROTOCOL_VIOLATION, kUnexpectedMessage},
    {LENGTH_ERROR, TRESTLE_RESULT_PROTOCOL_VIOLATION, kDecodeError},
    {BUFFER_ERROR, TRESTLE_RESULT_PROTOCOL_VIOLATION, kDecodeError},
    {BUFFER_E, TRESTLE_RESULT_PROTOCOL_VIOLATION, kDecodeError},
    {PARSE_ERROR, TRESTLE_RESULT_PROTOCOL_VIOLATION, kDecodeError},
    {DECODE_E, TRESTLE_RESULT_PROTOCOL_VIOLATION, kDecodeError},
    {INCOMPLETE_DATA, TRESTLE_RESULT_PROTOCOL_VIOLATION, kDecodeError},
    {MISSING_HANDSHAKE_DATA, TRESTLE_RESULT_PROTOCOL_VIOLATION, kDecodeError},
    {BAD_HELLO, TRESTLE_RESULT_PROTOCOL_VIOLATION, kDecodeError},
    {DECRYPT_ERROR, TRESTLE_RESULT_PROTOCOL_VIOLATION, kDecodeError},
    {VERIFY_MAC_ERROR, TRESTLE_RESULT_PROTOCOL_VIOLATION, kDecodeError},
    {HANDSHAKE_SIZE_ERROR, TRESTLE_RESULT_PROTOCOL_VIOLATION, kIllegalParameter},
    {INVALID_CERT_CTX_E, TRESTLE_RESULT_PROTOCOL_VIOLATION, kIllegalParameter},
    {EXT_NOT_ALLOWED, TRESTLE_RESULT_PROTOCOL_VIOLATION, kIllegalParameter},
    {DUPLICATE_TLS_EXT_E, TRESTLE_RESULT_PROTOCOL_VIOLATION, kIllegalParameter},
    {INVALID_PARAMETER, TRESTLE_RESULT_PROTOCOL_VIOLATION, kIllegalParameter},
    {BAD_KEY_SHARE_DATA, TRESTLE_RESULT_PROTOCOL_VIOLATION, kIllegalParameter},
    {ECC_PEERKEY_ERROR, TRESTLE_RESULT_PROTOCOL_VIOLATION, kIllegalParameter},
};

Meaning meaning_of(int code) {
  for (const Meaning& meaning : kMeanings) {
    if (meaning.code == code) return meaning;
  }
  return {code, TRESTLE_RESULT_HANDSHAKE_FAILED, kHandshakeFailure};
}

}  // namespace

int32_t trestle_backend_connection::again(trestle_backend_error* error) const {
  const uint32_t size = error->size;
  *error = *failure_;
  error->size = size;
  return TRESTLE_BACKEND_ERROR;
}

int32_t trestle_backend_connection::fail_for_good(int code, trestle_backend_error* error) {
  classify(code, error);
  state_ = State::kFailed;
  failure_ = std::make_unique<trestle_backend_error>(*error);
  return TRESTLE_BACKEND_ERROR;
}

int32_t trestle_backend_connection::classify(int code, trestle_backend_error* error) {
  if (transport_ended_ && verdict_ == Verdict::kNone) {
    return fail(error, TRESTLE_RESULT_TRUNCATED, code, "the transport ended without close_notify");
  }
  WOLFSSL_ALERT_HISTORY alerts = {};
  wolfSSL_get_alert_history(library_.get(), &alerts);
  const bool closed = code == WOLFSSL_ERROR_ZERO_RETURN;
  if (verdict_ == Verdict::kPlainAlert) {
    error->alert = *inbound_.plain_alert();
    error->alert_direction = TRESTLE_ALERT_DIRECTION_RECEIVED;
    return fail(error, TRESTLE_RESULT_ALERT_RECEIVED, code, "the peer sent an alert");
  }
  if (alerts.last_rx.level == alert_fatal || closed) {
    error->alert = closed ? 0 : static_cast<uint32_t>(alerts.last_rx.code);
    error->alert_direction = TRESTLE_ALERT_DIRECTION_RECEIVED;
    return fail(error, TRESTLE_RESULT_ALERT_RECEIVED, code, "the peer sent an alert");
  }
  Meaning meaning = meaning_of(code);
  const char* detail = "";
  switch (verdict_) {
    case Verdict::kNone: break;
    case Verdict::kRejected:
      meaning.result = TRESTLE_RESULT_CERT_REJECTED;
      break;
    case Verdict::kChainTooLong:
      meaning.result = TRESTLE_RESULT_CERT_CHAIN_TOO_LONG;
      detail = "wolfSSL takes nine certificates at most";
      break;
    case Verdict::kCertificateSkipped:
      meaning = {code, TRESTLE_RESULT_PROTOCOL_VIOLATION, kUnexpectedMessage};
      detail = "the client left out its Certificate message";
      break;
    case Verdict::kNotOffered:
      meaning = {code, TRESTLE_RESULT_PROTOCOL_VIOLATION, kIllegalParameter};
      detail = "a version, suite, curve or signature scheme that was not offered";
      break;
    case Verdict::kKeyNotAllowed:
      meaning = {code, TRESTLE_RESULT_CERT_UNSUPPORTED_ALGORITHM, kHandshakeFailure};
      detail = "no configured signature scheme goes with the certificate's key";
      break;
    case Verdict::kNoCommonVersion:
      meaning = {code, TRESTLE_RESULT_NO_COMMON_VERSION, kProtocolVersion};
      break;
    case Verdict::kNoCommonGroup:
      meaning = {code, TRESTLE_RESULT_HANDSHAKE_FAILED, kHandshakeFailure};
      detail = "no common group";
      break;
    case Verdict::kMalformed:
      meaning = {code, TRESTLE_RESULT_PROTOCOL_VIOLATION, kDecodeError};
      break;
    case Verdict::kUnexpectedCertificate:
      meaning = {code, TRESTLE_RESULT_PROTOCOL_VIOLATION, kUnexpectedMessage};
      detail = "a certificate that was not asked for";
      break;
    case Verdict::kUnknownPsk:
      meaning = {code, TRESTLE_RESULT_HANDSHAKE_FAILED, kUnknownPskIdentity};
      break;
    case Verdict::kNoPsk:
      meaning = {code, TRESTLE_RESULT_HANDSHAKE_FAILED, kHandshakeFailure};
      detail = "the client has neither our PSK nor use for a certificate";
      break;
    case Verdict::kOutOfMemory:
      meaning = {code, TRESTLE_RESULT_OUT_OF_MEMORY, kInternalError};
      break;
    case Verdict::kPlainAlert:
    case Verdict::kFlooded:
      meaning = {code, TRESTLE_RESULT_PROTOCOL_VIOLATION, kUnexpectedMessage};
      detail = "too many key updates without data";
      break;
  }
  // Also its code for a downgrade that the peer's random gives away (RFC 8446, 4.1.3).
  if (code == VERSION_ERROR && held_alert_ && *held_alert_ == kIllegalParameter) {
    meaning.result = TRESTLE_RESULT_PROTOCOL_VIOLATION;
  }
  if (verdict_ == Verdict::kNone && (inbound_.is_garbage() || state_ == State::kEstablished)) {
    meaning.result = TRESTLE_RESULT_PROTOCOL_VIOLATION;
  }
  fail(error, meaning.result, code, "%s", detail);
  if (!fatal_alert_ && may_send_plain_alert()) {
    // wolfSSL's own is the right one, but for these.
    const bool ours = !held_alert_ || code == BAD_BINDER || code == ASN_PARSE_E ||
                      (code == VERSION_ERROR && *held_alert_ == kHandshakeFailure) ||
                      (verdict_ != Verdict::kNone && verdict_ != Verdict::kRejected &&
                       verdict_ != Verdict::kChainTooLong);
    send_plain_alert(ours ? meaning.alert : *held_alert_);
  }
  if (fatal_alert_) {
    error->alert = *fatal_alert_;
    error->alert_direction = TRESTLE_ALERT_DIRECTION_SENT;
  }
  return TRESTLE_BACKEND_ERROR;
}

// wolfSSL can't be told to send an alert, and leaves some out or sends another than everybody else.
// Before we have sent anything encrypted it can be written by hand. A client of TLS 1.3 might
// encrypt it by then, but OpenSSL's doesn't either, so servers know such alerts.
bool trestle_backend_connection::may_send_plain_alert() const {
  return state_ == State::kHandshaking && !sends_encrypted_;
}

void trestle_backend_connection::send_plain_alert(uint8_t alert) {
  const uint8_t record[] = {21, 3, 3, 0, 2, alert_fatal, alert};
  trestle::wolf::push_to_host(host_connection_, record, sizeof record);
  fatal_alert_ = alert;
}
