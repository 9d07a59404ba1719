// SPDX-License-Identifier: Apache-2.0
// Why an operation of a connection failed, in Trestle's terms.
#pragma once

#include "backends/openssl/connection.h"

namespace trestle::openssl {

enum class Phase { kHandshake, kEstablished };

// Leaves the slot, with what the library's error queue and the connection's notes tell. Sends the
// alert that TLS wants where the library sends none.
[[noreturn]] void refuse_to_go_on(trestle_backend_connection &connection, Phase phase,
                                  trestle_backend_error *error);

}  // namespace trestle::openssl
