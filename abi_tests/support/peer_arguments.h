// SPDX-License-Identifier: Apache-2.0
// Private to the peers: what their command lines have in common.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "abi_tests/support/peers.h"

namespace trestle::testing {

using Arguments = std::vector<std::string>;

void append(Arguments& arguments, const Arguments& more);

std::string join(const std::vector<std::string>& words, std::string_view separator);
std::string to_hex(std::string_view bytes);

// The certificates of all these, one after the other.
std::string bundle_pem(const std::vector<Identity>& identities);

// "127.0.0.1:443", "[::1]:443".
std::string host_and_port(std::string_view address, uint16_t port);

// The ciphers for TLS 1.2 and below, or "" for OpenSSL's default. Debian's security level 2 excludes
// the versions before TLS 1.2, so a peer that is to speak them gets another level.
std::string openssl_ciphers(const TlsOptions& options);
// "TLSv1.2", as OpenSSL and nginx say it.
const char* openssl_version_name(TlsVersion version);

// Throws std::invalid_argument: a peer says what it can't do.
[[noreturn]] void refuse(std::string_view peer, std::string_view what);

}  // namespace trestle::testing
