// SPDX-License-Identifier: Apache-2.0
// The table of known differences is well-formed, and what it is asked is judged rightly. Prints it.
#include "abi_tests/conformance/known_differences.h"

#include <cstdio>
#include <set>
#include <tuple>

#include <gtest/gtest.h>

namespace trestle::conformance {
namespace {

const std::vector<KnownDifference> kTable = {
    {"says hello", "fake", "-", "*", "says nothing", "it is shy"},
    {"takes leave", "*", "fake", "1.2", "runs away", "it is shy"},
};

TEST(JudgeTest, WithoutARowTheExpectedAloneIsRight) {
  EXPECT_EQ(judge(kTable, {"other", "-", "*"}, "says hello", "hello", "hello"), "");
  EXPECT_NE(judge(kTable, {"other", "-", "*"}, "says hello", "hello", "says nothing"), "");
}

TEST(JudgeTest, WithARowTheDeviationAloneIsRight) {
  const Where fake = {"fake", "-", "*"};
  EXPECT_EQ(judge(kTable, fake, "says hello", "hello", "says nothing"), "");
  EXPECT_NE(judge(kTable, fake, "says hello", "hello", "curses"), "");
  // The difference has gone.
  EXPECT_NE(judge(kTable, fake, "says hello", "hello", "hello"), "");
}

TEST(JudgeTest, ARowIsForItsPlaceAlone) {
  EXPECT_EQ(judge(kTable, {"a", "fake", "1.2"}, "takes leave", "bows", "runs away"), "");
  EXPECT_NE(judge(kTable, {"a", "fake", "1.3"}, "takes leave", "bows", "runs away"), "");
  EXPECT_NE(judge(kTable, {"fake", "a", "1.2"}, "takes leave", "bows", "runs away"), "");
  // "*" is any backend of a pair, and no backend alone.
  EXPECT_NE(judge(kTable, {"fake", "-", "1.2"}, "takes leave", "bows", "runs away"), "");
}

TEST(KnownDifferencesTest, EveryRowIsCompleteAndUnique) {
  std::set<std::tuple<std::string, std::string, std::string, std::string>> places;
  for (const KnownDifference& row : known_differences()) {
    SCOPED_TRACE(row.feature);
    EXPECT_STRNE(row.feature, "");
    EXPECT_STRNE(row.deviation, "");
    EXPECT_GE(std::string(row.reason).size(), 10u);
    EXPECT_TRUE(places.emplace(row.feature, row.client, row.server, row.version).second);
    const std::string version = row.version;
    EXPECT_TRUE(version == "*" || version == "1.2" || version == "1.3") << version;
    for (const std::string backend : {row.client, row.server}) {
      EXPECT_TRUE(backend == "*" || backend == "-" || backend == "openssl" ||
                  backend == "gnutls" || backend == "wolfssl" ||
                  backend == "gnutls-serv" || backend == "gnutls-serv without RFC 5746" ||
                  backend == "gnutls-serv that insists on RFC 5746" || backend == "s_server" ||
                  backend == "gnutls-serv, by its log" || backend == "itself")
          << backend;
    }
    EXPECT_FALSE(std::string(row.client) == "*" && std::string(row.server) == "*")
        << "what nobody does is no difference";
    EXPECT_STRNE(row.client, "-");
  }
}

TEST(KnownDifferencesTest, PrintsAsMarkdown) {
  const std::string markdown = known_differences_as_markdown();
  size_t lines = 0;
  for (const char c : markdown) lines += c == '\n' ? 1 : 0;
  EXPECT_EQ(lines, known_differences().size() + 2);
  std::fputs(markdown.c_str(), stdout);
}

}  // namespace
}  // namespace trestle::conformance
