// SPDX-License-Identifier: Apache-2.0
// A certificate as wolfSSL reads it.
#pragma once

#include <memory>

#include <trestle/backend.h>

#include "backends/wolfssl/wolf.h"

#include <wolfssl/wolfcrypt/asn.h>

namespace trestle::wolf {

class Certificate {
 public:
  explicit Certificate(const trestle_bytes& der);

  const trestle_bytes& der() const { return der_; }
  // wolfSSL's code, if it can't read the certificate; else 0.
  int unreadable() const { return unreadable_; }
  bool is_issued_by(const Certificate& other) const;
  // Whether it certifies the point that the private key makes. True if the key isn't one of EC.
  bool goes_with_ec_key(const uint8_t* key, size_t key_size) const;
  // Whether such a key signs handshakes under this scheme (RFC 8446, 4.2.3; RFC 5246, 7.4.1.4.1).
  bool key_may_use(uint16_t scheme, bool tls13) const;

 private:
  struct Free {
    void operator()(DecodedCert* parsed) const {
      wc_FreeDecodedCert(parsed);
      delete parsed;
    }
  };

  trestle_bytes der_;
  int unreadable_;
  std::unique_ptr<DecodedCert, Free> parsed_;
};

}  // namespace trestle::wolf
