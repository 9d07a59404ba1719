// SPDX-License-Identifier: Apache-2.0
//
// Keys made at test time, signatures by them, and a SignatureChecker over libcrypto that counts
// what it was asked. Only tests may link this.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/pki/bytes.h"
#include "core/pki/testing/der_writer.h"

namespace trestle::pki::testing {

// TLS SignatureScheme numbers, and one of our own for what TLS has no number for.
constexpr uint16_t kRsaSha1 = 0x0201;
constexpr uint16_t kRsaSha256 = 0x0401;
constexpr uint16_t kRsaSha384 = 0x0501;
constexpr uint16_t kRsaSha512 = 0x0601;
constexpr uint16_t kEcdsaSha1 = 0x0203;
constexpr uint16_t kEcdsaSha256 = 0x0403;
constexpr uint16_t kEcdsaSha384 = 0x0503;
constexpr uint16_t kEcdsaSha512 = 0x0603;
constexpr uint16_t kRsaPssRsaeSha256 = 0x0804;
constexpr uint16_t kRsaPssRsaeSha384 = 0x0805;
constexpr uint16_t kRsaPssRsaeSha512 = 0x0806;
constexpr uint16_t kEd25519 = 0x0807;
constexpr uint16_t kEd448 = 0x0808;
constexpr uint16_t kRsaPssSha256 = 0x0809;
constexpr uint16_t kRsaPssSha384 = 0x080a;
constexpr uint16_t kRsaPssSha512 = 0x080b;
constexpr uint16_t kDsaSha1 = 0x0202;
constexpr uint16_t kDsaSha256 = 0x0402;
constexpr uint16_t kRsaMd5 = 0x0101;

class TestKey {
 public:
  static TestKey rsa(int bits = 2048);
  static TestKey ec(const std::string& curve = "P-256");
  static TestKey ed25519();
  static TestKey ed448();
  static TestKey dsa(int bits = 2048);

  Octets spki() const;
  Octets pkcs8() const;
  Octets encrypted_pkcs8(const std::string& password) const;
  Octets traditional() const;  // PKCS#1, SEC 1 or the six integers of DSA
  std::string traditional_pem(const std::string& password) const;
  Octets pkcs12(const std::string& password) const;  // with no certificate in it

  Octets sign(uint16_t scheme, const Octets& message) const;
  uint16_t default_scheme() const;

 private:
  struct Holder;
  explicit TestKey(std::shared_ptr<Holder> holder);

  std::shared_ptr<Holder> holder_;
};

bool verify_signature(uint16_t scheme, Bytes spki, Bytes message, Bytes signature);

}  // namespace trestle::pki::testing
