// SPDX-License-Identifier: Apache-2.0
// Cipher suites that the loaded library has, by IANA's numbers.
#pragma once

#include <openssl/ssl.h>

#include <cstdint>

namespace trestle::openssl {

struct Suite {
  uint16_t id = 0;
  const char *name = nullptr;  // the library's, static
  bool tls13 = false;
  bool sha256 = false;         // hash of the handshake, which an external PSK is bound to
  bool psk = false;
  bool anonymous = false;
};

// Asks the library what it was built with. Once, from process_init.
bool load_suites(OSSL_LIB_CTX *context);

// NULL if the library can't negotiate it.
const Suite *find_suite(uint32_t id);

}  // namespace trestle::openssl
