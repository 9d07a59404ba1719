// SPDX-License-Identifier: Apache-2.0
// Loads one plugin into a program of its own kind: load_one DIRECTORY NAME prints the result and
// the detail. An empty DIRECTORY is none.
#include <dlfcn.h>
#include <stdio.h>
#include <unistd.h>

#include "core/loader/loader.h"
#include "trestle/trestle.h"

#if defined(LOAD_ONE_EXPORTS)
// The program defines, and exports, what a plugin takes for its own.
extern "C" __attribute__((visibility("default"))) int trestle_test_truth() { return 2; }
#endif

#if defined(LOAD_ONE_POSITION_DEPENDENT)
// Code that isn't position-independent has the address as a constant, for which the linker makes a
// stub in this executable; every object of the process then takes the stub for the function.
static int (*volatile address_of_getppid)();

static bool has_stub() {
  address_of_getppid = getppid;
  Dl_info here, there;
  return dladdr(reinterpret_cast<const void *>(&has_stub), &here) != 0 &&
         dladdr(reinterpret_cast<const void *>(address_of_getppid), &there) != 0 &&
         here.dli_fbase == there.dli_fbase;
}
#else
static bool has_stub() { return false; }
#endif

// Only asked by AddressSanitizer, which else wants to be loaded before a preloaded library, and
// fails to look for leaks in a set-user-id program.
extern "C" __attribute__((visibility("default"))) const char *__asan_default_options() {
  return "verify_asan_link_order=0:detect_leaks=0";
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  static const trestle_host host = {};
  const trestle::loader::LoadedBackend backend =
      trestle::loader::Loader(argv[1], &host).load(argv[2]);
  printf("%s%s\n%s\n", trestle_result_name(backend.result), has_stub() ? " with a stub" : "",
         backend.detail.c_str());
  return 0;
}
