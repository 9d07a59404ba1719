// SPDX-License-Identifier: Apache-2.0
#include "core/base/fork_guard.h"

#include <sys/mman.h>

#include <atomic>

namespace trestle {
namespace {

constexpr unsigned char kParent = 1;
std::atomic<volatile unsigned char*> g_page{nullptr};

}  // namespace

bool in_forked_child() {
  volatile unsigned char* page = g_page.load(std::memory_order_acquire);
  return page && *page != kParent;
}

bool arm_fork_guard() {
  if (g_page.load(std::memory_order_acquire)) return true;
  constexpr size_t kSize = 4096;
  void* memory = mmap(nullptr, kSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return false;
  if (madvise(memory, kSize, MADV_WIPEONFORK) != 0) {
    munmap(memory, kSize);
    return false;
  }
  auto* page = static_cast<volatile unsigned char*>(memory);
  *page = kParent;
  volatile unsigned char* none = nullptr;
  if (!g_page.compare_exchange_strong(none, page)) munmap(memory, kSize);
  return true;
}

}  // namespace trestle
