// SPDX-License-Identifier: Apache-2.0
// Who decides about a peer's certificate: the host.
#pragma once

#include <openssl/ssl.h>

#include <cstdint>

namespace trestle::openssl {

// Has the host asked about every peer certificate, in place of the library's own verification.
void ask_about_peers(SSL_CTX *ctx, uint32_t role, uint32_t client_auth);

}  // namespace trestle::openssl
