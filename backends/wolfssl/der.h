// SPDX-License-Identifier: Apache-2.0
// The elements of DER (X.690) that libwolfssl keeps to itself, or doesn't look at.
#pragma once

#include <trestle/backend.h>

namespace trestle::wolf {

constexpr uint8_t kDerInteger = 0x02;
constexpr uint8_t kDerOctetString = 0x04;
constexpr uint8_t kDerObjectIdentifier = 0x06;
constexpr uint8_t kDerSequence = 0x30;
constexpr uint8_t kDerContext0 = 0xA0;

// Takes elements one after the other. What it has been given must stay.
class DerReader {
 public:
  explicit DerReader(const trestle_bytes& der) : at_(der.data), end_(der.data + der.length) {}

  // The contents of the next element. False, and nothing is taken: it has another tag, or is no DER
  // of less than 16 MiB.
  bool take(uint8_t tag, trestle_bytes* contents);

  const uint8_t* at() const { return at_; }
  bool at_end() const { return at_ == end_; }

 private:
  const uint8_t* at_;
  const uint8_t* end_;
};

// Whether these bytes are one SEQUENCE, from its first byte to its last.
bool is_sequence(const trestle_bytes& der);

}  // namespace trestle::wolf
