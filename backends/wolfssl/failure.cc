// SPDX-License-Identifier: Apache-2.0
// What went wrong with a connection: from wolfSSL's codes to results and alerts.
#include "backends/wolfssl/connection.h"

#include <wolfssl/error-ssl.h>
#include <wolfssl/wolfcrypt/error-crypt.h>

using namespace trestle::wolf;

Verdict trestle::wolf::meaning_of(int code) {
  switch (code) {
    case MATCH_SUITE_ERROR: case UNSUPPORTED_SUITE:
      return {TRESTLE_RESULT_NO_COMMON_SUITE, handshake_failure, ""};
    case VERSION_ERROR: case UNSUPPORTED_PROTO_VERSION:
      return kNoCommonVersion;
    case NO_PEER_CERT:
      return {TRESTLE_RESULT_PEER_HAS_NO_CERTIFICATE, handshake_failure, ""};
    case BAD_BINDER: // as the other libraries have it
      return {kFailed, illegal_parameter, ""};
    case PSK_KEY_ERROR:
      return kUnknownPsk;
    case VERIFY_SIGN_ERROR: case VERIFY_FINISHED_ERROR:
      return {kFailed, decrypt_error, ""};
    // Before it asks about a certificate, wolfSSL has to be able to read the leaf.
    case ASN_CRIT_EXT_E:
      return {TRESTLE_RESULT_CERT_UNKNOWN_CRITICAL_EXTENSION, bad_certificate, ""};
    case ASN_NAME_INVALID_E:
      return {TRESTLE_RESULT_CERT_NAME_CONSTRAINT, bad_certificate, ""};
    case ASN_PARSE_E:
      return {TRESTLE_RESULT_CERT_MALFORMED, bad_certificate, ""};
    case MEMORY_E: case MEMORY_ERROR:
      return kOutOfMemory;
    case UNKNOWN_RECORD_TYPE: case UNKNOWN_HANDSHAKE_TYPE: case OUT_OF_ORDER_E:
    case DUPLICATE_MSG_E: case SANITY_MSG_E: case NO_PEER_KEY: case NO_PEER_VERIFY:
    case SIDE_ERROR: case NO_CHANGE_CIPHER_E: case ALERT_COUNT_E:
    case PARSE_ERROR: // also SSL_R_HTTP_REQUEST
      return {kViolation, unexpected_message, ""};
    case UNSUPPORTED_EXTENSION:
      return {kViolation, unsupported_extension, ""};
    case LENGTH_ERROR: case BUFFER_ERROR: case BUFFER_E: case DECODE_E:
    case INCOMPLETE_DATA: case MISSING_HANDSHAKE_DATA: case BAD_HELLO: case DECRYPT_ERROR:
    case VERIFY_MAC_ERROR:
      return kMalformed;
    case HANDSHAKE_SIZE_ERROR: case INVALID_CERT_CTX_E: case EXT_NOT_ALLOWED:
    case DUPLICATE_TLS_EXT_E: case INVALID_PARAMETER: case BAD_KEY_SHARE_DATA:
    case ECC_PEERKEY_ERROR:
      return {kViolation, illegal_parameter, ""};
    default:
      return {kFailed, handshake_failure, ""};
  }
}

int32_t trestle_backend_connection::fail_again(trestle_backend_error* error) const {
  const uint32_t size = error->size;
  *error = *failure_;
  error->size = size;
  return TRESTLE_BACKEND_ERROR;
}

int32_t trestle_backend_connection::fail_for_good(int code, trestle_backend_error* error) {
  classify(code, error);
  failure_ = *error;
  return TRESTLE_BACKEND_ERROR;
}

int32_t trestle_backend_connection::classify(int code, trestle_backend_error* error) {
  if (transport_ended_ && !verdict_) return fail(error, TRESTLE_RESULT_TRUNCATED, code);
  WOLFSSL_ALERT_HISTORY alerts = {};
  wolfSSL_get_alert_history(library_.get(), &alerts);
  const bool plain = verdict_ && verdict_->result == TRESTLE_RESULT_ALERT_RECEIVED;
  const bool closed = code == WOLFSSL_ERROR_ZERO_RETURN;
  if (plain || closed || alerts.last_rx.level == alert_fatal) {
    const int alert = plain ? verdict_->alert : closed ? close_notify : alerts.last_rx.code;
    error->alert = static_cast<uint32_t>(alert);
    error->alert_direction = TRESTLE_ALERT_DIRECTION_RECEIVED;
    return fail(error, TRESTLE_RESULT_ALERT_RECEIVED, code);
  }
  Verdict found = verdict_ ? *verdict_ : meaning_of(code);
  // VERSION_ERROR also stands for a downgrade that the peer's random gives away (RFC 8446, 4.1.3).
  const bool downgrade = code == VERSION_ERROR && held_alert_ == illegal_parameter;
  const bool peers_fault = downgrade || inbound_.is_garbage() ||
                           (established_ && found.result != TRESTLE_RESULT_OUT_OF_MEMORY);
  if (!verdict_ && peers_fault) found.result = kViolation;
  if (!fatal_alert_ && may_send_plain_alert()) {
    // wolfSSL's own is the right one, but for these.
    const bool ours = verdict_ || !held_alert_ || code == BAD_BINDER || code == ASN_PARSE_E ||
                      (code == VERSION_ERROR && held_alert_ == handshake_failure);
    send_plain_alert(ours ? found.alert : *held_alert_);
  }
  if (fatal_alert_) {
    error->alert = *fatal_alert_;
    error->alert_direction = TRESTLE_ALERT_DIRECTION_SENT;
  }
  return fail(error, found.result, code, "%s", found.detail);
}

// wolfSSL can't be told to send an alert, and leaves some out or sends another than everybody else.
// Before we have sent anything encrypted it can be written by hand. A client of TLS 1.3 might
// encrypt it by then, but OpenSSL's doesn't either, so servers know such alerts.
bool trestle_backend_connection::may_send_plain_alert() const {
  return !established_ && !sends_encrypted_;
}

void trestle_backend_connection::send_plain_alert(uint8_t alert) {
  const uint8_t record[] = {kAlert, 3, 3, 0, 2, alert_fatal, alert};
  host->push(host_connection_, record, sizeof record);
  fatal_alert_ = alert;
}
