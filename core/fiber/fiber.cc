// SPDX-License-Identifier: Apache-2.0
#include "core/fiber/fiber.h"

#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <new>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#endif
#if defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>
#endif

namespace trestle {
namespace {

#if defined(__SANITIZE_ADDRESS__)
// Red zones make frames several times larger.
constexpr size_t kAllocatedStack = 4 * Fiber::kStackSize;
#else
constexpr size_t kAllocatedStack = Fiber::kStackSize;
#endif

size_t page_size() {
  static const size_t size = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  return size;
}

std::atomic<uint32_t> g_live{0};

}  // namespace

Fiber::Fiber() { g_live.fetch_add(1, std::memory_order_relaxed); }

std::unique_ptr<Fiber> Fiber::make() {
  std::unique_ptr<Fiber> fiber(new (std::nothrow) Fiber());
  if (!fiber || g_live.load(std::memory_order_relaxed) > kLiveMax) return nullptr;
  size_t guard = page_size();
  void* memory = mmap(nullptr, guard + kAllocatedStack, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return nullptr;
  fiber->memory_ = memory;
  fiber->stack_ = static_cast<char*>(memory) + guard;
  // The stack grows down: an overflow hits the guard page and not another connection.
  if (mprotect(memory, guard, PROT_NONE) != 0) return nullptr;
  return fiber;
}

Fiber::~Fiber() {
#if defined(__SANITIZE_THREAD__)
  if (inside_tsan_) __tsan_destroy_fiber(inside_tsan_);
#endif
  if (memory_) munmap(memory_, page_size() + kAllocatedStack);
  g_live.fetch_sub(1, std::memory_order_relaxed);
}

void Fiber::shrink() { madvise(stack_, kAllocatedStack, MADV_DONTNEED); }

bool Fiber::start(void (*function)(void*), void* argument) {
  function_ = function;
  argument_ = argument;
  getcontext(&inside_);
  inside_.uc_stack.ss_sp = stack_;
  inside_.uc_stack.ss_size = kAllocatedStack;
  inside_.uc_link = nullptr;
  auto self = reinterpret_cast<uintptr_t>(this);
  // makecontext passes ints only.
  makecontext(&inside_, reinterpret_cast<void (*)()>(&Fiber::trampoline), 2,
              static_cast<unsigned>(self), static_cast<unsigned>(self >> 32));
#if defined(__SANITIZE_THREAD__)
  if (!inside_tsan_) inside_tsan_ = __tsan_create_fiber(0);
#endif
  return enter();
}

bool Fiber::resume() { return enter(); }

bool Fiber::enter() {
  state_ = State::kRunning;
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_start_switch_fiber(&outside_fake_stack_, stack_, kAllocatedStack);
#endif
#if defined(__SANITIZE_THREAD__)
  outside_tsan_ = __tsan_get_current_fiber();
  __tsan_switch_to_fiber(inside_tsan_, 0);
#endif
  swapcontext(&outside_, &inside_);
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_finish_switch_fiber(outside_fake_stack_, nullptr, nullptr);
#endif
  return state_ == State::kIdle;
}

void Fiber::park() {
  state_ = State::kParked;
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_start_switch_fiber(&inside_fake_stack_, outside_stack_, outside_stack_size_);
#endif
#if defined(__SANITIZE_THREAD__)
  __tsan_switch_to_fiber(outside_tsan_, 0);
#endif
  swapcontext(&inside_, &outside_);
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_finish_switch_fiber(inside_fake_stack_, &outside_stack_, &outside_stack_size_);
#endif
}

void Fiber::trampoline(unsigned low, unsigned high) {
  auto* self = reinterpret_cast<Fiber*>(static_cast<uintptr_t>(high) << 32 | low);
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_finish_switch_fiber(nullptr, &self->outside_stack_, &self->outside_stack_size_);
#endif
  self->function_(self->argument_);
  self->state_ = State::kIdle;
#if defined(__SANITIZE_ADDRESS__)
  // nullptr: this side will not be entered again, its fake stack is freed.
  __sanitizer_start_switch_fiber(nullptr, self->outside_stack_, self->outside_stack_size_);
#endif
#if defined(__SANITIZE_THREAD__)
  __tsan_switch_to_fiber(self->outside_tsan_, 0);
#endif
  setcontext(&self->outside_);
}

std::unique_ptr<Fiber> FiberPool::get() {
  if (idle_.empty()) return Fiber::make();
  std::unique_ptr<Fiber> fiber = std::move(idle_.back());
  idle_.pop_back();
  return fiber;
}

void FiberPool::put(std::unique_ptr<Fiber> fiber) {
  if (idle_.size() >= kKeep) return;
  if (idle_.size() >= kWarm) fiber->shrink();
  idle_.push_back(std::move(fiber));
}

}  // namespace trestle
