// SPDX-License-Identifier: Apache-2.0
#include "core/pki/der.h"

namespace trestle::pki::der {
namespace {

constexpr size_t kMaxLengthOctets = 4;
constexpr size_t kMaxOidText = 128;

// Reads the length octets at input[*offset]; advances *offset past them.
bool read_length(Bytes input, size_t* offset, size_t* length) {
  if (*offset >= input.size) return false;
  const uint8_t first = input[(*offset)++];
  if (first < 0x80) {
    *length = first;
    return true;
  }
  const size_t count = first & 0x7f;  // 0 would be BER's indefinite form
  if (count == 0 || count > kMaxLengthOctets || count > input.size - *offset) return false;
  if (input[*offset] == 0) return false;  // not the shortest form
  size_t value = 0;
  for (size_t i = 0; i < count; ++i) value = value << 8 | input[(*offset)++];
  if (value < 0x80) return false;  // the short form would have done
  *length = value;
  return true;
}

bool parse_element(Bytes input, Element* element) {
  if (input.empty()) return false;
  const uint8_t tag = input[0];
  if ((tag & 0x1f) == 0x1f) return false;  // multi-octet tags don't occur in PKIX
  size_t offset = 1;
  size_t length = 0;
  if (!read_length(input, &offset, &length)) return false;
  if (length > input.size - offset) return false;
  element->tag = tag;
  element->contents = Bytes(input.data + offset, length);
  element->whole = input.first(offset + length);
  return true;
}

// Days from 1970-01-01 in the proleptic Gregorian calendar.
int64_t days_from_civil(int64_t year, int month, int day) {
  year -= month <= 2;
  const int64_t era = (year >= 0 ? year : year - 399) / 400;
  const int64_t year_of_era = year - era * 400;
  const int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const int64_t day_of_era =
      year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + day_of_era - 719468;
}

int days_in_month(int year, int month) {
  static constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return kDays[month - 1] + (month == 2 && leap ? 1 : 0);
}

bool two_digits(Bytes text, size_t at, int* value) {
  const uint8_t tens = text[at], ones = text[at + 1];
  if (tens < '0' || tens > '9' || ones < '0' || ones > '9') return false;
  *value = (tens - '0') * 10 + (ones - '0');
  return true;
}

}  // namespace

bool Reader::read(Element* element) {
  if (!parse_element(rest_, element)) return false;
  rest_ = rest_.from(element->whole.size);
  return true;
}

bool Reader::read(uint8_t tag, Bytes* contents) {
  Element element;
  if (!next_is(tag) || !read(&element)) return false;
  *contents = element.contents;
  return true;
}

bool Reader::read_whole(uint8_t tag, Bytes* whole) {
  Element element;
  if (!next_is(tag) || !read(&element)) return false;
  *whole = element.whole;
  return true;
}

bool Reader::read_optional(uint8_t tag, bool* present, Bytes* contents) {
  *present = next_is(tag);
  return !*present || read(tag, contents);
}

bool read_single(Bytes input, uint8_t tag, Bytes* contents) {
  Reader reader(input);
  return reader.read(tag, contents) && reader.at_end();
}

bool parse_boolean(Bytes contents, bool* value) {
  if (contents.size != 1 || (contents[0] != 0x00 && contents[0] != 0xff)) return false;
  *value = contents[0] == 0xff;
  return true;
}

bool is_valid_integer(Bytes contents) {
  if (contents.empty()) return false;
  if (contents.size == 1) return true;
  const bool high_bit = (contents[1] & 0x80) != 0;
  return !(contents[0] == 0x00 && !high_bit) && !(contents[0] == 0xff && high_bit);
}

bool parse_unsigned(Bytes contents, uint64_t* value) {
  if (!is_valid_integer(contents) || (contents[0] & 0x80) != 0) return false;
  if (contents[0] == 0) contents = contents.from(1);
  if (contents.size > sizeof(uint64_t)) return false;
  uint64_t result = 0;
  for (uint8_t octet : contents) result = result << 8 | octet;
  *value = result;
  return true;
}

bool parse_positive(Bytes contents, Bytes* magnitude) {
  if (!is_valid_integer(contents) || (contents[0] & 0x80) != 0) return false;
  if (contents[0] == 0) contents = contents.from(1);
  if (contents.empty()) return false;  // zero
  *magnitude = contents;
  return true;
}

bool parse_bit_string(Bytes contents, Bytes* bits, int* unused_bits) {
  if (contents.empty() || contents[0] > 7) return false;
  const Bytes value = contents.from(1);
  const int unused = contents[0];
  if (unused != 0) {
    if (value.empty()) return false;
    const uint8_t padding = static_cast<uint8_t>((1u << unused) - 1);
    if ((value[value.size - 1] & padding) != 0) return false;  // DER: the padding is zero
  }
  *bits = value;
  *unused_bits = unused;
  return true;
}

bool parse_octet_bit_string(Bytes contents, Bytes* octets) {
  int unused_bits = 0;
  return parse_bit_string(contents, octets, &unused_bits) && unused_bits == 0;
}

bool is_valid_oid(Bytes contents) {
  if (contents.empty() || (contents[contents.size - 1] & 0x80) != 0) return false;
  bool at_start = true;
  for (uint8_t octet : contents) {
    if (at_start && octet == 0x80) return false;  // a padded arc
    at_start = (octet & 0x80) == 0;
  }
  return true;
}

std::string oid_text(Bytes contents) {
  if (!is_valid_oid(contents)) return "(malformed object identifier)";
  std::string text;
  uint64_t arc = 0;
  bool first = true;
  for (uint8_t octet : contents) {
    if (arc >> 56 != 0 || text.size() > kMaxOidText) return text + "...";
    arc = arc << 7 | (octet & 0x7f);
    if ((octet & 0x80) != 0) continue;
    if (first) {
      const uint64_t root = arc < 80 ? arc / 40 : 2;
      text = std::to_string(root) + "." + std::to_string(arc - root * 40);
      first = false;
    } else {
      text += "." + std::to_string(arc);
    }
    arc = 0;
  }
  return text;
}

bool parse_time(uint8_t tag, Bytes contents, int64_t* seconds) {
  const bool utc = tag == kUtcTime;
  if (!utc && tag != kGeneralizedTime) return false;
  const size_t year_digits = utc ? 2 : 4;
  if (contents.size != year_digits + 11 || contents[contents.size - 1] != 'Z') return false;
  int century = 0, year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  if (!utc && !two_digits(contents, 0, &century)) return false;
  const size_t at = year_digits - 2;
  if (!two_digits(contents, at, &year) || !two_digits(contents, at + 2, &month) ||
      !two_digits(contents, at + 4, &day) || !two_digits(contents, at + 6, &hour) ||
      !two_digits(contents, at + 8, &minute) || !two_digits(contents, at + 10, &second)) {
    return false;
  }
  if (utc) century = year >= 50 ? 19 : 20;
  year += century * 100;
  if (month < 1 || month > 12 || day < 1 || day > days_in_month(year, month)) return false;
  if (hour > 23 || minute > 59 || second > 59) return false;
  *seconds = days_from_civil(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
  return true;
}

}  // namespace trestle::pki::der
