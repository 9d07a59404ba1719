// SPDX-License-Identifier: Apache-2.0
// The loader with real plugins. Each test copies the plugin that it needs into a directory of its
// own: a new file, which this process has not loaded before.
#include "core/loader/loader.h"

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <thread>

namespace trestle::loader {
namespace {

const trestle_host kHost = {sizeof kHost, TRESTLE_BACKEND_ABI, nullptr, nullptr, nullptr};

class LoaderTest : public testing::Test {
 protected:
  LoaderTest() : directory_(fresh_directory()) {}
  ~LoaderTest() override { unsetenv("TRESTLE_BACKEND_PATH"); }

  static std::string fresh_directory() {
    std::string path = std::string(getenv("TEST_TMPDIR")) + "/loader-XXXXXX";
    EXPECT_NE(mkdtemp(path.data()), nullptr);
    return std::filesystem::canonical(path);
  }

  // Returns the copy's path. `as`: its new name, without .so.
  static std::string install(const std::string &plugin, const std::string &directory,
                             const std::string &as) {
    std::string path = directory + "/" + as + ".so";
    std::filesystem::copy_file("core/loader/" + plugin + ".so", path);
    EXPECT_EQ(chmod(path.c_str(), 0644), 0);
    return path;
  }
  std::string install(const std::string &plugin) { return install(plugin, directory_, plugin); }

  LoadedBackend load(const std::string &name) { return Loader(directory_, &kHost).load(name); }

  void expect_failure(const std::string &name, int32_t result, const std::string &reason) {
    const LoadedBackend backend = load(name);
    EXPECT_EQ(backend.result, result);
    EXPECT_EQ(backend.table, nullptr);
    EXPECT_EQ(backend.path, "");
    EXPECT_EQ(backend.detail, directory_ + "/" + name + ".so: " + reason);
  }

  const std::string directory_;
};

// A function that a test plugin exports besides its entry.
template <typename Function>
Function exported(const std::string &path, const char *symbol) {
  void *object = dlopen(path.c_str(), RTLD_LAZY | RTLD_NOLOAD);
  EXPECT_NE(object, nullptr) << path << " is not loaded";
  if (object == nullptr) return nullptr;
  const auto function = reinterpret_cast<Function>(dlsym(object, symbol));
  EXPECT_NE(function, nullptr) << symbol;
  dlclose(object);
  return function;
}

int init_count(const std::string &path) {
  const auto count = exported<int (*)()>(path, "test_init_count");
  return count == nullptr ? -1 : count();
}

bool is_loaded(const std::string &path) {
  void *object = dlopen(path.c_str(), RTLD_LAZY | RTLD_NOLOAD);
  if (object != nullptr) dlclose(object);
  return object != nullptr;
}

TEST_F(LoaderTest, LoadsAndInitialises) {
  const std::string path = install("good");
  const LoadedBackend backend = load("good");
  ASSERT_NE(backend.table, nullptr) << backend.detail;
  EXPECT_EQ(backend.result, TRESTLE_RESULT_SUCCESS);
  EXPECT_EQ(backend.path, path);
  EXPECT_EQ(backend.detail, "");
  EXPECT_STREQ(backend.table->name, "good");
  EXPECT_STREQ(backend.table->library_version(), "Test 1.0");
  EXPECT_EQ(init_count(path), 1);
  EXPECT_EQ(exported<const trestle_host *(*)()>(path, "test_host")(), &kHost);
}

TEST_F(LoaderTest, KeepsThePluginsSymbolsToItself) {
  install("good");
  ASSERT_NE(load("good").table, nullptr);
  EXPECT_EQ(dlsym(RTLD_DEFAULT, TRESTLE_BACKEND_ENTRY), nullptr);
}

TEST_F(LoaderTest, InitialisesOnceForEveryEngine) {
  const std::string path = install("good");
  const LoadedBackend first = load("good");
  const LoadedBackend second = load("good");
  ASSERT_NE(first.table, nullptr) << first.detail;
  EXPECT_EQ(first.table, second.table);
  EXPECT_EQ(first.path, second.path);
  EXPECT_EQ(init_count(path), 1);
}

TEST_F(LoaderTest, TheSameFileByAnotherWayIsTheSamePlugin) {
  const std::string path = install("good");
  const std::string elsewhere = fresh_directory();
  ASSERT_EQ(symlink(path.c_str(), (elsewhere + "/good.so").c_str()), 0);
  const LoadedBackend first = load("good");
  const LoadedBackend second = Loader(elsewhere, &kHost).load("good");
  ASSERT_NE(first.table, nullptr) << first.detail;
  EXPECT_EQ(second.table, first.table);
  EXPECT_EQ(second.path, path);
  EXPECT_EQ(init_count(path), 1);
}

// The linker goes by the name: the file that was mapped stays the one in use.
TEST_F(LoaderTest, AReplacedFileIsNotLoadedBesideTheOldOne) {
  const std::string path = install("good");
  const LoadedBackend first = load("good");
  ASSERT_NE(first.table, nullptr) << first.detail;
  ASSERT_EQ(unlink(path.c_str()), 0);
  install("good");
  const LoadedBackend second = load("good");
  EXPECT_EQ(second.table, first.table);
  EXPECT_EQ(first.table->process_init, second.table->process_init);
  EXPECT_EQ(init_count(path), 1);
}

TEST_F(LoaderTest, TwoFilesAreTwoPlugins) {
  install("good");
  install("also_good");
  const LoadedBackend good = load("good");
  const LoadedBackend also_good = load("also_good");
  ASSERT_NE(good.table, nullptr) << good.detail;
  ASSERT_NE(also_good.table, nullptr) << also_good.detail;
  EXPECT_NE(good.table, also_good.table);
}

// Lets all threads go at the same moment.
class StartingLine {
 public:
  explicit StartingLine(int runners) : missing_(runners) {}
  void wait() {
    std::unique_lock<std::mutex> lock(mutex_);
    missing_--;
    all_here_.notify_all();
    all_here_.wait(lock, [this] { return missing_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable all_here_;
  int missing_;
};

TEST_F(LoaderTest, EightThreadsInitialiseOnce) {
  const std::string path = install("good");
  constexpr int kThreads = 8;
  StartingLine line(kThreads);
  std::vector<LoadedBackend> loaded(kThreads);
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; i++) {
    threads.emplace_back([&, i] {
      const Loader loader(directory_, &kHost);
      line.wait();
      loaded[i] = loader.load("good");
    });
  }
  for (std::thread &thread : threads) thread.join();
  ASSERT_NE(loaded[0].table, nullptr) << loaded[0].detail;
  for (const LoadedBackend &backend : loaded) EXPECT_EQ(backend.table, loaded[0].table);
  EXPECT_EQ(init_count(path), 1);
}

TEST_F(LoaderTest, AnImpossibleNameTouchesNoFile) {
  for (const char *name : {"", "../good", "Good", "good.so", "/etc/passwd"}) {
    const LoadedBackend backend = load(name);
    EXPECT_EQ(backend.result, TRESTLE_RESULT_BACKEND_BAD_NAME) << name;
    EXPECT_EQ(backend.table, nullptr);
    EXPECT_EQ(backend.detail, in_quotes(name) + ": a backend's name is 1 to 32 of a-z, 0-9 and _");
  }
}

TEST_F(LoaderTest, NotFoundTellsEachPathTried) {
  const std::string second = fresh_directory();
  ASSERT_EQ(setenv("TRESTLE_BACKEND_PATH", second.c_str(), 1), 0);
  const LoadedBackend backend = load("no_such_backend");
  EXPECT_EQ(backend.result, TRESTLE_RESULT_BACKEND_NOT_FOUND);
  const std::string installed = surroundings_of_process("").installed;
  std::string expected;
  for (const std::string &directory : {directory_, second, installed}) {
    if (!expected.empty()) expected += "\n";
    expected += directory + "/no_such_backend.so: No such file or directory";
  }
  EXPECT_EQ(backend.detail, expected);
}

TEST_F(LoaderTest, TheEnvironmentsDirectoryComesAfterTheEngines) {
  const std::string second = fresh_directory();
  const std::string in_second = install("good", second, "good");
  ASSERT_EQ(setenv("TRESTLE_BACKEND_PATH", second.c_str(), 1), 0);
  EXPECT_EQ(load("good").path, in_second);
  const std::string in_first = install("good");
  EXPECT_EQ(load("good").path, in_first);
}

TEST_F(LoaderTest, ARelativeDirectoryInTheEnvironmentIsRefused) {
  ASSERT_EQ(setenv("TRESTLE_BACKEND_PATH", "core/loader", 1), 0);
  const LoadedBackend backend = load("good");
  EXPECT_EQ(backend.result, TRESTLE_RESULT_BACKEND_REFUSED);
  EXPECT_EQ(backend.table, nullptr);
  EXPECT_EQ(backend.detail,
            directory_ + "/good.so: No such file or directory\n" +
                "TRESTLE_BACKEND_PATH: \"core/loader\" is not an absolute path");
  // What the engine's own directory has is found before.
  install("good");
  EXPECT_EQ(load("good").result, TRESTLE_RESULT_SUCCESS);
}

TEST_F(LoaderTest, ARelativeDirectoryOfTheEngineIsRefused) {
  const LoadedBackend backend = Loader("core/loader", &kHost).load("good");
  EXPECT_EQ(backend.result, TRESTLE_RESULT_BACKEND_REFUSED);
  EXPECT_EQ(backend.detail, "backend_directory: \"core/loader\" is not an absolute path");
}

// Neither the current directory nor LD_LIBRARY_PATH.
TEST_F(LoaderTest, SearchesNoOtherDirectory) {
  install("good", directory_, "only_here");
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(directory_);
  ASSERT_EQ(setenv("LD_LIBRARY_PATH", directory_.c_str(), 1), 0);
  const LoadedBackend backend = Loader("", &kHost).load("only_here");
  EXPECT_EQ(backend.result, TRESTLE_RESULT_BACKEND_NOT_FOUND);
  EXPECT_EQ(backend.detail.find(directory_), std::string::npos) << backend.detail;
  std::filesystem::current_path(before);
  unsetenv("LD_LIBRARY_PATH");
}

TEST_F(LoaderTest, AFileThatOthersMayWriteIsRefusedBeforeItRuns) {
  const std::string path = install("good");
  ASSERT_EQ(chmod(path.c_str(), 0666), 0);
  expect_failure("good", TRESTLE_RESULT_BACKEND_REFUSED,
                 "owner " + std::to_string(geteuid()) +
                     ", mode 0666: group or others may write");
  EXPECT_FALSE(is_loaded(path));
  ASSERT_EQ(chmod(path.c_str(), 0644), 0);
  EXPECT_EQ(load("good").result, TRESTLE_RESULT_SUCCESS);
}

// A plugin that doesn't do is never replaced by another one that wasn't meant.
TEST_F(LoaderTest, TheFirstFileFoundDecides) {
  const std::string second = fresh_directory();
  install("good", second, "good");
  ASSERT_EQ(setenv("TRESTLE_BACKEND_PATH", second.c_str(), 1), 0);
  ASSERT_EQ(chmod(install("good").c_str(), 0666), 0);
  EXPECT_EQ(load("good").result, TRESTLE_RESULT_BACKEND_REFUSED);
}

TEST_F(LoaderTest, WhatTheLinkerCanNotLoadIsNotFoundInTheLinkersWords) {
  const std::string path = install("undefined");
  expect_failure("undefined", TRESTLE_RESULT_BACKEND_NOT_FOUND,
                 "undefined symbol: trestle_test_defined_nowhere");
  const std::string text = directory_ + "/text.so";
  std::filesystem::copy_file("core/loader/good.so", text);
  std::filesystem::permissions(text, std::filesystem::perms::owner_all);
  std::filesystem::resize_file(text, 10);
  expect_failure("text", TRESTLE_RESULT_BACKEND_NOT_FOUND, "file too short");
}

// The linker would map what isn't there, and end the process with SIGBUS.
TEST_F(LoaderTest, ACutOffFileIsNotFound) {
  const std::string path = install("good");
  const auto whole = std::filesystem::file_size(path);
  int refused = 0;
  for (auto size = whole - 1; size > 64; size -= std::min<std::uintmax_t>(size - 64, 509)) {
    const std::string name = "cut_" + std::to_string(size);
    std::filesystem::resize_file(install("good", directory_, name), size);
    // Behind the segments are only sections, which the linker doesn't look at.
    const LoadedBackend backend = load(name);
    if (backend.result == TRESTLE_RESULT_BACKEND_BAD_ABI) continue;  // "it calls itself good"
    ++refused;
    EXPECT_EQ(backend.result, TRESTLE_RESULT_BACKEND_NOT_FOUND);
    EXPECT_EQ(backend.detail, directory_ + "/" + name + ".so: the file is cut off");
  }
  EXPECT_GT(refused, 8);
}

TEST_F(LoaderTest, WithoutEntryFunction) {
  install("without_entry");
  expect_failure("without_entry", TRESTLE_RESULT_BACKEND_BAD_ABI,
                 "it has no function trestle_backend_entry");
}

TEST_F(LoaderTest, APluginThatDeclines) {
  install("declines");
  expect_failure("declines", TRESTLE_RESULT_BACKEND_BAD_ABI,
                 "it does not serve a host of plugin ABI 1.0");
}

TEST_F(LoaderTest, AnotherAbi) {
  const std::string path = install("wrong_abi");
  expect_failure("wrong_abi", TRESTLE_RESULT_BACKEND_BAD_ABI,
                 "it has plugin ABI 2.0, this host has 1.0");
  EXPECT_EQ(init_count(path), 0);
}

TEST_F(LoaderTest, AMissingSlot) {
  const std::string path = install("lacks_decrypt");
  expect_failure("lacks_decrypt", TRESTLE_RESULT_BACKEND_BAD_ABI, "its table lacks decrypt");
  EXPECT_EQ(init_count(path), 0);
}

TEST_F(LoaderTest, AbortIsNeededWhereAlertsAreSent) {
  install("lacks_abort");
  expect_failure("lacks_abort", TRESTLE_RESULT_BACKEND_BAD_ABI,
                 "its table lacks abort, but it sends alerts");
}

TEST_F(LoaderTest, AnotherNameThanTheFiles) {
  const std::string path = install("wrong_name");
  expect_failure("wrong_name", TRESTLE_RESULT_BACKEND_BAD_ABI, "it calls itself \"other\"");
  EXPECT_EQ(init_count(path), 0);
}

TEST_F(LoaderTest, ALinkOfAnotherNameDoesNotRenameALoadedPlugin) {
  const std::string path = install("good");
  ASSERT_EQ(load("good").result, TRESTLE_RESULT_SUCCESS);
  ASSERT_EQ(symlink(path.c_str(), (directory_ + "/alias.so").c_str()), 0);
  expect_failure("alias", TRESTLE_RESULT_BACKEND_BAD_ABI, "it calls itself \"good\"");
}

TEST_F(LoaderTest, AFailedInitialisationIsToldAndNotRepeated) {
  const std::string path = install("init_fails");
  for (int i = 0; i < 2; i++) {
    expect_failure("init_fails", TRESTLE_RESULT_BACKEND_INIT,
                   "its initialisation failed: the generator did not start: no entropy "
                   "(code 42)");
  }
  EXPECT_EQ(init_count(path), 1);
}

TEST_F(LoaderTest, AvailableIsWhatIsInstalled) {
  install("wrong_abi");
  install("good");
  const std::string second = fresh_directory();
  install("also_good", second, "also_good");
  install("good", second, "good");
  ASSERT_EQ(setenv("TRESTLE_BACKEND_PATH", second.c_str(), 1), 0);
  const std::vector<std::string> names = Loader(directory_, &kHost).available();
  // Debian's own directory may hold more.
  const std::vector<std::string> expected = {"also_good", "good", "wrong_abi"};
  EXPECT_TRUE(std::includes(names.begin(), names.end(), expected.begin(), expected.end()));
  EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
  EXPECT_EQ(std::adjacent_find(names.begin(), names.end()), names.end());
}

TEST(DefaultName, ConfigurationThenEnvironmentThenOpenssl) {
  ASSERT_EQ(unsetenv("TRESTLE_BACKEND"), 0);
  EXPECT_EQ(Loader::default_name(nullptr), "openssl");
  EXPECT_EQ(Loader::default_name("wolfssl"), "wolfssl");
  ASSERT_EQ(setenv("TRESTLE_BACKEND", "gnutls", 1), 0);
  EXPECT_EQ(Loader::default_name(nullptr), "gnutls");
  EXPECT_EQ(Loader::default_name("wolfssl"), "wolfssl");
  ASSERT_EQ(setenv("TRESTLE_BACKEND", "", 1), 0);
  EXPECT_EQ(Loader::default_name(nullptr), "openssl");
  ASSERT_EQ(unsetenv("TRESTLE_BACKEND"), 0);
}

}  // namespace
}  // namespace trestle::loader
