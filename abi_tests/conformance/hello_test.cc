// SPDX-License-Identifier: Apache-2.0
// What the first two messages say, on the wire: exactly what was configured.
#include <algorithm>

#include "abi_tests/conformance/scenario.h"
#include "abi_tests/conformance/wire.h"

namespace trestle::conformance {
namespace {

// TLS_EMPTY_RENEGOTIATION_INFO_SCSV (RFC 5746): a signal, no suite.
constexpr uint16_t kRenegotiationScsv = 0x00FF;

class HelloTest : public BackendTest {
 protected:
  static Hello hello_of(const Configuration& configuration, const Plugin& plugin) {
    const Context context(plugin, configuration);
    EXPECT_TRUE(context.created().ok()) << context.created().explanation();
    Pipe in;
    Pipe out;
    Endpoint endpoint(context, in, out);
    EXPECT_TRUE(endpoint.handshake().wants_read());
    return parse_hello(handshake_messages_of(out.sent()).at(0));
  }
};

TEST_P(HelloTest, OffersTheSuitesInTheirOrder) {
  const Configuration defaults = default_configuration(plugin(), TRESTLE_ROLE_CLIENT);
  Configuration turned = defaults;
  std::reverse(turned.suites.begin(), turned.suites.end());
  for (const Configuration& configuration : {defaults, turned}) {
    std::vector<uint16_t> offered = hello_of(configuration, plugin()).suites;
    offered.erase(std::remove(offered.begin(), offered.end(), kRenegotiationScsv), offered.end());
    // In the order configured, within each version: a library may put TLS 1.3 first.
    for (bool tls13 : {true, false}) {
      std::vector<uint16_t> expected;
      std::vector<uint16_t> found;
      for (uint16_t id : configuration.suites) {
        if (is_tls13_suite(id) == tls13) expected.push_back(id);
      }
      for (uint16_t id : offered) {
        if (is_tls13_suite(id) == tls13) found.push_back(id);
      }
      EXPECT_EQ(found, expected) << (tls13 ? "TLS 1.3" : "TLS 1.2");
    }
  }
}

TEST_P(HelloTest, OffersTheVersionsOfTheRange) {
  const std::vector<uint16_t> both = {TRESTLE_VERSION_TLS13, TRESTLE_VERSION_TLS12};
  const Hello hello = hello_of(default_configuration(plugin(), TRESTLE_ROLE_CLIENT), plugin());
  EXPECT_EQ(hello.list(kSupportedVersionsExtension), both);
  EXPECT_EQ(hello.legacy_version, TRESTLE_VERSION_TLS12);
  const Hello only13 = hello_of(
      default_configuration(plugin(), TRESTLE_ROLE_CLIENT, TRESTLE_VERSION_TLS13), plugin());
  EXPECT_EQ(only13.list(kSupportedVersionsExtension),
            std::vector<uint16_t>{TRESTLE_VERSION_TLS13});
  const Hello only12 = hello_of(
      default_configuration(plugin(), TRESTLE_ROLE_CLIENT, TRESTLE_VERSION_TLS12), plugin());
  const std::vector<uint16_t> versions = only12.list(kSupportedVersionsExtension);
  EXPECT_TRUE(versions.empty() || versions == std::vector<uint16_t>{TRESTLE_VERSION_TLS12});
  EXPECT_EQ(only12.legacy_version, TRESTLE_VERSION_TLS12);
}

TEST_P(HelloTest, OffersTheGroupsAndSharesTheFirst) {
  Configuration configuration = default_configuration(plugin(), TRESTLE_ROLE_CLIENT);
  // secp384r1, x25519, secp256r1: nobody's default.
  configuration.groups = {0x0018, 0x001D, 0x0017};
  const Hello hello = hello_of(configuration, plugin());
  expect_same(alone(plugin()), "offers the configured groups in their order", "yes",
              hello.list(kSupportedGroupsExtension) == configuration.groups ? "yes" : "no");
  const std::vector<uint16_t> shares = key_share_groups(hello);
  ASSERT_FALSE(shares.empty());
  EXPECT_EQ(shares[0], 0x0018);
  expect_same(alone(plugin()), "number of key shares", "1", std::to_string(shares.size()));
}

TEST_P(HelloTest, OffersNoFiniteFieldBelowTheMinimum) {
  Configuration configuration = default_configuration(plugin(), TRESTLE_ROLE_CLIENT);
  configuration.groups = {0x0017, 0x0100, 0x0101};  // secp256r1, ffdhe2048, ffdhe3072
  configuration.dh_bits_min = 3072;
  const std::vector<uint16_t> expected = {0x0017, 0x0101};
  EXPECT_EQ(hello_of(configuration, plugin()).list(kSupportedGroupsExtension), expected);
}

TEST_P(HelloTest, OffersTheSignatureSchemes) {
  Configuration configuration = default_configuration(plugin(), TRESTLE_ROLE_CLIENT);
  configuration.signature_schemes = {0x0503, 0x0403, 0x0805, 0x0804};
  const Hello hello = hello_of(configuration, plugin());
  expect_same(alone(plugin()), "offers the configured signature schemes in their order",
              in_hexadecimal(configuration.signature_schemes),
              in_hexadecimal(hello.list(kSignatureAlgorithmsExtension)));
}

TEST_P(HelloTest, NamesTheServerOrNobody) {
  Configuration configuration = default_configuration(plugin(), TRESTLE_ROLE_CLIENT);
  configuration.server_name = "a.very.good.test";
  const Hello named = hello_of(configuration, plugin());
  ASSERT_TRUE(named.has(kServerNameExtension));
  // list length, type host_name (0), name length, name
  EXPECT_EQ(named.extensions.at(kServerNameExtension),
            std::string("\x00\x13\x00\x00\x10", 5) + "a.very.good.test");
  configuration.server_name = "";
  EXPECT_FALSE(hello_of(configuration, plugin()).has(kServerNameExtension));
}

TEST_P(HelloTest, OffersNothingThatWasNotAskedFor) {
  const Hello hello = hello_of(default_configuration(plugin(), TRESTLE_ROLE_CLIENT), plugin());
  EXPECT_EQ(hello.compressions, std::string(1, '\0'));
  EXPECT_FALSE(hello.has(kSessionTicketExtension));
  EXPECT_FALSE(hello.has(kPreSharedKeyExtension));
  EXPECT_FALSE(hello.has(kEarlyDataExtension));
  EXPECT_FALSE(hello.has(kAlpnExtension));
  constexpr uint16_t kPostHandshakeAuthExtension = 49;
  EXPECT_FALSE(hello.has(kPostHandshakeAuthExtension));
  constexpr uint16_t kHeartbeatExtension = 15;
  EXPECT_FALSE(hello.has(kHeartbeatExtension));
}

TRESTLE_FOR_EACH_BACKEND(HelloTest);

}  // namespace
}  // namespace trestle::conformance
