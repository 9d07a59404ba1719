// SPDX-License-Identifier: Apache-2.0
#include "backends/gnutls/suites.h"

#include <algorithm>
#include <cstddef>
#include <iterator>

namespace trestle::gnutls_backend {
namespace {

// A handshake with each of these was seen, between two GnuTLS sides and with OpenSSL where it has
// the suite. Of the suites in trestle.h, only those with static DH are missing: GnuTLS never had
// them.
constexpr uint16_t kProven[] = {
    // RSA: NULL, RC4, 3DES, AES-CBC, AES-GCM
    0x0001, 0x0002, 0x003B, 0x0004, 0x0005, 0x000A, 0x002F, 0x003C, 0x0035, 0x003D, 0x009C, 0x009D,
    // DHE_DSS: 3DES, AES-CBC
    0x0013, 0x0032, 0x0040, 0x0038, 0x006A,
    // DHE_RSA: 3DES, AES-CBC, AES-GCM, CHACHA20, AES-CCM
    0x0016, 0x0033, 0x0067, 0x0039, 0x006B, 0x009E, 0x009F, 0xCCAA, 0xC09E, 0xC09F,
    // DH_anon: 3DES, AES-CBC, RC4
    0x001B, 0x0034, 0x006C, 0x003A, 0x006D, 0x0018,
    // PSK: RC4, 3DES, AES-CBC, AES-GCM, CHACHA20
    0x008A, 0x008B, 0x008C, 0x008D, 0x00A8, 0x00A9, 0xCCAB,
    // DHE_PSK: RC4, 3DES, AES-CBC, AES-GCM
    0x008E, 0x008F, 0x0090, 0x0091, 0x00AA, 0x00AB,
    // RSA_PSK: RC4, 3DES, AES-CBC
    0x0092, 0x0093, 0x0094, 0x0095,
    // TLS 1.3
    0x1301, 0x1302, 0x1303, 0x1304, 0x1305,
    // ECDHE_ECDSA: AES-GCM, CHACHA20, AES-CCM, AES-CBC
    0xC02B, 0xC02C, 0xCCA9, 0xC0AC, 0xC0AD, 0xC009, 0xC00A, 0xC023, 0xC024,
    // ECDHE_RSA: AES-GCM, CHACHA20, AES-CBC
    0xC02F, 0xC030, 0xCCA8, 0xC013, 0xC014, 0xC027, 0xC028,
};

// Written once, before any other thread reads. Trivial to destroy: nothing runs at exit.
Suite suites[std::size(kProven)];
size_t suite_count = 0;

constexpr Group kGroups[] = {
    {0x0017, "SECP256R1"}, {0x0018, "SECP384R1"}, {0x0019, "SECP521R1"}, {0x001D, "X25519"},
    {0x001E, "X448"},      {0x0100, "FFDHE2048"}, {0x0101, "FFDHE3072"}, {0x0102, "FFDHE4096"},
    {0x0103, "FFDHE6144"}, {0x0104, "FFDHE8192"},
};

// GnuTLS has two names for 0x0403, 0x0503 and 0x0603: any curve in TLS 1.2, one curve in TLS 1.3.
constexpr Scheme kSchemes[] = {
    {0x0403, GNUTLS_PK_ECDSA, GNUTLS_SIGN_ECDSA_SHA256,
     ":+SIGN-ECDSA-SECP256R1-SHA256:+SIGN-ECDSA-SHA256"},
    {0x0503, GNUTLS_PK_ECDSA, GNUTLS_SIGN_ECDSA_SHA384,
     ":+SIGN-ECDSA-SECP384R1-SHA384:+SIGN-ECDSA-SHA384"},
    {0x0603, GNUTLS_PK_ECDSA, GNUTLS_SIGN_ECDSA_SHA512,
     ":+SIGN-ECDSA-SECP521R1-SHA512:+SIGN-ECDSA-SHA512"},
    {0x0804, GNUTLS_PK_RSA, GNUTLS_SIGN_RSA_PSS_RSAE_SHA256, ":+SIGN-RSA-PSS-RSAE-SHA256"},
    {0x0805, GNUTLS_PK_RSA, GNUTLS_SIGN_RSA_PSS_RSAE_SHA384, ":+SIGN-RSA-PSS-RSAE-SHA384"},
    {0x0806, GNUTLS_PK_RSA, GNUTLS_SIGN_RSA_PSS_RSAE_SHA512, ":+SIGN-RSA-PSS-RSAE-SHA512"},
    {0x0809, GNUTLS_PK_RSA_PSS, GNUTLS_SIGN_RSA_PSS_SHA256, ":+SIGN-RSA-PSS-SHA256"},
    {0x080A, GNUTLS_PK_RSA_PSS, GNUTLS_SIGN_RSA_PSS_SHA384, ":+SIGN-RSA-PSS-SHA384"},
    {0x080B, GNUTLS_PK_RSA_PSS, GNUTLS_SIGN_RSA_PSS_SHA512, ":+SIGN-RSA-PSS-SHA512"},
    {0x0807, GNUTLS_PK_EDDSA_ED25519, GNUTLS_SIGN_EDDSA_ED25519, ":+SIGN-EdDSA-Ed25519"},
    {0x0808, GNUTLS_PK_EDDSA_ED448, GNUTLS_SIGN_EDDSA_ED448, ":+SIGN-EdDSA-Ed448"},
    {0x0401, GNUTLS_PK_RSA, GNUTLS_SIGN_RSA_SHA256, ":+SIGN-RSA-SHA256"},
    {0x0501, GNUTLS_PK_RSA, GNUTLS_SIGN_RSA_SHA384, ":+SIGN-RSA-SHA384"},
    {0x0601, GNUTLS_PK_RSA, GNUTLS_SIGN_RSA_SHA512, ":+SIGN-RSA-SHA512"},
    {0x0201, GNUTLS_PK_RSA, GNUTLS_SIGN_RSA_SHA1, ":+SIGN-RSA-SHA1"},
    {0x0203, GNUTLS_PK_ECDSA, GNUTLS_SIGN_ECDSA_SHA1, ":+SIGN-ECDSA-SHA1"},
    {0x0202, GNUTLS_PK_DSA, GNUTLS_SIGN_DSA_SHA1, ":+SIGN-DSA-SHA1"},
    // GnuTLS has no number for it in a handshake, and neither offers nor makes it.
    {0x0402, GNUTLS_PK_DSA, GNUTLS_SIGN_DSA_SHA256, ""},
};

template <typename Table>
auto find(const Table &table, uint16_t id) -> decltype(&table[0]) {
  const auto found = std::find_if(std::begin(table), std::end(table),
                                  [id](const auto &row) { return row.id == id; });
  return found == std::end(table) ? nullptr : &*found;
}

}  // namespace

void load_suites() {
  suite_count = 0;
  unsigned char wire[2];
  Suite suite;
  for (suite.index = 0; gnutls_cipher_suite_info(suite.index, wire, &suite.kx, &suite.cipher,
                                                 &suite.mac, nullptr) != nullptr;
       ++suite.index) {
    suite.id = static_cast<uint16_t>(wire[0] << 8 | wire[1]);
    const bool proven =
        std::find(std::begin(kProven), std::end(kProven), suite.id) != std::end(kProven);
    if (proven && suite_count < std::size(suites)) suites[suite_count++] = suite;
  }
}

const Suite *find_suite(uint16_t id) {
  for (size_t i = 0; i < suite_count; ++i) {
    if (suites[i].id == id) return &suites[i];
  }
  return nullptr;
}

const Group *find_group(uint16_t id) { return find(kGroups, id); }
const Scheme *find_scheme(uint16_t id) { return find(kSchemes, id); }

}  // namespace trestle::gnutls_backend
