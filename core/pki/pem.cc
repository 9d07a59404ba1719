// SPDX-License-Identifier: Apache-2.0
#include "core/pki/pem.h"

#include <type_traits>
#include <utility>

namespace trestle::pki {
namespace {

// Only then does a std::vector that grows move its elements, and leaves no copy of a key behind.
static_assert(std::is_nothrow_move_constructible<PemObject>::value, "PemObject must move");

constexpr std::string_view kBegin = "-----BEGIN ";
constexpr std::string_view kEnd = "-----END ";
constexpr std::string_view kDashes = "-----";
constexpr size_t kMaxLabel = 64;
constexpr size_t kLineLength = 64;
constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

bool is_blank(char c) { return c == ' ' || c == '\t'; }
bool is_space(char c) { return is_blank(c) || c == '\r' || c == '\n' || c == '\f' || c == '\v'; }

int base64_value(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  if (c == '/') return 63;
  return -1;
}

bool at_line_start(std::string_view text, size_t position) {
  while (position > 0 && is_blank(text[position - 1])) --position;
  if (position == 0) return true;
  const char before = text[position - 1];
  // An editor's byte order mark may open the file.
  if (position == 3 && text.substr(0, 3) == "\xef\xbb\xbf") return true;
  return before == '\n' || before == '\r';
}

size_t find_begin(std::string_view text, size_t from) {
  for (;;) {
    const size_t found = text.find(kBegin, from);
    if (found == std::string_view::npos || at_line_start(text, found)) return found;
    from = found + kBegin.size();
  }
}

PemKind kind_of(std::string_view label) {
  struct Row {
    std::string_view label;
    PemKind kind;
  };
  static constexpr Row kRows[] = {
      {"CERTIFICATE", PemKind::kCertificate},
      {"X509 CERTIFICATE", PemKind::kCertificate},
      {"TRUSTED CERTIFICATE", PemKind::kTrustedCertificate},
      {"PRIVATE KEY", PemKind::kPrivateKey},
      {"ENCRYPTED PRIVATE KEY", PemKind::kEncryptedPrivateKey},
      {"RSA PRIVATE KEY", PemKind::kRsaPrivateKey},
      {"EC PRIVATE KEY", PemKind::kEcPrivateKey},
      {"DSA PRIVATE KEY", PemKind::kDsaPrivateKey},
      {"X509 CRL", PemKind::kCrl},
  };
  for (const Row& row : kRows) {
    if (row.label == label) return row.kind;
  }
  return PemKind::kOther;
}

// Reads "LABEL-----" at text[*position], on one line, and leaves *position behind the dashes.
bool read_label(std::string_view text, size_t* position, std::string* label) {
  const std::string_view window = text.substr(*position, kMaxLabel + kDashes.size());
  const size_t length = window.find(kDashes);
  if (length == std::string_view::npos) return false;
  const std::string_view value = window.substr(0, length);
  for (char c : value) {
    if (c < 0x20 || c > 0x7e) return false;
  }
  label->assign(value);
  *position += length + kDashes.size();
  return true;
}

bool fail(PemError* error, PemProblem problem, std::string detail) {
  error->problem = problem;
  error->detail = std::move(detail);
  return false;
}

// How many base64 characters, padding included; false at one that has no business there.
bool count_base64(std::string_view body, size_t* count, size_t* padding, PemError* error) {
  *count = *padding = 0;
  for (char c : body) {
    if (is_space(c)) continue;
    if (c == '=') {
      ++*padding;
    } else if (base64_value(c) < 0) {
      return fail(error, PemProblem::kBase64, "a character that is not base64");
    } else if (*padding > 0) {
      return fail(error, PemProblem::kBase64, "base64 goes on after its padding");
    }
    ++*count;
  }
  return true;
}

bool decode_base64(std::string_view body, SecretBytes* out, PemError* error) {
  size_t count = 0, padding = 0;
  if (!count_base64(body, &count, &padding, error)) return false;
  if (count == 0) return fail(error, PemProblem::kEmptyObject, "nothing between the boundaries");
  if (count % 4 != 0) {
    return fail(error, PemProblem::kBase64,
                "base64 of " + std::to_string(count) +
                    " characters, which is not a multiple of 4: some were lost or added");
  }
  if (padding > 2) return fail(error, PemProblem::kBase64, "more than two padding characters");
  SecretBytes octets(count / 4 * 3);
  uint32_t bits = 0;
  int bit_count = 0;
  for (char c : body) {
    if (is_space(c) || c == '=') continue;
    bits = (bits << 6 | static_cast<uint32_t>(base64_value(c))) & 0xffffff;
    bit_count += 6;
    if (bit_count < 8) continue;
    bit_count -= 8;
    octets.append(static_cast<uint8_t>(bits >> bit_count));
  }
  const bool clean_end = (bits & ((1u << bit_count) - 1)) == 0;
  explicit_bzero(&bits, sizeof(bits));
  if (!clean_end) return fail(error, PemProblem::kBase64, "bits are set behind the last octet");
  *out = std::move(octets);
  return true;
}

bool is_legacy_encrypted(std::string_view body) {
  size_t start = 0;
  while (start < body.size() && is_space(body[start])) ++start;
  return body.substr(start, 10) == "Proc-Type:" &&
         body.find("ENCRYPTED") != std::string_view::npos;
}

// *position stands behind "-----BEGIN "; moves behind the END boundary.
bool decode_object(std::string_view text, size_t* position, PemObject* object, PemError* error) {
  if (!read_label(text, position, &object->label)) {
    return fail(error, PemProblem::kBoundary, "the BEGIN boundary is malformed");
  }
  error->label = object->label;
  object->kind = kind_of(object->label);
  const size_t body_end = text.find(kDashes, *position);
  if (body_end == std::string_view::npos || text.compare(body_end, kEnd.size(), kEnd) != 0) {
    return fail(error, PemProblem::kBoundary, "no END boundary follows");
  }
  const std::string_view body = text.substr(*position, body_end - *position);
  *position = body_end + kEnd.size();
  std::string end_label;
  if (!read_label(text, position, &end_label) || end_label != object->label) {
    return fail(error, PemProblem::kBoundary, "the END boundary does not match the BEGIN boundary");
  }
  if (is_legacy_encrypted(body)) {
    return fail(error, PemProblem::kLegacyEncryption,
                "the traditional encryption (Proc-Type: 4,ENCRYPTED) is not supported; convert the "
                "key to PKCS#8");
  }
  return decode_base64(body, &object->der, error);
}

}  // namespace

std::string PemError::text() const {
  if (problem == PemProblem::kNone) return "no error";
  if (problem == PemProblem::kNoObject || problem == PemProblem::kTooLarge) return detail;
  std::string result = "PEM object " + std::to_string(index);
  if (!label.empty()) result += " (" + label + ")";
  return result + ": " + detail;
}

bool decode_pem(Bytes input, std::vector<PemObject>* objects, PemError* error) {
  *error = PemError();
  if (input.size > kMaxPemInput) {
    return fail(error, PemProblem::kTooLarge, "more PEM text than can be taken at once");
  }
  const std::string_view text = input.text();
  size_t position = find_begin(text, 0);
  if (position == std::string_view::npos) {
    return fail(error, PemProblem::kNoObject, "no PEM object in the buffer");
  }
  for (size_t index = 0; position != std::string_view::npos; ++index) {
    if (index == kMaxPemObjects) {
      return fail(error, PemProblem::kTooLarge, "more PEM objects than can be taken at once");
    }
    error->index = index;
    error->label.clear();
    position += kBegin.size();
    PemObject object;
    if (!decode_object(text, &position, &object, error)) return false;
    objects->push_back(std::move(object));
    position = find_begin(text, position);
  }
  return true;
}

bool looks_like_pem(Bytes text) { return find_begin(text.text(), 0) != std::string_view::npos; }

std::string encode_pem(std::string_view label, Bytes der) {
  std::string text;
  text.reserve(der.size / 3 * 4 + der.size / 48 + 2 * label.size() + 48);
  text.append(kBegin).append(label).append(kDashes).append("\n");
  size_t column = 0;
  for (size_t i = 0; i < der.size; i += 3) {
    const size_t have = der.size - i < 3 ? der.size - i : 3;
    const uint32_t group = static_cast<uint32_t>(der[i]) << 16 |
                           (have > 1 ? static_cast<uint32_t>(der[i + 1]) << 8 : 0) |
                           (have > 2 ? static_cast<uint32_t>(der[i + 2]) : 0);
    text += kAlphabet[group >> 18];
    text += kAlphabet[group >> 12 & 63];
    text += have > 1 ? kAlphabet[group >> 6 & 63] : '=';
    text += have > 2 ? kAlphabet[group & 63] : '=';
    column += 4;
    if (column == kLineLength) {
      text += '\n';
      column = 0;
    }
  }
  if (column > 0) text += '\n';
  return text.append(kEnd).append(label).append(kDashes).append("\n");
}

}  // namespace trestle::pki
