// SPDX-License-Identifier: Apache-2.0
// A certificate chain with its private key, checked and in the form that contexts load.
#pragma once

#include <vector>

#include <trestle/backend.h>

#include "backends/wolfssl/wolf.h"

namespace trestle::wolf {

// Bytes that are wiped before they are given back, so never grow in place.
class SecretBytes {
 public:
  SecretBytes() = default;
  SecretBytes(const uint8_t* data, size_t size) : bytes_(data, data + size) {}
  SecretBytes(SecretBytes&& other) noexcept { bytes_.swap(other.bytes_); }
  SecretBytes& operator=(SecretBytes&& other) noexcept {
    bytes_.swap(other.bytes_);
    return *this;
  }
  ~SecretBytes();

  uint8_t* data() { return bytes_.data(); }
  const uint8_t* data() const { return bytes_.data(); }
  size_t size() const { return bytes_.size(); }
  // Keeps the first `size` bytes.
  void truncate(size_t size);
  void append_nul();

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

// Into a context. False, with `*code` what wolfSSL said.
bool load_certificates(const trestle_backend_identity& identity, WOLFSSL_CTX* context, int* code);
bool load_key(const trestle_backend_identity& identity, WOLFSSL_CTX* context, int* code);

}  // namespace trestle::wolf
