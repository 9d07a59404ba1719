// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string.h>

#include <algorithm>
#include <cstdint>
#include <vector>

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
