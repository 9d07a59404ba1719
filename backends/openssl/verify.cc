// SPDX-License-Identifier: Apache-2.0
#include "backends/openssl/verify.h"

#include <new>

#include "backends/common/handshake_messages.h"
#include "backends/openssl/connection.h"

namespace trestle::openssl {
namespace {

// Asks with the bytes of the message, not with what the library makes of its parsed certificates:
// re-encoding would mend what another backend shows as it came.
bool ask_host(trestle_backend_connection &connection) {
  const SSL *ssl = connection.ssl.get();
  const Message message = take_message(ssl);
  const auto certificates =
      backend::parse_certificates(message.body(), SSL_version(ssl) == TLS1_3_VERSION);
  if (!certificates || certificates->empty()) return false;
  trestle_ask ask = {};
  ask.size = sizeof ask;
  ask.kind = TRESTLE_ASK_VERIFY_PEER;
  ask.certificates = certificates->data();
  ask.certificate_count = static_cast<uint32_t>(certificates->size());
  const int32_t answer = host().ask(connection.host_connection, &ask);
  ERR_clear_error();  // other connections have used the thread meanwhile
  connection.rejected = answer != TRESTLE_ANSWER_YES;
  return !connection.rejected;
}

int decide(X509_STORE_CTX *store, void *) {
  trestle_backend_connection &connection = *connection_of(static_cast<const SSL *>(
      X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx())));
  try {
    if (!connection.out_of_memory && ask_host(connection)) {
      X509_STORE_CTX_set_error(store, X509_V_OK);
      return 1;
    }
  } catch (const std::bad_alloc &) {
    connection.out_of_memory = true;
  }
  // The second gives bad_certificate.
  X509_STORE_CTX_set_error(
      store, connection.out_of_memory ? X509_V_ERR_OUT_OF_MEM : X509_V_ERR_CERT_REJECTED);
  return 0;
}

}  // namespace

void ask_about_peers(SSL_CTX *ctx, uint32_t role, uint32_t client_auth) {
  int mode = SSL_VERIFY_PEER;
  if (role == TRESTLE_ROLE_SERVER && client_auth == TRESTLE_CLIENT_AUTH_NONE) {
    mode = SSL_VERIFY_NONE;
  }
  if (client_auth == TRESTLE_CLIENT_AUTH_REQUIRE) mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
  SSL_CTX_set_verify(ctx, mode, nullptr);
  SSL_CTX_set_cert_verify_callback(ctx, decide, nullptr);
}

}  // namespace trestle::openssl
