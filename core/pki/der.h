// SPDX-License-Identifier: Apache-2.0
//
// A strict, bounded reader of DER (ITU-T X.690). It takes exactly what DER allows: definite lengths
// in their shortest form, single-octet tags, booleans of 00 or FF, minimal integers. It never
// recurses and never looks past the octets it was given; nesting is the caller's, one Reader each.
#pragma once

#include <cstdint>
#include <string>

#include "core/pki/bytes.h"

namespace trestle::pki::der {

// Identifier octets as they stand in a certificate.
constexpr uint8_t kBoolean = 0x01;
constexpr uint8_t kInteger = 0x02;
constexpr uint8_t kBitString = 0x03;
constexpr uint8_t kOctetString = 0x04;
constexpr uint8_t kNull = 0x05;
constexpr uint8_t kObjectIdentifier = 0x06;
constexpr uint8_t kUtf8String = 0x0c;
constexpr uint8_t kPrintableString = 0x13;
constexpr uint8_t kTeletexString = 0x14;
constexpr uint8_t kIa5String = 0x16;
constexpr uint8_t kUtcTime = 0x17;
constexpr uint8_t kGeneralizedTime = 0x18;
constexpr uint8_t kUniversalString = 0x1c;
constexpr uint8_t kBmpString = 0x1e;
constexpr uint8_t kSequence = 0x30;
constexpr uint8_t kSet = 0x31;

constexpr uint8_t context(uint8_t number) { return 0x80 | number; }
constexpr uint8_t context_constructed(uint8_t number) { return 0xa0 | number; }

struct Element {
  uint8_t tag = 0;
  Bytes contents;
  Bytes whole;  // identifier and length octets included
};

class Reader {
 public:
  explicit Reader(Bytes input) : rest_(input) {}

  bool at_end() const { return rest_.empty(); }
  bool next_is(uint8_t tag) const { return !rest_.empty() && rest_[0] == tag; }
  Bytes rest() const { return rest_; }

  // Each of these is false, and the reader stays where it was, when the next element isn't valid
  // DER or hasn't the wanted tag.
  bool read(Element* element);
  bool read(uint8_t tag, Bytes* contents);
  bool read_whole(uint8_t tag, Bytes* whole);

  // *present tells whether there was one; false only when there was one and it was malformed.
  bool read_optional(uint8_t tag, bool* present, Bytes* contents);

 private:
  Bytes rest_;
};

// The whole input is one element with this tag.
bool read_single(Bytes input, uint8_t tag, Bytes* contents);

// The functions below take the contents octets of an element.
bool parse_boolean(Bytes contents, bool* value);
bool is_valid_integer(Bytes contents);  // non-empty, minimal
bool parse_unsigned(Bytes contents, uint64_t* value);
// The magnitude of a positive integer, without the sign octet.
bool parse_positive(Bytes contents, Bytes* magnitude);
bool parse_bit_string(Bytes contents, Bytes* bits, int* unused_bits);
// A BIT STRING that is a whole number of octets, as signatures and keys are.
bool parse_octet_bit_string(Bytes contents, Bytes* octets);
bool is_valid_oid(Bytes contents);
// Dotted decimal; bounded, for error texts only.
std::string oid_text(Bytes contents);
// RFC 5280 section 4.1.2.5: UTCTime YYMMDDHHMMSSZ, GeneralizedTime YYYYMMDDHHMMSSZ; seconds since
// 1970-01-01. A GeneralizedTime before 2050 is taken too, as everybody does.
bool parse_time(uint8_t tag, Bytes contents, int64_t* seconds);

}  // namespace trestle::pki::der
