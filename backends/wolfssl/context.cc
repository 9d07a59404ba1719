// SPDX-License-Identifier: Apache-2.0
#include "backends/wolfssl/context.h"

#include <algorithm>

#include "backends/wolfssl/connection.h"
#include "backends/wolfssl/error.h"
#include "backends/wolfssl/suites.h"

#include <wolfssl/wolfcrypt/dh.h>

namespace trestle::wolf {
namespace {

// A list of the configuration.
std::vector<uint16_t> list(const uint16_t* items, uint32_t count) {
  return std::vector<uint16_t>(items, items + count);
}

// What the suites of a configuration need.
struct Needs {
  bool tls13 = false;
  bool tls12 = false;
  bool anonymous = false;
  bool psk = false;
  bool finite_field = false;
};

int32_t find_needs(const std::vector<uint16_t>& suites, Needs* needs,
                   trestle_backend_error* error) {
  if (suites.empty()) {
    return fail(error, TRESTLE_RESULT_NOT_SUPPORTED, 0, "no cipher suite");
  }
  for (const uint16_t id : suites) {
    const Suite* suite = find_suite(id);
    if (suite == nullptr) {
      return fail(error, TRESTLE_RESULT_SUITE_NOT_SUPPORTED, 0, "suite 0x%04X", id);
    }
    const bool tls13 = suite->authentication == Authentication::kTls13;
    needs->tls13 |= tls13;
    needs->tls12 |= !tls13;
    needs->anonymous |= suite->authentication == Authentication::kAnonymous;
    needs->psk |= suite->authentication == Authentication::kPsk;
    needs->finite_field |= suite->finite_field;
  }
  return TRESTLE_BACKEND_OK;
}

// Suites and versions restrict each other.
struct Versions {
  bool tls12;
  bool tls13;
};

int32_t find_versions(const trestle_backend_config& config, const Needs& needs, Versions* versions,
                      trestle_backend_error* error) {
  if (config.version_min < TRESTLE_VERSION_TLS12 || config.version_max > TRESTLE_VERSION_TLS13) {
    return fail(error, TRESTLE_RESULT_NOT_SUPPORTED, 0, "versions other than TLS 1.2 and 1.3");
  }
  versions->tls12 = needs.tls12 && config.version_min <= TRESTLE_VERSION_TLS12 &&
                    config.version_max >= TRESTLE_VERSION_TLS12;
  versions->tls13 = needs.tls13 && config.version_min <= TRESTLE_VERSION_TLS13 &&
                    config.version_max >= TRESTLE_VERSION_TLS13;
  if (versions->tls12 || versions->tls13) return TRESTLE_BACKEND_OK;
  return fail(error, TRESTLE_RESULT_NOT_SUPPORTED, 0,
              "no cipher suite for versions 0x%04X to 0x%04X", config.version_min,
              config.version_max);
}

// The method of all versions, cut down: that of TLS 1.2 alone answers a client that has only
// TLS 1.3 with a word about suites, and can't be given a server's curves.
int32_t set_versions(const Versions& versions, WOLFSSL_CTX* library,
                     trestle_backend_error* error) {
  const int min = versions.tls12 ? TLS1_2_VERSION : TLS1_3_VERSION;
  const int max = versions.tls13 ? TLS1_3_VERSION : TLS1_2_VERSION;
  if (wolfSSL_CTX_set_min_proto_version(library, min) == WOLFSSL_SUCCESS &&
      wolfSSL_CTX_set_max_proto_version(library, max) == WOLFSSL_SUCCESS) {
    return TRESTLE_BACKEND_OK;
  }
  return fail(error, TRESTLE_RESULT_NOT_SUPPORTED, 0, "this range of versions");
}

int32_t set_identity(const trestle_backend_identity& identity, WOLFSSL_CTX* library,
                     trestle_backend_error* error) {
  int code = 0;
  if (load_certificates(identity, library, &code) && load_key(identity, library, &code)) {
    return TRESTLE_BACKEND_OK;
  }
  return fail(error, TRESTLE_RESULT_NOT_SUPPORTED, code, "the identity does not load");
}

int32_t set_suites(const std::vector<uint16_t>& suites, WOLFSSL_CTX* library,
                   trestle_backend_error* error) {
  std::vector<uint8_t> bytes;
  for (const uint16_t suite : suites) {
    bytes.push_back(static_cast<uint8_t>(suite >> 8));
    bytes.push_back(static_cast<uint8_t>(suite));
  }
  const int size = static_cast<int>(bytes.size());
  if (wolfSSL_CTX_set_cipher_list_bytes(library, bytes.data(), size) == WOLFSSL_SUCCESS) {
    return TRESTLE_BACKEND_OK;
  }
  return fail(error, TRESTLE_RESULT_NOT_SUPPORTED, 0, "the list of cipher suites");
}

int32_t set_signature_schemes(const std::vector<uint16_t>& schemes, WOLFSSL_CTX* library,
                              trestle_backend_error* error) {
  std::string names;
  if (signature_list(schemes, &names) && !names.empty() &&
      wolfSSL_CTX_set1_sigalgs_list(library, names.c_str()) == WOLFSSL_SUCCESS) {
    return TRESTLE_BACKEND_OK;
  }
  return fail(error, TRESTLE_RESULT_NOT_SUPPORTED, 0, "the list of signature schemes");
}

int32_t set_groups(const std::vector<uint16_t>& groups, WOLFSSL_CTX* library,
                   trestle_backend_error* error) {
  std::string curves;
  for (const uint16_t group : groups) {
    if (!has_group(group)) {
      return fail(error, TRESTLE_RESULT_NOT_SUPPORTED, 0, "group 0x%04X", group);
    }
    const char* name = curve_name(group);
    if (name != nullptr) curves += (curves.empty() ? "" : ":") + std::string(name);
  }
  // The list of names rules curves out for TLS 1.2, the list of numbers sets all groups.
  if (!curves.empty() &&
      wolfSSL_CTX_set1_curves_list(library, curves.c_str()) != WOLFSSL_SUCCESS) {
    return fail(error, TRESTLE_RESULT_NOT_SUPPORTED, 0, "the list of curves");
  }
  std::vector<int> numbers(groups.begin(), groups.end());
  const int result =
      wolfSSL_CTX_set_groups(library, numbers.data(), static_cast<int>(numbers.size()));
  if (result == WOLFSSL_SUCCESS && !groups.empty()) return TRESTLE_BACKEND_OK;
  return fail(error, TRESTLE_RESULT_NOT_SUPPORTED, result, "the list of groups");
}

// The smallest group of RFC 7919 that the configuration allows, for a server's DHE suites.
int32_t set_finite_field(const trestle_backend_config& config, WOLFSSL_CTX* library,
                         trestle_backend_error* error) {
  if (config.dh_bits_min > 3072) {
    return fail(error, TRESTLE_RESULT_NOT_SUPPORTED, 0, "finite-field groups end at 3072 bits");
  }
  const DhParams* group =
      config.dh_bits_min <= 2048 ? wc_Dh_ffdhe2048_Get() : wc_Dh_ffdhe3072_Get();
  const int result = wolfSSL_CTX_SetTmpDH(library, group->p, static_cast<int>(group->p_len),
                                          group->g, static_cast<int>(group->g_len));
  if (result == WOLFSSL_SUCCESS) return TRESTLE_BACKEND_OK;
  return fail(error, TRESTLE_RESULT_NOT_SUPPORTED, result, "parameters for DHE");
}

int32_t set_dh_bits_min(uint32_t bits, WOLFSSL_CTX* library, trestle_backend_error* error) {
  // It counts in bytes.
  const uint32_t rounded = std::min<uint32_t>((bits + 7) / 8 * 8, 16000);
  const int result = wolfSSL_CTX_SetMinDhKey_Sz(library, static_cast<word16>(rounded));
  if (result == WOLFSSL_SUCCESS && bits <= 16000) return TRESTLE_BACKEND_OK;
  return fail(error, TRESTLE_RESULT_NOT_SUPPORTED, result, "a finite-field minimum of %u bits",
              bits);
}

int32_t set_psk(const trestle_backend_config& config, const Needs& needs,
                trestle_backend_context* context, trestle_backend_error* error) {
  context->psk = SecretBytes(config.psk.data, config.psk.length);
  context->psk_identity.assign(reinterpret_cast<const char*>(config.psk_identity.data),
                               config.psk_identity.length);
  for (const uint16_t id : context->suites) {
    const bool has_sha256 = find_suite(id)->authentication == Authentication::kTls13 &&
                            id != TRESTLE_TLS_AES_256_GCM_SHA384;
    if (context->tls13 && has_sha256) context->psk_suites.push_back(id);
  }
  if (context->psk_suites.empty() && !needs.psk) {
    return fail(error, TRESTLE_RESULT_NOT_SUPPORTED, 0, "no suite of the list can use the PSK");
  }
  // wolfSSL treats identities as C strings.
  if (context->psk_identity.find('\0') == std::string::npos) return TRESTLE_BACKEND_OK;
  return fail(error, TRESTLE_RESULT_NOT_SUPPORTED, 0, "a zero byte in a PSK identity");
}

int32_t set_server_name(const char* name, WOLFSSL_CTX* library, trestle_backend_error* error) {
  const auto length = static_cast<word16>(std::char_traits<char>::length(name));
  const int result = wolfSSL_CTX_UseSNI(library, WOLFSSL_SNI_HOST_NAME, name, length);
  if (result == WOLFSSL_SUCCESS) return TRESTLE_BACKEND_OK;
  return fail(error, TRESTLE_RESULT_NOT_SUPPORTED, result, "this server name");
}

// No session is kept, offered or resumed.
void turn_resumption_off(WOLFSSL_CTX* library) {
  wolfSSL_CTX_set_session_cache_mode(library, WOLFSSL_SESS_CACHE_OFF);
  wolfSSL_CTX_NoTicketTLSv12(library);
  wolfSSL_CTX_no_ticket_TLSv13(library);
}

int32_t configure(const trestle_backend_config& config, trestle_backend_context* context,
                  trestle_backend_error* error) {
  context->suites = list(config.suites, config.suite_count);
  const bool server = config.role == TRESTLE_ROLE_SERVER;
  Needs needs;
  Versions versions;
  if (const int32_t status = find_needs(context->suites, &needs, error)) return status;
  if (const int32_t status = find_versions(config, needs, &versions, error)) return status;

  context->library.reset(
      wolfSSL_CTX_new(server ? wolfTLS_server_method() : wolfTLS_client_method()));
  WOLFSSL_CTX* library = context->library.get();
  if (library == nullptr) throw std::bad_alloc();
  context->role = config.role;
  context->tls13 = versions.tls13;
  context->has_identity = config.identity != nullptr;
  context->groups = list(config.groups, config.group_count);
  context->signature_schemes = list(config.signature_schemes, config.signature_scheme_count);
  context->client_auth = server ? config.client_auth : TRESTLE_CLIENT_AUTH_NONE;

  turn_resumption_off(library);
  if (const int32_t status = set_versions(versions, library, error)) return status;
  if (config.identity != nullptr) {
    if (const int32_t status = set_identity(*config.identity, library, error)) return status;
  }
  // The list of suites resets the signature schemes.
  if (const int32_t status = set_suites(context->suites, library, error)) return status;
  if (const int32_t status = set_signature_schemes(context->signature_schemes, library, error)) {
    return status;
  }
  if (const int32_t status = set_groups(context->groups, library, error)) {
    return status;
  }
  if (const int32_t status = set_dh_bits_min(config.dh_bits_min, library, error)) return status;
  if (server && needs.finite_field) {
    if (const int32_t status = set_finite_field(config, library, error)) return status;
  }
  if (needs.anonymous && wolfSSL_CTX_allow_anon_cipher(library) != WOLFSSL_SUCCESS) {
    return fail(error, TRESTLE_RESULT_NOT_SUPPORTED, 0, "anonymous suites");
  }
  const bool has_psk = config.psk.length > 0;
  if (server && config.identity == nullptr && !has_psk && !needs.anonymous) {
    return fail(error, TRESTLE_RESULT_NO_IDENTITY, 0, "a server needs a certificate or a PSK");
  }
  if (has_psk && context->client_auth == TRESTLE_CLIENT_AUTH_REQUIRE) {
    return fail(error, TRESTLE_RESULT_NOT_SUPPORTED, 0,
                "a handshake with a PSK brings no client certificate");
  }
  if (needs.anonymous && context->client_auth == TRESTLE_CLIENT_AUTH_REQUIRE) {
    return fail(error, TRESTLE_RESULT_NOT_SUPPORTED, 0,
                "an anonymous handshake brings no client certificate");
  }
  if (context->client_auth == TRESTLE_CLIENT_AUTH_REQUIRE) wolfSSL_CTX_mutual_auth(library, 1);
  if (has_psk) {
    if (const int32_t status = set_psk(config, needs, context, error)) return status;
  }
  if (config.server_name != nullptr && !server) {
    if (const int32_t status = set_server_name(config.server_name, library, error)) return status;
  }
  install_callbacks(context, has_psk && needs.psk);
  return TRESTLE_BACKEND_OK;
}

}  // namespace

int32_t context_new(const trestle_backend_config* config, trestle_backend_context** context,
                    trestle_backend_error* error) {
  wolfSSL_ERR_clear_error();
  auto made = std::make_unique<trestle_backend_context>();
  const int32_t status = configure(*config, made.get(), error);
  wolfSSL_ERR_clear_error();
  if (status == TRESTLE_BACKEND_OK) *context = made.release();
  return status;
}

}  // namespace trestle::wolf
