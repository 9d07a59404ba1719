// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string.h>

#include <cstdint>
#include <vector>

#include <trestle/backend.h>

namespace trestle::gnutls_backend {

// A copy of something secret, wiped when it goes. Never grows, so that no old copy stays behind.
class Secret {
 public:
  Secret() = default;
  // `terminated`: with a NUL behind, for functions that take a C string.
  explicit Secret(const trestle_bytes &bytes, bool terminated = false) {
    bytes_.reserve(bytes.length + (terminated ? 1 : 0));
    bytes_.assign(bytes.data, bytes.data + bytes.length);
    if (terminated) bytes_.push_back(0);
  }
  Secret(Secret &&) = default;
  Secret &operator=(Secret &&other) {
    wipe();
    bytes_ = std::move(other.bytes_);
    return *this;
  }
  ~Secret() { wipe(); }

  const uint8_t *data() const { return bytes_.data(); }
  size_t size() const { return bytes_.size(); }
  bool empty() const { return bytes_.empty(); }
  const char *text() const { return reinterpret_cast<const char *>(bytes_.data()); }

 private:
  void wipe() {
    if (!bytes_.empty()) explicit_bzero(bytes_.data(), bytes_.size());
  }
  std::vector<uint8_t> bytes_;
};

}  // namespace trestle::gnutls_backend
