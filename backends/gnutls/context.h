// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "backends/gnutls/handles.h"
#include "backends/gnutls/secret.h"

// Immutable once made, shared by its connections.
struct trestle_backend_context {
  uint32_t role = 0;
  uint32_t client_auth = 0;
  uint32_t dh_bits_min = 0;
  std::string server_name;
  std::vector<uint16_t> suites;  // what may be negotiated
  std::vector<uint16_t> own_schemes;  // client: what its key signs with in TLS 1.2
  bool has_tls12 = false;
  bool has_tls13 = false;
  trestle::gnutls_backend::Secret psk;
  std::string psk_identity;
  trestle::gnutls_backend::Priority priority;
  // Those that the configuration calls for; the others are NULL.
  trestle::gnutls_backend::DhParameters dh_parameters;  // of a server; outlive the credentials
  trestle::gnutls_backend::CertificateCredentials certificate;
  trestle::gnutls_backend::CertificateCredentials no_certificate;  // client: to answer with none
  trestle::gnutls_backend::AnonymousClient anonymous_client;
  trestle::gnutls_backend::AnonymousServer anonymous_server;
  trestle::gnutls_backend::PskClient psk_client;
  trestle::gnutls_backend::PskServer psk_server;

  bool is_server() const { return role == TRESTLE_ROLE_SERVER; }
};

namespace trestle::gnutls_backend {

// The slot context_new.
int32_t context_new(const trestle_backend_config *config, trestle_backend_context **context,
                    trestle_backend_error *error) noexcept;

}  // namespace trestle::gnutls_backend
