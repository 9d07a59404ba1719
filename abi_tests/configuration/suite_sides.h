// SPDX-License-Identifier: Apache-2.0
// Trestle sides for a cipher suite: which backend has it, and what a session needs to speak it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "abi_tests/conformance/suites.h"
#include "abi_tests/harness/program.h"

namespace trestle::testing {

using conformance::Authentication;
using conformance::Suite;

inline constexpr Authentication kAuthentications[] = {
    Authentication::kAnyCertificate, Authentication::kEcdsa,     Authentication::kRsa,
    Authentication::kDsa,            Authentication::kRsaAndPsk, Authentication::kPsk,
    Authentication::kNone};

// What a server needs to serve the suites of one authentication. The client has the PSK, too.
struct Credentials {
  std::optional<Identity> identity;
  std::optional<Psk> psk;
};
const Credentials& credentials(Authentication authentication);

// As BACKEND_CAPABILITY tells it.
bool has_suite(const std::string& backend, const Suite& suite);

std::vector<Suite> suites_with(Authentication authentication);
// Those that the backend has.
std::vector<uint16_t> suites_of(const std::string& backend, Authentication authentication);

// Sessions with these suites and what they need. What fails, throws.
Session client_for(Program& program, const std::string& backend,
                   const std::vector<uint16_t>& suites, Authentication authentication);
Session server_for(Program& program, const std::string& backend,
                   const std::vector<uint16_t>& suites, Authentication authentication);

}  // namespace trestle::testing
