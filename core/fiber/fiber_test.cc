// SPDX-License-Identifier: Apache-2.0
#include "core/fiber/fiber.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <functional>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace trestle {
namespace {

TEST(FiberTest, AProcessKeepsHalfOfItsMappings) {
#if defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "ThreadSanitizer needs more mappings for each stack";
#endif
  std::vector<std::unique_ptr<Fiber>> all;
  while (std::unique_ptr<Fiber> one = Fiber::make()) all.push_back(std::move(one));
  EXPECT_EQ(all.size(), Fiber::kLiveMax);
  void* page = mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  EXPECT_NE(page, MAP_FAILED);
  munmap(page, 4096);
  all.pop_back();
  EXPECT_NE(Fiber::make(), nullptr);
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

bool start(Fiber& fiber, std::function<void()>& function) {
  return fiber.start([](void* f) { (*static_cast<std::function<void()>*>(f))(); }, &function);
}

// Uses about `bytes` of stack, in frames of 1 KiB, and writes to all of it.
__attribute__((noinline)) size_t use_stack(size_t bytes) {
  volatile char frame[1024];
  for (size_t i = 0; i < sizeof frame; i += 64) frame[i] = static_cast<char>(i);
  size_t deeper = bytes > sizeof frame ? use_stack(bytes - sizeof frame) : 0;
  return deeper + sizeof frame + static_cast<size_t>(frame[0]);
}

TEST(Fiber, RunsToItsEnd) {
  std::unique_ptr<Fiber> fiber = Fiber::make();
  ASSERT_TRUE(fiber);
  for (int round = 0; round < 3; ++round) {
    int ran = 0;
    std::function<void()> f = [&] { ++ran; };
    EXPECT_TRUE(start(*fiber, f));
    EXPECT_EQ(ran, 1);
    EXPECT_FALSE(fiber->parked());
  }
}

TEST(Fiber, ParksAndGoesOnWhereItWas) {
  std::unique_ptr<Fiber> fiber = Fiber::make();
  std::string trace;
  std::function<void()> f = [&] {
    std::string local = "a";  // lives on the fiber
    fiber->park();
    local += "b";
    fiber->park();
    trace = local + "c";
  };
  EXPECT_FALSE(start(*fiber, f));
  EXPECT_TRUE(fiber->parked());
  EXPECT_EQ(trace, "");
  EXPECT_FALSE(fiber->resume());
  EXPECT_TRUE(fiber->resume());
  EXPECT_FALSE(fiber->parked());
  EXPECT_EQ(trace, "abc");
}

TEST(Fiber, ManyParkedAtOnceResumeInAnyOrder) {
  constexpr int kFibers = 500, kParks = 3;
  std::vector<std::unique_ptr<Fiber>> fibers;
  std::vector<std::function<void()>> functions(kFibers);
  std::vector<std::vector<int>> steps(kFibers);
  for (int i = 0; i < kFibers; ++i) {
    fibers.push_back(Fiber::make());
    ASSERT_TRUE(fibers[i]);
    functions[i] = [&, i] {
      for (int step = 0; step < kParks; ++step) {
        steps[i].push_back(step * kFibers + i);
        fibers[i]->park();
      }
    };
    EXPECT_FALSE(start(*fibers[i], functions[i]));
  }
  for (int step = 1; step <= kParks; ++step) {
    // 7 and 500 have no common divisor: each once, in a strange order.
    for (int i = 0; i < kFibers; ++i)
      EXPECT_EQ(fibers[i * 7 % kFibers]->resume(), step == kParks);
  }
  for (int i = 0; i < kFibers; ++i)
    EXPECT_EQ(steps[i], (std::vector<int>{i, kFibers + i, 2 * kFibers + i}));
}

TEST(Fiber, ExceptionsStayInside) {
  std::unique_ptr<Fiber> one = Fiber::make(), two = Fiber::make();
  std::string caught;
  auto body = [&caught](Fiber* fiber, const char* name) {
    try {
      fiber->park();
      throw std::runtime_error(name);
    } catch (const std::runtime_error& e) {
      caught += e.what();
    }
  };
  std::function<void()> f = [&] { body(one.get(), "one "); }, g = [&] { body(two.get(), "two "); };
  EXPECT_FALSE(start(*one, f));
  EXPECT_FALSE(start(*two, g));
  EXPECT_TRUE(one->resume());
  EXPECT_TRUE(two->resume());
  EXPECT_EQ(caught, "one two ");
  EXPECT_THROW(throw std::runtime_error("outside"), std::runtime_error);
}

// backend.h promises a plugin 224 KiB.
TEST(Fiber, TheWholeStackCanBeUsed) {
  std::unique_ptr<Fiber> fiber = Fiber::make();
  size_t used = 0;
  // A sanitizer's frames are larger than they look, and so is its stack; half is for sure.
  const size_t promised = kSanitized ? 112 * 1024 : 224 * 1024;
  std::function<void()> f = [&] { used = use_stack(promised); };
  EXPECT_TRUE(start(*fiber, f));
  EXPECT_GE(used, promised);
}

TEST(FiberDeathTest, AnOverflowHitsTheGuardPage) {
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  // The fiber below it in memory would be hit without the page.
  EXPECT_DEATH(
      {
        std::vector<std::unique_ptr<Fiber>> neighbours;
        for (int i = 0; i < 8; ++i) neighbours.push_back(Fiber::make());
        std::function<void()> f = [] { use_stack(6 * Fiber::kStackSize); };
        start(*neighbours[4], f);
        fprintf(stderr, "survived\n");
        _exit(0);
      },
      "");
}

TEST(Fiber, EachThreadHasItsOwn) {
  std::vector<std::thread> threads;
  std::atomic<int> finished{0};
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      std::unique_ptr<Fiber> fiber = Fiber::make();
      for (int round = 0; round < 200; ++round) {
        std::function<void()> f = [&] {
          const std::thread::id before = std::this_thread::get_id();
          fiber->park();
          if (std::this_thread::get_id() == before) ++finished;
        };
        ASSERT_FALSE(start(*fiber, f));
        ASSERT_TRUE(fiber->resume());
      }
    });
  }
  for (std::thread& one : threads) one.join();
  EXPECT_EQ(finished, 4 * 200);
}

TEST(FiberPool, UsesAFiberAgain) {
  FiberPool pool;
  std::unique_ptr<Fiber> fiber = pool.get();
  ASSERT_TRUE(fiber);
  Fiber* address = fiber.get();
  std::function<void()> park = [&] { address->park(); };
  EXPECT_FALSE(start(*fiber, park));
  EXPECT_TRUE(fiber->resume());
  pool.put(std::move(fiber));
  fiber = pool.get();
  EXPECT_EQ(fiber.get(), address);
  std::unique_ptr<Fiber> another = pool.get();
  EXPECT_NE(another.get(), address);
  int ran = 0;
  std::function<void()> f = [&] { ++ran; };
  EXPECT_TRUE(start(*fiber, f));
  EXPECT_TRUE(start(*another, f));
  EXPECT_EQ(ran, 2);
}

// The page of a fiber's stack that holds its locals.
void* stack_page(Fiber& fiber) {
  const auto page_size = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  void* page = nullptr;
  std::function<void()> f = [&] {
    volatile char local = 1;
    page = reinterpret_cast<void*>(reinterpret_cast<uintptr_t>(&local) & ~(page_size - 1));
  };
  start(fiber, f);
  return page;
}

bool is_resident(void* page) {
  unsigned char resident = 0;
  return mincore(page, static_cast<size_t>(sysconf(_SC_PAGESIZE)), &resident) == 0 &&
         (resident & 1) != 0;
}

TEST(FiberPool, KeepsAFewWarmAndTheRestWithoutMemory) {
  constexpr int kFibers = 10, kWarm = 4;
  FiberPool pool;
  std::vector<std::unique_ptr<Fiber>> fibers;
  std::vector<void*> pages;
  for (int i = 0; i < kFibers; ++i) {
    fibers.push_back(pool.get());
    pages.push_back(stack_page(*fibers.back()));
    EXPECT_TRUE(is_resident(pages.back()));
  }
  for (std::unique_ptr<Fiber>& one : fibers) pool.put(std::move(one));
  for (int i = 0; i < kFibers; ++i) EXPECT_EQ(is_resident(pages[i]), i < kWarm) << i;
}

TEST(FiberPool, KeepsABoundedNumber) {
  constexpr size_t kKeep = 64;
  FiberPool pool;
  std::vector<std::unique_ptr<Fiber>> fibers;
  std::vector<void*> pages;
  for (size_t i = 0; i < kKeep + 6; ++i) {
    fibers.push_back(pool.get());
    pages.push_back(stack_page(*fibers.back()));
  }
  for (std::unique_ptr<Fiber>& one : fibers) pool.put(std::move(one));
  unsigned char unused = 0;
  // mincore fails with ENOMEM for memory that is not mapped.
  size_t mapped = 0;
  for (void* page : pages) mapped += mincore(page, 1, &unused) == 0;
  EXPECT_EQ(mapped, kKeep);
}

}  // namespace
}  // namespace trestle
