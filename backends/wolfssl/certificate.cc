// SPDX-License-Identifier: Apache-2.0
#include "backends/wolfssl/certificate.h"

#include <cstring>

#include "backends/wolfssl/key.h"

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
  EcPrivateKey own(key, key_size);
  if (!own) return true;
  EcPublicKey certified(parsed_->publicKey, parsed_->pubKeySize);
  return certified && wc_ecc_make_pub(own.get(), nullptr) == 0 &&
         wc_ecc_cmp_point(&own.get()->pubkey, &certified.get()->pubkey) == MP_EQ;
}

bool Certificate::key_may_use(uint16_t scheme, bool tls13) const {
  // TLS 1.2 has pairs of a hash and a signature: 1 is PKCS#1, 3 is ECDSA on any curve.
  const int tls12_signature = tls13 ? 0 : scheme & 0xFF;
  const auto curve = parsed_->pkCurveOID;
  switch (parsed_->keyOID) {
    case RSAk: return (scheme >= 0x0804 && scheme <= 0x0806) || tls12_signature == 1;
    case RSAPSSk: return scheme >= 0x0809 && scheme <= 0x080B;
    case ED25519k: return scheme == 0x0807;
    case ED448k: return scheme == 0x0808;
    case ECDSAk: return (scheme == 0x0403 && curve == ECC_SECP256R1_OID) ||
                        (scheme == 0x0503 && curve == ECC_SECP384R1_OID) ||
                        (scheme == 0x0603 && curve == ECC_SECP521R1_OID) || tls12_signature == 3;
    default: return false;
  }
}

}  // namespace trestle::wolf
