// SPDX-License-Identifier: Apache-2.0
// The plugins of this process. What was once mapped stays: the TLS libraries leave thread-exit
// destructors behind that must find their code.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/loader/file_check.h"
#include "trestle/backend.h"

namespace trestle::loader {

struct PluginOutcome {
  const trestle_backend *table = nullptr;
  int32_t result = TRESTLE_RESULT_SUCCESS;
  std::string reason;
};

// Loads a trusted file as the backend `name`, or finds it loaded; initialises it once per process.
// Thread-safe.
PluginOutcome load_plugin(const CheckedFile &file, std::string_view name,
                          const trestle_host *host);

}  // namespace trestle::loader
