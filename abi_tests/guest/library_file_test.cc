// SPDX-License-Identifier: Apache-2.0
// What libtrestle.so is as a file: what it needs, exports and imports.
#include <gtest/gtest.h>

#include <regex>
#include <set>
#include <sstream>
#include <string>

#include "abi_tests/support/process.h"
#include "trestle/dlopen.h"

namespace trestle::testing {
namespace {

using Words = std::set<std::string>;

// A sanitizer's runtime and the shared C++ library come from the program.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

class LibraryFile : public ::testing::Test {
 protected:
  void SetUp() override {
    if (kSanitized) GTEST_SKIP() << "a sanitizer's build is not the library that is delivered";
  }
};

std::string readelf(const std::string &option) {
  const RunResult result = run({"readelf", "--wide", option, "core/libtrestle.so"});
  EXPECT_EQ(result.exit.code, 0) << result.err;
  EXPECT_EQ(result.err, "");
  return result.out;
}

// The first group of each match.
Words all(const std::string &text, const std::string &expression) {
  const std::regex pattern(expression);
  Words words;
  for (auto match = std::sregex_iterator(text.begin(), text.end(), pattern);
       match != std::sregex_iterator(); ++match) {
    words.insert((*match)[1]);
  }
  return words;
}

TEST_F(LibraryFile, NeedsOnlyTheCLibrary) {
  Words needed = all(readelf("--dynamic"), R"(\(NEEDED\).*\[(.*)\])");
  needed.erase("ld-linux-x86-64.so.2");  // the C library's other half
  needed.erase("ld-linux-aarch64.so.1");
  EXPECT_EQ(needed, Words{"libc.so.6"});
}

TEST_F(LibraryFile, HasItsSonameAndStaysLoaded) {
  const std::string dynamic = readelf("--dynamic");
  EXPECT_EQ(all(dynamic, R"(\(SONAME\).*\[(.*)\])"), Words{"libtrestle.so.1"});
  EXPECT_TRUE(std::regex_search(dynamic, std::regex(R"(\(FLAGS_1\).*\bNODELETE\b)")));
  EXPECT_TRUE(std::regex_search(dynamic, std::regex(R"(\(FLAGS_1\).*\bNOW\b)")));
  // It can be loaded late, when the space for static thread-local storage is used up.
  EXPECT_EQ(dynamic.find("STATIC_TLS"), std::string::npos);
  EXPECT_EQ(dynamic.find("TEXTREL"), std::string::npos);
  EXPECT_EQ(dynamic.find("RUNPATH"), std::string::npos);
  EXPECT_EQ(dynamic.find("RPATH"), std::string::npos);
}

TEST_F(LibraryFile, ExportsItsFunctionsUnderTheirVersionAndNothingElse) {
  // Value, size, type, binding, visibility, section, name@@version.
  const Words exported =
      all(readelf("--dyn-syms"), R"(: [0-9a-f]+ +\d+ \w+ +(?:GLOBAL|WEAK|UNIQUE) +\w+ +\d+ (\S+))");
  Words expected;
#define NAME(name) expected.insert("trestle_" #name "@@TRESTLE_1.0");
  TRESTLE_DLOPEN_EACH(NAME)
#undef NAME
  EXPECT_EQ(exported, expected);
}

TEST_F(LibraryFile, ImportsNothingThatAGuestMustNotCall) {
  const Words imported = all(readelf("--dyn-syms"), R"(\bUND ([A-Za-z_]\w*))");
  EXPECT_EQ(imported.count("secure_getenv"), 1u);
  for (const char *name :
       {"getenv", "setenv", "unsetenv", "putenv", "clearenv", "environ", "__environ", "signal",
        "__sysv_signal", "sigaction", "sigset", "sigprocmask", "siginterrupt", "atexit", "on_exit",
        "__cxa_at_quick_exit", "pthread_atfork", "__register_atfork", "setlocale", "umask", "chdir",
        "dup2", "fork", "vfork", "system", "popen", "exit"}) {
    EXPECT_EQ(imported.count(name), 0u) << name;
  }
}

}  // namespace
}  // namespace trestle::testing
