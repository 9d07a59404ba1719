// SPDX-License-Identifier: Apache-2.0
// A small stack of its own, which a function can leave and come back to: what the library's core
// runs handshakes on.
#pragma once

#include <cstddef>
#include <functional>

#include <ucontext.h>

namespace trestle::conformance {

class Fiber {
 public:
  // What the library gives a handshake.
  static constexpr size_t kStackBytes = 256 * 1024;

  // `body` runs on a stack with a guard page below it. It must have returned before the fiber goes.
  explicit Fiber(std::function<void()> body);
  ~Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  // Goes on with the body until it parks or returns; true when it has returned.
  bool resume();
  // From within a body: back to the one who resumed, until the next resume.
  void park();
  // How deep the body's stack ever was.
  size_t stack_used() const;

 private:
  static void entry(unsigned low, unsigned high);
  void enter_body();

  std::function<void()> body_;
  unsigned char* mapping_;  // guard page, then the stack
  size_t mapping_bytes_;
  unsigned char* stack_;
  ucontext_t inside_ = {};
  ucontext_t outside_ = {};
  bool returned_ = false;

  // What the sanitizers are told of each switch.
  void* fake_stack_inside_ = nullptr;
  void* fake_stack_outside_ = nullptr;
  const void* outside_bottom_ = nullptr;
  size_t outside_bytes_ = 0;
  void* tsan_inside_ = nullptr;
  void* tsan_outside_ = nullptr;
};

}  // namespace trestle::conformance
