// SPDX-License-Identifier: Apache-2.0
// Trestle as a guest of programs of several kinds, each a process of its own.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "abi_tests/support/peers.h"
#include "abi_tests/support/process.h"
#include "abi_tests/support/temp_dir.h"

namespace trestle::testing {
namespace {

using Lines = std::vector<std::string>;

std::string file(const std::string &name) {
  return std::filesystem::absolute("abi_tests/guest/" + name);
}

Lines split(const std::string &text) {
  Lines lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

class HostTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    pki_ = std::make_unique<TestPki>();
    directory_ = std::make_unique<TempDir>();
    ca_file_ = directory_->write("ca.pem", pki_->root.cert_pem());
    ServerOptions options;
    options.identity = pki_->server;
    options.mode = ServerMode::kEcho;
    server_ = start_server(ServerKind::kGnuTls, options);
  }
  static void TearDownTestSuite() {
    server_.reset();
    directory_.reset();
    pki_.reset();
  }

  // What the host prints.
  static Lines run(const std::string &host, const Lines &backends,
                   const std::string &preload = "") {
    ProcessOptions options;
    options.argv = {file(host), std::filesystem::absolute("core/libtrestle.so"),
                    std::to_string(server_->port()), ca_file_};
    options.argv.insert(options.argv.end(), backends.begin(), backends.end());
    if (!preload.empty()) options.environment.emplace_back("LD_PRELOAD", preload);
    Process process(options);
    process.close_stdin();
    const auto exit = process.wait_for_exit();
    EXPECT_TRUE(exit.has_value() && !exit->by_signal && exit->code == 0)
        << host << ": " << process.last_words();
    process.out().wait_for_end();
    return split(process.out().text());
  }

  static std::unique_ptr<TestPki> pki_;
  static std::unique_ptr<TempDir> directory_;
  static std::unique_ptr<Server> server_;
  static std::string ca_file_;
};

std::unique_ptr<TestPki> HostTest::pki_;
std::unique_ptr<TempDir> HostTest::directory_;
std::unique_ptr<Server> HostTest::server_;
std::string HostTest::ca_file_;

const Lines kBackends = {"gnutls", "openssl", "wolfssl"};

// What a host prints when every backend works, in this order.
Lines all_work(const Lines &backends, bool host_has_tls) {
  Lines lines;
  const auto host = [&] {
    if (host_has_tls) lines.push_back("host: ok");
  };
  host();
  for (const std::string &backend : backends) {
    lines.push_back(backend + ": SUCCESS");
    host();
  }
  host();
  return lines;
}

void for_every_order(const std::function<void(const Lines &)> &run) {
  Lines order = kBackends;
  do {
    run(order);
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST_F(HostTest, EveryLoadOrderInAPlainProgram) {
  for_every_order(
      [](const Lines &order) { EXPECT_EQ(run("host", order), all_work(order, false)); });
}

TEST_F(HostTest, EveryLoadOrderBesideAProgramThatUsesOpenssl) {
  for_every_order(
      [](const Lines &order) { EXPECT_EQ(run("host_openssl", order), all_work(order, true)); });
}

// Its stubs for OpenSSL's functions are no captured symbols.
TEST_F(HostTest, EveryLoadOrderBesideAPositionDependentProgramThatUsesOpenssl) {
  for_every_order([](const Lines &order) {
    EXPECT_EQ(run("host_openssl_position_dependent", order), all_work(order, true));
  });
}

bool begins_with(const std::string &text, const std::string &prefix) {
  return text.compare(0, prefix.size(), prefix) == 0;
}

// The lines of a host whose process has captured OpenSSL's symbols: that backend says so, the
// others and the host itself work.
void expect_openssl_captured(const Lines &lines, const Lines &expected, const std::string &by) {
  ASSERT_EQ(lines.size(), expected.size()) << ::testing::PrintToString(lines);
  for (size_t i = 0; i < lines.size(); i++) {
    if (begins_with(lines[i], "openssl: ")) {
      EXPECT_TRUE(begins_with(lines[i], "openssl: BACKEND_CAPTURED: ")) << lines[i];
      EXPECT_NE(lines[i].find(by), std::string::npos) << lines[i];
    } else {
      EXPECT_EQ(lines[i], expected[i]);
    }
  }
}

TEST_F(HostTest, AProgramThatExportsOneOfOpensslsNames) {
  expect_openssl_captured(run("host_exporting", kBackends), all_work(kBackends, false),
                          "SSL_CTX_new is not in libssl.so* but in ");
}

// As programs do it that bring an OpenSSL of their own and plugins that use it.
TEST_F(HostTest, AProgramThatExportsAnOpensslOfItsOwn) {
  expect_openssl_captured(run("host_static_openssl", kBackends), all_work(kBackends, true),
                          file("host_static_openssl"));
}

// GnuTLS's imitation of OpenSSL's interface: the wrong library under the right names.
TEST_F(HostTest, APreloadedImitationOfOpenssl) {
  const std::string library = "libgnutls-openssl.so.27";
  expect_openssl_captured(run("host", kBackends, library), all_work(kBackends, false), library);
}

// wolfSSL's library exports six of libssl's names. The program itself may live with that.
TEST_F(HostTest, AProgramThatLinksWolfsslBeforeOpenssl) {
  for_every_order([](const Lines &order) {
    expect_openssl_captured(run("host_wolfssl_first", order), all_work(order, true),
                            "libwolfssl.so.35");
  });
}

TEST_F(HostTest, APreloadedWolfssl) {
  const std::string library = "libwolfssl.so.35";
  expect_openssl_captured(run("host", kBackends, library), all_work(kBackends, false), library);
  expect_openssl_captured(run("host_openssl", kBackends, library), all_work(kBackends, true),
                          library);
}

// A sanitizer's runtime does things of its own.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

// What a whole life with every backend makes the process do that a guest should not: nothing by
// libtrestle and the plugins. What the TLS libraries do by themselves when they are loaded is
// listed here; an entry that is no longer true is to be taken out.
TEST_F(HostTest, RegistersNothingAndSetsNothing) {
  if (kSanitized) GTEST_SKIP() << "a sanitizer's runtime is recorded, too";
  std::set<std::string> recorded;
  for (const std::string &line : run("host", kBackends, file("recorder.so"))) {
    if (begins_with(line, "recorded ") && line.find(" by ") != std::string::npos) {
      recorded.insert(line.substr(std::string("recorded ").size()));
    } else {
      EXPECT_TRUE(line.find(": SUCCESS") != std::string::npos || begins_with(line, "recorded "))
          << line;
    }
  }
  const std::set<std::string> expected = {
      // Its function-local statics: the recorder does see such things.
      "__cxa_atexit by host",
      // Their settings for the processor, and of p11-kit for its own log.
      "getenv by libcrypto.so.3",
      "getenv by libnettle.so.8",
      "getenv by libp11-kit.so.0",
      // When the libraries are loaded; there is no switch.
      "__register_atfork by libgnutls.so.30",
      "__register_atfork by libp11-kit.so.0",
      // In wolfSSL_Init; there is no switch.
      "__cxa_atexit by libwolfssl.so.35",
  };
  EXPECT_EQ(recorded, expected);
}

// Main returns while workers encrypt and shake hands: exit handlers of all libraries run beside
// them.
TEST_F(HostTest, AProgramThatEndsWhileItsGuestWorks) {
  for (const std::string &backend : kBackends) {
    for (int i = 0; i < 5; i++) EXPECT_EQ(run("leaver", {backend}), Lines{});
  }
}

}  // namespace
}  // namespace trestle::testing
