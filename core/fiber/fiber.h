// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ucontext.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace trestle {

// A function that can stop in the middle, wherever its call stack is, and go on later on the same
// thread. The core runs a backend's handshake on one, so that the library's own synchronous callback
// can wait for the program's answer without holding the thread.
//
// One thread makes, runs, parks and ends a fiber. Sanitizers are told of each switch.
class Fiber {
 public:
  // Usable stack, without its guard page.
  static constexpr size_t kStackSize = 256 * 1024;

  // As many may live in a process. Each takes two of the memory mappings that the kernel allows a
  // process (65,530 by default); the other half is the program's.
  static constexpr uint32_t kLiveMax = 16 * 1024;

  static std::unique_ptr<Fiber> make();  // nullptr: no memory, or too many
  ~Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  // Runs `function(argument)` until it returns (true) or parks (false). Only on an idle fiber.
  bool start(void (*function)(void*), void* argument);
  // Goes on where park() was called; returns as start does. Only on a parked fiber.
  bool resume();
  // From inside of the function: back to start() or resume().
  void park();

  bool parked() const { return state_ == State::kParked; }
  // Gives the stack's pages back to the system, keeping the address range.
  void shrink();

 private:
  enum class State { kIdle, kRunning, kParked };
  Fiber();
  bool enter();
  static void trampoline(unsigned low, unsigned high);

  ucontext_t outside_{};
  ucontext_t inside_{};
  void* memory_ = nullptr;  // guard page, then the stack
  char* stack_ = nullptr;
  void (*function_)(void*) = nullptr;
  void* argument_ = nullptr;
  State state_ = State::kIdle;
  // What the sanitizers need to know of each side.
  void* outside_fake_stack_ = nullptr;
  void* inside_fake_stack_ = nullptr;
  const void* outside_stack_ = nullptr;
  size_t outside_stack_size_ = 0;
  void* outside_tsan_ = nullptr;
  void* inside_tsan_ = nullptr;
};

// Fibers of one worker thread, kept for the next handshake.
class FiberPool {
 public:
  std::unique_ptr<Fiber> get();  // nullptr: no memory
  void put(std::unique_ptr<Fiber> fiber);

 private:
  static constexpr size_t kKeep = 64;  // idle ones; the rest is unmapped
  static constexpr size_t kWarm = 4;   // of those, with their pages
  std::vector<std::unique_ptr<Fiber>> idle_;
};

}  // namespace trestle
