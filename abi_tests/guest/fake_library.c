/* SPDX-License-Identifier: Apache-2.0 */
/* A libtrestle in name only: every function of dlopen.h's list is there, and only trestle_abi does
 * something. */
#include <stdint.h>

#include "trestle/dlopen.h"

#ifndef FAKE_ABI
#define FAKE_ABI TRESTLE_ABI
#endif

/* The header declares the functions with their own types; here only the symbols matter. */
#define FAKE(name)                                 \
  uint32_t fake_##name(void) __asm__("trestle_" #name); \
  uint32_t fake_##name(void) { return FAKE_ABI; }
TRESTLE_DLOPEN_EACH(FAKE)
