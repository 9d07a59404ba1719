// SPDX-License-Identifier: Apache-2.0
#include "backends/openssl/connection.h"

#include "backends/openssl/context.h"
#include "backends/openssl/error.h"
#include "backends/openssl/failure.h"

namespace trestle::openssl {
namespace {

// A peer that sends nothing but key updates, tickets or requests to renegotiate is not followed
// further than this in one call. A key update that wants an answer takes two steps.
constexpr int kStepsWithoutDataMax = 64;

void note_message(int written, int, int content_type, const void *data, size_t length, SSL *ssl,
                  void *) {
  trestle_backend_connection *connection = connection_of(ssl);
  const uint8_t *bytes = static_cast<const uint8_t *>(data);
  if (content_type == SSL3_RT_ALERT && written != 0 && length == 2 && bytes[0] == SSL3_AL_FATAL) {
    connection->alert_sent = bytes[1];
  }
  if (content_type != SSL3_RT_HANDSHAKE || written != 0 || length == 0 ||
      (bytes[0] != SSL3_MT_CERTIFICATE && bytes[0] != SSL3_MT_CLIENT_KEY_EXCHANGE)) {
    return;
  }
  try {
    connection->message.assign(bytes, bytes + length);
  } catch (const std::bad_alloc &) {
    connection->out_of_memory = true;
  }
}

bool attach(trestle_backend_connection &connection) {
  SSL *ssl = connection.ssl.get();
  if (SSL_set_app_data(ssl, &connection) != 1) return false;
  BIO *bio = BIO_new(transport_method());
  if (bio == nullptr) return false;
  BIO_set_data(bio, &connection);
  SSL_set_bio(ssl, bio, bio);
  SSL_set_msg_callback(ssl, note_message);
  const trestle_backend_context &context = *connection.context;
  if (context.role == TRESTLE_ROLE_SERVER) {
    SSL_set_accept_state(ssl);
    return true;
  }
  SSL_set_connect_state(ssl);
  return context.server_name.empty() ||
         SSL_set_tlsext_host_name(ssl, context.server_name.c_str()) == 1;
}

// True if the operation only waits for ciphertext. The library also says so after each message that
// brought no data, since SSL_MODE_AUTO_RETRY is off.
bool wants_read(const trestle_backend_connection &connection, int returned) {
  return SSL_get_error(connection.ssl.get(), returned) == SSL_ERROR_WANT_READ;
}

int32_t tell_again(const trestle_backend_connection &connection, trestle_backend_error *error) {
  const uint32_t size = error->size;
  *error = *connection.failure;
  error->size = size;
  return TRESTLE_BACKEND_ERROR;
}

// Keeps what ended the connection, for this call and every later one.
int32_t end_with(trestle_backend_connection &connection, const trestle_backend_error &failure,
                 trestle_backend_error *error) {
  connection.failure = std::make_unique<trestle_backend_error>(failure);
  return tell_again(connection, error);
}

// What decrypt returns when it has no data: the state that the connection has come to.
int32_t state_without_data(const trestle_backend_connection &connection,
                           trestle_backend_error *error) {
  if (connection.failure) return tell_again(connection, error);
  return connection.peer_closed ? TRESTLE_BACKEND_CLOSED : TRESTLE_BACKEND_WANT_READ;
}

// Reads on after SSL_read_ex had no data. False when there is nothing more to be read now, or ever.
bool goes_on_without_data(trestle_backend_connection &connection, int returned, int steps) {
  if (SSL_get_error(connection.ssl.get(), returned) == SSL_ERROR_ZERO_RETURN) {
    connection.peer_closed = true;
    return false;
  }
  trestle_backend_error failure = {};
  failure.size = sizeof failure;
  if (!wants_read(connection, returned)) {
    describe_failure(connection, Phase::kEstablished, &failure);
  } else if (connection.pull_ran_dry) {
    return false;
  } else if (steps >= kStepsWithoutDataMax) {
    failure.alert = TRESTLE_ALERT_NONE;
    fail(&failure, TRESTLE_RESULT_PROTOCOL_VIOLATION, "too many messages without data");
  } else {
    return true;
  }
  connection.failure = std::make_unique<trestle_backend_error>(failure);
  return false;
}

}  // namespace

trestle_backend_connection *connection_of(const SSL *ssl) {
  return static_cast<trestle_backend_connection *>(SSL_get_app_data(ssl));
}

int32_t connection_new(trestle_backend_context *context, void *host_connection,
                       trestle_backend_connection **connection, trestle_backend_error *error) {
  return run_slot(error, [&] {
    auto made = std::make_unique<trestle_backend_connection>();
    made->context = context;
    made->host_connection = host_connection;
    made->ssl.reset(SSL_new(context->ctx.get()));
    if (!made->ssl || !attach(*made)) return fail(error, TRESTLE_RESULT_OUT_OF_MEMORY, nullptr);
    *connection = made.release();
    return TRESTLE_BACKEND_OK;
  });
}

void connection_free(trestle_backend_connection *connection) {
  ErrorQueueScope error_queue;
  delete connection;
}

int32_t handshake(trestle_backend_connection *connection, trestle_backend_error *error) {
  return run_slot(error, [&]() -> int32_t {
    if (connection->failure) return tell_again(*connection, error);
    for (;;) {
      connection->pull_ran_dry = false;
      const int returned = SSL_do_handshake(connection->ssl.get());
      if (returned == 1) return TRESTLE_BACKEND_OK;
      if (!wants_read(*connection, returned)) break;
      if (connection->pull_ran_dry) return TRESTLE_BACKEND_WANT_READ;
    }
    trestle_backend_error failure = {};
    describe_failure(*connection, Phase::kHandshake, &failure);
    return end_with(*connection, failure, error);
  });
}

int32_t encrypt(trestle_backend_connection *connection, const uint8_t *data, uint64_t length,
                trestle_backend_error *error) {
  return run_slot(error, [&]() -> int32_t {
    if (connection->failure) return tell_again(*connection, error);
    if ((SSL_get_shutdown(connection->ssl.get()) & SSL_SENT_SHUTDOWN) != 0) {
      return fail(error, TRESTLE_RESULT_FAILURE, "encrypt after close");
    }
    size_t written = 0;
    const int returned = SSL_write_ex(connection->ssl.get(), data, length, &written);
    if (returned == 1 && written == length) return TRESTLE_BACKEND_OK;
    return fail(error, TRESTLE_RESULT_FAILURE, nullptr);
  });
}

int32_t decrypt(trestle_backend_connection *connection, uint8_t *buffer, uint64_t capacity,
                uint64_t *length, trestle_backend_error *error) {
  return run_slot(error, [&]() -> int32_t {
    uint64_t total = 0;
    int steps = 0;
    connection->pull_ran_dry = false;
    while (total < capacity && !connection->failure && !connection->peer_closed) {
      size_t read = 0;
      const int returned = SSL_read_ex(connection->ssl.get(), buffer + total, capacity - total,
                                       &read);
      if (returned == 1) {
        total += read;
        steps = 0;
      } else if (!goes_on_without_data(*connection, returned, ++steps)) {
        break;
      }
    }
    // What came before an end is delivered before it.
    if (total == 0) return state_without_data(*connection, error);
    *length = total;
    return TRESTLE_BACKEND_OK;
  });
}

int32_t close(trestle_backend_connection *connection, trestle_backend_error *error) {
  return run_slot(error, [&]() -> int32_t {
    if (connection->failure) return tell_again(*connection, error);
    SSL *ssl = connection->ssl.get();
    if ((SSL_get_shutdown(ssl) & SSL_SENT_SHUTDOWN) != 0) return TRESTLE_BACKEND_OK;
    if (SSL_shutdown(ssl) >= 0) return TRESTLE_BACKEND_OK;
    return fail(error, TRESTLE_RESULT_FAILURE, nullptr);
  });
}

void info(const trestle_backend_connection *connection, trestle_backend_connection_info *info) {
  const SSL_CIPHER *cipher = SSL_get_current_cipher(connection->ssl.get());
  info->version = static_cast<uint16_t>(SSL_version(connection->ssl.get()));
  info->suite = cipher == nullptr ? 0 : SSL_CIPHER_get_protocol_id(cipher);
  // In TLS 1.3 a PSK is a session that was resumed, and there are no others here.
  info->by_psk = SSL_session_reused(connection->ssl.get()) == 1 ||
                 (cipher != nullptr && SSL_CIPHER_get_auth_nid(cipher) == NID_auth_psk);
}

}  // namespace trestle::openssl
