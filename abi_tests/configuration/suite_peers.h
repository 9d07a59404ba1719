// SPDX-License-Identifier: Apache-2.0
// Real peers for a cipher suite: who has it, and what they have to be told to speak it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "abi_tests/configuration/suite_sides.h"
#include "abi_tests/conformance/suites.h"
#include "abi_tests/support/peers.h"

namespace trestle::testing {

using conformance::Suite;

// The suites of trestle.h that OpenSSL's programs have, with OpenSSL's names, as `openssl ciphers`
// tells them.
const std::map<uint16_t, std::string>& openssl_suites();
// Those that GnuTLS's programs have, with GnuTLS's names, as `gnutls-cli --list` tells them.
const std::map<uint16_t, std::string>& gnutls_suites();

bool has_suite(ServerKind kind, const Suite& suite);
bool has_suite(ClientKind kind, const Suite& suite);

// Whether it can show so in a whole connection; a bug of its own may be in the way.
bool can_prove(ServerKind kind, const Suite& suite);
bool can_prove(ClientKind kind, const Suite& suite);

// Options for a peer that speaks those of these suites that it has, and no others. They must be of
// one version.
void speak_only(const std::vector<Suite>& suites, TlsOptions* options);

// The same for a server that isn't to fall back to a Diffie-Hellman group that is too small.
std::unique_ptr<Server> start_server_with(ServerKind kind, const std::vector<Suite>& suites,
                                          const Credentials& credentials);

}  // namespace trestle::testing
