// SPDX-License-Identifier: Apache-2.0
#include "backends/openssl/failure.h"

#include <optional>

#include "backends/openssl/error.h"

namespace trestle::openssl {
namespace {

int reason_of(unsigned long code) {
  return ERR_GET_LIB(code) == ERR_LIB_SSL ? ERR_GET_REASON(code) : 0;
}

// The library doesn't answer a first record that isn't TLS. RFC 8446, 5 wants unexpected_message,
// and nothing is encrypted yet.
void send_first_alert(trestle_backend_connection &connection) {
  const uint8_t record[] = {SSL3_RT_ALERT, 3, 3, 0, 2, SSL3_AL_FATAL, SSL_AD_UNEXPECTED_MESSAGE};
  host().push(connection.host_connection, record, sizeof record);
  connection.alert_sent = SSL_AD_UNEXPECTED_MESSAGE;
}

bool is_garbage(int reason) {
  return reason == SSL_R_HTTP_REQUEST || reason == SSL_R_HTTPS_PROXY_REQUEST ||
         reason == SSL_R_WRONG_VERSION_NUMBER;
}

// 0: the reason alone doesn't tell.
int32_t result_of_reason(int reason) {
  switch (reason) {
    case SSL_R_NO_SHARED_CIPHER:
    case SSL_R_NO_CIPHERS_AVAILABLE:
    case SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS:
    case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
      return TRESTLE_RESULT_NO_COMMON_SUITE;
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_VERSION_TOO_LOW:
    case SSL_R_VERSION_TOO_HIGH:
    case SSL_R_WRONG_SSL_VERSION:
      return TRESTLE_RESULT_NO_COMMON_VERSION;
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
      return TRESTLE_RESULT_PEER_HAS_NO_CERTIFICATE;
    case SSL_R_BINDER_DOES_NOT_VERIFY:
      return TRESTLE_RESULT_HANDSHAKE_FAILED;  // a different key, not a broken protocol
    default:
      return 0;
  }
}

int32_t result_of_sent_alert(uint8_t alert) {
  switch (alert) {
    case SSL_AD_UNEXPECTED_MESSAGE:
    case SSL_AD_BAD_RECORD_MAC:
    case SSL_AD_DECRYPTION_FAILED:
    case SSL_AD_RECORD_OVERFLOW:
    case SSL_AD_DECOMPRESSION_FAILURE:
    case SSL_AD_ILLEGAL_PARAMETER:
    case SSL_AD_DECODE_ERROR:
    case SSL_AD_MISSING_EXTENSION:
    case SSL_AD_UNSUPPORTED_EXTENSION:
      return TRESTLE_RESULT_PROTOCOL_VIOLATION;
    case SSL_AD_PROTOCOL_VERSION:
      return TRESTLE_RESULT_NO_COMMON_VERSION;
    case SSL_AD_BAD_CERTIFICATE:  // and nobody was asked
      return TRESTLE_RESULT_CERT_MALFORMED;
    default:
      return TRESTLE_RESULT_HANDSHAKE_FAILED;
  }
}

int32_t result_of(const trestle_backend_connection &connection, Phase phase, int reason) {
  if (connection.out_of_memory) return TRESTLE_RESULT_OUT_OF_MEMORY;
  if (connection.rejected) return TRESTLE_RESULT_CERT_REJECTED;
  if (connection.transport_ended) return TRESTLE_RESULT_TRUNCATED;
  if (phase == Phase::kEstablished) return TRESTLE_RESULT_PROTOCOL_VIOLATION;
  const int32_t result = result_of_reason(reason);
  return result != 0 ? result : result_of_sent_alert(connection.alert_sent);
}

std::optional<uint8_t> alert_received(const SSL *ssl, Phase phase, int reason) {
  if (reason >= SSL_AD_REASON_OFFSET && reason <= SSL_AD_REASON_OFFSET + UINT8_MAX) {
    return static_cast<uint8_t>(reason - SSL_AD_REASON_OFFSET);
  }
  // close_notify in place of a message; the library has no reason for that.
  const bool closed = (SSL_get_shutdown(ssl) & SSL_RECEIVED_SHUTDOWN) != 0;
  if (phase == Phase::kHandshake && closed) return SSL_AD_CLOSE_NOTIFY;
  return {};
}

}  // namespace

void refuse_to_go_on(trestle_backend_connection &connection, Phase phase,
                     trestle_backend_error *error) {
  const int reason = reason_of(ERR_peek_last_error());
  if (const auto received = alert_received(connection.ssl.get(), phase, reason)) {
    error->alert = *received;
    error->alert_direction = TRESTLE_ALERT_DIRECTION_RECEIVED;
    refuse(TRESTLE_RESULT_ALERT_RECEIVED, "");
  }
  if (is_garbage(reason) && connection.alert_sent == TRESTLE_ALERT_NONE) {
    send_first_alert(connection);
  }
  if (connection.alert_sent != TRESTLE_ALERT_NONE) {
    error->alert = connection.alert_sent;
    error->alert_direction = TRESTLE_ALERT_DIRECTION_SENT;
  }
  refuse(result_of(connection, phase, reason), "");
}

}  // namespace trestle::openssl
