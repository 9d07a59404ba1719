// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "trestle/backend.h"

namespace trestle::loader {

// Empty if the table is one of our plugin ABI and has everything that every table needs; else what
// it lacks. Calls nothing. `table` may be NULL.
std::string table_objection(const trestle_backend *table);

}  // namespace trestle::loader
