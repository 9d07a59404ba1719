// SPDX-License-Identifier: Apache-2.0
#include "backends/gnutls/context.h"

#include <cstring>
#include <memory>

#include "backends/gnutls/connection.h"
#include "backends/gnutls/error.h"
#include "backends/gnutls/identity.h"
#include "backends/gnutls/priority.h"
#include "backends/gnutls/suites.h"

namespace trestle::gnutls_backend {
namespace {

// RFC 7919's groups.
struct FiniteField {
  uint32_t bits;
  const gnutls_datum_t &prime;
  const gnutls_datum_t &generator;
  unsigned key_bits;
};

// For a client that names no group, or a list of groups without a finite field: the smallest that
// is large enough.
int add_dh_parameters(uint32_t bits_min, trestle_backend_context *context) {
  const FiniteField fields[] = {
      {2048, gnutls_ffdhe_2048_group_prime, gnutls_ffdhe_2048_group_generator,
       gnutls_ffdhe_2048_key_bits},
      {3072, gnutls_ffdhe_3072_group_prime, gnutls_ffdhe_3072_group_generator,
       gnutls_ffdhe_3072_key_bits},
      {4096, gnutls_ffdhe_4096_group_prime, gnutls_ffdhe_4096_group_generator,
       gnutls_ffdhe_4096_key_bits},
      {6144, gnutls_ffdhe_6144_group_prime, gnutls_ffdhe_6144_group_generator,
       gnutls_ffdhe_6144_key_bits},
      {8192, gnutls_ffdhe_8192_group_prime, gnutls_ffdhe_8192_group_generator,
       gnutls_ffdhe_8192_key_bits},
  };
  for (const FiniteField &field : fields) {
    if (field.bits < bits_min) continue;
    const int code = make(&context->dh_parameters, gnutls_dh_params_init);
    return code < 0 ? code
                    : gnutls_dh_params_import_raw2(context->dh_parameters.get(), &field.prime,
                                                   &field.generator, field.key_bits);
  }
  return 0;  // no DHE then
}

// Hands out copies that GnuTLS frees.
bool copy(const void *data, size_t length, gnutls_datum_t *datum) {
  datum->data = static_cast<unsigned char *>(gnutls_malloc(length));
  if (datum->data == nullptr) return false;
  std::memcpy(datum->data, data, length);
  datum->size = static_cast<unsigned>(length);
  return true;
}

int tell_psk(gnutls_session_t session, gnutls_datum_t *identity, gnutls_datum_t *key) {
  const trestle_backend_context &context = Connection::of(session)->context();
  if (!copy(context.psk_identity.data(), context.psk_identity.size(), identity)) return -1;
  if (copy(context.psk.data(), context.psk.size(), key)) return 0;
  gnutls_free(identity->data);
  return -1;
}

int find_psk(gnutls_session_t session, const gnutls_datum_t *identity, gnutls_datum_t *key) {
  Connection *connection = Connection::of(session);
  const trestle_backend_context &context = connection->context();
  const std::string &known = context.psk_identity;
  const bool same = identity->size == known.size() &&
                    gnutls_memcmp(identity->data, known.data(), known.size()) == 0;
  connection->set_psk_identity(same ? Connection::PskIdentity::kKnown
                                    : Connection::PskIdentity::kUnknown);
  if (!same) return -1;
  return copy(context.psk.data(), context.psk.size(), key) ? 0 : -1;
}

int prepare_to_have_none(const trestle_backend_config &config, trestle_backend_context *context) {
  const int key = gnutls_x509_crt_get_pk_algorithm(config.identity->certificates[0].get(), nullptr);
  for (uint32_t i = 0; i < config.signature_scheme_count; ++i) {
    const uint16_t scheme = config.signature_schemes[i];
    if (find_scheme(scheme)->key == key) context->own_schemes.push_back(scheme);
  }
  return make(&context->no_certificate, gnutls_certificate_allocate_credentials);
}

int add_certificate(const trestle_backend_config &config, trestle_backend_context *context) {
  // A client needs the credentials even when it has no certificate; a server that has none must
  // not seem to have.
  if (context->is_server() && config.identity == nullptr) return 0;
  int code = make(&context->certificate, gnutls_certificate_allocate_credentials);
  if (code >= 0 && config.identity != nullptr) {
    code = use_identity(*config.identity, context->certificate.get());
  }
  if (code >= 0 && config.identity != nullptr && !context->is_server()) {
    code = prepare_to_have_none(config, context);
  }
  if (code >= 0 && context->dh_parameters) {
    gnutls_certificate_set_dh_params(context->certificate.get(), context->dh_parameters.get());
  }
  return code;
}

int add_psk(const trestle_backend_config &config, trestle_backend_context *context) {
  if (config.psk.length == 0) return 0;
  context->psk = Secret(config.psk);
  context->psk_identity.assign(reinterpret_cast<const char *>(config.psk_identity.data),
                               config.psk_identity.length);
  if (!context->is_server()) {
    const int code = make(&context->psk_client, gnutls_psk_allocate_client_credentials);
    if (code < 0) return code;
    gnutls_psk_set_client_credentials_function2(context->psk_client.get(), tell_psk);
    return 0;
  }
  const int code = make(&context->psk_server, gnutls_psk_allocate_server_credentials);
  if (code < 0) return code;
  gnutls_psk_set_server_credentials_function2(context->psk_server.get(), find_psk);
  if (context->dh_parameters) {
    gnutls_psk_set_server_dh_params(context->psk_server.get(), context->dh_parameters.get());
  }
  return 0;
}

bool wants_anonymous(const trestle_backend_context &context) {
  for (uint16_t id : context.suites) {
    if (find_suite(id)->kx == GNUTLS_KX_ANON_DH) return true;
  }
  return false;
}

int add_anonymous(trestle_backend_context *context) {
  if (!wants_anonymous(*context)) return 0;
  if (!context->is_server()) {
    return make(&context->anonymous_client, gnutls_anon_allocate_client_credentials);
  }
  const int code = make(&context->anonymous_server, gnutls_anon_allocate_server_credentials);
  if (code >= 0 && context->dh_parameters) {
    gnutls_anon_set_server_dh_params(context->anonymous_server.get(),
                                     context->dh_parameters.get());
  }
  return code;
}

int32_t fill(const trestle_backend_config &config, trestle_backend_context *context,
             trestle_backend_error *error) {
  Negotiable negotiable;
  const int32_t status = make_negotiable(config, &negotiable, error);
  if (status != TRESTLE_BACKEND_OK) return status;
  context->role = config.role;
  context->client_auth = config.client_auth;
  context->dh_bits_min = config.dh_bits_min;
  if (config.server_name != nullptr) context->server_name = config.server_name;
  context->suites = std::move(negotiable.suites);
  context->has_tls12 = negotiable.has_tls12;
  context->has_tls13 = negotiable.has_tls13;
  context->priority = std::move(negotiable.priority);
  int code = context->is_server() ? add_dh_parameters(config.dh_bits_min, context) : 0;
  if (code >= 0) code = add_certificate(config, context);
  if (code >= 0) code = add_psk(config, context);
  if (code >= 0) code = add_anonymous(context);
  if (code == GNUTLS_E_MEMORY_ERROR) throw std::bad_alloc();
  if (code < 0) return fail(error, TRESTLE_RESULT_FAILURE, code, "credentials");
  if (context->is_server() && !context->certificate && !context->psk_server &&
      !context->anonymous_server) {
    return fail(error, TRESTLE_RESULT_NO_IDENTITY, 0, "a server needs a certificate or a PSK");
  }
  if (context->psk_server && context->client_auth == TRESTLE_CLIENT_AUTH_REQUIRE) {
    return fail(error, TRESTLE_RESULT_NOT_SUPPORTED, 0,
                "a handshake with a PSK brings no client certificate");
  }
  if (context->anonymous_server && context->client_auth == TRESTLE_CLIENT_AUTH_REQUIRE) {
    return fail(error, TRESTLE_RESULT_NOT_SUPPORTED, 0,
                "an anonymous handshake brings no client certificate");
  }
  return TRESTLE_BACKEND_OK;
}

}  // namespace

int32_t context_new(const trestle_backend_config *config, trestle_backend_context **context,
                    trestle_backend_error *error) noexcept {
  return guarded(error, [&] {
    auto made = std::make_unique<trestle_backend_context>();
    const int32_t status = fill(*config, made.get(), error);
    if (status == TRESTLE_BACKEND_OK) *context = made.release();
    return status;
  });
}

}  // namespace trestle::gnutls_backend
