// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "core/session/config.h"

namespace trestle {

// The system's words for an errno; thread-safe.
std::string strerror_text(int error);

// What a failed call on a socket means to the program.
Outcome outcome_of_errno(int error, const char* call);

}  // namespace trestle
