// SPDX-License-Identifier: Apache-2.0
#include "backends/wolfssl/context.h"

#include <algorithm>

#include "backends/wolfssl/certificate.h"
#include "backends/wolfssl/connection.h"
#include "backends/wolfssl/error.h"
#include "backends/wolfssl/signature.h"
#include "backends/wolfssl/suites.h"

#include <wolfssl/wolfcrypt/dh.h>

namespace trestle::wolf {
namespace {

// To be called with what wolfSSL returned.
void require(int result, const char* what) {
  if (result != WOLFSSL_SUCCESS) refuse(TRESTLE_RESULT_NOT_SUPPORTED, result, "%s", what);
}

// What the suites of a configuration need.
struct Needs {
  bool tls13 = false;
  bool tls12 = false;
  bool anonymous = false;
  bool psk = false;
  bool finite_field = false;
};

Needs needs_of(const std::vector<uint16_t>& suites) {
  Needs needs;
  if (suites.empty()) refuse(TRESTLE_RESULT_NOT_SUPPORTED, 0, "no cipher suite");
  for (const uint16_t id : suites) {
    const Suite* suite = find_suite(id);
    if (suite == nullptr) refuse(TRESTLE_RESULT_SUITE_NOT_SUPPORTED, 0, "suite 0x%04X", id);
    const bool tls13 = suite->authentication == Authentication::kTls13;
    needs.tls13 |= tls13;
    needs.tls12 |= !tls13;
    needs.anonymous |= suite->authentication == Authentication::kAnonymous;
    needs.psk |= suite->authentication == Authentication::kPsk;
    needs.finite_field |= suite->finite_field;
  }
  return needs;
}

void check_authentication(const trestle_backend_config& config, const Needs& needs) {
  const bool server = config.role == TRESTLE_ROLE_SERVER;
  const bool has_psk = config.psk.length > 0;
  if (server && config.identity == nullptr && !has_psk && !needs.anonymous) {
    refuse(TRESTLE_RESULT_NO_IDENTITY, 0, "a server needs a certificate or a PSK");
  }
  if (server && config.client_auth == TRESTLE_CLIENT_AUTH_REQUIRE &&
      (has_psk || needs.anonymous)) {
    refuse(TRESTLE_RESULT_NOT_SUPPORTED, 0, "%s handshake brings no client certificate",
           has_psk ? "a PSK" : "an anonymous");
  }
}

// Suites and versions restrict each other.
void set_versions(const trestle_backend_config& config, const Needs& needs,
                  trestle_backend_context* context) {
  if (config.version_min < TRESTLE_VERSION_TLS12 || config.version_max > TRESTLE_VERSION_TLS13) {
    refuse(TRESTLE_RESULT_NOT_SUPPORTED, 0, "versions other than TLS 1.2 and 1.3");
  }
  const auto allows = [&config](uint16_t version) {
    return config.version_min <= version && version <= config.version_max;
  };
  const bool tls12 = needs.tls12 && allows(TRESTLE_VERSION_TLS12);
  context->tls13 = needs.tls13 && allows(TRESTLE_VERSION_TLS13);
  if (!tls12 && !context->tls13) {
    refuse(TRESTLE_RESULT_NOT_SUPPORTED, 0, "no cipher suite for versions 0x%04X to 0x%04X",
           config.version_min, config.version_max);
  }
  WOLFSSL_CTX* library = context->library.get();
  const int min = tls12 ? TLS1_2_VERSION : TLS1_3_VERSION;
  const int max = context->tls13 ? TLS1_3_VERSION : TLS1_2_VERSION;
  require(wolfSSL_CTX_set_min_proto_version(library, min), "the lowest version");
  require(wolfSSL_CTX_set_max_proto_version(library, max), "the highest version");
}

void set_suites(const std::vector<uint16_t>& suites, WOLFSSL_CTX* library) {
  std::vector<uint8_t> bytes;
  for (const uint16_t suite : suites) {
    bytes.push_back(static_cast<uint8_t>(suite >> 8));
    bytes.push_back(static_cast<uint8_t>(suite));
  }
  const int size = static_cast<int>(bytes.size());
  require(wolfSSL_CTX_set_cipher_list_bytes(library, bytes.data(), size),
          "the list of cipher suites");
}

void append_name(const char* name, std::string* list) {
  if (!list->empty()) *list += ':';
  *list += name;
}

void set_signature_schemes(const std::vector<uint16_t>& schemes, WOLFSSL_CTX* library) {
  std::vector<std::string> names;
  for (const uint16_t scheme : schemes) {
    const char* name = handshake_name(scheme);
    if (name == nullptr) refuse(TRESTLE_RESULT_NOT_SUPPORTED, 0, "signature scheme 0x%04X", scheme);
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  std::string list;
  for (const std::string& name : names) append_name(name.c_str(), &list);
  require(list.empty() ? 0 : wolfSSL_CTX_set1_sigalgs_list(library, list.c_str()),
          "the list of signature schemes");
}

void note_own_schemes(const trestle_backend_identity& identity, trestle_backend_context* context) {
  const Certificate leaf({identity.certificates.data(), identity.certificates.size()});
  for (const uint16_t scheme : context->signature_schemes) {
    if (leaf.key_may_use_in_tls12(scheme)) context->own_schemes.push_back(scheme);
  }
}

// Those that are large enough.
std::vector<uint16_t> choose_groups(const trestle_backend_config& config) {
  std::vector<uint16_t> groups;
  for (uint32_t i = 0; i < config.group_count; ++i) {
    const Group* group = find_group(config.groups[i]);
    if (group == nullptr) {
      refuse(TRESTLE_RESULT_NOT_SUPPORTED, 0, "group 0x%04X", config.groups[i]);
    }
    const uint32_t bits = group->finite_field_bits;
    if (bits == 0 || bits >= config.dh_bits_min) groups.push_back(group->id);
  }
  if (groups.empty() && config.group_count != 0) {
    refuse(TRESTLE_RESULT_NOT_SUPPORTED, 0, "no group is large enough");
  }
  return groups;
}

void set_groups(const std::vector<uint16_t>& groups, WOLFSSL_CTX* library) {
  std::string curves;
  for (const uint16_t id : groups) {
    const Group* group = find_group(id);
    if (group->name != nullptr) append_name(group->name, &curves);
  }
  // The list of names rules curves out for TLS 1.2, the list of numbers sets all groups.
  if (!curves.empty()) {
    require(wolfSSL_CTX_set1_curves_list(library, curves.c_str()), "the list of curves");
  }
  std::vector<int> numbers(groups.begin(), groups.end());
  const int count = static_cast<int>(numbers.size());
  require(count == 0 ? 0 : wolfSSL_CTX_set_groups(library, numbers.data(), count),
          "the list of groups");
}

// The least that a peer's finite field must have, and for a server's DHE suites the smallest group
// of RFC 7919 that has it.
void set_finite_field(uint32_t bits_min, bool serves_dhe, WOLFSSL_CTX* library) {
  constexpr uint32_t kBitsMax = 16000; // wolfSSL's
  // It counts in bytes.
  const auto rounded = static_cast<word16>((std::min(bits_min, kBitsMax) + 7) / 8 * 8);
  require(bits_min > kBitsMax ? 0 : wolfSSL_CTX_SetMinDhKey_Sz(library, rounded),
          "this minimum of a finite field");
  if (!serves_dhe) return;
  if (bits_min > 3072) {
    refuse(TRESTLE_RESULT_NOT_SUPPORTED, 0, "finite-field groups end at 3072 bits");
  }
  const DhParams* group = bits_min <= 2048 ? wc_Dh_ffdhe2048_Get() : wc_Dh_ffdhe3072_Get();
  require(wolfSSL_CTX_SetTmpDH(library, group->p, static_cast<int>(group->p_len), group->g,
                               static_cast<int>(group->g_len)),
          "parameters for DHE");
}

void set_psk(const trestle_backend_config& config, bool tls12_suites,
             trestle_backend_context* context) {
  context->psk = SecretBytes(config.psk.data, config.psk.length);
  context->psk_identity.assign(reinterpret_cast<const char*>(config.psk_identity.data),
                               config.psk_identity.length);
  for (const uint16_t id : context->suites) {
    const bool has_sha256 = find_suite(id)->authentication == Authentication::kTls13 &&
                            id != TRESTLE_TLS_AES_256_GCM_SHA384;
    if (context->tls13 && has_sha256) context->psk_suites.push_back(id);
  }
  if (context->psk_suites.empty() && !tls12_suites) {
    refuse(TRESTLE_RESULT_NOT_SUPPORTED, 0, "no suite of the list can use the PSK");
  }
  // wolfSSL treats identities as C strings.
  if (context->psk_identity.find('\0') != std::string::npos) {
    refuse(TRESTLE_RESULT_NOT_SUPPORTED, 0, "a zero byte in a PSK identity");
  }
  install_psk_callbacks(*context, tls12_suites);
}

void configure(const trestle_backend_config& config, trestle_backend_context* context) {
  const bool server = config.role == TRESTLE_ROLE_SERVER;
  // The method of all versions, to be cut down: that of TLS 1.2 alone answers a client that has
  // only TLS 1.3 with a word about suites, and can't be given a server's curves.
  context->library.reset(
      wolfSSL_CTX_new(server ? wolfTLS_server_method() : wolfTLS_client_method()));
  WOLFSSL_CTX* library = context->library.get();
  if (library == nullptr) throw std::bad_alloc();
  context->role = config.role;
  if (server) context->client_auth = config.client_auth;
  context->has_identity = config.identity != nullptr;
  context->suites.assign(config.suites, config.suites + config.suite_count);
  context->groups = choose_groups(config);
  context->signature_schemes.assign(config.signature_schemes,
                                    config.signature_schemes + config.signature_scheme_count);

  const Needs needs = needs_of(context->suites);
  check_authentication(config, needs);
  set_versions(config, needs, context);
  // No session is kept, offered or resumed.
  wolfSSL_CTX_set_session_cache_mode(library, WOLFSSL_SESS_CACHE_OFF);
  wolfSSL_CTX_NoTicketTLSv12(library);
  wolfSSL_CTX_no_ticket_TLSv13(library);
  if (config.identity != nullptr) {
    load_identity(*config.identity, library);
    note_own_schemes(*config.identity, context);
  }
  // The list of suites resets the signature schemes.
  set_suites(context->suites, library);
  set_signature_schemes(context->signature_schemes, library);
  set_groups(context->groups, library);
  set_finite_field(config.dh_bits_min, server && needs.finite_field, library);
  if (needs.anonymous) require(wolfSSL_CTX_allow_anon_cipher(library), "anonymous suites");
  if (context->client_auth == TRESTLE_CLIENT_AUTH_REQUIRE) wolfSSL_CTX_mutual_auth(library, 1);
  install_callbacks(library);
  if (config.psk.length > 0) set_psk(config, needs.psk, context);
  if (config.server_name != nullptr && !server) {
    const auto length = static_cast<word16>(std::char_traits<char>::length(config.server_name));
    require(wolfSSL_CTX_UseSNI(library, WOLFSSL_SNI_HOST_NAME, config.server_name, length),
            "this server name");
  }
}

}  // namespace

int32_t context_new(const trestle_backend_config* config, trestle_backend_context** context,
                    trestle_backend_error* error) {
  return run_slot(error, [&] {
    auto made = std::make_unique<trestle_backend_context>();
    configure(*config, made.get());
    *context = made.release();
    return TRESTLE_BACKEND_OK;
  });
}

void context_free(trestle_backend_context* context) { delete context; }

}  // namespace trestle::wolf
