// SPDX-License-Identifier: Apache-2.0
// A plugin that does no TLS: what the loader looks at, and one macro for each thing that can be
// wrong with it.
#include <unistd.h>

#include <atomic>
#include <cstdio>

#include "trestle/backend.h"

#ifndef PLUGIN_NAME
#define PLUGIN_NAME "good"
#endif
#ifndef PLUGIN_ABI
#define PLUGIN_ABI TRESTLE_BACKEND_ABI
#endif
#ifndef PLUGIN_DECRYPT
#define PLUGIN_DECRYPT decrypt
#endif
#ifndef PLUGIN_INIT_RESULT
#define PLUGIN_INIT_RESULT TRESTLE_BACKEND_OK
#endif
#ifndef PLUGIN_ALERT_SEND
#define PLUGIN_ALERT_SEND 0
#endif
// Stand for a function of the TLS library.
#ifndef PLUGIN_CANARY_FUNCTION
#define PLUGIN_CANARY_FUNCTION getppid
#endif
#ifndef PLUGIN_CANARY_OBJECT
#define PLUGIN_CANARY_OBJECT "libc.so"
#endif
#define TEXT_OF(name) #name
#define TEXT(name) TEXT_OF(name)
#ifndef PLUGIN_CANARY_SYMBOL
#define PLUGIN_CANARY_SYMBOL TEXT(PLUGIN_CANARY_FUNCTION)
#endif

// A symbol that a program or a preloaded library may define, too.
extern "C" __attribute__((visibility("default"))) int trestle_test_truth() { return 1; }

namespace {

std::atomic<int> init_count{0};
std::atomic<const trestle_host *> host_given{nullptr};

int32_t process_init(const trestle_host *host, trestle_backend_error *error) {
  init_count++;
  host_given = host;
  if (PLUGIN_INIT_RESULT == TRESTLE_BACKEND_OK) return TRESTLE_BACKEND_OK;
  error->result = TRESTLE_RESULT_FAILURE;
  error->library_code = 42;
  std::snprintf(error->library_text, sizeof error->library_text, "no entropy");
  std::snprintf(error->detail, sizeof error->detail, "the generator did not start");
  return PLUGIN_INIT_RESULT;
}

const char *library_version() { return "Test 1.0"; }
void thread_detach() {}
int32_t capability(uint32_t capability, uint32_t) {
  return capability == TRESTLE_CAPABILITY_ALERT_SEND ? PLUGIN_ALERT_SEND : 0;
}
int32_t verify_signature(uint16_t, const trestle_bytes *, const trestle_bytes *,
                         const trestle_bytes *) {
  return TRESTLE_BACKEND_ERROR;
}
int32_t identity_new(const trestle_backend_identity_source *, trestle_backend_identity **,
                     trestle_backend_error *) {
  return TRESTLE_BACKEND_ERROR;
}
void identity_free(trestle_backend_identity *) {}
int32_t context_new(const trestle_backend_config *, trestle_backend_context **,
                    trestle_backend_error *) {
  return TRESTLE_BACKEND_ERROR;
}
void context_free(trestle_backend_context *) {}
int32_t connection_new(trestle_backend_context *, void *, trestle_backend_connection **,
                       trestle_backend_error *) {
  return TRESTLE_BACKEND_ERROR;
}
void connection_free(trestle_backend_connection *) {}
int32_t handshake(trestle_backend_connection *, trestle_backend_error *) {
  return TRESTLE_BACKEND_ERROR;
}
int32_t encrypt(trestle_backend_connection *, const uint8_t *, uint64_t, trestle_backend_error *) {
  return TRESTLE_BACKEND_ERROR;
}
[[maybe_unused]] int32_t decrypt(trestle_backend_connection *, uint8_t *, uint64_t, uint64_t *,
                                 trestle_backend_error *) {
  return TRESTLE_BACKEND_ERROR;
}
int32_t close_notify(trestle_backend_connection *, trestle_backend_error *) {
  return TRESTLE_BACKEND_ERROR;
}
void info(const trestle_backend_connection *, trestle_backend_connection_info *) {}

const trestle_backend_canary kCanaries[] = {
    {PLUGIN_CANARY_SYMBOL, reinterpret_cast<const void *>(&PLUGIN_CANARY_FUNCTION),
     PLUGIN_CANARY_OBJECT},
};

const trestle_backend kTable = {
    sizeof kTable,   PLUGIN_ABI,       PLUGIN_NAME,     "0.0.1",        kCanaries,
    1,               0,                process_init,    library_version, thread_detach,
    capability,      verify_signature, identity_new,    identity_free,  context_new,
    context_free,    connection_new,   connection_free, handshake,      encrypt,
    PLUGIN_DECRYPT,  close_notify,     nullptr,         info,
};

}  // namespace

extern "C" __attribute__((visibility("default"))) int test_init_count() { return init_count; }
extern "C" __attribute__((visibility("default"))) const trestle_host *test_host() {
  return host_given;
}

#if defined(PLUGIN_UNDEFINED)
extern "C" void trestle_test_defined_nowhere();
extern "C" __attribute__((visibility("default"))) void test_call() {
  trestle_test_defined_nowhere();
}
#endif

#if defined(PLUGIN_WITHOUT_ENTRY)
extern "C" __attribute__((visibility("default"))) const trestle_backend *test_table() {
  return &kTable;
}
#else
const trestle_backend *trestle_backend_entry(uint32_t host_abi) {
#if defined(PLUGIN_DECLINES)
  return host_abi == TRESTLE_BACKEND_ABI ? nullptr : &kTable;
#else
  return host_abi == TRESTLE_BACKEND_ABI ? &kTable : nullptr;
#endif
}
#endif
