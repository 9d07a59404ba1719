// SPDX-License-Identifier: Apache-2.0
// Owners of GnuTLS's objects, and the two byte types side by side.
#pragma once

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <gnutls/pkcs12.h>
#include <gnutls/x509.h>

#include <limits>
#include <memory>
#include <type_traits>

#include <trestle/backend.h>

namespace trestle::gnutls_backend {

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
using PublicKey = Owner<gnutls_pubkey_t, gnutls_pubkey_deinit>;
using Pkcs12 = Owner<gnutls_pkcs12_t, gnutls_pkcs12_deinit>;
using CertificateCredentials =
    Owner<gnutls_certificate_credentials_t, gnutls_certificate_free_credentials>;
using DhParameters = Owner<gnutls_dh_params_t, gnutls_dh_params_deinit>;
using AnonymousClient =
    Owner<gnutls_anon_client_credentials_t, gnutls_anon_free_client_credentials>;
using AnonymousServer =
    Owner<gnutls_anon_server_credentials_t, gnutls_anon_free_server_credentials>;
using PskClient = Owner<gnutls_psk_client_credentials_t, gnutls_psk_free_client_credentials>;
using PskServer = Owner<gnutls_psk_server_credentials_t, gnutls_psk_free_server_credentials>;

// Fills an owner by one of GnuTLS's functions that begin with an output pointer.
template <typename T, typename D, typename Make, typename... Arguments>
int make(std::unique_ptr<T, D> *owner, Make function, Arguments... arguments) {
  T *object = nullptr;
  const int code = function(&object, arguments...);
  if (code >= 0) owner->reset(object);
  return code;
}

// GnuTLS counts in unsigned int. It never writes through a datum that it takes as an input.
inline bool to_datum(const trestle_bytes &bytes, gnutls_datum_t *datum) {
  if (bytes.length > std::numeric_limits<int>::max()) return false;
  datum->data = const_cast<unsigned char *>(bytes.data);
  datum->size = static_cast<unsigned>(bytes.length);
  return true;
}

}  // namespace trestle::gnutls_backend
