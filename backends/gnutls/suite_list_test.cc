// SPDX-License-Identifier: Apache-2.0
#include "backends/gnutls/suite_list.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "backends/gnutls/priority.h"

namespace trestle::gnutls_backend {
namespace {

constexpr uint16_t kGroups[] = {0x001D, 0x0017, 0x0100};
constexpr uint16_t kSchemes[] = {0x0403, 0x0804, 0x0401, 0x0202};

class SuiteListTest : public testing::Test {
 protected:
  void SetUp() override {
    load_suites();
    ASSERT_TRUE(find_suite_list()) << "this GnuTLS keeps its list of suites in an unknown way";
    for (uint32_t id = 0; id <= 0xFFFF; ++id) {
      const Suite *suite = find_suite(static_cast<uint16_t>(id));
      if (suite != nullptr) all_.push_back(suite->id);
    }
    ASSERT_GT(all_.size(), 60u);
  }

  // With what the host sees to: versions that the suites call for.
  static Priority make(const std::vector<uint16_t> &suites) {
    const auto is_tls13 = [](uint16_t suite) { return find_suite(suite)->is_tls13(); };
    const bool has_tls13 = std::any_of(suites.begin(), suites.end(), is_tls13);
    const bool has_tls12 = !std::all_of(suites.begin(), suites.end(), is_tls13);
    trestle_backend_config config = {};
    config.size = sizeof config;
    config.role = TRESTLE_ROLE_CLIENT;
    config.version_min = has_tls12 ? TRESTLE_VERSION_TLS12 : TRESTLE_VERSION_TLS13;
    config.version_max = has_tls13 ? TRESTLE_VERSION_TLS13 : TRESTLE_VERSION_TLS12;
    config.suites = suites.data();
    config.suite_count = static_cast<uint32_t>(suites.size());
    config.groups = kGroups;
    config.group_count = std::size(kGroups);
    config.signature_schemes = kSchemes;
    config.signature_scheme_count = std::size(kSchemes);
    config.dh_bits_min = 2048;
    return make_priority(config);
  }

  static std::vector<uint16_t> listed(const Priority &priority) {
    std::vector<uint16_t> ids;
    for (unsigned index : read_suites(priority.get())) {
      unsigned char wire[2];
      gnutls_cipher_suite_info(index, wire, nullptr, nullptr, nullptr, nullptr);
      ids.push_back(static_cast<uint16_t>(wire[0] << 8 | wire[1]));
    }
    return ids;
  }

  std::vector<uint16_t> all_;
};

TEST_F(SuiteListTest, HoldsAnyChoiceInAnyOrder) {
  std::mt19937 random(1);
  for (int round = 0; round < 300; ++round) {
    std::vector<uint16_t> wanted = all_;
    std::shuffle(wanted.begin(), wanted.end(), random);
    wanted.resize(1 + random() % wanted.size());
    EXPECT_EQ(listed(make(wanted)), wanted);
  }
}

TEST_F(SuiteListTest, HoldsEachSuiteAlone) {
  for (uint16_t id : all_) {
    EXPECT_TRUE(can_offer_suite(id)) << id;
    EXPECT_EQ(listed(make({id})), std::vector<uint16_t>{id});
  }
}

// The NULL cipher, RSA_PSK and PSK would switch TLS 1.3 off or change it, named in a string.
TEST_F(SuiteListTest, KeepsTls13BesideLegacySuites) {
  const Priority priority =
      make({TRESTLE_TLS_RSA_WITH_NULL_SHA, TRESTLE_TLS_RSA_PSK_WITH_AES_128_CBC_SHA,
            TRESTLE_TLS_PSK_WITH_AES_128_CBC_SHA, TRESTLE_TLS_AES_256_GCM_SHA384});
  const unsigned *versions;
  ASSERT_EQ(gnutls_priority_protocol_list(priority.get(), &versions), 2);
  EXPECT_EQ(versions[0], static_cast<unsigned>(GNUTLS_TLS1_3));
  const unsigned *key_exchanges;
  const int count = gnutls_priority_kx_list(priority.get(), &key_exchanges);
  for (int i = 0; i < count; ++i) {
    EXPECT_NE(key_exchanges[i], static_cast<unsigned>(GNUTLS_KX_PSK));
  }
}

TEST_F(SuiteListTest, LacksWhatGnutlsLacks) {
  EXPECT_FALSE(can_offer_suite(0x4A4A));
  EXPECT_FALSE(can_offer_group(0x4A4A));
  EXPECT_FALSE(can_verify(0x4A4A));
}

}  // namespace
}  // namespace trestle::gnutls_backend
