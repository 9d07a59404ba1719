// SPDX-License-Identifier: Apache-2.0
#include "backends/openssl/context.h"

#include <openssl/dh.h>

#include <algorithm>
#include <vector>

#include "backends/openssl/algorithms.h"
#include "backends/openssl/error.h"
#include "backends/openssl/identity.h"
#include "backends/openssl/suites.h"
#include "backends/openssl/verify.h"

namespace trestle::openssl {
namespace {

using Suites = std::vector<const SSL_CIPHER *>;

Suites suites_of(const trestle_backend_config &config) {
  Suites suites(config.suite_count);
  std::transform(config.suites, config.suites + config.suite_count, suites.begin(), find_suite);
  return suites;
}

void append_name(std::string &list, const char *name) {
  if (!list.empty()) list += ':';
  list += name;
}

// Those of TLS 1.3, or all others.
std::string list_names(const Suites &suites, bool tls13) {
  std::string list;
  for (const SSL_CIPHER *suite : suites) {
    if (is_tls13(suite) == tls13) append_name(list, SSL_CIPHER_get_name(suite));
  }
  return list;
}

bool set_suites(SSL_CTX *ctx, const Suites &suites) {
  // A list for TLS 1.2 can't be made empty, but without one the minimum version is 1.3.
  const std::string tls12 = list_names(suites, false);
  return SSL_CTX_set_ciphersuites(ctx, list_names(suites, true).c_str()) == 1 &&
         (tls12.empty() || SSL_CTX_set_cipher_list(ctx, tls12.c_str()) == 1);
}

bool set_groups(SSL_CTX *ctx, const trestle_backend_config &config) {
  std::vector<int> nids;
  for (uint32_t i = 0; i < config.group_count; ++i) {
    nids.push_back(find_group(config.groups[i])->nid);
  }
  return SSL_CTX_set1_groups(ctx, nids.data(), static_cast<int>(nids.size())) == 1;
}

bool set_signature_schemes(SSL_CTX *ctx, const trestle_backend_config &config) {
  std::string list;
  for (uint32_t i = 0; i < config.signature_scheme_count; ++i) {
    append_name(list, find_signature_scheme(config.signature_schemes[i])->tls_name);
  }
  return SSL_CTX_set1_sigalgs_list(ctx, list.c_str()) == 1 &&
         SSL_CTX_set1_client_sigalgs_list(ctx, list.c_str()) == 1;
}

// The server's own group for DHE: the first finite field that it is configured with, else the
// smallest of RFC 7919 that is large enough.
const Group *choose_dh_group(const trestle_backend_config &config) {
  for (uint32_t i = 0; i < config.group_count; ++i) {
    const Group *group = find_group(config.groups[i]);
    if (group->dh_bits != 0) return group;
  }
  return smallest_dh_group(config.dh_bits_min);
}

bool set_dh_group(SSL_CTX *ctx, const Group *group) {
  KeyContextPtr generator(EVP_PKEY_CTX_new_from_name(library_context(), "DH", nullptr));
  EVP_PKEY *key = nullptr;
  if (group == nullptr || !generator || EVP_PKEY_paramgen_init(generator.get()) != 1 ||
      EVP_PKEY_CTX_set_dh_nid(generator.get(), group->nid) != 1 ||
      EVP_PKEY_paramgen(generator.get(), &key) != 1) {
    return false;
  }
  KeyPtr owned(key);
  if (SSL_CTX_set0_tmp_dh_pkey(ctx, key) != 1) return false;
  owned.release();
  return true;
}

// Replaces the library's security levels, which judge by one number what the configuration lists
// one by one: suites, groups, signature schemes and versions. A level would have to be lowered for
// all of them to let a single old suite through. What is not in a list is the finite field that a
// peer has made up for TLS 1.2.
int judge_security(const SSL *, const SSL_CTX *, int operation, int, int, void *other,
                   void *context) {
  return operation != SSL_SECOP_TMP_DH ||
         EVP_PKEY_get_bits(static_cast<EVP_PKEY *>(other)) >=
             static_cast<int>(static_cast<trestle_backend_context *>(context)->dh_bits_min);
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

void set_psk(trestle_backend_context &context, const trestle_backend_config &config,
             Suites suites) {
  const uint8_t *identity = config.psk_identity.data;
  const uint8_t *identity_end = identity + config.psk_identity.length;
  if (config.role == TRESTLE_ROLE_CLIENT && std::find(identity, identity_end, 0) != identity_end &&
      std::any_of(suites.begin(), suites.end(), uses_psk_of_tls12)) {
    refuse(TRESTLE_RESULT_NOT_SUPPORTED, "PSK identity with a zero byte in TLS 1.2");
  }
  const auto fits = [](const SSL_CIPHER *suite) { return is_tls13(suite) && has_sha256(suite); };
  std::stable_partition(suites.begin(), suites.end(), fits);
  context.psk.key = backend::SecretBytes(config.psk);
  context.psk.identity.assign(identity, identity_end);
  context.psk.tls13_suite = fits(suites.front()) ? suites.front() : nullptr;
  context.psk.tls13_suites = list_names(suites, true);
  use_psk(context.ctx.get(), config.role);
}

void require(bool done, const char *what) {
  if (!done) refuse(TRESTLE_RESULT_NOT_SUPPORTED, what);
}

void configure(trestle_backend_context &context, const trestle_backend_config &config) {
  const bool server = config.role == TRESTLE_ROLE_SERVER;
  const Suites suites = suites_of(config);
  context.role = config.role;
  context.dh_bits_min = config.dh_bits_min;
  if (config.server_name != nullptr) context.server_name = config.server_name;
  context.ctx.reset(need(SSL_CTX_new_ex(library_context(), nullptr,
                                        server ? TLS_server_method() : TLS_client_method())));
  SSL_CTX *ctx = context.ctx.get();
  require(set_fixed_behaviour(context), "fixed settings");
  require(SSL_CTX_set_min_proto_version(ctx, config.version_min) == 1 &&
              SSL_CTX_set_max_proto_version(ctx, config.version_max) == 1,
          "versions");
  require(set_suites(ctx, suites), "cipher suites");
  require(set_groups(ctx, config), "groups");
  require(set_signature_schemes(ctx, config), "signature schemes");
  if (server) require(set_dh_group(ctx, choose_dh_group(config)), "size of the DHE group");
  if (config.identity != nullptr) require(set_identity(ctx, *config.identity), "identity");
  if (config.psk.length != 0) set_psk(context, config, suites);
  ask_about_peers(ctx, config.role, config.client_auth);
}

}  // namespace

int32_t context_new(const trestle_backend_config *config, trestle_backend_context **context,
                    trestle_backend_error *error) {
  return run_slot(error, [&] {
    auto made = std::make_unique<trestle_backend_context>();
    configure(*made, *config);
    *context = made.release();
    return TRESTLE_BACKEND_OK;
  });
}

void context_free(trestle_backend_context *context) { delete context; }

}  // namespace trestle::openssl
