// SPDX-License-Identifier: Apache-2.0
#include "backends/openssl/psk.h"

#include <algorithm>
#include <new>

#include "backends/common/handshake_messages.h"
#include "backends/openssl/connection.h"
#include "backends/openssl/context.h"
#include "backends/openssl/library.h"

namespace trestle::openssl {
namespace {

const Psk &psk_of(SSL *ssl) { return connection_of(ssl)->context->psk; }

bool is_ours(const Psk &psk, const trestle_bytes &identity) {
  return std::equal(psk.identity.begin(), psk.identity.end(), identity.data,
                    identity.data + identity.length);
}

// TLS 1.3 wants an external PSK as a session that never was; its suite tells the hash.
SSL_SESSION *make_session(const Psk &psk) {
  SslSessionPtr session(SSL_SESSION_new());
  if (!session ||
      SSL_SESSION_set1_master_key(session.get(), psk.key.data(), psk.key.size()) != 1 ||
      SSL_SESSION_set_cipher(session.get(), psk.tls13_suite) != 1 ||
      SSL_SESSION_set_protocol_version(session.get(), TLS1_3_VERSION) != 1) {
    return nullptr;
  }
  return session.release();
}

int offer_session(SSL *ssl, const EVP_MD *digest, const unsigned char **identity,
                  size_t *identity_length, SSL_SESSION **session) {
  const Psk &psk = psk_of(ssl);
  *session = nullptr;
  // After a HelloRetryRequest the hash is settled; a PSK of another one can't be offered any more.
  if (psk.tls13_suite == nullptr || (digest != nullptr && EVP_MD_is_a(digest, "SHA256") != 1)) {
    return 1;
  }
  *session = make_session(psk);
  *identity = psk.identity.data();
  *identity_length = psk.identity.size();
  return *session != nullptr;
}

int find_session(SSL *ssl, const unsigned char *identity, size_t length, SSL_SESSION **session) {
  const Psk &psk = psk_of(ssl);
  *session = nullptr;
  if (psk.tls13_suite == nullptr || !is_ours(psk, {identity, length})) return 1;
  *session = make_session(psk);
  return *session != nullptr;
}

unsigned copy_key(const Psk &psk, unsigned char *key, unsigned capacity) {
  if (psk.key.size() > capacity) return 0;
  std::copy_n(psk.key.data(), psk.key.size(), key);
  return static_cast<unsigned>(psk.key.size());
}

// For TLS 1.2; also asked in TLS 1.3 when offer_session offered nothing, and then silent as well.
unsigned choose_key(SSL *ssl, const char *, char *identity, unsigned identity_capacity,
                    unsigned char *key, unsigned key_capacity) {
  const Psk &psk = psk_of(ssl);
  if (SSL_version(ssl) >= TLS1_3_VERSION || psk.identity.size() >= identity_capacity) return 0;
  *std::copy(psk.identity.begin(), psk.identity.end(), identity) = '\0';
  return copy_key(psk, key, key_capacity);
}

// Reads the identity from the ClientKeyExchange: what the library hands over ends at the first zero
// byte.
unsigned look_up_key(SSL *ssl, const char *, unsigned char *key, unsigned capacity) {
  const Message message = take_message(ssl);
  const auto identity = backend::parse_psk_identity(message.body());
  const Psk &psk = psk_of(ssl);
  if (SSL_version(ssl) >= TLS1_3_VERSION || !identity || !is_ours(psk, *identity)) return 0;
  return copy_key(psk, key, capacity);
}

// The library settles the suite before it looks at PSKs, and then drops a PSK of another hash. So
// for a client that offers ours, the suites that fit it come first. One that offers another, to a
// server that has nothing else, is told so; the library would miss a certificate of its own.
int look_at_offer(SSL *ssl, int *alert, void *) try {
  const Message message = take_message(ssl);
  const Psk &psk = psk_of(ssl);
  const auto hello = backend::parse_client_hello(message.body());
  // One that isn't well-formed is the library's to refuse.
  if (psk.tls13_suite == nullptr || !hello || !hello->has_psk) return SSL_CLIENT_HELLO_SUCCESS;
  if (hello->offers_psk({psk.identity.data(), psk.identity.size()})) {
    return SSL_set_ciphersuites(ssl, psk.tls13_suites.c_str()) == 1 ? SSL_CLIENT_HELLO_SUCCESS
                                                                    : SSL_CLIENT_HELLO_ERROR;
  }
  if (SSL_get_certificate(ssl) != nullptr) return SSL_CLIENT_HELLO_SUCCESS;
  *alert = SSL_AD_UNKNOWN_PSK_IDENTITY;
  return SSL_CLIENT_HELLO_ERROR;
} catch (const std::bad_alloc &) {
  connection_of(ssl)->out_of_memory = true;
  return SSL_CLIENT_HELLO_ERROR;
}

}  // namespace

void use_psk(SSL_CTX *ctx, uint32_t role) {
  if (role == TRESTLE_ROLE_CLIENT) {
    SSL_CTX_set_psk_use_session_callback(ctx, offer_session);
    SSL_CTX_set_psk_client_callback(ctx, choose_key);
  } else {
    SSL_CTX_set_psk_find_session_callback(ctx, find_session);
    SSL_CTX_set_psk_server_callback(ctx, look_up_key);
    SSL_CTX_set_client_hello_cb(ctx, look_at_offer, nullptr);
  }
}

}  // namespace trestle::openssl
