// SPDX-License-Identifier: Apache-2.0
#include "backends/openssl/context.h"

#include <openssl/core_names.h>
#include <openssl/param_build.h>

#include <algorithm>
#include <vector>

#include "backends/openssl/algorithms.h"
#include "backends/openssl/error.h"
#include "backends/openssl/identity.h"
#include "backends/openssl/suites.h"
#include "backends/openssl/verify.h"

namespace trestle::openssl {
namespace {

// What the configured suites have in common.
struct SuiteLists {
  std::string tls12;        // the library's names, separated by colons
  std::string tls13;
  std::string tls13_sha256;
  std::string tls13_other;
  uint16_t tls13_psk = 0;   // the first one that an external PSK can be bound to
  bool tls12_psk = false;
  bool anonymous = false;
};

void append_name(std::string &list, const char *name) {
  if (!list.empty()) list += ':';
  list += name;
}

void append_suite(const Suite &suite, SuiteLists &lists) {
  append_name(suite.tls13 ? lists.tls13 : lists.tls12, suite.name);
  if (suite.tls13) append_name(suite.sha256 ? lists.tls13_sha256 : lists.tls13_other, suite.name);
  lists.anonymous |= suite.anonymous;
}

int32_t sort_suites(const trestle_backend_config &config, SuiteLists &lists,
                    trestle_backend_error *error) {
  for (uint32_t i = 0; i < config.suite_count; ++i) {
    const Suite *suite = find_suite(config.suites[i]);
    if (suite == nullptr) {
      return failf(error, TRESTLE_RESULT_SUITE_NOT_SUPPORTED, "cipher suite 0x%04X",
                   config.suites[i]);
    }
    append_suite(*suite, lists);
    if (suite->tls13 && suite->sha256 && config.version_max >= TRESTLE_VERSION_TLS13 &&
        lists.tls13_psk == 0) {
      lists.tls13_psk = suite->id;
    }
    lists.tls12_psk |= suite->psk && config.version_min <= TRESTLE_VERSION_TLS12;
  }
  return TRESTLE_BACKEND_OK;
}

bool is_version(uint16_t version) {
  return version == TRESTLE_VERSION_TLS12 || version == TRESTLE_VERSION_TLS13;
}

bool set_versions(SSL_CTX *ctx, const trestle_backend_config &config, const SuiteLists &lists) {
  if (!is_version(config.version_min) || !is_version(config.version_max)) return false;
  // A version without a suite is out.
  const uint16_t min = std::max<uint16_t>(
      config.version_min, lists.tls12.empty() ? TRESTLE_VERSION_TLS13 : TRESTLE_VERSION_TLS12);
  const uint16_t max = std::min<uint16_t>(
      config.version_max, lists.tls13.empty() ? TRESTLE_VERSION_TLS12 : TRESTLE_VERSION_TLS13);
  return min <= max && SSL_CTX_set_min_proto_version(ctx, min) == 1 &&
         SSL_CTX_set_max_proto_version(ctx, max) == 1;
}

bool set_suites(SSL_CTX *ctx, const SuiteLists &lists) {
  // A list for TLS 1.2 can't be made empty, but without one the minimum version is 1.3.
  return SSL_CTX_set_ciphersuites(ctx, lists.tls13.c_str()) == 1 &&
         (lists.tls12.empty() || SSL_CTX_set_cipher_list(ctx, lists.tls12.c_str()) == 1);
}

bool set_groups(SSL_CTX *ctx, const trestle_backend_config &config) {
  std::vector<int> nids;
  for (uint32_t i = 0; i < config.group_count; ++i) {
    const Group *group = find_group(config.groups[i]);
    if (group == nullptr) return false;
    nids.push_back(group->nid);
  }
  return SSL_CTX_set1_groups(ctx, nids.data(), static_cast<int>(nids.size())) == 1;
}

bool set_signature_schemes(SSL_CTX *ctx, const trestle_backend_config &config) {
  std::string list;
  for (uint32_t i = 0; i < config.signature_scheme_count; ++i) {
    const SignatureScheme *scheme = find_signature_scheme(config.signature_schemes[i]);
    if (scheme == nullptr) return false;
    append_name(list, scheme->tls_name);
  }
  return SSL_CTX_set1_sigalgs_list(ctx, list.c_str()) == 1 &&
         SSL_CTX_set1_client_sigalgs_list(ctx, list.c_str()) == 1;
}

// The server's own group for DHE: the first one it is configured with that is large enough, else
// the smallest of RFC 7919 that is.
const Group *choose_dh_group(const trestle_backend_config &config) {
  for (uint32_t i = 0; i < config.group_count; ++i) {
    const Group *group = find_group(config.groups[i]);
    if (group != nullptr && group->dh_name != nullptr && group->dh_bits >= config.dh_bits_min) {
      return group;
    }
  }
  return smallest_dh_group(config.dh_bits_min);
}

bool set_dh_group(SSL_CTX *ctx, const Group *group) {
  KeyContextPtr generator(EVP_PKEY_CTX_new_from_name(library_context(), "DH", nullptr));
  char name[16];
  snprintf(name, sizeof name, "%s", group->dh_name);
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, name, 0),
      OSSL_PARAM_construct_end()};
  EVP_PKEY *key = nullptr;
  if (!generator || EVP_PKEY_paramgen_init(generator.get()) != 1 ||
      EVP_PKEY_CTX_set_params(generator.get(), parameters) != 1 ||
      EVP_PKEY_paramgen(generator.get(), &key) != 1) {
    return false;
  }
  KeyPtr owned(key);
  if (SSL_CTX_set0_tmp_dh_pkey(ctx, key) != 1) return false;
  owned.release();
  return true;
}

bool is_group_large_enough(const unsigned char *id_on_wire, uint32_t bits_min) {
  const Group *group = find_group(static_cast<uint32_t>(id_on_wire[0] << 8 | id_on_wire[1]));
  return group == nullptr || group->dh_name == nullptr || group->dh_bits >= bits_min;
}

// Replaces the library's security levels, which judge by one number what the configuration lists
// one by one: suites, groups, signature schemes and versions. A level would have to be lowered for
// all of them to let a single old suite through. What is not in a list is the size of a peer's
// finite-field group.
int judge_security(const SSL *, const SSL_CTX *, int operation, int, int, void *other,
                   void *context_pointer) {
  const uint32_t bits_min = static_cast<trestle_backend_context *>(context_pointer)->dh_bits_min;
  if (operation == SSL_SECOP_TMP_DH) {
    return EVP_PKEY_get_bits(static_cast<EVP_PKEY *>(other)) >= static_cast<int>(bits_min);
  }
  if ((operation & SSL_SECOP_OTHER_TYPE) == static_cast<int>(SSL_SECOP_OTHER_CURVE)) {
    return is_group_large_enough(static_cast<const unsigned char *>(other), bits_min);
  }
  return 1;
}

// Everything that the system's openssl.cnf can preset is set here once more.
bool set_fixed_behaviour(trestle_backend_context &context) {
  SSL_CTX *ctx = context.ctx.get();
  SSL_CTX_clear_options(ctx, SSL_CTX_get_options(ctx));
  SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                               SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_ENABLE_MIDDLEBOX_COMPAT);
  SSL_CTX_clear_mode(ctx, SSL_CTX_get_mode(ctx));
  SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN);
  SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_max_early_data(ctx, 0);
  SSL_CTX_set_recv_max_early_data(ctx, 0);
  SSL_CTX_set_block_padding(ctx, 0);
  SSL_CTX_set_security_callback(ctx, judge_security);
  SSL_CTX_set0_security_ex_data(ctx, &context);
  if (SSL_CTX_set_num_tickets(ctx, 0) != 1) return false;
  // A server with SSL_VERIFY_PEER refuses every PSK unless it has an id context; a client with one
  // refuses its own.
  static const unsigned char kIdContext[] = "trestle";
  return context.role == TRESTLE_ROLE_CLIENT ||
         SSL_CTX_set_session_id_context(ctx, kIdContext, sizeof kIdContext - 1) == 1;
}

bool set_identity(SSL_CTX *ctx, const trestle_backend_identity &identity) {
  // Without such a function, a server of TLS 1.3 alone that has a key which TLS 1.3 doesn't know
  // speaks of versions, where it is the certificate that doesn't fit.
  if (SSL_CTX_get_min_proto_version(ctx) == TLS1_3_VERSION) {
    SSL_CTX_set_cert_cb(ctx, [](SSL *, void *) { return 1; }, nullptr);
  }
  return SSL_CTX_use_cert_and_key(ctx, identity.certificate.get(), identity.key.get(),
                                  identity.chain.get(), 1) == 1;
}

int32_t check_config(const trestle_backend_config &config, const SuiteLists &lists,
                     trestle_backend_error *error) {
  const bool server = config.role == TRESTLE_ROLE_SERVER;
  const bool psk = config.psk.length != 0;
  if (psk && !lists.tls12_psk && lists.tls13_psk == 0) {
    return fail(error, TRESTLE_RESULT_NOT_SUPPORTED, "no suite of the list can use the PSK");
  }
  if (psk && lists.tls12_psk && !server &&
      std::find(config.psk_identity.data, config.psk_identity.data + config.psk_identity.length,
                0) != config.psk_identity.data + config.psk_identity.length) {
    return fail(error, TRESTLE_RESULT_NOT_SUPPORTED, "PSK identity with a zero byte in TLS 1.2");
  }
  if (psk && server && config.client_auth == TRESTLE_CLIENT_AUTH_REQUIRE) {
    return fail(error, TRESTLE_RESULT_NOT_SUPPORTED,
                "a PSK handshake can't require a client certificate");
  }
  if (lists.anonymous && server && config.client_auth == TRESTLE_CLIENT_AUTH_REQUIRE) {
    return fail(error, TRESTLE_RESULT_NOT_SUPPORTED,
                "an anonymous handshake can't require a client certificate");
  }
  if (server && !psk && config.identity == nullptr && !lists.anonymous) {
    return fail(error, TRESTLE_RESULT_NO_IDENTITY, nullptr);
  }
  return TRESTLE_BACKEND_OK;
}

int32_t configure(const trestle_backend_config &config, trestle_backend_context &context,
                  trestle_backend_error *error) {
  SuiteLists lists;
  int32_t status = sort_suites(config, lists, error);
  if (status == TRESTLE_BACKEND_OK) status = check_config(config, lists, error);
  if (status != TRESTLE_BACKEND_OK) return status;

  const bool server = config.role == TRESTLE_ROLE_SERVER;
  context.role = config.role;
  context.dh_bits_min = config.dh_bits_min;
  if (config.server_name != nullptr) context.server_name = config.server_name;
  context.ctx.reset(SSL_CTX_new_ex(library_context(), nullptr,
                                   server ? TLS_server_method() : TLS_client_method()));
  SSL_CTX *ctx = context.ctx.get();
  if (ctx == nullptr) throw std::bad_alloc();

  const auto refuse = [error](const char *what) {
    return fail(error, TRESTLE_RESULT_NOT_SUPPORTED, what);
  };
  if (!set_fixed_behaviour(context)) return refuse("fixed settings");
  if (!set_versions(ctx, config, lists)) return refuse("versions, or none that has a suite");
  if (!set_suites(ctx, lists)) return refuse("cipher suites");
  if (!set_groups(ctx, config)) return refuse("groups");
  if (!set_signature_schemes(ctx, config)) return refuse("signature schemes");
  if (server) {
    const Group *group = choose_dh_group(config);
    if (group == nullptr || !set_dh_group(ctx, group)) return refuse("size of the DHE group");
  }
  if (config.identity != nullptr && !set_identity(ctx, *config.identity)) return refuse("identity");
  if (config.psk.length != 0) {
    context.suites_for_psk = lists.tls13_sha256;
    if (!lists.tls13_other.empty()) append_name(context.suites_for_psk, lists.tls13_other.c_str());
    context.psk = Psk(config.psk, config.psk_identity, lists.tls13_psk);
    use_psk(ctx, config.role);
  }
  ask_about_peers(ctx, config.role, config.client_auth);
  return TRESTLE_BACKEND_OK;
}

}  // namespace

int32_t context_new(const trestle_backend_config *config, trestle_backend_context **context,
                    trestle_backend_error *error) {
  return run_slot(error, [&] {
    auto made = std::make_unique<trestle_backend_context>();
    const int32_t status = configure(*config, *made, error);
    if (status == TRESTLE_BACKEND_OK) *context = made.release();
    return status;
  });
}

void context_free(trestle_backend_context *context) { delete context; }

}  // namespace trestle::openssl
