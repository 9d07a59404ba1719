// SPDX-License-Identifier: Apache-2.0
// Private keys under a password, in every way that libcrypto knows to put them there.
#pragma once

#include <string>

#include "abi_tests/support/pki.h"

namespace trestle::conformance {

// Ciphers by libcrypto's names: "AES-256-CBC" (PBES2), "PBE-SHA1-3DES" (RFC 7292, C); "": none.
struct Pkcs12Recipe {
  const char* password = "";  // UTF-8; nullptr: none, which isn't the empty one
  const char* cipher = "AES-256-CBC";
  bool with_mac = true;
  bool with_key = true;
  bool with_certificate = true;
  bool with_issuers = true;
};
std::string make_pkcs12(const testing::Identity& identity, const Pkcs12Recipe& recipe);

// `derivation`: "scrypt", or PBKDF2's hash by libcrypto's name, such as "hmacWithSHA256".
std::string encrypt_pkcs8(const testing::Key& key, const std::string& password, const char* cipher,
                          const char* derivation);

}  // namespace trestle::conformance
