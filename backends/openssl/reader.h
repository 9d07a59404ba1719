// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "trestle/trestle.h"

namespace trestle::openssl {

constexpr size_t kHandshakeHeader = 4;

// A cursor over a part of a handshake message.
class Reader {
 public:
  Reader(const uint8_t *data, size_t length) : at_(data), left_(length) {}

  bool done() const { return left_ == 0; }

  bool skip(size_t length) {
    if (left_ < length) return false;
    at_ += length;
    left_ -= length;
    return true;
  }

  // A vector with a length of `prefix` bytes before it (RFC 8446, 3.4).
  bool read_vector(size_t prefix, trestle_bytes *bytes) {
    if (left_ < prefix) return false;
    size_t length = 0;
    for (size_t i = 0; i < prefix; ++i) length = length << 8 | at_[i];
    if (left_ - prefix < length) return false;
    *bytes = {at_ + prefix, length};
    at_ += prefix + length;
    left_ -= prefix + length;
    return true;
  }

 private:
  const uint8_t *at_;
  size_t left_;
};

}  // namespace trestle::openssl
