// SPDX-License-Identifier: Apache-2.0
#include <cstdint>

#include "trestle/trestle.h"

// Two steps, so that the number is put into the text and not the macro's name.
#define TEXT_OF(number) #number
#define TEXT(number) TEXT_OF(number)

uint32_t trestle_version(void) { return TRESTLE_VERSION; }

uint32_t trestle_abi(void) { return TRESTLE_ABI; }

const char *trestle_version_text(void) {
  return TEXT(TRESTLE_VERSION_MAJOR) "." TEXT(TRESTLE_VERSION_MINOR) "." TEXT(
      TRESTLE_VERSION_PATCH);
}
