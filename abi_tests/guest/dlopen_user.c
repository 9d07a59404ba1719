/* SPDX-License-Identifier: Apache-2.0 */
/* A program that loads libtrestle at run time: dlopen_user [FILE] prints the result, the library's
 * ABI and the error. As C and as C++. */
#include <stdio.h>
#include <string.h>

#include "trestle/trestle.h"

#if defined(USER_ABI_MINOR)
/* A program that was compiled with a later header. */
#undef TRESTLE_ABI_MINOR
#define TRESTLE_ABI_MINOR USER_ABI_MINOR
#endif

#include "trestle/dlopen.h"

static int is_empty(const trestle_functions *functions) {
  trestle_functions nothing;
  memset(&nothing, 0, sizeof nothing);
  return memcmp(functions, &nothing, sizeof nothing) == 0;
}

int main(int argc, char **argv) {
  trestle_functions trestle;
  char error[512];
  int32_t result;
  memset(&trestle, 1, sizeof trestle);
  result = trestle_dlopen(argc > 1 ? argv[1] : NULL, &trestle, error, sizeof error);
  if (result == TRESTLE_RESULT_SUCCESS) {
    printf("success, ABI %u, size %d%s\n", (unsigned)trestle.abi(),
           trestle.size == sizeof trestle, error);
  } else {
    printf("%d, empty %d: %s\n", (int)result, is_empty(&trestle), error);
  }
  return 0;
}
