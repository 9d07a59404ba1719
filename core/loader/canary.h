// SPDX-License-Identifier: Apache-2.0
// Has somebody else's library captured the calls that a plugin makes to its own?
#pragma once

#include <string>

#include "trestle/backend.h"

namespace trestle::loader {

// RTLD_LOCAL doesn't protect a plugin from its host: what the program and its libraries export
// comes before the plugin's own library, also for a versioned reference if the host's symbol has
// no version. So each canary is looked at twice: the address that the plugin itself has bound, and
// the symbol's first definition in the program's global scope, to which calls from inside the TLS
// library would go.
// Empty if all is well; else one sentence that names the symbol and both files.
std::string captured_canary(const trestle_backend &table);

}  // namespace trestle::loader
