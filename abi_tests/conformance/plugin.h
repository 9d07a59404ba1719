// SPDX-License-Identifier: Apache-2.0
// The plugins under test, loaded as the library loads them, and the smallest possible host.
#pragma once

#include <string>
#include <vector>

#include <trestle/backend.h>

namespace trestle::conformance {

struct Plugin {
  std::string name;
  std::string path;
  void* library = nullptr; // of dlopen
  const trestle_backend* table = nullptr;

  bool can(uint32_t capability, uint32_t argument) const {
    return table->capability(capability, argument) == 1;
  }
  bool can_suite(uint16_t suite) const { return can(TRESTLE_CAPABILITY_SUITE, suite); }
};

// The host's table: pull, push and ask go to the Endpoint that a connection was made with.
const trestle_host& host();

// dlopen, entry function, process_init. Once per process and name; on failure `why` is filled in.
bool load_plugin(const std::string& name, const std::string& path, std::string* why);

// What has been loaded, in that order.
const std::vector<Plugin>& plugins();

}  // namespace trestle::conformance
