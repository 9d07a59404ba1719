// SPDX-License-Identifier: Apache-2.0
// Versions: the newest in common, and none in common.
#include "abi_tests/conformance/scenario.h"
#include "abi_tests/conformance/wire.h"

namespace trestle::conformance {
namespace {

struct Range {
  uint16_t min;
  uint16_t max;
};

constexpr Range kOnly12 = {TRESTLE_VERSION_TLS12, TRESTLE_VERSION_TLS12};
constexpr Range kOnly13 = {TRESTLE_VERSION_TLS13, TRESTLE_VERSION_TLS13};
constexpr Range kBoth = {TRESTLE_VERSION_TLS12, TRESTLE_VERSION_TLS13};

class VersionTest : public PairTest {
 protected:
  // The suites of both versions stay; the range alone excludes one.
  Pair& run(Range client, Range server) {
    scenario_ = std::make_unique<Scenario>(GetParam());
    set(&scenario_->client, client);
    set(&scenario_->server, server);
    Pair& pair = scenario_->make_pair();
    pair.handshake();
    return pair;
  }

 private:
  static void set(Configuration* configuration, Range range) {
    configuration->version_min = range.min;
    configuration->version_max = range.max;
    std::vector<uint16_t> suites;
    for (uint16_t suite : configuration->suites) {
      const uint16_t version =
          is_tls13_suite(suite) ? TRESTLE_VERSION_TLS13 : TRESTLE_VERSION_TLS12;
      if (version >= range.min && version <= range.max) suites.push_back(suite);
    }
    configuration->suites = suites;
  }

  std::unique_ptr<Scenario> scenario_;
};

TEST_P(VersionTest, TheNewestInCommonIsChosen) {
  struct Case {
    Range client;
    Range server;
    uint16_t expected;
  };
  const Case cases[] = {
      {kBoth, kBoth, TRESTLE_VERSION_TLS13},
      {kBoth, kOnly12, TRESTLE_VERSION_TLS12},
      {kBoth, kOnly13, TRESTLE_VERSION_TLS13},
      {kOnly12, kBoth, TRESTLE_VERSION_TLS12},
      {kOnly13, kBoth, TRESTLE_VERSION_TLS13},
  };
  for (const Case& each : cases) {
    Pair& pair = run(each.client, each.server);
    ASSERT_TRUE(pair.established()) << pair.explanation();
    EXPECT_EQ(pair.client.info().version, each.expected);
    EXPECT_EQ(pair.server.info().version, each.expected);
  }
}

TEST_P(VersionTest, NoneInCommonIsSaidOnBothSides) {
  {
    Pair& pair = run(kOnly12, kOnly13);
    expect_same(where(), "TLS 1.2 client, TLS 1.3 server: server's result",
                "NO_COMMON_VERSION, alert 70 sent", pair.server_outcome.text(),
                pair.explanation());
    expect_same(where(), "TLS 1.2 client, TLS 1.3 server: client's result",
                "ALERT_RECEIVED, alert 70 received", pair.client_outcome.text(),
                pair.explanation());
  }
  {
    Pair& pair = run(kOnly13, kOnly12);
    expect_same(where(), "TLS 1.3 client, TLS 1.2 server: server's result",
                "NO_COMMON_VERSION, alert 70 sent", pair.server_outcome.text(),
                pair.explanation());
    expect_same(where(), "TLS 1.3 client, TLS 1.2 server: client's result",
                "ALERT_RECEIVED, alert 70 received", pair.client_outcome.text(),
                pair.explanation());
  }
}

// TLS 1.3 has no DSA, and a certificate isn't a version: what is missing is a signature scheme.
TEST_P(VersionTest, AServerWithoutAKeyForTheVersionSaysSo) {
  if (!server_plugin().can_suite(TRESTLE_TLS_DHE_DSS_WITH_AES_128_CBC_SHA256)) return;
  Scenario scenario({&client_plugin(), &server_plugin(), 0});
  scenario.set_server_identity(chain_of(KeyKind::kDsa2048, 1));
  scenario.server.suites = {TRESTLE_TLS_AES_128_GCM_SHA256,
                            TRESTLE_TLS_DHE_DSS_WITH_AES_128_CBC_SHA256};
  allow_dsa(server_plugin(), &scenario.server);
  scenario.client.suites = {TRESTLE_TLS_AES_128_GCM_SHA256};
  Pair& pair = scenario.make_pair();
  pair.handshake();
  expect_same(where(), "DSA server of both versions, client of TLS 1.3: server's result",
              "NO_COMMON_SUITE, alert 40 sent", pair.server_outcome.text(), pair.explanation());
}

TRESTLE_FOR_EACH_PAIR(VersionTest);

// What stands between: a downgrade to TLS 1.2 of two sides that both know TLS 1.3 is noticed.
class DowngradeTest : public PairTest {};

TEST_P(DowngradeTest, IsNoticedByTheClient) {
  Scenario scenario(GetParam());
  Pair& pair = scenario.make_pair();
  ASSERT_TRUE(pair.client.handshake().wants_read());
  // The offer of TLS 1.3 in supported_versions is destroyed on its way: 0x0304 becomes 0x3A04,
  // which nobody knows.
  const std::string hello = pair.to_server.sent();
  const Hello parsed = parse_hello(handshake_messages_of(hello).at(0));
  const size_t versions = hello.find(parsed.extensions.at(kSupportedVersionsExtension));
  const size_t tls13 = hello.find("\x03\x04", versions);
  ASSERT_NE(tls13, std::string::npos);
  pair.to_server.flip(tls13, 0x39);
  pair.handshake();
  EXPECT_TRUE(pair.client_outcome.failed()) << pair.explanation();
  EXPECT_TRUE(pair.server_outcome.failed()) << pair.explanation();
  expect_same(where(), "downgrade to TLS 1.2: client's result",
              "PROTOCOL_VIOLATION, alert 47 sent", pair.client_outcome.text(),
              pair.explanation());
}

TRESTLE_FOR_EACH_PAIR(DowngradeTest);

}  // namespace
}  // namespace trestle::conformance
