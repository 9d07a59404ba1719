// SPDX-License-Identifier: Apache-2.0
// What backends say they can do: the same on all, and true.
#include "abi_tests/conformance/groups.h"
#include "abi_tests/conformance/scenario.h"
#include "abi_tests/conformance/wire.h"

namespace trestle::conformance {
namespace {

const char* yes_or_no(bool value) { return value ? "yes" : "no"; }

class CapabilityTest : public BackendTest {
 protected:
  void expect_can(const std::string& what, uint32_t capability, uint32_t argument) {
    const int32_t answer = plugin().table->capability(capability, argument);
    EXPECT_TRUE(answer == 0 || answer == 1) << what << ": " << answer;
    expect_same(alone(plugin()), what, "yes", yes_or_no(answer == 1));
  }
};

TEST_P(CapabilityTest, VersionsAreTheSameOnAll) {
  expect_can("has TLS 1.2", TRESTLE_CAPABILITY_VERSION, TRESTLE_VERSION_TLS12);
  expect_can("has TLS 1.3", TRESTLE_CAPABILITY_VERSION, TRESTLE_VERSION_TLS13);
  for (uint32_t old_or_new : {0x0300, 0x0301, 0x0302, 0x0305}) {
    EXPECT_FALSE(plugin().can(TRESTLE_CAPABILITY_VERSION, old_or_new)) << old_or_new;
  }
}

TEST_P(CapabilityTest, GroupsAreTheSameOnAll) {
  for (const Group& group : all_groups()) {
    expect_can(std::string("has group ") + group.name, TRESTLE_CAPABILITY_GROUP, group.id);
  }
}

TEST_P(CapabilityTest, SignatureSchemesAreTheSameOnAll) {
  for (const SignatureScheme& scheme : all_signature_schemes()) {
    expect_can(std::string("verifies ") + scheme.name, TRESTLE_CAPABILITY_SIGNATURE_SCHEME,
               scheme.id);
  }
}

TEST_P(CapabilityTest, AbilitiesAreTheSameOnAll) {
  expect_can("external PSK in TLS 1.3", TRESTLE_CAPABILITY_PSK_TLS13, 0);
  expect_can("takes PKCS#12", TRESTLE_CAPABILITY_PKCS12, 0);
  expect_can("takes encrypted PKCS#8", TRESTLE_CAPABILITY_ENCRYPTED_PKCS8, 0);
  expect_can("sends any alert at any time", TRESTLE_CAPABILITY_ALERT_SEND, 0);
}

TEST_P(CapabilityTest, TheUnknownIsNotThere) {
  for (uint32_t capability : {0u, 9u, 1000u, 0xFFFFFFFFu}) {
    EXPECT_EQ(plugin().table->capability(capability, 0), 0) << capability;
    EXPECT_EQ(plugin().table->capability(capability, 1), 0) << capability;
  }
  // An argument that is more than a 16-bit number of IANA's is none of them.
  EXPECT_EQ(plugin().table->capability(TRESTLE_CAPABILITY_SUITE, 0x10000 | 0x1301), 0);
  EXPECT_EQ(plugin().table->capability(TRESTLE_CAPABILITY_GROUP, 0x10000 | 0x0017), 0);
  EXPECT_EQ(plugin().table->capability(TRESTLE_CAPABILITY_VERSION, 0x10000 | 0x0303), 0);
  EXPECT_EQ(plugin().table->capability(TRESTLE_CAPABILITY_SIGNATURE_SCHEME, 0x10000 | 0x0403), 0);
  for (uint32_t capability : {TRESTLE_CAPABILITY_PSK_TLS13, TRESTLE_CAPABILITY_PKCS12,
                              TRESTLE_CAPABILITY_ENCRYPTED_PKCS8, TRESTLE_CAPABILITY_ALERT_SEND}) {
    EXPECT_EQ(plugin().table->capability(capability, 1), 0) << capability;
  }
}

TEST_P(CapabilityTest, WhatItLacksItRefuses) {
  // grease values: in no registry, never to be assigned
  {
    Configuration configuration = default_configuration(plugin(), TRESTLE_ROLE_CLIENT);
    configuration.groups.push_back(0x4A4A);
    EXPECT_EQ(Context(plugin(), configuration).created().text(), "NOT_SUPPORTED");
  }
  {
    Configuration configuration = default_configuration(plugin(), TRESTLE_ROLE_CLIENT);
    configuration.signature_schemes.push_back(0x4A4A);
    EXPECT_EQ(Context(plugin(), configuration).created().text(), "NOT_SUPPORTED");
  }
  {
    Configuration configuration = default_configuration(plugin(), TRESTLE_ROLE_CLIENT);
    configuration.version_max = 0x0305;
    EXPECT_EQ(Context(plugin(), configuration).created().text(), "NOT_SUPPORTED");
  }
  {
    Configuration configuration = default_configuration(plugin(), TRESTLE_ROLE_CLIENT);
    configuration.version_min = 0x0301;
    EXPECT_EQ(Context(plugin(), configuration).created().text(), "NOT_SUPPORTED");
  }
}

TEST_P(CapabilityTest, WhatItHasItTakesInAnyOrder) {
  Configuration configuration = default_configuration(plugin(), TRESTLE_ROLE_CLIENT);
  // ffdhe2048 between curves.
  configuration.groups = {0x0017, 0x0100, 0x001D};
  const Context context(plugin(), configuration);
  expect_same(alone(plugin()), "finite fields between curves in the list of groups", "OK",
              context.created().text(), context.created().explanation());
}

TRESTLE_FOR_EACH_BACKEND(CapabilityTest);

class GroupTest : public PairTest {};

TEST_P(GroupTest, TheOnlyGroupIsUsedWithoutRetry) {
  for (const Group& group : all_groups()) {
    if (!client_plugin().can(TRESTLE_CAPABILITY_GROUP, group.id) ||
        !server_plugin().can(TRESTLE_CAPABILITY_GROUP, group.id)) {
      continue;
    }
    SCOPED_TRACE(group.name);
    Scenario scenario({&client_plugin(), &server_plugin(), TRESTLE_VERSION_TLS13});
    scenario.client.groups = {group.id};
    scenario.server.groups = {group.id};
    Pair& pair = scenario.make_established_pair();
    const Hello client_hello = parse_hello(handshake_messages_of(pair.to_server.sent()).at(0));
    EXPECT_EQ(key_share_groups(client_hello), std::vector<uint16_t>{group.id});
    const Hello server_hello = parse_hello(handshake_messages_of(pair.to_client.sent()).at(0));
    EXPECT_FALSE(is_hello_retry_request(server_hello));
    EXPECT_EQ(key_share_group(server_hello), group.id);
  }
}

TEST_P(GroupTest, ServersListExcludesOthers) {
  // The client would rather have x25519; the server has secp384r1 alone, which takes a retry.
  constexpr uint16_t kX25519 = 0x001D;
  constexpr uint16_t kSecp384r1 = 0x0018;
  Scenario scenario({&client_plugin(), &server_plugin(), TRESTLE_VERSION_TLS13});
  scenario.client.groups = {kX25519, kSecp384r1};
  scenario.server.groups = {kSecp384r1};
  Pair& pair = scenario.make_pair();
  pair.handshake();
  expect_same(where(), "HelloRetryRequest to the client's second group", "yes",
              yes_or_no(pair.established()), pair.explanation());
  if (!pair.established()) return;
  const Hello first = parse_hello(handshake_messages_of(pair.to_client.sent()).at(0));
  EXPECT_TRUE(is_hello_retry_request(first));
  EXPECT_EQ(key_share_group(first), kSecp384r1);
  EXPECT_EQ(pair.client.asks(), 1);
}

TEST_P(GroupTest, Tls12UsesTheServersCurve) {
  for (const Group& group : all_groups()) {
    if (group.finite_field || !client_plugin().can(TRESTLE_CAPABILITY_GROUP, group.id) ||
        !server_plugin().can(TRESTLE_CAPABILITY_GROUP, group.id)) {
      continue;
    }
    SCOPED_TRACE(group.name);
    Scenario scenario({&client_plugin(), &server_plugin(), TRESTLE_VERSION_TLS12});
    // The certificate's curve stands for itself: RFC 8422 ties it to the list as well.
    scenario.set_server_identity(chain_of(KeyKind::kRsa2048, 1));
    // The client would rather have another.
    scenario.client.groups = {static_cast<uint16_t>(group.id == 0x0017 ? 0x0018 : 0x0017),
                              group.id};
    scenario.server.groups = {group.id};
    Pair& pair = scenario.make_pair();
    pair.handshake();
    expect_same(where(), std::string("TLS 1.2 with the server's only group ") + group.name, "yes",
                yes_or_no(pair.established()), pair.explanation());
    if (!pair.established()) continue;
    for (const HandshakeMessage& message : handshake_messages_of(pair.to_client.sent())) {
      if (message.type != kServerKeyExchange) continue;
      // named_curve (3), then the group
      const std::string expected = {3, static_cast<char>(group.id >> 8),
                                    static_cast<char>(group.id & 0xFF)};
      EXPECT_TRUE(message.body.substr(0, 3) == expected);
    }
  }
}

TEST_P(GroupTest, NoneInCommonIsAFailureOnBothSides) {
  Scenario scenario({&client_plugin(), &server_plugin(), TRESTLE_VERSION_TLS13});
  scenario.client.groups = {0x001D};
  scenario.server.groups = {0x0018};
  Pair& pair = scenario.make_pair();
  pair.handshake();
  expect_same(where(), "no common group: server's result", "HANDSHAKE_FAILED, alert 40 sent",
              pair.server_outcome.text(), pair.explanation());
  expect_same(where(), "no common group: client's result", "ALERT_RECEIVED, alert 40 received",
              pair.client_outcome.text(), pair.explanation());
}

TRESTLE_FOR_EACH_PAIR(GroupTest);

}  // namespace
}  // namespace trestle::conformance
