// SPDX-License-Identifier: Apache-2.0
// The named groups and signature schemes that a backend should know (IANA's TLS registries).
#pragma once

#include <cstdint>
#include <vector>

namespace trestle::conformance {

struct Group {
  uint16_t id;
  const char* name;
  bool finite_field;
};

inline const std::vector<Group>& all_groups() {
  static const std::vector<Group> groups = {
      {0x001D, "x25519", false},   {0x0017, "secp256r1", false}, {0x0018, "secp384r1", false},
      {0x0019, "secp521r1", false}, {0x001E, "x448", false},      {0x0100, "ffdhe2048", true},
      {0x0101, "ffdhe3072", true}, {0x0102, "ffdhe4096", true},
  };
  return groups;
}

struct SignatureScheme {
  uint16_t id;
  const char* name;
};

inline const std::vector<SignatureScheme>& all_signature_schemes() {
  static const std::vector<SignatureScheme> schemes = {
      {0x0201, "rsa_pkcs1_sha1"},         {0x0401, "rsa_pkcs1_sha256"},
      {0x0501, "rsa_pkcs1_sha384"},       {0x0601, "rsa_pkcs1_sha512"},
      {0x0804, "rsa_pss_rsae_sha256"},    {0x0805, "rsa_pss_rsae_sha384"},
      {0x0806, "rsa_pss_rsae_sha512"},    {0x0809, "rsa_pss_pss_sha256"},
      {0x080A, "rsa_pss_pss_sha384"},     {0x080B, "rsa_pss_pss_sha512"},
      {0x0203, "ecdsa_sha1"},             {0x0403, "ecdsa_secp256r1_sha256"},
      {0x0503, "ecdsa_secp384r1_sha384"}, {0x0603, "ecdsa_secp521r1_sha512"},
      {0x0807, "ed25519"},                {0x0808, "ed448"},
      {0x0202, "dsa_sha1"},               {0x0402, "dsa_sha256"},
  };
  return schemes;
}

}  // namespace trestle::conformance
