// SPDX-License-Identifier: Apache-2.0
// The plugin's table.
#include <string>

#include "backends/openssl/algorithms.h"
#include "backends/openssl/connection.h"
#include "backends/openssl/context.h"
#include "backends/openssl/error.h"
#include "backends/openssl/identity.h"
#include "backends/openssl/library.h"
#include "backends/openssl/signature.h"
#include "backends/openssl/suites.h"

namespace trestle::openssl {
namespace {

#define CANARY(symbol, object) {#symbol, reinterpret_cast<const void *>(&symbol), object}
const trestle_backend_canary kCanaries[] = {
    CANARY(OPENSSL_init_ssl, "libssl.so"),
    CANARY(SSL_CTX_new, "libssl.so"),
    CANARY(SSL_CTX_new_ex, "libssl.so"),
    CANARY(SSL_CTX_free, "libssl.so"),
    CANARY(SSL_new, "libssl.so"),
    CANARY(SSL_do_handshake, "libssl.so"),
    CANARY(SSL_read_ex, "libssl.so"),
    CANARY(SSL_write_ex, "libssl.so"),
    CANARY(OSSL_LIB_CTX_new, "libcrypto.so"),
    CANARY(EVP_MD_fetch, "libcrypto.so"),
    CANARY(EVP_DigestVerify, "libcrypto.so"),
    CANARY(X509_new_ex, "libcrypto.so"),
    CANARY(ERR_clear_error, "libcrypto.so"),
    CANARY(BIO_meth_new, "libcrypto.so"),
    // The names that libwolfssl exports too: libssl's own calls of them would go astray.
    CANARY(SSL_SESSION_set1_id, "libssl.so"),
    CANARY(SSL_SESSION_set1_id_context, "libssl.so"),
    CANARY(SSL_SESSION_get0_id_context, "libssl.so"),
    CANARY(SSL_COMP_get_compression_methods, "libssl.so"),
};
#undef CANARY

int32_t process_init(const trestle_host *host, trestle_backend_error *error) {
  // Before run_slot, whose first call of the library would have it register an exit handler.
  OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, nullptr);
  return run_slot(error, [&] {
    if (!library_init(host)) refuse(TRESTLE_RESULT_BACKEND_INIT, "library");
    return TRESTLE_BACKEND_OK;
  });
}

const char *library_version() {
  // Never destroyed: workers may run while the process ends.
  static const std::string &text =
      *new std::string(std::string("OpenSSL ") + OpenSSL_version(OPENSSL_FULL_VERSION_STRING));
  return text.c_str();
}

void thread_detach() { OPENSSL_thread_stop(); }

int32_t capability(uint32_t capability, uint32_t argument) {
  switch (capability) {
    case TRESTLE_CAPABILITY_SUITE:
      return find_suite(argument) != nullptr;
    case TRESTLE_CAPABILITY_VERSION:
      return argument == TRESTLE_VERSION_TLS12 || argument == TRESTLE_VERSION_TLS13;
    case TRESTLE_CAPABILITY_GROUP:
      return find_group(argument) != nullptr;
    case TRESTLE_CAPABILITY_SIGNATURE_SCHEME:
      return find_signature_scheme(argument) != nullptr;
    case TRESTLE_CAPABILITY_PSK_TLS13:
    case TRESTLE_CAPABILITY_PKCS12:
    case TRESTLE_CAPABILITY_ENCRYPTED_PKCS8:
      return argument == 0;
    default:
      return 0;
  }
}

const trestle_backend kBackend = {
    sizeof(trestle_backend),
    TRESTLE_BACKEND_ABI,
    "openssl",
    "0.1.0",
    kCanaries,
    sizeof kCanaries / sizeof kCanaries[0],
    0,
    process_init,
    library_version,
    thread_detach,
    capability,
    verify_signature,
    identity_new,
    identity_free,
    context_new,
    context_free,
    connection_new,
    connection_free,
    handshake,
    encrypt,
    decrypt,
    close,
    nullptr,  // abort: the library sends no alert on demand
    info,
};

}  // namespace
}  // namespace trestle::openssl

extern "C" const trestle_backend *trestle_backend_entry(uint32_t host_abi) {
  const bool same_major = host_abi / 1000 == TRESTLE_BACKEND_ABI_MAJOR;
  return same_major ? &trestle::openssl::kBackend : nullptr;
}
