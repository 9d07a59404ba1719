// SPDX-License-Identifier: Apache-2.0
// The table that the host gets, and what belongs to no connection.
#include <trestle/backend.h>

#include <cstdio>
#include <iterator>

#include "backends/wolfssl/connection.h"
#include "backends/wolfssl/context.h"
#include "backends/wolfssl/identity.h"
#include "backends/wolfssl/signature.h"
#include "backends/wolfssl/suites.h"

#include <wolfssl/wolfcrypt/asn_public.h>
#include <wolfssl/wolfcrypt/ecc.h>
#include <wolfssl/wolfcrypt/hash.h>
#include <wolfssl/wolfcrypt/pkcs12.h>

void trestle::backend::write_library_text(int64_t code, char* text, size_t size) {
  const char* reason = wolfSSL_ERR_reason_error_string(static_cast<unsigned long>(code));
  std::snprintf(text, size, "%s", reason != nullptr ? reason : "");
}

namespace trestle::wolf {
namespace {

#define TRESTLE_CANARY(name) \
  { #name, reinterpret_cast<const void*>(&name), "libwolfssl.so" }

// Functions that each connection goes through.
const trestle_backend_canary kCanaries[] = {
    TRESTLE_CANARY(wolfSSL_Init),
    TRESTLE_CANARY(wolfSSL_CTX_new),
    TRESTLE_CANARY(wolfSSL_CTX_use_PrivateKey_buffer),
    TRESTLE_CANARY(wolfSSL_CTX_set_cert_verify_callback),
    TRESTLE_CANARY(wolfSSL_new),
    TRESTLE_CANARY(wolfSSL_set_verify),
    TRESTLE_CANARY(wolfSSL_connect),
    TRESTLE_CANARY(wolfSSL_accept),
    TRESTLE_CANARY(wolfSSL_read),
    TRESTLE_CANARY(wolfSSL_write),
    TRESTLE_CANARY(wolfSSL_shutdown),
    TRESTLE_CANARY(wc_Hash),
    TRESTLE_CANARY(wc_ecc_verify_hash),
    TRESTLE_CANARY(wc_RsaSSL_Verify),
    TRESTLE_CANARY(wc_PKCS12_parse),
};
#undef TRESTLE_CANARY

char g_library_version[32];

int32_t process_init(const trestle_host* host, trestle_backend_error* error) {
  const int result = wolfSSL_Init();
  if (result != WOLFSSL_SUCCESS) {
    return fail(error, TRESTLE_RESULT_BACKEND_INIT, result, "wolfSSL_Init");
  }
  wolf::host = host;
  std::snprintf(g_library_version, sizeof g_library_version, "wolfSSL %s", wolfSSL_lib_version());
  return TRESTLE_BACKEND_OK;
}

const char* library_version() { return g_library_version; }

void thread_detach() {
  wc_ecc_fp_free();
  wolfSSL_ERR_remove_thread_state(nullptr);
}

int32_t capability(uint32_t capability, uint32_t argument) {
  const auto number = static_cast<uint16_t>(argument);
  if (number != argument) return 0;
  switch (capability) {
    case TRESTLE_CAPABILITY_SUITE: return find_suite(number) != nullptr;
    case TRESTLE_CAPABILITY_VERSION:
      return number == TRESTLE_VERSION_TLS12 || number == TRESTLE_VERSION_TLS13;
    case TRESTLE_CAPABILITY_GROUP: return find_group(number) != nullptr;
    case TRESTLE_CAPABILITY_SIGNATURE_SCHEME: return scheme_name(number) != nullptr;
    case TRESTLE_CAPABILITY_PSK_TLS13:
    case TRESTLE_CAPABILITY_PKCS12:
    case TRESTLE_CAPABILITY_ENCRYPTED_PKCS8: return number == 0;
    default: return 0; // also ALERT_SEND: wolfSSL sends alerts on its own account only
  }
}

using Connection = trestle_backend_connection;

template <typename Object, typename Source>
int32_t create(const Source* source, Object** object, trestle_backend_error* error) {
  return run(error, [&] {
    *object = new Object(*source);
    return TRESTLE_BACKEND_OK;
  });
}

int32_t connection_new(trestle_backend_context* context, void* host_connection,
                       Connection** connection, trestle_backend_error* error) {
  return run(error, [&] {
    *connection = new Connection(*context, host_connection);
    return TRESTLE_BACKEND_OK;
  });
}

template <typename Object>
void destroy(Object* object) {
  delete object;
}

template <auto method, typename... Arguments>
int32_t slot(Connection* connection, Arguments... arguments, trestle_backend_error* error) {
  return run(error, [&] {
    if (connection->has_failed()) return connection->fail_again(error);
    return (connection->*method)(arguments..., error);
  });
}

void info(const Connection* connection, trestle_backend_connection_info* info) {
  connection->info(info);
}

const trestle_backend kTable = {
    sizeof(trestle_backend),
    TRESTLE_BACKEND_ABI,
    "wolfssl",
    "0.1.0",
    kCanaries,
    static_cast<uint32_t>(std::size(kCanaries)),
    0,
    process_init,
    library_version,
    thread_detach,
    capability,
    verify_signature,
    create<trestle_backend_identity>,
    destroy<trestle_backend_identity>,
    create<trestle_backend_context>,
    destroy<trestle_backend_context>,
    connection_new,
    destroy<Connection>,
    slot<&Connection::handshake>,
    slot<&Connection::encrypt, const uint8_t*, uint64_t>,
    slot<&Connection::decrypt, uint8_t*, uint64_t, uint64_t*>,
    slot<&Connection::close>,
    nullptr, // abort
    info,
};

}  // namespace
}  // namespace trestle::wolf

const trestle_backend* trestle_backend_entry(uint32_t host_abi) {
  if (host_abi / 1000 != TRESTLE_BACKEND_ABI_MAJOR) return nullptr;
  return &trestle::wolf::kTable;
}
