// SPDX-License-Identifier: Apache-2.0
// Real signatures, made with libcrypto, for each signature scheme; and some that are subtly wrong.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <openssl/evp.h>

namespace trestle::conformance {

class Signer {
 public:
  // "P-224", "P-256", "P-384", "P-521", "ED25519", "ED448", "RSA", "RSA-PSS", "RSA-3" (public
  // exponent 3), "DSA". One key per kind and process.
  static const Signer& with(const std::string& kind);

  const std::string& spki() const { return spki_; }  // DER
  // By IANA's number, as verify_signature takes it: ECDSA with the scheme's hash on any curve.
  std::string sign(uint16_t scheme, const std::string& message) const;
  // RSA-PSS with another salt than as long as the hash.
  std::string sign_pss(uint16_t scheme, const std::string& message, int salt_length) const;
  // RSA's private operation on a block as long as the modulus: a signature with any padding.
  std::string sign_raw_block(const std::string& block) const;
  size_t modulus_bytes() const;
  // The same public key with its curve's parameters spelt out instead of named.
  std::string spki_with_explicit_parameters() const;

 private:
  explicit Signer(const std::string& kind);

  std::shared_ptr<EVP_PKEY> key_;
  std::string spki_;
};

// "SHA256" for 0x0403, ...; nullptr for EdDSA.
const char* hash_of(uint16_t scheme);
std::string digest(const char* hash, const std::string& message);

}  // namespace trestle::conformance
