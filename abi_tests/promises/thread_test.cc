// SPDX-License-Identifier: Apache-2.0
// Promise 1: no cryptography on the caller's thread. Stand-ins for every function that a plugin takes
// from its TLS library record who calls.
#include <gtest/gtest.h>

#include <cstdlib>
#include <regex>

#include "abi_tests/harness/program.h"

namespace trestle::testing {
namespace {

struct Recorded {
  std::string backend;
  std::vector<std::string> libraries;
};

class CallersThread : public ::testing::TestWithParam<Recorded> {};

// What the host prints, with the stand-ins of these libraries preloaded.
std::string run_host(const Recorded& recorded, const std::vector<std::string>& arguments) {
  std::string here = std::string(getenv("TEST_SRCDIR")) + "/" + getenv("TEST_WORKSPACE") +
                     "/abi_tests/promises/";
  ProcessOptions options;
  options.argv = {here + "host", recorded.backend};
  options.argv.insert(options.argv.end(), arguments.begin(), arguments.end());
  std::string preload;
  for (const std::string& library : recorded.libraries)
    preload += (preload.empty() ? "" : ":") + here + library + ".recorder.so";
  options.environment = {{"LD_PRELOAD", preload}};
  for (const char* name : {"TEST_SRCDIR", "TEST_WORKSPACE", "TEST_TMPDIR"})
    if (const char* value = getenv(name)) options.environment.emplace_back(name, value);
  Process host(options);
  auto exit = host.wait_for_exit(std::chrono::seconds(60));
  EXPECT_TRUE(exit && !exit->by_signal && exit->code == 0)
      << host.out().text() << host.err().text();
  return host.out().text();
}

// The two counts of a library's line: calls, and those on the caller's thread.
std::pair<long, long> counts(const std::string& report, const std::string& library) {
  std::smatch match;
  std::regex line(library + R"([.0-9]*: (\d+) calls, (\d+) on the caller's thread)");
  if (!std::regex_search(report, match, line)) {
    ADD_FAILURE() << library << " in\n" << report;
    return {0, 0};
  }
  return {std::stol(match[1]), std::stol(match[2])};
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kCanPreload = false;
#else
constexpr bool kCanPreload = true;
#endif
constexpr char kWhyNot[] = "a sanitizer's runtime has to be the first preloaded library";

TEST_P(CallersThread, NeverEntersTheTlsLibrary) {
  if (!kCanPreload) GTEST_SKIP() << kWhyNot;
  std::string report = run_host(GetParam(), {});
  std::printf("%s", report.c_str());
  for (const std::string& library : GetParam().libraries) {
    auto [calls, forbidden] = counts(report, library);
    EXPECT_GT(calls, 10) << report;
    EXPECT_EQ(forbidden, 0) << report;
  }
}

TEST(Recorder, SeesATrespasser) {
  if (!kCanPreload) GTEST_SKIP() << kWhyNot;
  std::string report = run_host({"openssl", {"libssl.so", "libcrypto.so"}}, {"--trespass"});
  EXPECT_GT(counts(report, "libcrypto.so").second, 0) << report;
}

INSTANTIATE_TEST_SUITE_P(
    Backends, CallersThread,
    ::testing::Values(Recorded{"openssl", {"libssl.so", "libcrypto.so"}},
                      Recorded{"gnutls", {"libgnutls.so"}}, Recorded{"wolfssl", {"libwolfssl.so"}}),
    [](const auto& info) { return info.param.backend; });

}  // namespace
}  // namespace trestle::testing
