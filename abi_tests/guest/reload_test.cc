// SPDX-License-Identifier: Apache-2.0
// Programs that load and unload libtrestle again and again, though dlopen.h tells them not to.
#include <dirent.h>
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <limits.h>
#include <pthread.h>

#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include "abi_tests/guest/client.h"

namespace trestle::guest {
namespace {

// More often than there are pthread keys (1,024 on Linux), for one leaked each time.
constexpr int kTimes = 1100;
static_assert(kTimes > PTHREAD_KEYS_MAX);

std::string library() { return std::filesystem::absolute("core/libtrestle.so"); }

size_t entries(const char *directory) {
  size_t count = 0;
  for ([[maybe_unused]] const auto &entry : std::filesystem::directory_iterator(directory)) count++;
  return count;
}

size_t mappings_of_library() {
  std::ifstream maps("/proc/self/maps");
  size_t count = 0;
  for (std::string line; std::getline(maps, line);) {
    if (line.find("libtrestle.so") != std::string::npos) count++;
  }
  return count;
}

size_t keys_left() {
  std::vector<pthread_key_t> keys;
  pthread_key_t key;
  while (pthread_key_create(&key, nullptr) == 0) keys.push_back(key);
  for (const pthread_key_t one : keys) pthread_key_delete(one);
  return keys.size();
}

// What a process has too little of to lose it.
struct Resources {
  size_t threads = entries("/proc/self/task");
  size_t descriptors = entries("/proc/self/fd");
  size_t mappings = mappings_of_library();
  size_t keys = keys_left();
};

void expect_equal(const Resources &before, const Resources &after) {
  EXPECT_EQ(after.threads, before.threads);
  EXPECT_EQ(after.descriptors, before.descriptors);
  EXPECT_EQ(after.mappings, before.mappings);
  EXPECT_EQ(after.keys, before.keys);
}

// Loads, uses and unloads once; a program goes by symbols alone.
void load_once(const std::function<void(const trestle_functions &)> &use) {
  void *object = dlopen(library().c_str(), RTLD_NOW | RTLD_LOCAL);
  ASSERT_NE(object, nullptr) << dlerror();
  trestle_functions trestle;
  char error[512];
  ASSERT_EQ(trestle_dlopen(library().c_str(), &trestle, error, sizeof error),
            TRESTLE_RESULT_SUCCESS)
      << error;
  use(trestle);
  ASSERT_EQ(dlclose(object), 0);
  ASSERT_EQ(dlclose(trestle.library), 0);
}

void do_nothing(const trestle_functions &trestle) { EXPECT_EQ(trestle.abi(), TRESTLE_ABI); }

void make_engine(const trestle_functions &trestle) {
  trestle_engine_config config = {};
  config.size = sizeof config;
  config.handshake_workers = 1;
  config.data_workers = 1;
  trestle_engine *engine = nullptr;
  ASSERT_EQ(trestle.engine_create(&config, &engine), TRESTLE_RESULT_SUCCESS);
  uint64_t queue = 0;
  ASSERT_EQ(trestle.queue_create(engine, 0, &queue), TRESTLE_RESULT_SUCCESS);
  ASSERT_EQ(trestle.engine_destroy(engine), TRESTLE_RESULT_SUCCESS);
}

void load_backends(const trestle_functions &trestle) {
  Client client(trestle);
  for (const char *backend : {"openssl", "wolfssl", "gnutls"}) {
    const Reply reply = client.query(backend);
    EXPECT_TRUE(reply.ok()) << backend << ": " << reply.text;
  }
}

void repeat(int times, const std::function<void(const trestle_functions &)> &use) {
  load_once(use);  // the first time may take what is taken once
  const Resources before;
  for (int i = 0; i < times && !::testing::Test::HasFailure(); i++) load_once(use);
  expect_equal(before, Resources());
}

TEST(Reload, WithoutAnEngine) { repeat(kTimes, do_nothing); }

TEST(Reload, WithAnEngineEachTime) { repeat(kTimes, make_engine); }

TEST(Reload, WithEveryBackendEachTime) { repeat(kTimes, load_backends); }

// A thread that has used the library ends after it was closed.
TEST(Reload, OnThreadsThatEnd) {
  repeat(100, [](const trestle_functions &trestle) {
    std::thread thread([&trestle] { make_engine(trestle); });
    thread.join();
  });
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; i++) {
    threads.emplace_back([] {
      for (int turn = 0; turn < 20; turn++) load_once(make_engine);
    });
  }
  for (std::thread &thread : threads) thread.join();
}

}  // namespace
}  // namespace trestle::guest
