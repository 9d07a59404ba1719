// SPDX-License-Identifier: Apache-2.0
#include "backends/wolfssl/certificate.h"

#include <cstring>
#include <new>

#include <wolfssl/wolfcrypt/ecc.h>

namespace trestle::wolf {

Certificate::Certificate(const trestle_bytes& der) : der_(der), parsed_(new DecodedCert) {
  wc_InitDecodedCert(parsed_.get(), der.data, static_cast<word32>(der.length), nullptr);
  unreadable_ = wc_ParseCert(parsed_.get(), CERT_TYPE, NO_VERIFY, nullptr);
}

bool Certificate::is_issued_by(const Certificate& other) const {
  return parsed_->issuerRawLen != 0 && parsed_->issuerRawLen == other.parsed_->subjectRawLen &&
         std::memcmp(parsed_->issuerRaw, other.parsed_->subjectRaw,
                     static_cast<size_t>(parsed_->issuerRawLen)) == 0;
}

bool Certificate::goes_with_ec_key(const uint8_t* key, size_t key_size) const {
  ecc_key certified, own;
  if (wc_ecc_init(&own) != 0) throw std::bad_alloc();
  Cleanup<ecc_key, wc_ecc_free> free_own(&own);
  if (wc_ecc_init(&certified) != 0) throw std::bad_alloc();
  Cleanup<ecc_key, wc_ecc_free> free_certified(&certified);
  word32 used = 0;
  if (wc_EccPrivateKeyDecode(key, &used, &own, static_cast<word32>(key_size)) != 0) return true;
  used = 0;
  return parsed_->keyOID == ECDSAk &&
         wc_EccPublicKeyDecode(parsed_->publicKey, &used, &certified, parsed_->pubKeySize) == 0 &&
         wc_ecc_make_pub(&own, nullptr) == 0 &&
         wc_ecc_cmp_point(&own.pubkey, &certified.pubkey) == MP_EQ;
}

bool Certificate::key_may_use(uint16_t scheme) const {
  switch (parsed_->keyOID) {
    case RSAk: return scheme >= 0x0804 && scheme <= 0x0806;
    case RSAPSSk: return scheme >= 0x0809 && scheme <= 0x080B;
    case ED25519k: return scheme == 0x0807;
    case ED448k: return scheme == 0x0808;
    case ECDSAk: return (scheme == 0x0403 && parsed_->pkCurveOID == ECC_SECP256R1_OID) ||
                        (scheme == 0x0503 && parsed_->pkCurveOID == ECC_SECP384R1_OID) ||
                        (scheme == 0x0603 && parsed_->pkCurveOID == ECC_SECP521R1_OID);
    default: return false;
  }
}

bool Certificate::key_may_use_in_tls12(uint16_t scheme) const {
  const unsigned hash = scheme >> 8, signature = scheme & 0xFFu;
  const bool paired = hash >= 2 && hash <= 6; // SHA-1 to SHA-512
  if (parsed_->keyOID == RSAk && paired && signature == 1) return true;
  if (parsed_->keyOID == ECDSAk) return paired && signature == 3;
  return key_may_use(scheme);
}

}  // namespace trestle::wolf
