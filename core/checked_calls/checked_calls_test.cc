// SPDX-License-Identifier: Apache-2.0
// What a backend is spared, and what it may rely on. That each check is the right one, the
// conformance suite tests over all backends.
#include "core/checked_calls/checked_calls.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/pki/testing/test_key.h"

namespace trestle {
namespace {

// A backend that notes what it is called with.
struct Seen {
  int calls = 0;
  std::vector<uint16_t> suites, groups, schemes;
  uint16_t version_min = 0, version_max = 0;
  std::string password_with_end;
} seen;

int32_t capability(uint32_t capability, uint32_t argument) {
  const bool is_grease = (argument & 0x0F0F) == 0x0A0A;
  return capability <= TRESTLE_CAPABILITY_SIGNATURE_SCHEME && !is_grease;
}

int32_t verify_signature(uint16_t, const trestle_bytes*, const trestle_bytes*,
                         const trestle_bytes*) {
  ++seen.calls;
  return 1;
}

int32_t identity_new(const trestle_backend_identity_source* source, trestle_backend_identity**,
                     trestle_backend_error*) {
  ++seen.calls;
  seen.password_with_end.assign(source->password.data,
                                source->password.data + source->password.length + 1);
  return TRESTLE_BACKEND_OK;
}

int32_t context_new(const trestle_backend_config* config, trestle_backend_context**,
                    trestle_backend_error*) {
  ++seen.calls;
  seen.suites.assign(config->suites, config->suites + config->suite_count);
  seen.groups.assign(config->groups, config->groups + config->group_count);
  seen.schemes.assign(config->signature_schemes,
                      config->signature_schemes + config->signature_scheme_count);
  seen.version_min = config->version_min;
  seen.version_max = config->version_max;
  return TRESTLE_BACKEND_OK;
}

trestle_bytes lend(const std::string& bytes) {
  return {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()};
}

class CheckedCallsTest : public testing::Test {
 protected:
  CheckedCallsTest() {
    seen = {};
    backend_.capability = capability;
    backend_.verify_signature = verify_signature;
    backend_.identity_new = identity_new;
    backend_.context_new = context_new;
  }

  void expect_refused(int32_t result, int32_t status) {
    EXPECT_EQ(status, TRESTLE_BACKEND_ERROR);
    EXPECT_EQ(error_.result, result) << error_.detail;
    EXPECT_NE(error_.detail[0], '\0');
    EXPECT_EQ(seen.calls, 0);
  }

  trestle_backend backend_ = {};
  trestle_backend_error error_ = {};
};

class CheckedContextTest : public CheckedCallsTest {
 protected:
  int32_t make() {
    trestle_backend_config config = {};
    config.role = role;
    config.version_min = version_min;
    config.version_max = TRESTLE_VERSION_TLS13;
    config.client_auth = client_auth;
    config.suites = suites.data();
    config.suite_count = static_cast<uint32_t>(suites.size());
    config.groups = groups.data();
    config.group_count = static_cast<uint32_t>(groups.size());
    config.signature_schemes = schemes.data();
    config.signature_scheme_count = static_cast<uint32_t>(schemes.size());
    config.dh_bits_min = 3072;
    config.psk = lend(psk);
    trestle_backend_context* context = nullptr;
    return checked_context_new(backend_, config, &context, &error_);
  }

  uint32_t role = TRESTLE_ROLE_CLIENT;
  uint32_t client_auth = TRESTLE_CLIENT_AUTH_NONE;
  uint16_t version_min = TRESTLE_VERSION_TLS12;
  std::vector<uint16_t> suites = {TRESTLE_TLS_AES_128_GCM_SHA256};
  std::vector<uint16_t> groups = {0x001D};
  std::vector<uint16_t> schemes = {0x0403};
  std::string psk;
};

TEST_F(CheckedContextTest, ListsHoldEachOnceAndWhatIsLargeEnough) {
  suites = {TRESTLE_TLS_AES_256_GCM_SHA384, TRESTLE_TLS_AES_128_GCM_SHA256,
            TRESTLE_TLS_AES_256_GCM_SHA384};
  groups = {0x0100, 0x0101, 0x001D, 0x0101};
  schemes = {0x0804, 0x0403, 0x0804};
  ASSERT_EQ(make(), TRESTLE_BACKEND_OK) << error_.detail;
  EXPECT_EQ(seen.suites, (std::vector<uint16_t>{TRESTLE_TLS_AES_256_GCM_SHA384,
                                                TRESTLE_TLS_AES_128_GCM_SHA256}));
  EXPECT_EQ(seen.groups, (std::vector<uint16_t>{0x0101, 0x001D}));
  EXPECT_EQ(seen.schemes, (std::vector<uint16_t>{0x0804, 0x0403}));
}

TEST_F(CheckedContextTest, VersionsAndSuitesRestrictEachOther) {
  ASSERT_EQ(make(), TRESTLE_BACKEND_OK);
  EXPECT_EQ(seen.version_min, TRESTLE_VERSION_TLS13);
  suites = {TRESTLE_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256};
  ASSERT_EQ(make(), TRESTLE_BACKEND_OK);
  EXPECT_EQ(seen.version_max, TRESTLE_VERSION_TLS12);
  suites.push_back(TRESTLE_TLS_AES_128_GCM_SHA256);
  version_min = TRESTLE_VERSION_TLS13;
  ASSERT_EQ(make(), TRESTLE_BACKEND_OK);
  EXPECT_EQ(seen.suites, (std::vector<uint16_t>{TRESTLE_TLS_AES_128_GCM_SHA256}));
}

TEST_F(CheckedContextTest, WhatTheBackendDeniesIsRefusedByName) {
  suites = {0x4A4A};
  expect_refused(TRESTLE_RESULT_SUITE_NOT_SUPPORTED, make());
  EXPECT_NE(std::string(error_.detail).find("0x4A4A"), std::string::npos) << error_.detail;
  suites = {TRESTLE_TLS_AES_128_GCM_SHA256};
  groups.push_back(0x4A4A);
  expect_refused(TRESTLE_RESULT_NOT_SUPPORTED, make());
  for (const std::vector<uint16_t>& none : {std::vector<uint16_t>{0x0100}, {}}) {
    groups = none;
    expect_refused(TRESTLE_RESULT_NOT_SUPPORTED, make());
  }
  groups = {0x001D};
  schemes.push_back(0x4A4A);
  expect_refused(TRESTLE_RESULT_NOT_SUPPORTED, make());
  schemes.pop_back();
  version_min = 0x0301;
  expect_refused(TRESTLE_RESULT_NOT_SUPPORTED, make());
  version_min = TRESTLE_VERSION_TLS13;
  suites = {TRESTLE_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256};
  expect_refused(TRESTLE_RESULT_NOT_SUPPORTED, make());
}

TEST_F(CheckedContextTest, AServerHasSomethingToShow) {
  role = TRESTLE_ROLE_SERVER;
  expect_refused(TRESTLE_RESULT_NO_IDENTITY, make());
  suites = {TRESTLE_TLS_DH_anon_WITH_AES_128_CBC_SHA};
  EXPECT_EQ(make(), TRESTLE_BACKEND_OK);
  seen = {};
  client_auth = TRESTLE_CLIENT_AUTH_REQUIRE;
  expect_refused(TRESTLE_RESULT_NOT_SUPPORTED, make());
  suites = {TRESTLE_TLS_AES_128_GCM_SHA256};
  psk = "sixteen bytes or";
  expect_refused(TRESTLE_RESULT_NOT_SUPPORTED, make());
  client_auth = TRESTLE_CLIENT_AUTH_REQUEST;
  EXPECT_EQ(make(), TRESTLE_BACKEND_OK);
}

TEST_F(CheckedContextTest, APskHasASuite) {
  psk = "sixteen bytes or";
  EXPECT_EQ(make(), TRESTLE_BACKEND_OK);
  suites = {TRESTLE_TLS_DHE_PSK_WITH_AES_128_GCM_SHA256};
  EXPECT_EQ(make(), TRESTLE_BACKEND_OK);
  suites = {0xFF00}; // nobody knows
  EXPECT_EQ(make(), TRESTLE_BACKEND_OK);
  seen = {};
  suites = {TRESTLE_TLS_AES_256_GCM_SHA384, TRESTLE_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256};
  expect_refused(TRESTLE_RESULT_NOT_SUPPORTED, make());
}

class CheckedIdentityTest : public CheckedCallsTest {
 protected:
  int32_t make(const std::string& pkcs12, const std::string& password) {
    trestle_backend_identity_source source = {};
    source.pkcs12 = lend(pkcs12);
    source.password = lend(password);
    trestle_backend_identity* identity = nullptr;
    return checked_identity_new(backend_, source, &identity, &error_);
  }
};

TEST_F(CheckedIdentityTest, APasswordEndsWithAZeroByteAndHasNoOther) {
  const std::string in_ber("\x30\x80...", 5);
  ASSERT_EQ(make(in_ber, "secret"), TRESTLE_BACKEND_OK);
  EXPECT_EQ(seen.password_with_end, std::string("secret\0", 7));
  ASSERT_EQ(make(in_ber, ""), TRESTLE_BACKEND_OK);
  EXPECT_EQ(seen.password_with_end, std::string(1, '\0'));
  seen = {};
  expect_refused(TRESTLE_RESULT_NOT_SUPPORTED, make(in_ber, std::string("sec\0ret", 7)));
  EXPECT_EQ(std::string(error_.detail).find("ret"), std::string::npos);
}

TEST_F(CheckedIdentityTest, APfxInDerHasAMacAndNothingBehind) {
  const std::string version("\x02\x01\x03", 3), safe("\x30\x01s", 3), mac("\x30\x01m", 3);
  EXPECT_EQ(make("\x30\x09" + version + safe + mac, ""), TRESTLE_BACKEND_OK);
  seen = {};
  expect_refused(TRESTLE_RESULT_BAD_CERTIFICATE, make("\x30\x06" + version + safe, ""));
  expect_refused(TRESTLE_RESULT_BAD_CERTIFICATE, make("\x30\x09" + version + safe + mac + "x", ""));
  expect_refused(TRESTLE_RESULT_BAD_CERTIFICATE,
                 make("\x30\x08" + version + safe + std::string("\x05\0", 2), ""));
  expect_refused(TRESTLE_RESULT_BAD_CERTIFICATE,
                 make("\x30\x0B" + version + safe + mac + std::string("\x05\0", 2), ""));
  // The file's header in DER, and BER inside.
  EXPECT_EQ(make("\x30\x0A" + version + std::string("\x30\x80s\0\0\0\0", 7), ""), TRESTLE_BACKEND_OK);
}

class CheckedSignatureTest : public CheckedCallsTest {
 protected:
  int32_t verify(uint16_t scheme, const std::vector<uint8_t>& spki, const std::string& signature) {
    return checked_verify_signature(backend_, scheme, {spki.data(), spki.size()}, lend("message"),
                                    lend(signature));
  }

  const std::string pair_ = std::string("\x30\x06\x02\x01\x01\x02\x01\x01", 8);
};

TEST_F(CheckedSignatureTest, OnlyKeysOfTheSchemeReachTheBackend) {
  const std::vector<uint8_t> spki = pki::testing::TestKey::ec("P-256").spki();
  EXPECT_EQ(verify(0x0403, spki, pair_), 1);
  EXPECT_EQ(seen.calls, 1);
  for (uint16_t scheme : {0x0401, 0x0804, 0x0402, 0x0807, 0x4A4A})
    EXPECT_EQ(verify(scheme, spki, pair_), TRESTLE_BACKEND_ERROR) << scheme;
  std::vector<uint8_t> longer = spki;
  longer.push_back(0);
  EXPECT_EQ(verify(0x0403, longer, pair_), TRESTLE_BACKEND_ERROR);
  std::vector<uint8_t> compressed = spki;
  compressed[compressed.size() - 65] = 2;
  EXPECT_EQ(verify(0x0403, compressed, pair_), TRESTLE_BACKEND_ERROR);
  EXPECT_EQ(seen.calls, 1);
}

TEST_F(CheckedSignatureTest, OnlyDerReachesTheBackend) {
  const std::vector<uint8_t> spki = pki::testing::TestKey::ec("P-256").spki();
  const std::string wrong[] = {
      "", "\x30", pair_ + "x", std::string("\x30\x81\x06", 3) + pair_.substr(2),
      std::string("\x30\x06\x02\x01\x00\x02\x01\x01", 8),  // r is zero
      std::string("\x30\x06\x02\x01\x01\x02\x01\xFF", 8),  // s is negative
      std::string("\x30\x07\x02\x02\x00\x01\x02\x01\x01", 9),
      std::string(3000, 's')};
  for (const std::string& signature : wrong) EXPECT_EQ(verify(0x0403, spki, signature), 0);
  EXPECT_EQ(seen.calls, 0);
}

}  // namespace
}  // namespace trestle
