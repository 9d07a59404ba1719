// SPDX-License-Identifier: Apache-2.0
// The outside of a PKCS#12: its MAC, and the password in the forms that it takes.
#pragma once

#include <trestle/backend.h>

#include "backends/wolfssl/secret.h"
#include "backends/wolfssl/wolf.h"

#include <wolfssl/wolfcrypt/hash.h>

namespace trestle::wolf {

// A PFX (RFC 7292, 4) taken apart; it lends its bytes.
struct Pfx {
  trestle_bytes before_mac;  // version and authSafe, as they stand
  trestle_bytes safe;        // what the MAC is over
  wc_HashType hash;
  trestle_bytes digest;
  trestle_bytes salt;
  uint32_t iterations;
};

// Refuses what is no PFX with a MAC: who made one without can't be told.
Pfx take_apart(const trestle_bytes& der);
// The same PFX without its MAC, in DER.
std::vector<uint8_t> without_mac(const Pfx& pfx);

// The password as UTF-16 with its terminator (B.1). What is no UTF-8 is taken for Latin-1.
SecretBytes bmp_string(const trestle_bytes& password);
// `password` as bmp_string makes it, or nothing at all.
bool mac_fits(const Pfx& pfx, const SecretBytes& password);
// Whether something inside is encrypted by a key derived as in B.2, from the BMPString.
bool uses_bmp_string(const Pfx& pfx);

}  // namespace trestle::wolf
