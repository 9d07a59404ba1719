// SPDX-License-Identifier: Apache-2.0
// What the tests are run over: each backend, each pair of backends, each pair and version.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "abi_tests/conformance/known_differences.h"
#include "abi_tests/conformance/plugin.h"

namespace trestle::conformance {

// Which tests of the loaded backends take part. A run over the pairs of one backend with itself and
// a run over the mixed pairs together make up all pairs.
enum class Selection { kAlone, kMixed, kAll };
void select(Selection selection);

struct PairParameter {
  const Plugin* client;
  const Plugin* server;
  uint16_t version;  // 0: none takes part

  Where where() const;
};

std::vector<const Plugin*> each_backend();
std::vector<PairParameter> each_pair();
std::vector<PairParameter> each_pair_and_version();
// All places that these cover.
std::vector<Where> places();

Where alone(const Plugin& plugin);

std::string parameter_name(const ::testing::TestParamInfo<const Plugin*>& info);
std::string parameter_name(const ::testing::TestParamInfo<PairParameter>& info);
void PrintTo(const PairParameter& parameter, std::ostream* out);

class BackendTest : public ::testing::TestWithParam<const Plugin*> {
 protected:
  const Plugin& plugin() const { return *GetParam(); }
};

class PairTest : public ::testing::TestWithParam<PairParameter> {
 protected:
  const Plugin& client_plugin() const { return *GetParam().client; }
  const Plugin& server_plugin() const { return *GetParam().server; }
  uint16_t version() const { return GetParam().version; }
  Where where() const { return GetParam().where(); }
};

}  // namespace trestle::conformance

// Instantiates a suite derived from BackendTest or PairTest. The selection may leave it without any
// instance.
#define TRESTLE_FOR_EACH_BACKEND(suite)                                                       \
  GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(suite);                                       \
  INSTANTIATE_TEST_SUITE_P(Backends, suite,                                                   \
                           ::testing::ValuesIn(trestle::conformance::each_backend()),           \
                           [](const ::testing::TestParamInfo<suite::ParamType>& info) {         \
                             return trestle::conformance::parameter_name(info);               \
                           })
#define TRESTLE_FOR_EACH_PAIR(suite)                                                          \
  GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(suite);                                       \
  INSTANTIATE_TEST_SUITE_P(Pairs, suite,                                                      \
                           ::testing::ValuesIn(trestle::conformance::each_pair()),              \
                           [](const ::testing::TestParamInfo<suite::ParamType>& info) {         \
                             return trestle::conformance::parameter_name(info);               \
                           })
#define TRESTLE_FOR_EACH_PAIR_AND_VERSION(suite)                                              \
  GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(suite);                                       \
  INSTANTIATE_TEST_SUITE_P(Pairs, suite,                                                      \
                           ::testing::ValuesIn(trestle::conformance::each_pair_and_version()),  \
                           [](const ::testing::TestParamInfo<suite::ParamType>& info) {         \
                             return trestle::conformance::parameter_name(info);               \
                           })
