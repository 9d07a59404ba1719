// SPDX-License-Identifier: Apache-2.0
#include "abi_tests/conformance/plugin.h"

#include <dlfcn.h>

#include "abi_tests/conformance/endpoint.h"
#include "abi_tests/conformance/outcome.h"

namespace trestle::conformance {
namespace {

std::vector<Plugin>& loaded() {
  static std::vector<Plugin> all;
  return all;
}

}  // namespace

const trestle_host& host() {
  static const trestle_host table = {sizeof(trestle_host), TRESTLE_BACKEND_ABI, Endpoint::pull,
                                     Endpoint::push, Endpoint::ask};
  return table;
}

bool load_plugin(const std::string& name, const std::string& path, std::string* why) {
  Plugin plugin = {name, path};
  plugin.library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (plugin.library == nullptr) {
    *why = dlerror();
    return false;
  }
  const auto entry = reinterpret_cast<trestle_backend_entry_function>(
      dlsym(plugin.library, TRESTLE_BACKEND_ENTRY));
  if (entry == nullptr) {
    *why = dlerror();
    return false;
  }
  plugin.table = entry(TRESTLE_BACKEND_ABI);
  if (plugin.table == nullptr) {
    *why = path + ": the entry function returned no table";
    return false;
  }
  trestle_backend_error error = fresh_error();
  const int32_t status = plugin.table->process_init(&host(), &error);
  if (status != TRESTLE_BACKEND_OK) {
    *why = path + ": process_init: " + Outcome{status, error}.explanation();
    return false;
  }
  loaded().push_back(plugin);
  return true;
}

const std::vector<Plugin>& plugins() { return loaded(); }

}  // namespace trestle::conformance
