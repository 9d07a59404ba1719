// SPDX-License-Identifier: Apache-2.0
// A certificate chain with its private key, checked and in the form that contexts load.
#pragma once

#include <algorithm>
#include <cstring>
#include <vector>

#include <trestle/backend.h>

#include "backends/wolfssl/wolf.h"

namespace trestle::wolf {

// Bytes that are wiped before they are given back, so never grow in place.
class SecretBytes {
 public:
  SecretBytes() = default;
  SecretBytes(const uint8_t* data, size_t size, size_t room = 0) : bytes_(size + room) {
    std::copy(data, data + size, bytes_.begin());
  }
  SecretBytes(SecretBytes&& other) noexcept { bytes_.swap(other.bytes_); }
  SecretBytes& operator=(SecretBytes&& other) noexcept {
    bytes_.swap(other.bytes_);
    return *this;
  }
  ~SecretBytes() {
    if (!bytes_.empty()) explicit_bzero(bytes_.data(), bytes_.size());
  }

  uint8_t* data() { return bytes_.data(); }
  const uint8_t* data() const { return bytes_.data(); }
  size_t size() const { return bytes_.size(); }

 private:
  std::vector<uint8_t> bytes_;
};

}  // namespace trestle::wolf

struct trestle_backend_identity {
  std::vector<uint8_t> certificates; // DER, one after the other, leaf first
  trestle::wolf::SecretBytes key;    // DER: PKCS#8 or the form of its algorithm
};

namespace trestle::wolf {

int32_t identity_new(const trestle_backend_identity_source* source,
                     trestle_backend_identity** identity, trestle_backend_error* error);
void identity_free(trestle_backend_identity* identity);

// Into a context. What wolfSSL refuses is BAD_CERTIFICATE or BAD_PRIVATE_KEY.
void load_identity(const trestle_backend_identity& identity, WOLFSSL_CTX* context);

}  // namespace trestle::wolf
