// SPDX-License-Identifier: Apache-2.0
// A backend WITHOUT ANY SECURITY: no cryptography at all, everything in the clear. It serves the
// library's own tests, which script it (fake.h), and shows how small a plugin can be: this file has
// every slot of the table, protocol.cc what a TLS library does behind them. It is never installed.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <memory>
#include <new>
#include <optional>
#include <string>

#include <trestle/backend.h>

#include "backends/fake/control.h"
#include "backends/fake/fake.h"
#include "backends/fake/protocol.h"

namespace trestle::fake {
namespace {

constexpr uint16_t kSuites[] = {TRESTLE_TLS_AES_128_GCM_SHA256, TRESTLE_TLS_AES_256_GCM_SHA384,
                                TRESTLE_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
                                TRESTLE_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256};
constexpr uint16_t kGroups[] = {0x001D, 0x0017};
constexpr uint16_t kSchemes[] = {0x0403, 0x0804, 0x0401};

// Every slot begins with this: watches, waits if held, and has something to return at once if the
// script wants the call to fail or to misbehave.
std::optional<int32_t> scripted(Slot slot, trestle_backend_error* error,
                                uint64_t* length = nullptr) {
  const int32_t result = script().enter(slot);
  if (result != TRESTLE_RESULT_SUCCESS) return fail(error, result, "the script says so");
  const std::optional<Misbehaviour> how = script().misbehaviour(slot);
  if (!how) return std::nullopt;
  if (how->error != nullptr) *error = *how->error;
  if (length != nullptr) *length = how->length;
  return how->returns;
}

// No exception leaves a slot: memory is all that can run out here.
template <typename Function>
int32_t guarded(trestle_backend_error* error, Function function) {
  try {
    return function();
  } catch (const std::bad_alloc&) {
    return fail(error, TRESTLE_RESULT_OUT_OF_MEMORY, "no memory");
  }
}

int32_t process_init(const trestle_host* host, trestle_backend_error* error) {
  if (const auto now = scripted(Slot::kProcessInit, error)) return *now;
  set_host(host);
  return TRESTLE_BACKEND_OK;
}

const char* library_version() { return "no library 1.0"; }

void thread_detach() { script().enter(Slot::kThreadDetach); }

int32_t capability(uint32_t capability, uint32_t argument) {
  script().enter(Slot::kCapability);
  switch (capability) {
    case TRESTLE_CAPABILITY_SUITE:
      return contains(kSuites, argument);
    case TRESTLE_CAPABILITY_VERSION:
      return argument == TRESTLE_VERSION_TLS12 || argument == TRESTLE_VERSION_TLS13;
    case TRESTLE_CAPABILITY_GROUP:
      return contains(kGroups, argument);
    case TRESTLE_CAPABILITY_SIGNATURE_SCHEME:
      return contains(kSchemes, argument);
    case TRESTLE_CAPABILITY_ALERT_SEND:
      return 1;
    default:
      return 0;
  }
}

int32_t verify_signature(uint16_t scheme, const trestle_bytes*, const trestle_bytes*,
                         const trestle_bytes* signature) {
  script().enter(Slot::kVerifySignature);
  int32_t answer;
  if (script().signature_answer(&answer)) return answer;
  if (!contains(kSchemes, scheme)) return TRESTLE_BACKEND_ERROR;
  return signature->length == sizeof kSignature &&
         std::memcmp(signature->data, kSignature, sizeof kSignature) == 0;
}

int32_t identity_new(const trestle_backend_identity_source* source,
                     trestle_backend_identity** identity, trestle_backend_error* error) {
  if (const auto now = scripted(Slot::kIdentityNew, error)) return *now;
  if (source->pkcs12.length != 0) return fail(error, TRESTLE_RESULT_NOT_SUPPORTED, "PKCS#12");
  if (source->certificate_count == 0) {
    return fail(error, TRESTLE_RESULT_BAD_CERTIFICATE, "no certificate");
  }
  if (source->key_format == TRESTLE_KEY_NONE) {
    return fail(error, TRESTLE_RESULT_NO_IDENTITY, "no key");
  }
  return guarded(error, [&] {
    auto made = std::make_unique<trestle_backend_identity>();
    for (uint32_t i = 0; i < source->certificate_count; ++i) {
      const trestle_bytes& der = source->certificates[i];
      made->chain.emplace_back(reinterpret_cast<const char*>(der.data), der.length);
    }
    *identity = made.release();
    script().count_identity(+1);
    return TRESTLE_BACKEND_OK;
  });
}

void identity_free(trestle_backend_identity* identity) {
  script().enter(Slot::kIdentityFree);
  if (identity != nullptr) script().count_identity(-1);
  delete identity;
}

int32_t context_new(const trestle_backend_config* config, trestle_backend_context** context,
                    trestle_backend_error* error) {
  if (const auto now = scripted(Slot::kContextNew, error)) return *now;
  if (config->psk.length != 0 && !script().has(Vice::kIgnoresPsks)) {
    return fail(error, TRESTLE_RESULT_NOT_SUPPORTED, "PSK");
  }
  for (uint32_t i = 0; i < config->suite_count; ++i) {
    if (contains(kSuites, config->suites[i])) continue;
    char name[16];
    std::snprintf(name, sizeof name, "suite 0x%04X", unsigned{config->suites[i]});
    return fail(error, TRESTLE_RESULT_SUITE_NOT_SUPPORTED, name);
  }
  if (config->role == TRESTLE_ROLE_SERVER && config->identity == nullptr) {
    return fail(error, TRESTLE_RESULT_NO_IDENTITY, "a server needs one");
  }
  return guarded(error, [&] {
    auto made = std::make_unique<trestle_backend_context>();
    made->role = config->role;
    made->version_min = config->version_min;
    made->version_max = config->version_max;
    made->client_auth = config->client_auth;
    made->suites.assign(config->suites, config->suites + config->suite_count);
    if (config->identity != nullptr) made->chain = config->identity->chain;
    *context = made.release();
    script().count_context(+1);
    return TRESTLE_BACKEND_OK;
  });
}

void context_free(trestle_backend_context* context) {
  script().enter(Slot::kContextFree);
  if (context != nullptr) script().count_context(-1);
  delete context;
}

int32_t connection_new(trestle_backend_context* context, void* host_connection,
                       trestle_backend_connection** connection, trestle_backend_error* error) {
  if (const auto now = scripted(Slot::kConnectionNew, error)) return *now;
  return guarded(error, [&] {
    auto made = std::make_unique<Connection>();
    made->context = context;
    made->host_connection = host_connection;
    if (script().has(Vice::kAsksBeforeHandshake)) ask(made.get(), {"a certificate"});
    *connection = made.release();
    script().count_connection(+1);
    return TRESTLE_BACKEND_OK;
  });
}

void connection_free(trestle_backend_connection* connection) {
  script().enter(Slot::kConnectionFree);
  if (connection != nullptr) script().count_connection(-1);
  delete connection;
}

int32_t handshake(trestle_backend_connection* c, trestle_backend_error* error) {
  if (const auto now = scripted(Slot::kHandshake, error)) return *now;
  return guarded(error, [&] { return shake_hands(c, error); });
}

int32_t encrypt(trestle_backend_connection* c, const uint8_t* data, uint64_t length,
                trestle_backend_error* error) {
  if (const auto now = scripted(Slot::kEncrypt, error)) return *now;
  return guarded(error, [&] {
    if (c->state == Connection::kFailed) {
      return fail(error, TRESTLE_RESULT_PROTOCOL_VIOLATION, "failed before");
    }
    for (uint64_t at = 0; at < length; at += kDataMax) {
      const uint64_t count = std::min(kDataMax, length - at);
      push_frame(c, kData, std::string(reinterpret_cast<const char*>(data + at), count));
    }
    return TRESTLE_BACKEND_OK;
  });
}

int32_t decrypt(trestle_backend_connection* c, uint8_t* buffer, uint64_t capacity,
                uint64_t* length, trestle_backend_error* error) {
  if (const auto now = scripted(Slot::kDecrypt, error, length)) return *now;
  return guarded(error, [&] {
    if (script().has(Vice::kAsksWhileDecrypting)) ask(c, {"a certificate"});
    if (c->plaintext.empty()) {
      const int32_t status = pull_data(c, &c->plaintext, error);
      if (status != TRESTLE_BACKEND_OK) return status;
    }
    *length = std::min<uint64_t>(capacity, c->plaintext.size());
    std::memcpy(buffer, c->plaintext.data(), *length);
    c->plaintext.erase(0, *length);
    return TRESTLE_BACKEND_OK;
  });
}

int32_t close(trestle_backend_connection* c, trestle_backend_error* error) {
  if (const auto now = scripted(Slot::kClose, error)) return *now;
  return guarded(error, [&] {
    push_frame(c, kClose, "");
    return TRESTLE_BACKEND_OK;
  });
}

int32_t abort(trestle_backend_connection* c, uint8_t alert, trestle_backend_error* error) {
  if (const auto now = scripted(Slot::kAbort, error)) return *now;
  return guarded(error, [&] {
    push_frame(c, kAlert, std::string(1, static_cast<char>(alert)));
    c->state = Connection::kFailed;
    return TRESTLE_BACKEND_OK;
  });
}

void info(const trestle_backend_connection* c, trestle_backend_connection_info* info) {
  script().enter(Slot::kInfo);
  info->version = c->version;
  info->suite = c->suite;
}

// The library that this backend binds is libc alone.
const trestle_backend_canary kCanaries[] = {
    {"gettid", reinterpret_cast<const void*>(&gettid), "libc.so"}};

const trestle_backend kTable = {
    sizeof(trestle_backend), TRESTLE_BACKEND_ABI, "fake",          "1.0.0",         kCanaries,
    1,                       0,                   process_init,    library_version, thread_detach,
    capability,              verify_signature,    identity_new,    identity_free,   context_new,
    context_free,            connection_new,      connection_free, handshake,       encrypt,
    decrypt,                 close,               abort,           info,
};

}  // namespace
}  // namespace trestle::fake

const trestle_backend* trestle_backend_entry(uint32_t host_abi) {
  return host_abi / 1000 == TRESTLE_BACKEND_ABI_MAJOR ? &trestle::fake::kTable : nullptr;
}
