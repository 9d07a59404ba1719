// SPDX-License-Identifier: Apache-2.0
//
// Octets that may be a private key. Every copy this type ever made is wiped: the buffer never
// grows (its capacity is fixed when it is made), it can be moved but not copied, and the destructor
// clears all of it.
#pragma once

#include <string.h>

#include <cstdint>
#include <memory>
#include <utility>

#include "core/pki/bytes.h"

namespace trestle::pki {

class SecretBytes {
 public:
  SecretBytes() = default;
  explicit SecretBytes(size_t capacity)
      : octets_(capacity > 0 ? std::make_unique<uint8_t[]>(capacity) : nullptr),
        capacity_(capacity) {}
  explicit SecretBytes(Bytes source) : SecretBytes(source.size) {
    if (source.size > 0) memcpy(octets_.get(), source.data, source.size);
    size_ = source.size;
  }
  SecretBytes(const SecretBytes&) = delete;
  SecretBytes& operator=(const SecretBytes&) = delete;
  SecretBytes(SecretBytes&& other) noexcept { swap(other); }
  SecretBytes& operator=(SecretBytes&& other) noexcept {
    if (this != &other) {
      wipe();
      swap(other);
    }
    return *this;
  }
  ~SecretBytes() { wipe(); }

  // False, and nothing changed, when the capacity is used up.
  bool append(uint8_t octet) {
    if (size_ == capacity_) return false;
    octets_[size_++] = octet;
    return true;
  }

  Bytes bytes() const { return Bytes(octets_.get(), size_); }
  const uint8_t* data() const { return octets_.get(); }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  // Clears the octets and lets go of the memory.
  void wipe() {
    if (octets_) explicit_bzero(octets_.get(), capacity_);
    octets_.reset();
    size_ = capacity_ = 0;
  }

 private:
  void swap(SecretBytes& other) {
    std::swap(octets_, other.octets_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
  }

  std::unique_ptr<uint8_t[]> octets_;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

}  // namespace trestle::pki
