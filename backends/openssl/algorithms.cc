// SPDX-License-Identifier: Apache-2.0
#include "backends/openssl/algorithms.h"

#include <openssl/objects.h>

namespace trestle::openssl {
namespace {

constexpr Group kGroups[] = {
    {23, NID_X9_62_prime256v1, 0},
    {24, NID_secp384r1, 0},
    {25, NID_secp521r1, 0},
    {29, NID_X25519, 0},
    {30, NID_X448, 0},
    {256, NID_ffdhe2048, 2048},
    {257, NID_ffdhe3072, 3072},
    {258, NID_ffdhe4096, 4096},
    {259, NID_ffdhe6144, 6144},
    {260, NID_ffdhe8192, 8192},
};

constexpr SignatureScheme kSignatureSchemes[] = {
    {0x0201, "rsa_pkcs1_sha1", "SHA1", false},
    {0x0202, "DSA+SHA1", "SHA1", false},
    {0x0203, "ECDSA+SHA1", "SHA1", false},
    {0x0401, "rsa_pkcs1_sha256", "SHA256", false},
    {0x0402, "DSA+SHA256", "SHA256", false},
    {0x0403, "ecdsa_secp256r1_sha256", "SHA256", false},
    {0x0501, "rsa_pkcs1_sha384", "SHA384", false},
    {0x0503, "ecdsa_secp384r1_sha384", "SHA384", false},
    {0x0601, "rsa_pkcs1_sha512", "SHA512", false},
    {0x0603, "ecdsa_secp521r1_sha512", "SHA512", false},
    {0x0804, "rsa_pss_rsae_sha256", "SHA256", true},
    {0x0805, "rsa_pss_rsae_sha384", "SHA384", true},
    {0x0806, "rsa_pss_rsae_sha512", "SHA512", true},
    {0x0807, "ed25519", nullptr, false},
    {0x0808, "ed448", nullptr, false},
    {0x0809, "rsa_pss_pss_sha256", "SHA256", true},
    {0x080A, "rsa_pss_pss_sha384", "SHA384", true},
    {0x080B, "rsa_pss_pss_sha512", "SHA512", true},
};

}  // namespace

const Group *find_group(uint32_t id) {
  for (const Group &group : kGroups) {
    if (group.id == id) return &group;
  }
  return nullptr;
}

const Group *smallest_dh_group(uint32_t bits) {
  for (const Group &group : kGroups) {
    if (group.dh_bits != 0 && group.dh_bits >= bits) return &group;
  }
  return nullptr;
}

const SignatureScheme *find_signature_scheme(uint32_t id) {
  for (const SignatureScheme &scheme : kSignatureSchemes) {
    if (scheme.id == id) return &scheme;
  }
  return nullptr;
}

}  // namespace trestle::openssl
