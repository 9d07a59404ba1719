// SPDX-License-Identifier: Apache-2.0
// wolfSSL's headers, in the order that they need: its build options come first.
#pragma once

#include <wolfssl/options.h>
// A separate line, so that nothing sorts it above the options.
#include <wolfssl/ssl.h>

namespace trestle::wolf {

// Frees a wolfCrypt object at the end of its scope: `free` returns void or a code nobody needs.
template <typename T, auto free>
class Cleanup {
 public:
  explicit Cleanup(T* object) : object_(object) {}
  ~Cleanup() { free(object_); }
  Cleanup(const Cleanup&) = delete;
  Cleanup& operator=(const Cleanup&) = delete;

 private:
  T* object_;
};

}  // namespace trestle::wolf
