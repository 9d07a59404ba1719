// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/pki/secret_bytes.h"
#include "core/pki/trust_store.h"
#include "trestle/backend.h"

namespace trestle {

// Defaults in milliseconds; 0 is "no limit".
constexpr uint32_t kConnectTimeoutMs = 15000;
constexpr uint32_t kHelloTimeoutMs = 15000;
constexpr uint32_t kReceiveTimeoutMs = 15000;
constexpr uint32_t kCloseTimeoutMs = 5000;
constexpr uint32_t kTimeoutMaxMs = 24 * 60 * 60 * 1000;
constexpr uint32_t kWindowMax = 1024;
constexpr uint32_t kAcceptWindowMax = 4096;

// Everything that the CONFIG primitives can set. Belongs to the session's worker until the first
// CONNECT or LISTEN; immutable afterwards.
struct SessionConfig {
  uint32_t role = TRESTLE_ROLE_CLIENT;
  const trestle_backend* backend = nullptr;

  std::vector<uint16_t> suites;  // empty: the default ones
  uint16_t keybits_min = 0;
  uint16_t keybits_max = 0;

  trestle_backend_identity* identity = nullptr;  // owned
  std::vector<pki::SecretBytes> certificates_awaiting_key;
  pki::SecretBytes psk;
  std::string psk_identity = "Client_identity";

  pki::TrustStore trust;

  uint16_t version_min = TRESTLE_VERSION_TLS12;
  uint16_t version_max = TRESTLE_VERSION_TLS13;
  std::string server_name;
  uint32_t cert_decision = TRESTLE_CERT_DECISION_ASK;
  uint32_t client_auth = TRESTLE_CLIENT_AUTH_NONE;
  uint32_t send_window = 1;
  uint32_t receive_window = 1;
  uint32_t accept_window = 16;
  uint32_t connect_timeout_ms = kConnectTimeoutMs;
  uint32_t hello_timeout_ms = kHelloTimeoutMs;
  uint32_t receive_timeout_ms = kReceiveTimeoutMs;
  uint32_t close_timeout_ms = kCloseTimeoutMs;

  SessionConfig() = default;
  ~SessionConfig() {
    if (identity) backend->identity_free(identity);
  }
  SessionConfig(const SessionConfig&) = delete;
  SessionConfig& operator=(const SessionConfig&) = delete;
};

// What a configuration step answers; the texts become the error record.
struct Outcome {
  int32_t result = TRESTLE_RESULT_SUCCESS;
  std::string detail;
  std::string library_text;
  int64_t library_code = 0;

  bool ok() const { return result == TRESTLE_RESULT_SUCCESS; }
  static Outcome success() { return {}; }
  static Outcome failure(int32_t result, std::string detail) {
    Outcome outcome;
    outcome.result = result;
    outcome.detail = std::move(detail);
    return outcome;
  }
  static Outcome of(const trestle_backend_error& error);
};

// A zeroed error record for a call into a backend, and what is in it afterwards, whatever the backend
// wrote: a failure is never SUCCESS, a text need not have an end.
trestle_backend_error new_backend_error();
int32_t result_of(const trestle_backend_error& error);
std::string text_of(const char (&field)[TRESTLE_BACKEND_TEXT_MAX]);

struct RequestArguments;

// Each applies one CONFIG primitive, or leaves the configuration as it was and tells why.
Outcome apply_cipher(SessionConfig& config, const RequestArguments& arguments);
Outcome apply_cert_client(SessionConfig& config, RequestArguments& arguments);
Outcome apply_cert_verify(SessionConfig& config, const RequestArguments& arguments);
Outcome apply_option(SessionConfig& config, const RequestArguments& arguments);

// Refuses an option's arguments that can never be right, before the request is accepted.
int32_t check_option_arguments(uint32_t option, int64_t number, const uint8_t* bytes,
                               uint64_t length);

// Whether a handshake that ended like this can't have been without a certificate of the peer.
bool certificate_is_due(const SessionConfig& config, const trestle_backend_connection_info& info);

// Makes the backend's context of a configuration that is final.
Outcome make_context(const SessionConfig& config, trestle_backend_context** context);

}  // namespace trestle
