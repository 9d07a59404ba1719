// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "abi_tests/harness/program.h"

namespace trestle::testing {

// The cipher suites that a client session offers, in the order of its ClientHello, without the
// signalling value of RFC 5746. Uses up a connection of the session.
std::vector<uint16_t> offered_suites(Session& session);

// The host name of the server_name extension (RFC 6066, 3), "" when there is none. Uses up a
// connection of the session.
std::string offered_server_name(Session& session);

}  // namespace trestle::testing
