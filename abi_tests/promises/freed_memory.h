// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

// This program's own free() and realloc(), which come before the C library's for the whole process
// (//abi_tests/promises:BUILD.bazel exports them): they look into every block that is given back.
namespace trestle::testing {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSeesFreedMemory = false;
#else
constexpr bool kSeesFreedMemory = true;
#endif
constexpr char kWhyNotSeen[] = "a sanitizer has a free() of its own";

struct Marker {
  std::string what;
  std::string bytes;
};

// From now on a freed block with a marker's bytes is a find. Every block is emptied as it goes, so
// that what is found is its last owner's. One watch at a time.
class FreedMemoryWatch {
 public:
  explicit FreedMemoryWatch(const std::vector<Marker>& markers);  // outlive it
  ~FreedMemoryWatch();
  FreedMemoryWatch(const FreedMemoryWatch&) = delete;
  FreedMemoryWatch& operator=(const FreedMemoryWatch&) = delete;

  struct Find {
    std::string what;
    std::string freed_by;  // the object file that called free(): libcrypto.so.3, openssl.so, ...
    std::string way;       // the calls that led there
  };
  std::vector<Find> finish();  // ends the watch
};

}  // namespace trestle::testing
