// SPDX-License-Identifier: Apache-2.0
// Owners of GnuTLS's objects, its codes as refusals, and the two byte types side by side.
#pragma once

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <gnutls/pkcs12.h>
#include <gnutls/x509.h>

#include <limits>
#include <memory>
#include <type_traits>

#include <trestle/backend.h>

#include "backends/common/error.h"

namespace trestle::gnutls_backend {

using namespace backend;

template <auto kFree>
struct Free {
  template <typename T>
  void operator()(T *object) const {
    kFree(object);
  }
};

template <typename Pointer, auto kFree>
using Owner = std::unique_ptr<std::remove_pointer_t<Pointer>, Free<kFree>>;

using Session = Owner<gnutls_session_t, gnutls_deinit>;
using Priority = Owner<gnutls_priority_t, gnutls_priority_deinit>;
using Certificate = Owner<gnutls_x509_crt_t, gnutls_x509_crt_deinit>;
using PrivateKey = Owner<gnutls_x509_privkey_t, gnutls_x509_privkey_deinit>;
using SigningKey = Owner<gnutls_privkey_t, gnutls_privkey_deinit>;
using PublicKey = Owner<gnutls_pubkey_t, gnutls_pubkey_deinit>;
using Pkcs12 = Owner<gnutls_pkcs12_t, gnutls_pkcs12_deinit>;
using CertificateCredentials =
    Owner<gnutls_certificate_credentials_t, gnutls_certificate_free_credentials>;
using DhParameters = Owner<gnutls_dh_params_t, gnutls_dh_params_deinit>;

// For what only fails when something is wrong with this process.
inline void check(int code, const char *what) {
  if (code == GNUTLS_E_MEMORY_ERROR) throw std::bad_alloc();
  if (code < 0) refuse(TRESTLE_RESULT_FAILURE, code, "%s", what);
}

// By one of GnuTLS's functions that begin with an output pointer.
template <typename Handle, typename Make, typename... Arguments>
Handle make(Make function, Arguments... arguments) {
  typename Handle::pointer object = nullptr;
  check(function(&object, arguments...), "allocation");
  return Handle(object);
}

// NULL: GnuTLS can't do that, or the system forbids it.
inline Priority parse_priority(const char *text) {
  gnutls_priority_t priority = nullptr;
  const int code = gnutls_priority_init2(&priority, text, nullptr, 0);
  return Priority(code < 0 ? nullptr : priority);
}

// GnuTLS counts in unsigned int. It never writes through a datum that it takes as an input.
inline gnutls_datum_t datum(const trestle_bytes &bytes) {
  if (bytes.length > std::numeric_limits<int>::max())
    refuse(TRESTLE_RESULT_NOT_SUPPORTED, GNUTLS_E_LARGE_PACKET, "2 GiB or more");
  return {const_cast<unsigned char *>(bytes.data), static_cast<unsigned>(bytes.length)};
}

}  // namespace trestle::gnutls_backend
