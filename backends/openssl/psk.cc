// SPDX-License-Identifier: Apache-2.0
#include "backends/openssl/psk.h"

#include <openssl/crypto.h>

#include <algorithm>

#include "backends/openssl/connection.h"
#include "backends/openssl/context.h"
#include "backends/openssl/library.h"
#include "backends/openssl/reader.h"

namespace trestle::openssl {
namespace {

const Psk &psk_of(SSL *ssl) { return connection_of(ssl)->context->psk; }

// TLS 1.3 wants an external PSK as a session that never was; its suite tells the hash.
SslSessionPtr make_session(SSL *ssl, const Psk &psk) {
  const uint8_t id[] = {static_cast<uint8_t>(psk.tls13_suite() >> 8),
                        static_cast<uint8_t>(psk.tls13_suite() & 0xFF)};
  const SSL_CIPHER *cipher = SSL_CIPHER_find(ssl, id);
  SslSessionPtr session(SSL_SESSION_new());
  if (cipher == nullptr || !session ||
      SSL_SESSION_set1_master_key(session.get(), psk.key().data(), psk.key().size()) != 1 ||
      SSL_SESSION_set_cipher(session.get(), cipher) != 1 ||
      SSL_SESSION_set_protocol_version(session.get(), TLS1_3_VERSION) != 1) {
    return nullptr;
  }
  return session;
}

int offer_session(SSL *ssl, const EVP_MD *digest, const unsigned char **identity,
                  size_t *identity_length, SSL_SESSION **session) {
  const Psk &psk = psk_of(ssl);
  *session = nullptr;
  // After a HelloRetryRequest the hash is settled; a PSK of another one can't be offered any more.
  if (psk.tls13_suite() == 0 || (digest != nullptr && EVP_MD_is_a(digest, "SHA256") != 1)) {
    return 1;
  }
  *session = make_session(ssl, psk).release();
  *identity = psk.identity().data();
  *identity_length = psk.identity().size();
  return *session != nullptr;
}

int find_session(SSL *ssl, const unsigned char *identity, size_t length, SSL_SESSION **session) {
  const Psk &psk = psk_of(ssl);
  *session = nullptr;
  if (psk.tls13_suite() == 0 || !psk.identity_is(identity, length)) return 1;
  *session = make_session(ssl, psk).release();
  return *session != nullptr;
}

unsigned copy_key(const Psk &psk, unsigned char *key, unsigned capacity) {
  if (psk.key().size() > capacity) return 0;
  std::copy(psk.key().begin(), psk.key().end(), key);
  return static_cast<unsigned>(psk.key().size());
}

// For TLS 1.2; also asked in TLS 1.3 when offer_session offered nothing, and then silent as well.
unsigned choose_key(SSL *ssl, const char *, char *identity, unsigned identity_capacity,
                    unsigned char *key, unsigned key_capacity) {
  const Psk &psk = psk_of(ssl);
  if (SSL_version(ssl) >= TLS1_3_VERSION || psk.identity().size() >= identity_capacity) return 0;
  std::copy(psk.identity().begin(), psk.identity().end(), identity);
  identity[psk.identity().size()] = '\0';
  return copy_key(psk, key, key_capacity);
}

// Reads the identity from the ClientKeyExchange (RFC 4279, 2): what the library hands over ends at
// the first zero byte.
unsigned look_up_key(SSL *ssl, const char *, unsigned char *key, unsigned capacity) {
  const Psk &psk = psk_of(ssl);
  const std::vector<uint8_t> &message = connection_of(ssl)->message;
  Reader reader(message.data(), message.size());
  trestle_bytes identity;
  if (SSL_version(ssl) >= TLS1_3_VERSION || !reader.skip(kHandshakeHeader) ||
      !reader.read_vector(2, &identity) || !psk.identity_is(identity.data, identity.length)) {
    return 0;
  }
  return copy_key(psk, key, capacity);
}

enum class Offer { kNone, kUnknown, kOurs };

// What the pre_shared_key extension has (RFC 8446, 4.2.11).
Offer offer_of(SSL *ssl, const Psk &psk) {
  const unsigned char *extension = nullptr;
  size_t length = 0;
  if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_psk, &extension, &length) != 1) {
    return Offer::kNone;
  }
  Reader reader(extension, length);
  trestle_bytes list, identity;
  if (!reader.read_vector(2, &list)) return Offer::kUnknown;
  Reader identities(list.data, list.length);
  while (identities.read_vector(2, &identity) && identities.skip(sizeof(uint32_t))) {
    if (psk.identity_is(identity.data, identity.length)) return Offer::kOurs;
  }
  return Offer::kUnknown;
}

// The library settles the suite before it looks at PSKs, and then drops a PSK of another hash. So
// for a client that offers ours, the suites that fit it come first. One that offers another, to a
// server that has nothing else, is told so; the library would miss a certificate of its own.
int look_at_offer(SSL *ssl, int *alert, void *) {
  const trestle_backend_context &context = *connection_of(ssl)->context;
  if (context.psk.tls13_suite() == 0) return SSL_CLIENT_HELLO_SUCCESS;
  const Offer offer = offer_of(ssl, context.psk);
  if (offer == Offer::kUnknown && SSL_CTX_get0_certificate(context.ctx.get()) == nullptr) {
    *alert = SSL_AD_UNKNOWN_PSK_IDENTITY;
    return SSL_CLIENT_HELLO_ERROR;
  }
  if (offer == Offer::kOurs && SSL_set_ciphersuites(ssl, context.suites_for_psk.c_str()) != 1) {
    return SSL_CLIENT_HELLO_ERROR;
  }
  return SSL_CLIENT_HELLO_SUCCESS;
}

}  // namespace

Psk::Psk(const trestle_bytes &key, const trestle_bytes &identity, uint16_t tls13_suite)
    : key_(key.data, key.data + key.length),
      identity_(identity.data, identity.data + identity.length),
      tls13_suite_(tls13_suite) {}

Psk::~Psk() { OPENSSL_cleanse(key_.data(), key_.size()); }

bool Psk::identity_is(const uint8_t *identity, size_t length) const {
  return length == identity_.size() && CRYPTO_memcmp(identity, identity_.data(), length) == 0;
}

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
