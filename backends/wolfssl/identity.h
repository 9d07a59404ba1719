// SPDX-License-Identifier: Apache-2.0
// A certificate chain with its private key, checked and in the form that contexts load.
#pragma once

#include <vector>

#include <trestle/backend.h>

#include "backends/common/secret_bytes.h"
#include "backends/wolfssl/wolf.h"

struct trestle_backend_identity {
  explicit trestle_backend_identity(const trestle_backend_identity_source& source);

  void append(const trestle_bytes& certificate) {
    certificates.insert(certificates.end(), certificate.data,
                        certificate.data + certificate.length);
  }
  trestle_bytes chain() const { return {certificates.data(), certificates.size()}; }
  // Into a context. What wolfSSL refuses is BAD_CERTIFICATE or BAD_PRIVATE_KEY.
  void load(WOLFSSL_CTX* context) const;

  std::vector<uint8_t> certificates;  // DER, one after the other, leaf first
  trestle::backend::SecretBytes key; // DER: PKCS#8 or the form of its algorithm
};
