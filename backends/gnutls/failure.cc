// SPDX-License-Identifier: Apache-2.0
// What a failed step of GnuTLS means, and which alert the peer gets. GnuTLS sends none by itself.
#include <cstdio>

#include "backends/gnutls/connection.h"

namespace trestle {

void backend::write_library_text(int64_t code, char *text, size_t size) {
  std::snprintf(text, size, "%s", gnutls_strerror(static_cast<int>(code)));
}

namespace gnutls_backend {

// TLS 1.3: the client knows the identity but not the key. GnuTLS says "illegal parameter" where
// RFC 8446, 6.2, has decrypt_error.
bool Connection::is_wrong_binder(int code) const {
  return code == GNUTLS_E_RECEIVED_ILLEGAL_PARAMETER && psk_identity_ == PskIdentity::kKnown &&
         suite_ == 0;
}

int Connection::alert_of(int code) const {
  if (rejected_) return GNUTLS_A_BAD_CERTIFICATE;
  if (psk_identity_ == PskIdentity::kUnknown) return GNUTLS_A_UNKNOWN_PSK_IDENTITY;
  if (is_wrong_binder(code)) return GNUTLS_A_DECRYPT_ERROR;
  switch (code) {
    case GNUTLS_E_INSUFFICIENT_CREDENTIALS:
    case GNUTLS_E_UNKNOWN_CIPHER_SUITE:
      // To a client: a suite that it didn't offer, or that isn't one of the version's.
      return context_.is_server() ? GNUTLS_A_HANDSHAKE_FAILURE : GNUTLS_A_ILLEGAL_PARAMETER;
    case GNUTLS_E_KEY_USAGE_VIOLATION:
      return GNUTLS_A_UNSUPPORTED_CERTIFICATE;
    case GNUTLS_E_NO_CERTIFICATE_FOUND:
      // RFC 5246, 7.4.6.
      return context_.is_server() && certificate_seen_ ? GNUTLS_A_HANDSHAKE_FAILURE
                                                       : GNUTLS_A_UNEXPECTED_MESSAGE;
    case GNUTLS_E_PULL_ERROR:
      return GNUTLS_A_DECODE_ERROR;  // as for GNUTLS_E_HANDSHAKE_TOO_LARGE
    case GNUTLS_E_AGAIN:
    case GNUTLS_E_WARNING_ALERT_RECEIVED:
    case GNUTLS_E_TOO_MANY_EMPTY_PACKETS:
    case GNUTLS_E_TOO_MANY_HANDSHAKE_PACKETS:
      return GNUTLS_A_UNEXPECTED_MESSAGE;
    default:
      return gnutls_error_to_alert(code, nullptr);
  }
}

int32_t Connection::result_of(int code, int alert) const {
  if (rejected_) return TRESTLE_RESULT_CERT_REJECTED;
  switch (code) {
    case GNUTLS_E_MEMORY_ERROR:
      return TRESTLE_RESULT_OUT_OF_MEMORY;
    case GNUTLS_E_CERTIFICATE_ERROR:
      return TRESTLE_RESULT_CERT_MALFORMED;
    case GNUTLS_E_CERTIFICATE_REQUIRED:
      return TRESTLE_RESULT_PEER_HAS_NO_CERTIFICATE;
    case GNUTLS_E_NO_CERTIFICATE_FOUND:
      if (alert == GNUTLS_A_HANDSHAKE_FAILURE) return TRESTLE_RESULT_PEER_HAS_NO_CERTIFICATE;
      break;
    case GNUTLS_E_NO_CIPHER_SUITES:
    case GNUTLS_E_INSUFFICIENT_CREDENTIALS:
      if (context_.is_server()) return TRESTLE_RESULT_NO_COMMON_SUITE;
      break;
    case GNUTLS_E_UNSUPPORTED_VERSION_PACKET:
      // Also for bytes that are no TLS record at all.
      return hello_seen_ && !established_ ? TRESTLE_RESULT_NO_COMMON_VERSION
                                          : TRESTLE_RESULT_PROTOCOL_VIOLATION;
    case GNUTLS_E_ERROR_IN_FINISHED_PACKET:
      return TRESTLE_RESULT_PROTOCOL_VIOLATION;
  }
  switch (alert) {
    case GNUTLS_A_UNEXPECTED_MESSAGE:
    case GNUTLS_A_BAD_RECORD_MAC:
    case GNUTLS_A_RECORD_OVERFLOW:
    case GNUTLS_A_ILLEGAL_PARAMETER:
    case GNUTLS_A_DECODE_ERROR:
    case GNUTLS_A_MISSING_EXTENSION:
    case GNUTLS_A_UNSUPPORTED_EXTENSION:
      return TRESTLE_RESULT_PROTOCOL_VIOLATION;
    default:
      return established_ ? TRESTLE_RESULT_PROTOCOL_VIOLATION : TRESTLE_RESULT_HANDSHAKE_FAILED;
  }
}

// Where a client's alert may come in the clear although the server has keys.
bool Connection::is_early_tls13_server() const {
  return context_.is_server() && !established_ &&
         gnutls_protocol_get_version(session_.get()) == GNUTLS_TLS1_3;
}

// The peer's alert if that is what ended it; else -1.
int Connection::received_alert(int code) const {
  switch (code) {
    case GNUTLS_E_FATAL_ALERT_RECEIVED:
    case GNUTLS_E_SESSION_EOF:
      return gnutls_alert_get(session_.get());
    case GNUTLS_E_UNEXPECTED_PACKET:
      // In place of a ClientHello, or a close_notify in place of a ChangeCipherSpec.
      return suite_ == 0                        ? inbound_.plaintext_fatal_alert()
             : inbound_.plaintext_alert() == 0 ? GNUTLS_A_CLOSE_NOTIFY
                                                : -1;
    case GNUTLS_E_DECRYPTION_FAILED:
      return is_early_tls13_server() ? inbound_.plaintext_alert() : -1;
    default:
      return -1;
  }
}

int32_t Connection::fail_with(int code, trestle_backend_error *error) {
  const bool first = !failed_;
  failed_ = true;
  failure_ = code;
  if (ended_) return fail(error, TRESTLE_RESULT_TRUNCATED, code);
  const int received = received_alert(code);
  if (received >= 0) {
    error->alert = static_cast<uint32_t>(received);
    error->alert_direction = TRESTLE_ALERT_DIRECTION_RECEIVED;
    return fail(error, TRESTLE_RESULT_ALERT_RECEIVED, code);
  }
  const auto alert = static_cast<gnutls_alert_description_t>(alert_of(code));
  if (first && gnutls_alert_send(session_.get(), GNUTLS_AL_FATAL, alert) >= 0) {
    error->alert = static_cast<uint32_t>(alert);
    error->alert_direction = TRESTLE_ALERT_DIRECTION_SENT;
  }
  return fail(error, result_of(code, alert), code);
}

}  // namespace gnutls_backend
}  // namespace trestle
