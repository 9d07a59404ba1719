// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/pki/extensions.h"

namespace trestle {

// The core's own sentences for the error record's `detail`: what it knows by itself, so that they
// are the same whatever the backend. Without capital and full stop, for more may follow.

// One of the four TRESTLE_RESULT_*_TIMEOUT of a connection.
std::string timeout_words(int32_t result, uint32_t timeout_ms);

// How the peer, the transport or an alert ended it; "" if that isn't what happened.
std::string ending_words(int32_t result, uint32_t alert, uint32_t alert_direction,
                         bool in_handshake);

// Why the certificate isn't the wanted one's. The names are the peer's choice: fit for an error
// text, and of some hundred octets at most.
std::string name_mismatch_words(std::string_view wanted, const pki::GeneralNames& presented);
std::string name_not_checked_words();

// `found`: what the core had to say against the certificate, or "".
std::string rejected_words(const std::string& found);

// What is known in general, then what is known in particular; each may be "".
std::string join_words(std::string general, const std::string& particular);

}  // namespace trestle
