// SPDX-License-Identifier: Apache-2.0
//
// Certificates as a test wants them, valid or not. Every part can be replaced by other octets; the
// signature is real.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/pki/certificate.h"
#include "core/pki/testing/der_writer.h"
#include "core/pki/testing/test_key.h"

namespace trestle::pki::testing {

// A Name of one RDN per pair: dotted type and text, as UTF8String unless another tag is given.
struct NamePart {
  std::string type;
  std::string value;
  uint8_t tag = 0x0c;
};
Octets name(const std::vector<NamePart>& parts);
Octets common_name(const std::string& text);

// 13 characters make a UTCTime, others a GeneralizedTime.
Octets time(const std::string& text);

Octets extension(const std::string& dotted, bool critical, const Octets& value);
Octets basic_constraints(bool ca, int path_length = -1);
// By bit: 0 digitalSignature, 2 keyEncipherment, 5 keyCertSign, ...
Octets key_usage(const std::vector<int>& bits);
Octets ext_key_usage(const std::vector<std::string>& purposes);
Octets subject_alt_name(const std::vector<Octets>& names);
Octets dns(const std::string& text);
Octets ip(const Octets& address);
Octets email(const std::string& text);
Octets uri(const std::string& text);
Octets directory(const Octets& name_der);
Octets name_constraints(const std::vector<Octets>& permitted, const std::vector<Octets>& excluded,
                        bool critical = true);
Octets policies(const std::vector<std::string>& oids, bool critical = false);
Octets subject_key_id(const Octets& id);
Octets authority_key_id(const Octets& id);

constexpr char kServerAuth[] = "1.3.6.1.5.5.7.3.1";
constexpr char kClientAuth[] = "1.3.6.1.5.5.7.3.2";
constexpr char kAnyPurpose[] = "2.5.29.37.0";
constexpr char kAnyPolicy[] = "2.5.29.32.0";

// Octets in place of the part of a certificate that would have been made.
struct Replacement {
  bool given = false;
  Octets octets;

  Replacement& operator=(Octets replacement) {
    given = true;
    octets = std::move(replacement);
    return *this;
  }
  Octets or_else(const Octets& made) const { return given ? octets : made; }
};

struct Spec {
  std::string subject = "leaf.test";
  std::string issuer = "Test CA";
  std::string not_before = "240101000000Z";
  std::string not_after = "340101000000Z";
  std::vector<Octets> extensions;
  uint16_t scheme = 0;  // 0: the signing key's default

  Replacement version, serial, inner_algorithm, outer_algorithm, issuer_name, subject_name, spki,
      extension_field, signature;
  Octets after_extensions, after_signature;

  Spec& with(const Octets& more) {
    extensions.push_back(more);
    return *this;
  }
};

Octets algorithm_identifier(uint16_t scheme);
Octets make_certificate(const Spec& spec, const TestKey& key, const TestKey& signer);

// Stops the test program if it doesn't parse.
CertificatePtr parse_or_die(const Octets& der);
// Why it doesn't parse; "" if it does.
std::string parse_error(const Octets& der);

}  // namespace trestle::pki::testing
