// SPDX-License-Identifier: Apache-2.0
#include "core/pki/text.h"

namespace trestle::pki {
namespace {

constexpr char kHexDigits[] = "0123456789abcdef";

bool is_scalar_value(uint32_t code) {
  return code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
}

// Decodes the character at text[*position] and moves behind it; false if there is no valid one.
bool next_character(std::string_view text, size_t* position, uint32_t* code) {
  const uint8_t first = static_cast<uint8_t>(text[*position]);
  const int extra = first < 0x80 ? 0 : first >> 5 == 6 ? 1 : first >> 4 == 14 ? 2
                    : first >> 3 == 30 ? 3 : -1;
  static constexpr uint32_t kSmallest[] = {0, 0x80, 0x800, 0x10000};
  if (extra < 0 || static_cast<size_t>(extra) >= text.size() - *position) return false;
  uint32_t value = extra == 0 ? first : first & (0x3fu >> extra);
  for (int i = 1; i <= extra; ++i) {
    const uint8_t next = static_cast<uint8_t>(text[*position + i]);
    if (next >> 6 != 2) return false;
    value = value << 6 | (next & 0x3f);
  }
  if (value < kSmallest[extra] || !is_scalar_value(value)) return false;
  *position += extra + 1;
  *code = value;
  return true;
}

// C0, C1 and DEL; zero-width, line-separating and direction-changing characters.
bool is_deceptive(uint32_t code) {
  return code < 0x20 || (code >= 0x7f && code <= 0x9f) || code == 0xad || code == 0x61c ||
         (code >= 0x200b && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
         (code >= 0x2060 && code <= 0x206f) || code == 0xfeff ||
         (code >= 0xfff9 && code <= 0xfffb) || (code >= 0xe0000 && code <= 0xe007f);
}

}  // namespace

bool is_utf8(std::string_view text) {
  uint32_t code = 0;
  for (size_t position = 0; position < text.size();) {
    if (!next_character(text, &position, &code)) return false;
  }
  return true;
}

bool append_utf8(uint32_t code, std::string* text) {
  if (!is_scalar_value(code)) return false;
  const int extra = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
  static constexpr uint8_t kLead[] = {0x00, 0xc0, 0xe0, 0xf0};
  *text += static_cast<char>(kLead[extra] | code >> (6 * extra));
  for (int i = extra - 1; i >= 0; --i) *text += static_cast<char>(0x80 | (code >> (6 * i) & 0x3f));
  return true;
}

std::string escape_text(std::string_view utf8, std::string_view specials, size_t limit) {
  std::string escaped;
  for (size_t position = 0; position < utf8.size() && escaped.size() <= limit;) {
    const size_t start = position;
    uint32_t code = 0;
    if (!next_character(utf8, &position, &code)) break;
    const std::string_view octets = utf8.substr(start, position - start);
    if (is_deceptive(code)) {
      for (char c : octets) {
        const uint8_t octet = static_cast<uint8_t>(c);
        escaped += {'\\', kHexDigits[octet >> 4], kHexDigits[octet & 15]};
      }
      continue;
    }
    if (octets.size() == 1 && specials.find(octets[0]) != std::string_view::npos) escaped += '\\';
    escaped.append(octets);
  }
  return escaped;
}

std::string hex_text(Bytes octets, size_t limit) {
  std::string text;
  for (size_t i = 0; i < octets.size && i < limit; ++i) {
    text += {kHexDigits[octets[i] >> 4], kHexDigits[octets[i] & 15]};
  }
  return text;
}

void shorten_text(size_t limit, std::string* text) {
  if (text->size() <= limit) return;
  size_t end = limit - 3;
  while (end > 0 && (static_cast<uint8_t>((*text)[end]) & 0xc0) == 0x80) --end;
  text->resize(end);
  text->append("...");
}

}  // namespace trestle::pki
