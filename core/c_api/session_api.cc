// SPDX-License-Identifier: Apache-2.0
#include <cstring>

#include "core/c_api/api.h"

using namespace trestle;

namespace {

// A request for a session; `configures` tells those that CONNECT has to wait for.
template <typename F>
int32_t session_request(trestle_engine* engine, uint64_t session, uint32_t cfm, uint64_t tag,
                        bool configures, F&& fill) {
  Engine* e = engine_of(engine);
  Session* s = e->sessions().find(session);
  if (!s) return TRESTLE_RESULT_BAD_HANDLE;
  return make_request(e, s, session, s->queue(), cfm, tag, [&](Message& m) {
    m.c.session = session;
    fill(m);
    if (configures) {
      m.arguments->after_connect = s->connect_seen.load(std::memory_order_acquire) == session;
      s->configurations_pending.fetch_add(1, std::memory_order_acq_rel);
    }
  });
}

int32_t check_bytes(const uint8_t* data, uint64_t length, uint64_t max) {
  if (!data && length != 0) return TRESTLE_RESULT_NULL_ARGUMENT;
  return length > max ? TRESTLE_RESULT_TOO_LARGE : TRESTLE_RESULT_SUCCESS;
}

pki::SecretBytes copy(const uint8_t* data, uint64_t length) {
  return pki::SecretBytes(pki::Bytes(data, static_cast<size_t>(length)));
}

}  // namespace

int32_t trestle_session_create_req(trestle_engine* engine, uint64_t queue, uint32_t role,
                                   const char* backend, uint64_t tag) {
  if (int32_t result = check_engine(engine)) return result;
  if (role != TRESTLE_ROLE_CLIENT && role != TRESTLE_ROLE_SERVER)
    return TRESTLE_RESULT_BAD_ARGUMENT;
  if (!is_name(backend)) return TRESTLE_RESULT_BAD_ARGUMENT;
  return control_request(engine, queue, TRESTLE_PRIM_SESSION_CREATE_CFM, tag, [=](Message& m) {
    m.arguments->text = backend ? backend : "";
    m.arguments->number = role;
  });
}

int32_t trestle_session_destroy_req(trestle_engine* engine, uint64_t session, uint64_t tag) {
  if (int32_t result = check_engine(engine)) return result;
  return session_request(engine, session, TRESTLE_PRIM_SESSION_DESTROY_CFM, tag, false,
                         [](Message&) {});
}

int32_t trestle_config_cipher_req(trestle_engine* engine, uint64_t session,
                                  const uint16_t* suites, uint32_t suite_count,
                                  uint16_t keybits_min, uint16_t keybits_max, uint64_t tag) {
  if (int32_t result = check_engine(engine)) return result;
  if (!suites) return TRESTLE_RESULT_NULL_ARGUMENT;
  if (suite_count == 0 || suite_count > TRESTLE_SUITES_MAX) return TRESTLE_RESULT_BAD_ARGUMENT;
  if (keybits_max != 0 && keybits_max < keybits_min) return TRESTLE_RESULT_BAD_ARGUMENT;
  return session_request(engine, session, TRESTLE_PRIM_CONFIG_CIPHER_CFM, tag, true,
                         [=](Message& m) {
                           m.arguments->suites.assign(suites, suites + suite_count);
                           m.arguments->number = keybits_min;
                           m.arguments->number2 = keybits_max;
                         });
}

int32_t trestle_config_cert_client_req(trestle_engine* engine, uint64_t session,
                                       uint8_t certificate_type, const uint8_t* certificate,
                                       uint64_t certificate_length, const uint8_t* password,
                                       uint64_t password_length, uint64_t tag) {
  if (int32_t result = check_engine(engine)) return result;
  if (certificate_type < TRESTLE_CERTIFICATE || certificate_type > TRESTLE_PSK)
    return TRESTLE_RESULT_BAD_ARGUMENT;
  if (int32_t result =
          check_bytes(certificate, certificate_length, TRESTLE_CERTIFICATE_LENGTH_MAX))
    return result;
  if (int32_t result = check_bytes(password, password_length, TRESTLE_PASSWORD_MAX)) return result;
  if (certificate_type == TRESTLE_PSK && (password || password_length != 0))
    return TRESTLE_RESULT_BAD_ARGUMENT;
  return session_request(engine, session, TRESTLE_PRIM_CONFIG_CERT_CLIENT_CFM, tag, true,
                         [=](Message& m) {
                           m.arguments->option = certificate_type;
                           m.arguments->bytes = copy(certificate, certificate_length);
                           m.arguments->password = copy(password, password_length);
                         });
}

int32_t trestle_config_cert_verify_req(trestle_engine* engine, uint64_t session,
                                       const uint8_t* trusted_ca_certificate,
                                       uint64_t trusted_ca_certificate_length, uint64_t tag) {
  if (int32_t result = check_engine(engine)) return result;
  if (int32_t result = check_bytes(trusted_ca_certificate, trusted_ca_certificate_length,
                                   TRESTLE_CERTIFICATE_LENGTH_MAX))
    return result;
  return session_request(
      engine, session, TRESTLE_PRIM_CONFIG_CERT_VERIFY_CFM, tag, true, [=](Message& m) {
        m.arguments->bytes = copy(trusted_ca_certificate, trusted_ca_certificate_length);
      });
}

int32_t trestle_config_compression_req(trestle_engine* engine, uint64_t session,
                                       uint8_t compression, uint64_t tag) {
  if (int32_t result = check_engine(engine)) return result;
  return session_request(engine, session, TRESTLE_PRIM_CONFIG_COMPRESSION_CFM, tag, true,
                         [=](Message& m) { m.arguments->number = compression; });
}

int32_t trestle_config_option_req(trestle_engine* engine, uint64_t session, uint32_t option,
                                  int64_t number, const uint8_t* bytes, uint64_t length,
                                  uint64_t tag) {
  if (int32_t result = check_engine(engine)) return result;
  if (int32_t result = check_option_arguments(option, number, bytes, length)) return result;
  return session_request(engine, session, TRESTLE_PRIM_CONFIG_OPTION_CFM, tag, true,
                         [=](Message& m) {
                           m.arguments->option = option;
                           m.arguments->number = number;
                           m.arguments->bytes = copy(bytes, length);
                         });
}

int32_t trestle_listen_req(trestle_engine* engine, uint64_t session, uint32_t family,
                           const uint8_t* ip_address, uint16_t port, uint64_t tag) {
  if (int32_t result = check_engine(engine)) return result;
  if (!ip_address) return TRESTLE_RESULT_NULL_ARGUMENT;
  if (family != TRESTLE_FAMILY_IP4 && family != TRESTLE_FAMILY_IP6)
    return TRESTLE_RESULT_BAD_ARGUMENT;
  int32_t result = session_request(engine, session, TRESTLE_PRIM_LISTEN_CFM, tag, false,
                                   [=](Message& m) {
                                     m.arguments->family = family;
                                     m.arguments->port = port;
                                     std::memcpy(m.arguments->address, ip_address,
                                                 family == TRESTLE_FAMILY_IP6 ? 16 : 4);
                                   });
  if (result == TRESTLE_RESULT_SUCCESS) {
    // Of a client's session it is refused, and changes nothing.
    Session* s = engine_of(engine)->sessions().find(session);
    if (s && s->role.load(std::memory_order_relaxed) == TRESTLE_ROLE_SERVER)
      s->connect_seen.store(session, std::memory_order_release);
  }
  return result;
}

int32_t trestle_unlisten_req(trestle_engine* engine, uint64_t listener, uint64_t tag) {
  if (int32_t result = check_engine(engine)) return result;
  Engine* e = engine_of(engine);
  Listener* l = e->listeners().find(listener);
  if (!l) return TRESTLE_RESULT_BAD_HANDLE;
  return make_request(e, l, listener, l->queue.load(std::memory_order_acquire),
                      TRESTLE_PRIM_UNLISTEN_CFM, tag,
                      [=](Message& m) { m.c.listener = listener; });
}
