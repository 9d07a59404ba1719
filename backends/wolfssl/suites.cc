// SPDX-License-Identifier: Apache-2.0
#include "backends/wolfssl/suites.h"

#include <algorithm>
#include <iterator>

#include <trestle/trestle.h>

namespace trestle::wolf {
namespace {

using A = Authentication;

// Each of them was negotiated; the conformance suite does it again. Debian builds wolfSSL without
// RSA key transport and DSA, and with a few of the anonymous and PSK suites only.
constexpr Suite kSuites[] = {
    {TRESTLE_TLS_AES_128_GCM_SHA256, A::kTls13, false},
    {TRESTLE_TLS_AES_256_GCM_SHA384, A::kTls13, false},
    {TRESTLE_TLS_CHACHA20_POLY1305_SHA256, A::kTls13, false},
    {TRESTLE_TLS_AES_128_CCM_SHA256, A::kTls13, false},
    {TRESTLE_TLS_AES_128_CCM_8_SHA256, A::kTls13, false},
    {TRESTLE_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, A::kCertificate, false},
    {TRESTLE_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, A::kCertificate, false},
    {TRESTLE_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, A::kCertificate, false},
    {TRESTLE_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, A::kCertificate, false},
    {TRESTLE_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, A::kCertificate, false},
    {TRESTLE_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256, A::kCertificate, false},
    {TRESTLE_TLS_ECDHE_ECDSA_WITH_AES_128_CCM, A::kCertificate, false},
    {TRESTLE_TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, A::kCertificate, false},
    {TRESTLE_TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA, A::kCertificate, false},
    {TRESTLE_TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, A::kCertificate, false},
    {TRESTLE_TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA, A::kCertificate, false},
    {TRESTLE_TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256, A::kCertificate, false},
    {TRESTLE_TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384, A::kCertificate, false},
    {TRESTLE_TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256, A::kCertificate, false},
    {TRESTLE_TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384, A::kCertificate, false},
    {TRESTLE_TLS_DHE_RSA_WITH_AES_128_GCM_SHA256, A::kCertificate, true},
    {TRESTLE_TLS_DHE_RSA_WITH_AES_256_GCM_SHA384, A::kCertificate, true},
    {TRESTLE_TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256, A::kCertificate, true},
    {TRESTLE_TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA, A::kCertificate, true},
    {TRESTLE_TLS_DHE_RSA_WITH_AES_128_CBC_SHA, A::kCertificate, true},
    {TRESTLE_TLS_DHE_RSA_WITH_AES_128_CBC_SHA256, A::kCertificate, true},
    {TRESTLE_TLS_DHE_RSA_WITH_AES_256_CBC_SHA, A::kCertificate, true},
    {TRESTLE_TLS_DHE_RSA_WITH_AES_256_CBC_SHA256, A::kCertificate, true},
    {TRESTLE_TLS_DH_anon_WITH_AES_128_CBC_SHA, A::kAnonymous, true},
    {TRESTLE_TLS_DHE_PSK_WITH_AES_128_GCM_SHA256, A::kPsk, true},
    {TRESTLE_TLS_DHE_PSK_WITH_AES_256_GCM_SHA384, A::kPsk, true},
    {TRESTLE_TLS_PSK_WITH_CHACHA20_POLY1305_SHA256, A::kPsk, false},
};

struct SignatureName {
  uint16_t scheme; // IANA
  const char* name;
};

// wolfSSL offers rsa_pss_rsae and rsa_pss_pss of a hash together, under one name.
constexpr SignatureName kSignatureNames[] = {
    {0x0201, "RSA+SHA1"},       {0x0203, "ECDSA+SHA1"},     {0x0401, "RSA+SHA256"},
    {0x0403, "ECDSA+SHA256"},   {0x0501, "RSA+SHA384"},     {0x0503, "ECDSA+SHA384"},
    {0x0601, "RSA+SHA512"},     {0x0603, "ECDSA+SHA512"},   {0x0804, "RSA-PSS+SHA256"},
    {0x0805, "RSA-PSS+SHA384"}, {0x0806, "RSA-PSS+SHA512"}, {0x0807, "ED25519"},
    {0x0808, "ED448"},          {0x0809, "RSA-PSS+SHA256"}, {0x080A, "RSA-PSS+SHA384"},
    {0x080B, "RSA-PSS+SHA512"},
};

struct Group {
  uint16_t id; // IANA
  const char* curve;
};

constexpr Group kGroups[] = {
    {0x0017, "secp256r1"}, {0x0018, "secp384r1"}, {0x0019, "secp521r1"}, {0x001D, "X25519"},
    {0x001E, "X448"},      {0x0100, nullptr},     {0x0101, nullptr}, // ffdhe2048, ffdhe3072
};

const Group* find_group(uint16_t id) {
  const auto* found = std::find_if(std::begin(kGroups), std::end(kGroups),
                                   [id](const Group& group) { return group.id == id; });
  return found == std::end(kGroups) ? nullptr : found;
}

}  // namespace

const Suite* find_suite(uint16_t id) {
  const auto* found = std::find_if(std::begin(kSuites), std::end(kSuites),
                                   [id](const Suite& suite) { return suite.id == id; });
  return found == std::end(kSuites) ? nullptr : found;
}

bool has_group(uint16_t group) { return find_group(group) != nullptr; }

const char* curve_name(uint16_t group) {
  const Group* found = find_group(group);
  return found == nullptr ? nullptr : found->curve;
}

bool signature_list(const std::vector<uint16_t>& schemes, std::string* list) {
  std::vector<std::string> names;
  for (const uint16_t scheme : schemes) {
    const auto* found =
        std::find_if(std::begin(kSignatureNames), std::end(kSignatureNames),
                     [scheme](const SignatureName& name) { return name.scheme == scheme; });
    if (found == std::end(kSignatureNames)) return false;
    if (std::find(names.begin(), names.end(), found->name) == names.end()) {
      names.push_back(found->name);
    }
  }
  list->clear();
  for (const std::string& name : names) *list += (list->empty() ? "" : ":") + name;
  return true;
}

}  // namespace trestle::wolf
