// SPDX-License-Identifier: Apache-2.0
// TLS that a host program does itself, with OpenSSL.
#pragma once

#include <string>

namespace trestle::guest {

// A TLS 1.3 handshake between two ends in this thread, and a message each way. Empty if all went
// well; else what did not.
std::string own_tls();

}  // namespace trestle::guest
