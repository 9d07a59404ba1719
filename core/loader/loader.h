// SPDX-License-Identifier: Apache-2.0
// Finds a plugin by its name, decides whether it may run here, and loads it for good.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/loader/search.h"
#include "trestle/backend.h"

namespace trestle::loader {

struct LoadedBackend {
  const trestle_backend *table = nullptr;  // static: never unloaded. NULL on failure
  std::string path;                        // the file it was loaded from. Empty on failure
  int32_t result = TRESTLE_RESULT_SUCCESS;
  std::string detail;  // on failure: each path tried and why it did not do, one per line
};

// One per engine; cheap. What is loaded belongs to the process: engines share it.
class Loader {
 public:
  // Reads the environment, once. `backend_directory` is absolute, or empty. `host` is static; the
  // plugin keeps the one of the loader that loads it first.
  Loader(std::string backend_directory, const trestle_host *host);

  // The first place that has such a file decides; a file that doesn't do ends the search, so that a
  // plugin is never replaced by another one in silence. Thread-safe. Runs the initialisation of
  // the plugin and of its TLS library, so only worker threads call it.
  LoadedBackend load(std::string_view name) const;

  // Names of the plugins in the searched directories, sorted, unique; not whether they load.
  std::vector<std::string> available() const;

  // The configured name if there is one, else TRESTLE_BACKEND of the environment, else "openssl".
  static std::string default_name(const char *configured);

 private:
  const std::vector<Place> places_;
  const trestle_host *const host_;
};

}  // namespace trestle::loader
