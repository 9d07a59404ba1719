// SPDX-License-Identifier: Apache-2.0
#include "core/loader/loader.h"

#include <stdlib.h>

#include <utility>

#include "core/loader/file_check.h"
#include "core/loader/plugin.h"

namespace trestle::loader {
namespace {

LoadedBackend failure(int32_t result, std::string detail) {
  LoadedBackend backend;
  backend.result = result;
  backend.detail = std::move(detail);
  return backend;
}

}  // namespace

Loader::Loader(std::string backend_directory, const trestle_host *host)
    : places_(places(surroundings_of_process(std::move(backend_directory)))), host_(host) {}

LoadedBackend Loader::load(std::string_view name) const {
  if (!is_backend_name(name)) {
    return failure(TRESTLE_RESULT_BACKEND_BAD_NAME,
                   in_quotes(name) + ": a backend's name is 1 to 32 of a-z, 0-9 and _");
  }
  std::string tried;
  for (const Place &place : places_) {
    if (!tried.empty()) tried += '\n';
    if (!place.unusable.empty()) {
      return failure(TRESTLE_RESULT_BACKEND_REFUSED, tried + place.unusable);
    }
    const std::string path = place.file(name);
    const CheckedFile file = check_file(path);
    if (file.verdict == CheckedFile::Verdict::kTrusted) {
      const PluginOutcome plugin = load_plugin(file, name, host_);
      if (plugin.table != nullptr) return {plugin.table, file.path, TRESTLE_RESULT_SUCCESS, {}};
      return failure(plugin.result, tried + path + ": " + plugin.reason);
    }
    tried += path + ": " + file.reason;
    if (file.verdict == CheckedFile::Verdict::kRefused) {
      return failure(TRESTLE_RESULT_BACKEND_REFUSED, std::move(tried));
    }
  }
  return failure(TRESTLE_RESULT_BACKEND_NOT_FOUND, std::move(tried));
}

std::vector<std::string> Loader::available() const { return names_in(places_); }

std::string Loader::default_name(const char *configured) {
  if (configured != nullptr) return configured;
  const char *chosen = secure_getenv("TRESTLE_BACKEND");
  return chosen != nullptr && chosen[0] != '\0' ? chosen : "openssl";
}

}  // namespace trestle::loader
