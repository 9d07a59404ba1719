// SPDX-License-Identifier: Apache-2.0
//
// X.501 names: one line of text for people, and a canonical form in which names that RFC 5280
// section 7.1 calls equal are the same octets.
#pragma once

#include <string>
#include <vector>

#include "core/pki/bytes.h"

namespace trestle::pki {

constexpr size_t kMaxNameText = 256;

struct DistinguishedName {
  Bytes der;  // the Name as it stands in the certificate, identifier and length included

  // One entry per RDN. String values become UTF-8 whatever their ASN.1 type, with ASCII letters in
  // lower case and runs of white space as one blank; other values are kept as they are. (Letters
  // beyond ASCII are compared as they stand.)
  std::vector<std::string> canonical_rdns;
  std::string canonical;  // all of them, with lengths, as one key

  // "C=DK, O=CSR, CN=Test", at most kMaxNameText octets of UTF-8. Separators within a value are
  // escaped by a backslash; control characters, and those that reorder or hide text, as \HH.
  std::string text;

  bool has_email_address = false;  // PKCS#9's emailAddress attribute stands in it

  bool empty() const { return canonical_rdns.empty(); }
};

// `whole` is a Name including its identifier octets. False if it is malformed.
bool parse_distinguished_name(Bytes whole, DistinguishedName* name);

// True if `name` lies in the subtree below `base` (RFC 5280 section 4.2.1.10).
bool is_within(const std::vector<std::string>& name, const std::vector<std::string>& base);

}  // namespace trestle::pki
