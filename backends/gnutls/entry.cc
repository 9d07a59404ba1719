// SPDX-License-Identifier: Apache-2.0
// The plugin's table.
#include <trestle/backend.h>

#include <cstdio>
#include <iterator>
#include <memory>

#include "backends/gnutls/connection.h"
#include "backends/gnutls/context.h"
#include "backends/gnutls/identity.h"
#include "backends/gnutls/priority.h"
#include "backends/gnutls/signature.h"
#include "backends/gnutls/suite_list.h"
#include "backends/gnutls/suites.h"

namespace trestle::gnutls_backend {
namespace {

#define TRESTLE_CANARY(function) \
  { #function, reinterpret_cast<const void *>(&function), "libgnutls.so" }
const trestle_backend_canary kCanaries[] = {
    TRESTLE_CANARY(gnutls_global_init),
    TRESTLE_CANARY(gnutls_init),
    TRESTLE_CANARY(gnutls_deinit),
    TRESTLE_CANARY(gnutls_handshake),
    TRESTLE_CANARY(gnutls_record_send),
    TRESTLE_CANARY(gnutls_record_recv),
    TRESTLE_CANARY(gnutls_bye),
    TRESTLE_CANARY(gnutls_alert_send),
    TRESTLE_CANARY(gnutls_priority_init2),
    TRESTLE_CANARY(gnutls_credentials_set),
    TRESTLE_CANARY(gnutls_session_set_verify_function),
    TRESTLE_CANARY(gnutls_pubkey_verify_data2),
    TRESTLE_CANARY(gnutls_x509_crt_import),
    TRESTLE_CANARY(gnutls_x509_privkey_import),
};
#undef TRESTLE_CANARY

char version_text[64];

int32_t process_init(const trestle_host *host, trestle_backend_error *error) noexcept {
  return run_slot(error, [&] {
    // The library does it when it is loaded, unless GNUTLS_NO_IMPLICIT_INIT said no. It counts.
    const int code = gnutls_global_init();
    if (code < 0) refuse(TRESTLE_RESULT_BACKEND_INIT, code, "gnutls_global_init");
    set_host(host);
    std::snprintf(version_text, sizeof version_text, "GnuTLS %s", gnutls_check_version(nullptr));
    load_suites();
    // Without it, set_suites refuses what a priority string can't express.
    find_suite_list();
    return TRESTLE_BACKEND_OK;
  });
}

const char *library_version() noexcept { return version_text; }

// GnuTLS keeps a random generator per thread and frees them all when it is unloaded.
void thread_detach() noexcept {}

bool can(uint32_t what, uint32_t argument) {
  if (argument > UINT16_MAX) return false;
  const auto id = static_cast<uint16_t>(argument);
  switch (what) {
    case TRESTLE_CAPABILITY_SUITE:
      return can_offer_suite(id);
    case TRESTLE_CAPABILITY_VERSION:
      return id == TRESTLE_VERSION_TLS12 || id == TRESTLE_VERSION_TLS13;
    case TRESTLE_CAPABILITY_GROUP:
      return can_offer_group(id);
    case TRESTLE_CAPABILITY_SIGNATURE_SCHEME:
      return can_verify(id);
    case TRESTLE_CAPABILITY_PSK_TLS13:
    case TRESTLE_CAPABILITY_PKCS12:
    case TRESTLE_CAPABILITY_ENCRYPTED_PKCS8:
    case TRESTLE_CAPABILITY_ALERT_SEND:
      return argument == 0;
    default:
      return false;
  }
}

int32_t capability(uint32_t what, uint32_t argument) noexcept {
  trestle_backend_error ignored = {};
  return run_slot(&ignored, [&] { return can(what, argument); }) == 1;
}

// The slot that hands out what kMake makes.
template <auto kMake, typename Source, typename Object>
int32_t create(const Source *source, Object **object, trestle_backend_error *error) noexcept {
  return run_slot(error, [&] {
    *object = kMake(*source).release();
    return TRESTLE_BACKEND_OK;
  });
}

int32_t connection_new(trestle_backend_context *context, void *host_connection,
                       trestle_backend_connection **connection,
                       trestle_backend_error *error) noexcept {
  return run_slot(error, [&] {
    *connection = new trestle_backend_connection(*context, host_connection);
    return TRESTLE_BACKEND_OK;
  });
}

template <typename Object>
void destroy(Object *object) noexcept {
  delete object;
}

// The slot of one of Connection's functions, none of which throws.
template <auto kFunction, typename Result, typename Self, typename... Arguments>
Result call(Self *connection, Arguments... arguments) noexcept {
  return (connection->*kFunction)(arguments...);
}

const trestle_backend kTable = {
    sizeof(trestle_backend),
    TRESTLE_BACKEND_ABI,
    "gnutls",
    "0.1.0",
    kCanaries,
    std::size(kCanaries),
    0,
    process_init,
    library_version,
    thread_detach,
    capability,
    verify_signature,
    create<make_identity>,
    destroy,
    create<make_context>,
    destroy,
    connection_new,
    destroy,
    call<&Connection::handshake>,
    call<&Connection::encrypt>,
    call<&Connection::decrypt>,
    call<&Connection::close>,
    call<&Connection::abort>,
    call<&Connection::info>,
};

}  // namespace
}  // namespace trestle::gnutls_backend

const trestle_backend *trestle_backend_entry(uint32_t host_abi) {
  const bool same_major = host_abi / 1000 == TRESTLE_BACKEND_ABI_MAJOR;
  return same_major ? &trestle::gnutls_backend::kTable : nullptr;
}
