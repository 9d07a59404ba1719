// SPDX-License-Identifier: Apache-2.0
#include "backends/wolfssl/suites.h"

#include <algorithm>
#include <cstddef>

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

constexpr Group kGroups[] = {
    {0x0017, "secp256r1"}, {0x0018, "secp384r1"}, {0x0019, "secp521r1"}, {0x001D, "X25519"},
    {0x001E, "X448"},      {0x0100, nullptr},     {0x0101, nullptr}, // ffdhe2048, ffdhe3072
};

template <typename Row, size_t n>
const Row* find(const Row (&rows)[n], uint16_t id) {
  const Row* found =
      std::find_if(rows, rows + n, [id](const Row& row) { return row.id == id; });
  return found == rows + n ? nullptr : found;
}

}  // namespace

const Suite* find_suite(uint16_t id) { return find(kSuites, id); }
const Group* find_group(uint16_t id) { return find(kGroups, id); }

}  // namespace trestle::wolf
