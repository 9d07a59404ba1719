// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include <trestle/backend.h>

namespace trestle::backend {

// Bytes that are wiped before they are given back, so never copied, and never grown in place.
class SecretBytes {
 public:
  SecretBytes() = default;
  SecretBytes(const uint8_t* data, size_t size) : bytes_(data, data + size) {}
  explicit SecretBytes(const trestle_bytes& bytes)
      : SecretBytes(bytes.data, static_cast<size_t>(bytes.length)) {}
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
  bool empty() const { return bytes_.empty(); }

 private:
  std::vector<uint8_t> bytes_;
};

}  // namespace trestle::backend
