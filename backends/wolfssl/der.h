// SPDX-License-Identifier: Apache-2.0
// As much DER (X.690) as a backend needs: which key is in a SubjectPublicKeyInfo or a PKCS#8.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace trestle::wolf {

// Bytes that somebody else owns.
struct Span {
  const uint8_t* data = nullptr;
  size_t size = 0;

  bool empty() const { return size == 0; }
  bool operator==(const Span& other) const {
    return size == other.size && (size == 0 || std::memcmp(data, other.data, size) == 0);
  }
};

namespace der {

constexpr uint8_t kInteger = 0x02;
constexpr uint8_t kBitString = 0x03;
constexpr uint8_t kOctetString = 0x04;
constexpr uint8_t kNull = 0x05;
constexpr uint8_t kOid = 0x06;
constexpr uint8_t kSequence = 0x30;
constexpr uint8_t explicit_tag(uint8_t number) { return 0xA0 | number; }

// Reads elements one after the other. A failure is sticky, so callers check once, at the end.
class Reader {
 public:
  explicit Reader(Span input) : rest_(input) {}

  // The content of the next element, which must have this tag.
  Span read(uint8_t tag);
  // The same, tag and length included.
  Span read_whole(uint8_t tag);
  // The content if the next element has this tag; otherwise nothing is read.
  bool read_if(uint8_t tag, Span* content);

  bool ok() const { return ok_; }
  bool at_end() const { return ok_ && rest_.empty(); }

 private:
  bool ok_ = true;
  Span rest_;
};

// A non-negative INTEGER's magnitude without leading zeros; empty for zero or a negative one.
Span magnitude(Span integer);
// The bits of a BIT STRING that has no unused ones; empty otherwise.
Span whole_bits(Span bit_string);

// An AlgorithmIdentifier (RFC 5280, 4.1.1.2): `parameters` is the whole element, empty if absent.
struct Algorithm {
  Span oid;
  Span parameters;
};
bool parse_algorithm(Span content, Algorithm* algorithm);

}  // namespace der
}  // namespace trestle::wolf
