// SPDX-License-Identifier: Apache-2.0
// Why an operation of a connection failed, in Trestle's terms.
#pragma once

#include "backends/openssl/connection.h"

namespace trestle::openssl {

enum class Phase { kHandshake, kEstablished };

// From the library's error queue and what the connection noted. Sends the alert that TLS wants
// where the library sends none.
void describe_failure(trestle_backend_connection &connection, Phase phase,
                      trestle_backend_error *error);

}  // namespace trestle::openssl
