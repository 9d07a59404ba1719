// SPDX-License-Identifier: Apache-2.0
// The functions that wolfSSL calls; each finds its connection and hands over.
#include <new>

#include "backends/wolfssl/connection.h"

namespace trestle::wolf {
namespace {

trestle_backend_connection* self(void* context) {
  return static_cast<trestle_backend_connection*>(context);
}

// Runs a callback's body so that no exception passes through wolfSSL.
template <typename Result, typename Body>
Result guarded_callback(trestle_backend_connection* connection, Result on_failure, Body body) {
  try {
    return body();
  } catch (const std::bad_alloc&) {
    connection->on_out_of_memory();
    return on_failure;
  }
}

int pull(WOLFSSL*, char* buffer, int size, void* context) {
  return guarded_callback(self(context), int{WOLFSSL_CBIO_ERR_GENERAL},
                          [&] { return self(context)->on_pull(buffer, size); });
}

int push(WOLFSSL*, char* data, int size, void* context) {
  return guarded_callback(self(context), int{WOLFSSL_CBIO_ERR_GENERAL},
                          [&] { return self(context)->on_push(data, size); });
}

// Comes before `verify` for the same certificate, and clears whatever wolfSSL found: the alert of a
// refusal is bad_certificate only when nothing else was wrong.
int forget_findings(WOLFSSL_X509_STORE_CTX*, void*) { return 1; }

void message(int written, int, int, const void* data, size_t size, WOLFSSL*, void* context) {
  guarded_callback(self(context), 0, [&] {
    if (written == 0) self(context)->on_message(static_cast<const uint8_t*>(data), size);
    return 0;
  });
}

int verify(int, WOLFSSL_X509_STORE_CTX* store) {
  return guarded_callback(self(store->userCtx), 0,
                          [&] { return self(store->userCtx)->on_certificate(store); });
}

unsigned client_psk(WOLFSSL* library, const char*, char* identity, unsigned identity_max,
                    unsigned char* key, unsigned key_max) {
  return self(wolfSSL_get_psk_callback_ctx(library))
      ->offer_psk(identity, identity_max, key, key_max);
}

unsigned server_psk(WOLFSSL* library, const char* identity, unsigned char* key,
                    unsigned key_max) {
  return self(wolfSSL_get_psk_callback_ctx(library))->find_psk(identity, key, key_max);
}

unsigned client_tls13_psk(WOLFSSL* library, const char*, char* identity, unsigned identity_max,
                          unsigned char* key, unsigned key_max, const char** suite) {
  const auto* connection = self(wolfSSL_get_psk_callback_ctx(library));
  *suite = connection->psk_suite();
  if (*suite != nullptr) return connection->offer_psk(identity, identity_max, key, key_max);
  // A name is needed all the same; no key means no offer.
  *suite = "TLS13-AES128-GCM-SHA256";
  return 0;
}

unsigned server_tls13_psk(WOLFSSL* library, const char* identity, unsigned char* key,
                          unsigned key_max, const char** suite) {
  // Asked for each suite that both sides have, and content with an answer for another.
  auto* connection = self(wolfSSL_get_psk_callback_ctx(library));
  *suite = connection->psk_suite();
  return *suite == nullptr ? 0 : connection->find_tls13_psk(identity, key, key_max);
}

}  // namespace

void install_callbacks(trestle_backend_context* context, bool with_tls12_psk) {
  WOLFSSL_CTX* library = context->library.get();
  wolfSSL_CTX_SetIORecv(library, pull);
  wolfSSL_CTX_SetIOSend(library, push);
  wolfSSL_CTX_set_msg_callback(library, message);
  wolfSSL_CTX_set_verify(library, WOLFSSL_VERIFY_PEER, verify);
  wolfSSL_CTX_set_cert_verify_callback(library, forget_findings, nullptr);
  const bool client = context->role == TRESTLE_ROLE_CLIENT;
  if (with_tls12_psk && client) wolfSSL_CTX_set_psk_client_callback(library, client_psk);
  if (with_tls12_psk && !client) wolfSSL_CTX_set_psk_server_callback(library, server_psk);
  if (!context->psk_suites.empty() && client) {
    wolfSSL_CTX_set_psk_client_tls13_callback(library, client_tls13_psk);
  }
  if (!context->psk_suites.empty() && !client) {
    wolfSSL_CTX_set_psk_server_tls13_callback(library, server_tls13_psk);
  }
}

}  // namespace trestle::wolf
