// SPDX-License-Identifier: Apache-2.0
#include "backends/wolfssl/context.h"

#include <algorithm>

#include "backends/wolfssl/certificate.h"
#include "backends/wolfssl/connection.h"
#include "backends/wolfssl/signature.h"

#include <wolfssl/wolfcrypt/dh.h>

using namespace trestle::wolf;

namespace {

// To be called with what wolfSSL returned.
void require(int result, const char* what) {
  if (result != WOLFSSL_SUCCESS) refuse(TRESTLE_RESULT_NOT_SUPPORTED, result, "%s", what);
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

void append_name(const std::string& name, std::string* list) {
  if (!list->empty()) *list += ':';
  *list += name;
}

void set_signature_schemes(const std::vector<uint16_t>& schemes, WOLFSSL_CTX* library) {
  std::string names;
  for (const uint16_t scheme : schemes) {
    const std::string name = scheme_name(scheme);
    // Two schemes can have the same; none is a part of another.
    if (names.find(name) == std::string::npos) append_name(name, &names);
  }
  require(names.empty() ? 0 : wolfSSL_CTX_set1_sigalgs_list(library, names.c_str()),
          "the list of signature schemes");
}

void set_groups(const std::vector<uint16_t>& groups, WOLFSSL_CTX* library) {
  std::string curves;
  for (const uint16_t id : groups) {
    if (const char* name = find_group(id)->name) append_name(name, &curves);
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

void load_identity(const trestle_backend_identity& identity, trestle_backend_context* context) {
  identity.load(context->library.get());
  const Certificate leaf(identity.chain());
  for (const uint16_t scheme : context->signature_schemes) {
    if (leaf.key_may_use(scheme, false)) context->own_schemes.push_back(scheme);
  }
}

void set_psk(trestle_backend_context* context) {
  for (const uint16_t id : context->suites) {
    if (find_suite(id)->authentication == Authentication::kTls13 &&
        id != TRESTLE_TLS_AES_256_GCM_SHA384) {
      context->psk_suites.push_back(id);
    }
  }
  // wolfSSL treats identities as C strings.
  if (context->psk_identity.find('\0') != std::string::npos) {
    refuse(TRESTLE_RESULT_NOT_SUPPORTED, 0, "a zero byte in a PSK identity");
  }
  install_psk_callbacks(*context);
}

}  // namespace

bool trestle_backend_context::has(Authentication authentication) const {
  return std::any_of(suites.begin(), suites.end(), [authentication](uint16_t id) {
    return find_suite(id)->authentication == authentication;
  });
}

trestle_backend_context::trestle_backend_context(const trestle_backend_config& config)
    : is_client(config.role == TRESTLE_ROLE_CLIENT),
      tls13(config.version_max == TRESTLE_VERSION_TLS13),
      has_identity(config.identity != nullptr),
      client_auth(is_client ? TRESTLE_CLIENT_AUTH_NONE : config.client_auth),
      suites(config.suites, config.suites + config.suite_count),
      groups(config.groups, config.groups + config.group_count),
      signature_schemes(config.signature_schemes,
                        config.signature_schemes + config.signature_scheme_count),
      psk(config.psk),
      psk_identity(reinterpret_cast<const char*>(config.psk_identity.data),
                   config.psk_identity.length),
      // The method of all versions, to be cut down: that of TLS 1.2 alone answers a client that has
      // only TLS 1.3 with a word about suites, and can't be given a server's curves.
      library(wolfSSL_CTX_new(is_client ? wolfTLS_client_method() : wolfTLS_server_method())) {
  WOLFSSL_CTX* context = library.get();
  if (context == nullptr) throw std::bad_alloc();
  require(wolfSSL_CTX_set_min_proto_version(context, config.version_min), "the lowest version");
  require(wolfSSL_CTX_set_max_proto_version(context, config.version_max), "the highest version");
  // No session is kept, offered or resumed.
  wolfSSL_CTX_set_session_cache_mode(context, WOLFSSL_SESS_CACHE_OFF);
  wolfSSL_CTX_NoTicketTLSv12(context);
  wolfSSL_CTX_no_ticket_TLSv13(context);
  if (has_identity) load_identity(*config.identity, this);
  // The list of suites resets the signature schemes.
  set_suites(suites, context);
  set_signature_schemes(signature_schemes, context);
  set_groups(groups, context);
  const bool finite_field = std::any_of(suites.begin(), suites.end(),
                                        [](uint16_t id) { return find_suite(id)->finite_field; });
  set_finite_field(config.dh_bits_min, !is_client && finite_field, context);
  if (has(Authentication::kAnonymous)) {
    require(wolfSSL_CTX_allow_anon_cipher(context), "anonymous suites");
  }
  if (client_auth == TRESTLE_CLIENT_AUTH_REQUIRE) wolfSSL_CTX_mutual_auth(context, 1);
  install_callbacks(context);
  if (!psk.empty()) set_psk(this);
  if (config.server_name != nullptr && is_client) {
    const auto length = static_cast<word16>(std::char_traits<char>::length(config.server_name));
    require(wolfSSL_CTX_UseSNI(context, WOLFSSL_SNI_HOST_NAME, config.server_name, length),
            "this server name");
  }
}
