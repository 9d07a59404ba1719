// SPDX-License-Identifier: Apache-2.0
#include "backends/gnutls/context.h"

#include <algorithm>
#include <cstring>

#include "backends/gnutls/connection.h"
#include "backends/gnutls/identity.h"
#include "backends/gnutls/priority.h"
#include "backends/gnutls/suites.h"

namespace trestle::gnutls_backend {
namespace {

// For a client that names no group, or a list of groups without a finite field: the smallest of RFC
// 7919's that is large enough.
void add_dh_parameters(uint32_t bits_min, trestle_backend_context *context) {
  const struct {
    uint32_t bits;
    const gnutls_datum_t &prime, &generator;
    unsigned key_bits;
  } fields[] = {
#define TRESTLE_FFDHE(bits)                                                         \
  {bits, gnutls_ffdhe_##bits##_group_prime, gnutls_ffdhe_##bits##_group_generator, \
   gnutls_ffdhe_##bits##_key_bits}
      TRESTLE_FFDHE(2048), TRESTLE_FFDHE(3072), TRESTLE_FFDHE(4096), TRESTLE_FFDHE(6144),
      TRESTLE_FFDHE(8192),
#undef TRESTLE_FFDHE
  };
  for (const auto &field : fields) {
    if (field.bits < bits_min) continue;
    context->dh_parameters = make<DhParameters>(gnutls_dh_params_init);
    check(gnutls_dh_params_import_raw2(context->dh_parameters.get(), &field.prime,
                                       &field.generator, field.key_bits),
          "DH parameters");
    return;
  }
  // No DHE then.
}

// Hands out copies that GnuTLS frees.
bool copy(const SecretBytes &bytes, gnutls_datum_t *datum) {
  datum->data = static_cast<unsigned char *>(gnutls_malloc(bytes.size()));
  if (datum->data == nullptr) return false;
  std::memcpy(datum->data, bytes.data(), bytes.size());
  datum->size = static_cast<unsigned>(bytes.size());
  return true;
}

int tell_psk(gnutls_session_t session, gnutls_datum_t *identity, gnutls_datum_t *key) {
  const trestle_backend_context &context = Connection::of(session)->context();
  if (!copy(context.psk_identity, identity)) return -1;
  if (copy(context.psk, key)) return 0;
  gnutls_free(identity->data);
  return -1;
}

int find_psk(gnutls_session_t session, const gnutls_datum_t *identity, gnutls_datum_t *key) {
  Connection *connection = Connection::of(session);
  const SecretBytes &known = connection->context().psk_identity;
  const bool same = identity->size == known.size() &&
                    std::memcmp(identity->data, known.data(), known.size()) == 0;
  connection->set_psk_identity(same ? Connection::PskIdentity::kKnown
                                    : Connection::PskIdentity::kUnknown);
  return same && copy(connection->context().psk, key) ? 0 : -1;
}

template <typename T>
T *add(gnutls_credentials_type_t type, int (*allocate)(T **), void (*free)(T *),
       trestle_backend_context *context) {
  T *object = nullptr;
  check(allocate(&object), "credentials");
  context->credentials.push_back({type, std::shared_ptr<void>(object, free)});
  return object;
}

void prepare_to_have_none(const trestle_backend_config &config, trestle_backend_context *context) {
  const int key = gnutls_x509_crt_get_pk_algorithm(config.identity->certificates[0].get(), nullptr);
  for (uint32_t i = 0; i < config.signature_scheme_count; ++i) {
    const uint16_t scheme = config.signature_schemes[i];
    if (find_scheme(scheme)->key == key) context->own_schemes.push_back(scheme);
  }
  context->no_certificate = make<CertificateCredentials>(gnutls_certificate_allocate_credentials);
}

void add_certificate(const trestle_backend_config &config, trestle_backend_context *context) {
  // A client needs the credentials even when it has no certificate; a server that has none must
  // not seem to have.
  context->has_certificate = config.identity != nullptr;
  if (context->is_server() && !context->has_certificate) return;
  const auto credentials = add(GNUTLS_CRD_CERTIFICATE, gnutls_certificate_allocate_credentials,
                               gnutls_certificate_free_credentials, context);
  if (context->has_certificate)
    check(use_identity(*config.identity, credentials), "certificate");
  if (context->has_certificate && !context->is_server()) prepare_to_have_none(config, context);
  if (context->dh_parameters)
    gnutls_certificate_set_dh_params(credentials, context->dh_parameters.get());
}

void add_psk(const trestle_backend_config &config, trestle_backend_context *context) {
  if (config.psk.length == 0) return;
  context->psk = SecretBytes(config.psk);
  context->psk_identity = SecretBytes(config.psk_identity);
  if (!context->is_server()) {
    const auto client = add(GNUTLS_CRD_PSK, gnutls_psk_allocate_client_credentials,
                            gnutls_psk_free_client_credentials, context);
    gnutls_psk_set_client_credentials_function2(client, tell_psk);
    return;
  }
  const auto server = add(GNUTLS_CRD_PSK, gnutls_psk_allocate_server_credentials,
                          gnutls_psk_free_server_credentials, context);
  gnutls_psk_set_server_credentials_function2(server, find_psk);
  if (context->dh_parameters)
    gnutls_psk_set_server_dh_params(server, context->dh_parameters.get());
}

void add_anonymous(const trestle_backend_config &config, trestle_backend_context *context) {
  const auto is_anonymous = [](uint16_t id) { return find_suite(id)->kx == GNUTLS_KX_ANON_DH; };
  if (std::none_of(config.suites, config.suites + config.suite_count, is_anonymous)) return;
  if (!context->is_server()) {
    add(GNUTLS_CRD_ANON, gnutls_anon_allocate_client_credentials,
        gnutls_anon_free_client_credentials, context);
    return;
  }
  const auto server = add(GNUTLS_CRD_ANON, gnutls_anon_allocate_server_credentials,
                          gnutls_anon_free_server_credentials, context);
  if (context->dh_parameters)
    gnutls_anon_set_server_dh_params(server, context->dh_parameters.get());
}

}  // namespace

std::unique_ptr<trestle_backend_context> make_context(const trestle_backend_config &config) {
  auto context = std::make_unique<trestle_backend_context>();
  context->role = config.role;
  context->client_auth = config.client_auth;
  context->dh_bits_min = config.dh_bits_min;
  context->version_min = config.version_min;
  context->version_max = config.version_max;
  if (config.server_name != nullptr) context->server_name = config.server_name;
  context->priority = make_priority(config);
  if (context->is_server()) add_dh_parameters(config.dh_bits_min, context.get());
  add_certificate(config, context.get());
  add_psk(config, context.get());
  add_anonymous(config, context.get());
  return context;
}

}  // namespace trestle::gnutls_backend
