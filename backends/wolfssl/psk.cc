// SPDX-License-Identifier: Apache-2.0
// Pre-shared keys: TLS 1.2's suites (RFC 4279) and external ones in TLS 1.3 (RFC 8446, 4.2.11).
#include <cstring>

#include "backends/wolfssl/connection.h"

namespace trestle::wolf {
namespace {

trestle_backend_connection& connection_of(WOLFSSL* library) {
  return *static_cast<trestle_backend_connection*>(wolfSSL_get_psk_callback_ctx(library));
}

unsigned copy_key(const SecretBytes& psk, unsigned char* key, unsigned key_max) {
  if (psk.size() > key_max) return 0;
  std::memcpy(key, psk.data(), psk.size());
  return static_cast<unsigned>(psk.size());
}

unsigned client_psk(WOLFSSL* library, const char*, char* identity, unsigned identity_max,
                    unsigned char* key, unsigned key_max) {
  const trestle_backend_context& context = connection_of(library).context();
  if (context.psk_identity.size() >= identity_max) return 0;
  std::memcpy(identity, context.psk_identity.c_str(), context.psk_identity.size() + 1);
  return copy_key(context.psk, key, key_max);
}

unsigned server_psk(WOLFSSL* library, const char* identity, unsigned char* key,
                    unsigned key_max) {
  const trestle_backend_context& context = connection_of(library).context();
  return context.psk_identity == identity ? copy_key(context.psk, key, key_max) : 0;
}

// wolfSSL wants the name of the suite that goes with the PSK. False if there is none; a name is
// needed all the same.
bool name_suite(const trestle_backend_connection& connection, const char** name) {
  const uint16_t chosen = connection.psk_suite();
  const uint16_t suite = chosen != 0 ? chosen : TRESTLE_TLS_AES_128_GCM_SHA256;
  *name = wolfSSL_get_cipher_name_from_suite(static_cast<uint8_t>(suite >> 8),
                                             static_cast<uint8_t>(suite));
  return chosen != 0;
}

unsigned client_tls13_psk(WOLFSSL* library, const char* hint, char* identity,
                          unsigned identity_max, unsigned char* key, unsigned key_max,
                          const char** suite) {
  if (!name_suite(connection_of(library), suite)) return 0;
  return client_psk(library, hint, identity, identity_max, key, key_max);
}

// Asked for each suite that both sides have, and content with an answer for another.
unsigned server_tls13_psk(WOLFSSL* library, const char* identity, unsigned char* key,
                          unsigned key_max, const char** suite) {
  trestle_backend_connection& connection = connection_of(library);
  if (!name_suite(connection, suite)) return 0;
  const unsigned size = server_psk(library, identity, key, key_max);
  if (size == 0 && !connection.context().has_identity) connection.set_verdict(kUnknownPsk);
  return size;
}

}  // namespace

void install_psk_callbacks(const trestle_backend_context& context) {
  WOLFSSL_CTX* library = context.library.get();
  const bool tls12 = context.has(Authentication::kPsk), tls13 = !context.psk_suites.empty();
  if (context.is_client) {
    if (tls12) wolfSSL_CTX_set_psk_client_callback(library, client_psk);
    if (tls13) wolfSSL_CTX_set_psk_client_tls13_callback(library, client_tls13_psk);
  } else {
    if (tls12) wolfSSL_CTX_set_psk_server_callback(library, server_psk);
    if (tls13) wolfSSL_CTX_set_psk_server_tls13_callback(library, server_tls13_psk);
  }
}

}  // namespace trestle::wolf
