// SPDX-License-Identifier: Apache-2.0
// Named groups and signature schemes: IANA's numbers and the library's names.
#pragma once

#include <cstdint>

namespace trestle::openssl {

struct Group {
  uint16_t id;
  int nid;
  uint32_t dh_bits;  // of a finite field (RFC 7919); 0 for a curve
};

struct SignatureScheme {
  uint16_t id;
  const char *tls_name;  // for SSL_CTX_set1_sigalgs_list
  const char *digest;    // NULL: the algorithm has its own
  bool pss;
};

// NULL if it is not known.
const Group *find_group(uint32_t id);
const SignatureScheme *find_signature_scheme(uint32_t id);

// The smallest finite-field group of at least so many bits; NULL if there is none.
const Group *smallest_dh_group(uint32_t bits);

}  // namespace trestle::openssl
