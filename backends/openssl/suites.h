// SPDX-License-Identifier: Apache-2.0
// Cipher suites that the loaded library has, by IANA's numbers.
#pragma once

#include <openssl/ssl.h>

#include <cstdint>

namespace trestle::openssl {

// Asks the library what it was built with. Once, from process_init.
bool load_suites(OSSL_LIB_CTX *context);

// NULL if the library can't negotiate it.
const SSL_CIPHER *find_suite(uint32_t id);

bool is_tls13(const SSL_CIPHER *suite);
bool has_sha256(const SSL_CIPHER *suite);   // as the hash of the handshake
bool uses_psk_of_tls12(const SSL_CIPHER *suite);

}  // namespace trestle::openssl
