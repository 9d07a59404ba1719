// SPDX-License-Identifier: Apache-2.0
//
// An X.509 certificate (RFC 5280 section 4.1), read strictly and completely before anything looks
// at it. It owns its DER; every Bytes in it points there. It never changes, so it may be shared
// between threads and sessions.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/pki/algorithms.h"
#include "core/pki/bytes.h"
#include "core/pki/distinguished_name.h"
#include "core/pki/extensions.h"

namespace trestle::pki {

constexpr size_t kMaxCertificateSize = 128 * 1024;
constexpr size_t kMaxSerialOctets = 64;

struct Certificate;
using CertificatePtr = std::shared_ptr<const Certificate>;

struct Certificate {
  // Copies the DER. Null, with the reason in *error, if it isn't a certificate from the first octet
  // to the last.
  static CertificatePtr parse(Bytes der, std::string* error);

  Certificate(const Certificate&) = delete;
  Certificate& operator=(const Certificate&) = delete;

  bool is_self_issued() const { return subject.canonical == issuer.canonical; }

  Bytes der;
  Bytes tbs;        // what is signed
  Bytes signature;  // the bits
  int version = 1;  // 1, 2 or 3
  Bytes serial;     // contents of the INTEGER
  SignatureAlgorithm signature_algorithm;
  DistinguishedName issuer;
  DistinguishedName subject;
  int64_t not_before = 0;  // seconds since 1970; both seconds belong to the validity period
  int64_t not_after = 0;
  PublicKey key;
  Extensions extensions;

 private:
  explicit Certificate(Bytes source) : octets_(source.to_vector()) { der = Bytes(octets_); }
  bool read(std::string* error);
  bool read_tbs(Bytes contents, Bytes outer_algorithm, std::string* error);

  std::vector<uint8_t> octets_;
};

}  // namespace trestle::pki
