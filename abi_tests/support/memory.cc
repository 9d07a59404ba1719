// SPDX-License-Identifier: Apache-2.0
#include "abi_tests/support/memory.h"

#include <malloc.h>

#include <algorithm>

// A sanitizer's allocator takes the place of glibc's, and counts for itself.
extern "C" size_t __sanitizer_get_current_allocated_bytes() __attribute__((weak));

namespace trestle::testing {

size_t allocated_bytes() {
  if (__sanitizer_get_current_allocated_bytes) return __sanitizer_get_current_allocated_bytes();
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

void Growth::note() {
  const size_t now = allocated_bytes();
  if (now > before_) most_ = std::max(most_, now - before_);
}

}  // namespace trestle::testing
