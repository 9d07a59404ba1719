// SPDX-License-Identifier: Apache-2.0
#include "backends/openssl/connection.h"

#include <utility>

#include "backends/common/handshake_messages.h"
#include "backends/openssl/context.h"
#include "backends/openssl/error.h"
#include "backends/openssl/failure.h"

namespace trestle::openssl {
namespace {

// A peer that sends nothing but key updates, tickets or requests to renegotiate is not followed
// further than this in one call. A key update that wants an answer takes two steps.
constexpr int kStepsWithoutDataMax = 64;

bool is_read_by_callback(uint8_t message_type, const trestle_backend_context &context) {
  const bool psk = !context.psk.key.empty();
  return message_type == backend::kCertificate || (psk && message_type == backend::kClientHello) ||
         (psk && message_type == backend::kClientKeyExchange);
}

void note_message(int written, int, int content_type, const void *data, size_t length, SSL *ssl,
                  void *) {
  trestle_backend_connection *connection = connection_of(ssl);
  const uint8_t *bytes = static_cast<const uint8_t *>(data);
  if (content_type == SSL3_RT_ALERT && written != 0 && length == 2 && bytes[0] == SSL3_AL_FATAL) {
    connection->alert_sent = bytes[1];
  }
  if (content_type != SSL3_RT_HANDSHAKE || written != 0 || length < backend::kMessageHeader ||
      !is_read_by_callback(bytes[0], *connection->context)) {
    return;
  }
  try {
    connection->message.bytes.assign(bytes + backend::kMessageHeader, bytes + length);
  } catch (const std::bad_alloc &) {
    connection->out_of_memory = true;
  }
}

void attach(trestle_backend_connection &connection) {
  const trestle_backend_context &context = *connection.context;
  SSL *ssl = need(SSL_new(context.ctx.get()));
  connection.ssl.reset(ssl);
  BIO *bio = need(BIO_new(transport_method()));
  BIO_set_data(bio, &connection);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl, bio, bio);
  SSL_set_msg_callback(ssl, note_message);
  if (SSL_set_app_data(ssl, &connection) != 1) throw std::bad_alloc();
  if (context.role == TRESTLE_ROLE_SERVER) {
    SSL_set_accept_state(ssl);
  } else {
    SSL_set_connect_state(ssl);
  }
  if (!context.server_name.empty() &&
      SSL_set_tlsext_host_name(ssl, context.server_name.c_str()) != 1) {
    refuse(TRESTLE_RESULT_FAILURE, "server name");
  }
}

// Runs the body of a slot, or tells what ended the connection before.
template <typename Body>
int32_t run_unless_failed(trestle_backend_connection *connection, trestle_backend_error *error,
                          Body body) {
  return run_slot(error, [&]() -> int32_t {
    if (!connection->failure) return body(connection->ssl.get());
    *error = *connection->failure;
    return TRESTLE_BACKEND_ERROR;
  });
}

// What makes this body fail ends the connection.
template <typename Body>
int32_t run_until_failure(trestle_backend_connection *connection, trestle_backend_error *error,
                          Body body) {
  const int32_t status = run_unless_failed(connection, error, body);
  if (status == TRESTLE_BACKEND_ERROR) connection->failure = *error;
  return status;
}

// After an operation that did not succeed: true if it is to be tried again, false if it waits for
// ciphertext. The library wants to read after each message that brought no data, too, since
// SSL_MODE_AUTO_RETRY is off.
bool can_go_on(trestle_backend_connection &connection, int returned, Phase phase,
               trestle_backend_error *error) {
  if (SSL_get_error(connection.ssl.get(), returned) != SSL_ERROR_WANT_READ) {
    refuse_to_go_on(connection, phase, error);
  }
  return !connection.pull_ran_dry;
}

bool is_closed(const SSL *ssl) { return (SSL_get_shutdown(ssl) & SSL_SENT_SHUTDOWN) != 0; }

}  // namespace

trestle_backend_connection *connection_of(const SSL *ssl) {
  return static_cast<trestle_backend_connection *>(SSL_get_app_data(ssl));
}

Message take_message(const SSL *ssl) { return std::exchange(connection_of(ssl)->message, {}); }

int32_t connection_new(trestle_backend_context *context, void *host_connection,
                       trestle_backend_connection **connection, trestle_backend_error *error) {
  return run_slot(error, [&] {
    auto made = std::make_unique<trestle_backend_connection>();
    made->context = context;
    made->host_connection = host_connection;
    attach(*made);
    *connection = made.release();
    return TRESTLE_BACKEND_OK;
  });
}

void connection_free(trestle_backend_connection *connection) {
  ErrorQueueScope error_queue;
  delete connection;
}

int32_t handshake(trestle_backend_connection *connection, trestle_backend_error *error) {
  return run_until_failure(connection, error, [&](SSL *ssl) {
    int returned = 0;
    do {
      connection->pull_ran_dry = false;
      returned = SSL_do_handshake(ssl);
      if (returned == 1) {
        connection->message = {};
        return TRESTLE_BACKEND_OK;
      }
    } while (can_go_on(*connection, returned, Phase::kHandshake, error));
    return TRESTLE_BACKEND_WANT_READ;
  });
}

int32_t encrypt(trestle_backend_connection *connection, const uint8_t *data, uint64_t length,
                trestle_backend_error *error) {
  return run_until_failure(connection, error, [&](SSL *ssl) {
    if (is_closed(ssl)) refuse(TRESTLE_RESULT_FAILURE, "closed for writing");
    connection->pull_ran_dry = false;
    for (int steps = 0; steps < kStepsWithoutDataMax; ++steps) {
      size_t written = 0;
      const int returned = SSL_write_ex(ssl, data, length, &written);
      if (returned == 1) return TRESTLE_BACKEND_OK;
      // While it has a part of a message, such as half a ticket, the library writes nothing.
      if (!can_go_on(*connection, returned, Phase::kEstablished, error)) {
        return TRESTLE_BACKEND_WANT_READ;
      }
    }
    refuse(TRESTLE_RESULT_PROTOCOL_VIOLATION, "too many messages without data");
  });
}

int32_t decrypt(trestle_backend_connection *connection, uint8_t *buffer, uint64_t capacity,
                uint64_t *length, trestle_backend_error *error) {
  return run_until_failure(connection, error, [&](SSL *ssl) {
    connection->pull_ran_dry = false;
    for (int steps = 0; steps < kStepsWithoutDataMax; ++steps) {
      size_t read = 0;
      const int returned = SSL_read_ex(ssl, buffer, capacity, &read);
      *length = read;
      if (returned == 1) return TRESTLE_BACKEND_OK;
      if (SSL_get_error(ssl, returned) == SSL_ERROR_ZERO_RETURN) return TRESTLE_BACKEND_CLOSED;
      if (!can_go_on(*connection, returned, Phase::kEstablished, error)) {
        return TRESTLE_BACKEND_WANT_READ;
      }
    }
    refuse(TRESTLE_RESULT_PROTOCOL_VIOLATION, "too many messages without data");
  });
}

int32_t close(trestle_backend_connection *connection, trestle_backend_error *error) {
  // Within half a message of the peer's the library sends none; that doesn't end reading.
  return run_unless_failed(connection, error, [&](SSL *ssl) {
    // Asked again, the library would read.
    if (!is_closed(ssl) && SSL_shutdown(ssl) < 0) refuse(TRESTLE_RESULT_FAILURE, "close_notify");
    return TRESTLE_BACKEND_OK;
  });
}

void info(const trestle_backend_connection *connection, trestle_backend_connection_info *info) {
  const SSL *ssl = connection->ssl.get();
  const SSL_CIPHER *suite = SSL_get_current_cipher(ssl);
  info->version = static_cast<uint16_t>(SSL_version(ssl));
  info->suite = SSL_CIPHER_get_protocol_id(suite);
  // In TLS 1.3 a PSK is a session that was resumed, and there are no others here.
  info->by_psk =
      SSL_session_reused(ssl) == 1 || SSL_CIPHER_get_auth_nid(suite) == NID_auth_psk;
}

}  // namespace trestle::openssl
