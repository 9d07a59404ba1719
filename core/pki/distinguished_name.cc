// SPDX-License-Identifier: Apache-2.0
#include "core/pki/distinguished_name.h"

#include <algorithm>

#include "core/pki/der.h"
#include "core/pki/text.h"

namespace trestle::pki {
namespace {

constexpr uint8_t kVisibleString = 0x1a;
constexpr uint8_t kEmailAddress[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x01};

struct Attribute {
  Bytes type;
  uint8_t tag = 0;
  Bytes value;
};

// The value as UTF-8; false if its type isn't a string or its octets aren't what the type says.
bool to_utf8(uint8_t tag, Bytes value, std::string* text) {
  switch (tag) {
    case der::kUtf8String:
      text->assign(value.text());
      return is_utf8(value.text());
    case der::kPrintableString:
    case der::kIa5String:
    case kVisibleString:
      text->assign(value.text());
      return std::all_of(value.begin(), value.end(), [](uint8_t c) { return c < 0x80; });
    case der::kTeletexString:  // in practice this is Latin-1
      for (uint8_t c : value) append_utf8(c, text);
      return true;
    case der::kBmpString:
      if (value.size % 2 != 0) return false;
      for (size_t i = 0; i < value.size; i += 2) {
        if (!append_utf8(static_cast<uint32_t>(value[i]) << 8 | value[i + 1], text)) return false;
      }
      return true;
    case der::kUniversalString:
      if (value.size % 4 != 0) return false;
      for (size_t i = 0; i < value.size; i += 4) {
        const uint32_t code = static_cast<uint32_t>(value[i]) << 24 |
                              static_cast<uint32_t>(value[i + 1]) << 16 |
                              static_cast<uint32_t>(value[i + 2]) << 8 | value[i + 3];
        if (!append_utf8(code, text)) return false;
      }
      return true;
    default:
      return false;
  }
}

// Trimmed, runs of white space as one blank, ASCII letters in lower case.
std::string fold(const std::string& text) {
  std::string folded;
  for (char c : text) {
    if (c == ' ' || (c >= '\t' && c <= '\r')) {
      if (!folded.empty() && folded.back() != ' ') folded += ' ';
    } else {
      folded += ascii_lower(c);
    }
  }
  if (!folded.empty() && folded.back() == ' ') folded.pop_back();
  return folded;
}

void append_sized(std::string_view part, std::string* out) {
  const uint32_t size = static_cast<uint32_t>(part.size());
  for (int shift = 24; shift >= 0; shift -= 8) *out += static_cast<char>(size >> shift & 0xff);
  out->append(part);
}

std::string canonical_attribute(const Attribute& attribute) {
  std::string out, text;
  append_sized(attribute.type.text(), &out);
  if (to_utf8(attribute.tag, attribute.value, &text)) {
    out += '\0';  // no ASN.1 value has this tag
    append_sized(fold(text), &out);
  } else {
    out += static_cast<char>(attribute.tag);
    append_sized(attribute.value.text(), &out);
  }
  return out;
}

std::string type_text(Bytes type) {
  struct Row {
    std::string_view oid;
    const char* name;
  };
  static constexpr Row kRows[] = {
      {"\x55\x04\x03", "CN"},           {"\x55\x04\x05", "serialNumber"},
      {"\x55\x04\x06", "C"},            {"\x55\x04\x07", "L"},
      {"\x55\x04\x08", "ST"},           {"\x55\x04\x09", "street"},
      {"\x55\x04\x0a", "O"},            {"\x55\x04\x0b", "OU"},
      {"\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19", "DC"},
      {"\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x01", "UID"},
      {"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01", "emailAddress"},
  };
  for (const Row& row : kRows) {
    if (row.oid == type.text()) return row.name;
  }
  return der::oid_text(type);
}

std::string attribute_text(const Attribute& attribute) {
  std::string value;
  if (to_utf8(attribute.tag, attribute.value, &value)) {
    value = escape_text(value, ",+\"\\<>;=", kMaxNameText);
  } else {
    value = "#" + hex_text(attribute.value, kMaxNameText / 2);
  }
  return type_text(attribute.type) + "=" + value;
}

bool parse_attribute(Bytes contents, Attribute* attribute) {
  der::Reader reader(contents);
  der::Element value;
  if (!reader.read(der::kObjectIdentifier, &attribute->type) ||
      !der::is_valid_oid(attribute->type) || !reader.read(&value) || !reader.at_end()) {
    return false;
  }
  attribute->tag = value.tag;
  attribute->value = value.contents;
  return true;
}

// One RelativeDistinguishedName: a SET of one attribute, seldom of several.
bool parse_rdn(Bytes contents, DistinguishedName* name) {
  der::Reader reader(contents);
  std::vector<std::string> attributes;
  std::string text;
  while (!reader.at_end()) {
    Bytes pair;
    Attribute attribute;
    if (!reader.read(der::kSequence, &pair) || !parse_attribute(pair, &attribute)) return false;
    if (attribute.type == Bytes(kEmailAddress, sizeof(kEmailAddress))) {
      name->has_email_address = true;
    }
    attributes.push_back(canonical_attribute(attribute));
    if (text.size() <= kMaxNameText) text += (text.empty() ? "" : "+") + attribute_text(attribute);
  }
  if (attributes.empty()) return false;
  std::sort(attributes.begin(), attributes.end());
  std::string canonical;
  for (const std::string& each : attributes) canonical += each;
  append_sized(canonical, &name->canonical);
  name->canonical_rdns.push_back(std::move(canonical));
  if (name->text.size() <= kMaxNameText) name->text += (name->text.empty() ? "" : ", ") + text;
  return true;
}

}  // namespace

bool parse_distinguished_name(Bytes whole, DistinguishedName* name) {
  *name = DistinguishedName();
  Bytes contents;
  if (!der::read_single(whole, der::kSequence, &contents)) return false;
  name->der = whole;
  der::Reader reader(contents);
  while (!reader.at_end()) {
    Bytes rdn;
    if (!reader.read(der::kSet, &rdn) || !parse_rdn(rdn, name)) return false;
  }
  shorten_text(kMaxNameText, &name->text);
  return true;
}

bool is_within(const std::vector<std::string>& name, const std::vector<std::string>& base) {
  return name.size() >= base.size() && std::equal(base.begin(), base.end(), name.begin());
}

}  // namespace trestle::pki
