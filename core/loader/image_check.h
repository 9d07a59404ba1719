// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace trestle::loader {

// Why the dynamic linker must not see this file, or empty. It maps a shared object's segments
// without a look at the file's end, so that one that was cut off (a copy that broke off, a full
// disk) would end the process with SIGBUS. What is wrong with a file otherwise, the linker tells.
std::string image_objection(const std::string &path);

}  // namespace trestle::loader
