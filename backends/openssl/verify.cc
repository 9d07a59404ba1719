// SPDX-License-Identifier: Apache-2.0
#include "backends/openssl/verify.h"

#include <new>
#include <vector>

#include "backends/openssl/connection.h"
#include "backends/openssl/library.h"
#include "backends/openssl/reader.h"

namespace trestle::openssl {
namespace {

// Cuts a Certificate message (RFC 5246, 7.4.2; RFC 8446, 4.4.2) into its certificates.
bool split_certificates(const std::vector<uint8_t> &message, bool tls13,
                        std::vector<trestle_bytes> *certificates) {
  Reader reader(message.data(), message.size());
  trestle_bytes request_context, list, extensions;
  if (!reader.skip(kHandshakeHeader)) return false;
  if (tls13 && !reader.read_vector(1, &request_context)) return false;
  if (!reader.read_vector(3, &list)) return false;
  Reader entries(list.data, list.length);
  while (!entries.done()) {
    trestle_bytes certificate;
    if (!entries.read_vector(3, &certificate)) return false;
    if (tls13 && !entries.read_vector(2, &extensions)) return false;
    certificates->push_back(certificate);
  }
  return !certificates->empty();
}

// Asks with the bytes of the message, not with what the library makes of its parsed certificates:
// re-encoding would mend what another backend shows as it came.
bool ask_host(trestle_backend_connection &connection) {
  std::vector<trestle_bytes> certificates;
  const bool tls13 = SSL_version(connection.ssl.get()) == TLS1_3_VERSION;
  if (!split_certificates(connection.message, tls13, &certificates)) return false;
  trestle_ask ask = {};
  ask.size = sizeof ask;
  ask.kind = TRESTLE_ASK_VERIFY_PEER;
  ask.certificates = certificates.data();
  ask.certificate_count = static_cast<uint32_t>(certificates.size());
  const int32_t answer = host().ask(connection.host_connection, &ask);
  ERR_clear_error();  // other connections have used the thread meanwhile
  connection.message = {};
  return answer == TRESTLE_ANSWER_YES;
}

int decide(X509_STORE_CTX *store, void *) {
  const SSL *ssl = static_cast<const SSL *>(
      X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  trestle_backend_connection &connection = *connection_of(ssl);
  try {
    if (!connection.out_of_memory) {
      if (ask_host(connection)) {
        X509_STORE_CTX_set_error(store, X509_V_OK);
        return 1;
      }
      connection.rejected = true;
      X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);  // gives bad_certificate
      return 0;
    }
  } catch (const std::bad_alloc &) {
    connection.out_of_memory = true;
  }
  X509_STORE_CTX_set_error(store, X509_V_ERR_OUT_OF_MEM);
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
