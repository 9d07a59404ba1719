// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace trestle::testing {

// Bytes that this process has allocated at the moment, by malloc and by mmap for it.
size_t allocated_bytes();

// The most that it grew by since the object was made, out of the moments of note().
class Growth {
 public:
  Growth() : before_(allocated_bytes()) {}
  void note();
  size_t most() const { return most_; }

 private:
  const size_t before_;
  size_t most_ = 0;
};

}  // namespace trestle::testing
