// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include <algorithm>

#include "core/checked_calls/checked_calls.h"
#include "core/pki/name.h"
#include "core/session/config.h"

namespace trestle {
namespace {

// Preference: forward secrecy, authenticated encryption, AES-128 before the rest (RFC 9325, 4.2).
constexpr uint16_t kDefaultSuites[] = {
    TRESTLE_TLS_AES_128_GCM_SHA256,
    TRESTLE_TLS_AES_256_GCM_SHA384,
    TRESTLE_TLS_CHACHA20_POLY1305_SHA256,
    TRESTLE_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    TRESTLE_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    TRESTLE_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    TRESTLE_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    TRESTLE_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    TRESTLE_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
};

// x25519, secp256r1, secp384r1, secp521r1, ffdhe2048, ffdhe3072. The first is the key share.
constexpr uint16_t kGroups[] = {0x001D, 0x0017, 0x0018, 0x0019, 0x0100, 0x0101};

// ecdsa_secp256r1_sha256, rsa_pss_rsae_sha256, rsa_pkcs1_sha256, ed25519, then the larger ones.
constexpr uint16_t kSignatureSchemes[] = {0x0403, 0x0804, 0x0401, 0x0807, 0x0503, 0x0805, 0x0501,
                                          0x0603, 0x0806, 0x0601, 0x0809, 0x080A, 0x080B};
// dsa_sha256, dsa_sha1 (RFC 5246, 7.4.1.4.1): only with a DSS suite, which has no other.
constexpr uint16_t kDsaSchemes[] = {0x0402, 0x0202};

constexpr uint32_t kDhBitsMin = 2048;

template <size_t N>
void add_supported(const trestle_backend& backend, uint32_t capability,
                   const uint16_t (&wanted)[N], std::vector<uint16_t>* list) {
  for (uint16_t one : wanted)
    if (backend.capability(capability, one) == 1) list->push_back(one);
}

}  // namespace

bool certificate_is_due(const SessionConfig& config, const trestle_backend_connection_info& info) {
  if (!config.psk.empty() && info.by_psk == 1) return false;
  const auto& named = config.suites;
  bool asked_for = std::find(named.begin(), named.end(), info.suite) != named.end();
  if (asked_for && is_anonymous_suite(info.suite)) return false;
  return config.role == TRESTLE_ROLE_CLIENT || config.client_auth == TRESTLE_CLIENT_AUTH_REQUIRE;
}

trestle_backend_error new_backend_error() {
  trestle_backend_error error{};
  error.size = sizeof error;
  error.result = TRESTLE_RESULT_FAILURE;
  error.alert = TRESTLE_ALERT_NONE;
  return error;
}

// A backend that fails without saying why has still failed.
int32_t result_of(const trestle_backend_error& error) {
  return error.result > TRESTLE_RESULT_SUCCESS ? error.result : TRESTLE_RESULT_FAILURE;
}

std::string text_of(const char (&field)[TRESTLE_BACKEND_TEXT_MAX]) {
  return std::string(field, strnlen(field, sizeof field));
}

Outcome Outcome::of(const trestle_backend_error& error) {
  Outcome outcome;
  outcome.result = result_of(error);
  outcome.detail = text_of(error.detail);
  outcome.library_text = text_of(error.library_text);
  outcome.library_code = error.library_code;
  return outcome;
}

Outcome make_context(const SessionConfig& config, trestle_backend_context** context) {
  const trestle_backend& backend = *config.backend;
  std::vector<uint16_t> suites = config.suites;
  if (suites.empty()) add_supported(backend, TRESTLE_CAPABILITY_SUITE, kDefaultSuites, &suites);
  if (!config.certificates_awaiting_key.empty())
    return Outcome::failure(TRESTLE_RESULT_NO_IDENTITY, "the certificate's private key is missing");

  trestle_backend_config c{};
  c.size = sizeof c;
  c.role = config.role;
  c.version_min = config.version_min;
  c.version_max = config.version_max;
  std::vector<uint16_t> groups, schemes;
  add_supported(backend, TRESTLE_CAPABILITY_GROUP, kGroups, &groups);
  add_supported(backend, TRESTLE_CAPABILITY_SIGNATURE_SCHEME, kSignatureSchemes, &schemes);
  if (std::any_of(suites.begin(), suites.end(), is_dss_suite))
    add_supported(backend, TRESTLE_CAPABILITY_SIGNATURE_SCHEME, kDsaSchemes, &schemes);
  c.client_auth = config.client_auth;
  c.suites = suites.data();
  c.suite_count = static_cast<uint32_t>(suites.size());
  c.groups = groups.data();
  c.group_count = static_cast<uint32_t>(groups.size());
  c.signature_schemes = schemes.data();
  c.signature_scheme_count = static_cast<uint32_t>(schemes.size());
  c.dh_bits_min = kDhBitsMin;
  // RFC 6066, 3: literal addresses are not permitted in SNI, nor is a trailing dot.
  pki::Reference reference = pki::parse_reference(config.server_name);
  if (reference.kind == pki::ReferenceKind::kDnsName) c.server_name = reference.value.c_str();
  c.identity = config.identity;
  if (!config.psk.empty()) {
    c.psk = {config.psk.data(), config.psk.size()};
    c.psk_identity = {reinterpret_cast<const uint8_t*>(config.psk_identity.data()),
                      config.psk_identity.size()};
  }
  trestle_backend_error error = new_backend_error();
  trestle_backend_context* made = nullptr;
  if (checked_context_new(backend, c, &made, &error) != TRESTLE_BACKEND_OK)
    return Outcome::of(error);
  if (!made) return Outcome::failure(TRESTLE_RESULT_FAILURE, "the backend made no context");
  *context = made;
  return Outcome::success();
}

}  // namespace trestle
