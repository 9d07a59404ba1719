// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "backends/common/secret_bytes.h"
#include "backends/gnutls/handles.h"

namespace trestle::gnutls_backend {

struct Credentials {
  gnutls_credentials_type_t type;
  std::shared_ptr<void> object;
};

}  // namespace trestle::gnutls_backend

// Immutable once made, shared by its connections.
struct trestle_backend_context {
  uint32_t role = 0;
  uint32_t client_auth = 0;
  uint32_t dh_bits_min = 0;
  uint16_t version_min = 0;
  uint16_t version_max = 0;
  bool has_certificate = false;
  std::string server_name;
  std::vector<uint16_t> own_schemes;  // client: what its key signs with in TLS 1.2
  trestle::backend::SecretBytes psk;
  trestle::backend::SecretBytes psk_identity;
  trestle::gnutls_backend::Priority priority;
  trestle::gnutls_backend::DhParameters dh_parameters;  // server; outlive the credentials
  std::vector<trestle::gnutls_backend::Credentials> credentials;
  trestle::gnutls_backend::CertificateCredentials no_certificate;  // client: to answer with none

  bool is_server() const { return role == TRESTLE_ROLE_SERVER; }
};

namespace trestle::gnutls_backend {

// Refuses what GnuTLS cannot honour.
std::unique_ptr<trestle_backend_context> make_context(const trestle_backend_config &config);

}  // namespace trestle::gnutls_backend
