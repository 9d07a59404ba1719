// SPDX-License-Identifier: Apache-2.0
// IANA's numbers beside GnuTLS's algorithms.
#pragma once

#include <gnutls/gnutls.h>

#include <cstdint>

namespace trestle::gnutls_backend {

struct Suite {
  uint16_t id;
  unsigned index;  // in gnutls_cipher_suite_info
  gnutls_kx_algorithm_t kx;  // GNUTLS_KX_UNKNOWN in TLS 1.3
  gnutls_cipher_algorithm_t cipher;
  gnutls_mac_algorithm_t mac;

  bool is_tls13() const { return id >> 8 == 0x13; }
};

// Reads GnuTLS's table once. To be called from process_init.
void load_suites();
// NULL if GnuTLS has no such suite or no handshake with it was ever seen to work.
const Suite *find_suite(uint16_t id);

struct Group {
  uint16_t id;
  const char *priority;  // in a priority string
};
// Else an elliptic curve.
inline bool is_finite_field(uint16_t group) { return group >> 8 == 1; }
const Group *find_group(uint16_t id);

struct Scheme {
  uint16_t id;
  gnutls_pk_algorithm_t key;  // of the signer, as gnutls_pubkey_get_pk_algorithm names it
  gnutls_sign_algorithm_t algorithm;  // of a certificate's signature
  const char *priority;  // to be added to a priority string; "": certificates only
};
const Scheme *find_scheme(uint16_t id);

}  // namespace trestle::gnutls_backend
