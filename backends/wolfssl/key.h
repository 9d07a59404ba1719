// SPDX-License-Identifier: Apache-2.0
// wolfCrypt's keys, as it decodes them.
#pragma once

#include <new>

#include "backends/wolfssl/wolf.h"

#include <wolfssl/wolfcrypt/asn_public.h>
#include <wolfssl/wolfcrypt/ecc.h>
#include <wolfssl/wolfcrypt/ed25519.h>
#include <wolfssl/wolfcrypt/ed448.h>
#include <wolfssl/wolfcrypt/rsa.h>

namespace trestle::wolf {

// False if the bytes are no such key.
template <typename Object, auto init, auto decode, auto free>
class Key {
 public:
  Key(const uint8_t* der, size_t size) {
    if (init(&key_) != 0) throw std::bad_alloc();
    word32 used = 0;
    decoded_ = decode(der, &used, &key_, static_cast<word32>(size)) == 0;
  }
  ~Key() { free(&key_); }
  Key(const Key&) = delete;
  Key& operator=(const Key&) = delete;

  explicit operator bool() const { return decoded_; }
  Object* get() { return &key_; }

 private:
  Object key_;
  bool decoded_;
};

inline int init_rsa(RsaKey* key) { return wc_InitRsaKey(key, nullptr); }

using RsaPublicKey = Key<RsaKey, init_rsa, wc_RsaPublicKeyDecode, wc_FreeRsaKey>;
using RsaPrivateKey = Key<RsaKey, init_rsa, wc_RsaPrivateKeyDecode, wc_FreeRsaKey>;
using EcPublicKey = Key<ecc_key, wc_ecc_init, wc_EccPublicKeyDecode, wc_ecc_free>;
using EcPrivateKey = Key<ecc_key, wc_ecc_init, wc_EccPrivateKeyDecode, wc_ecc_free>;
using Ed25519PublicKey =
    Key<ed25519_key, wc_ed25519_init, wc_Ed25519PublicKeyDecode, wc_ed25519_free>;
using Ed448PublicKey = Key<ed448_key, wc_ed448_init, wc_Ed448PublicKeyDecode, wc_ed448_free>;

}  // namespace trestle::wolf
