// SPDX-License-Identifier: Apache-2.0
// Random primitives, valid and not, against a live peer and a model of the state machine, in either
// role. A run is named by its seed: TRESTLE_SEED=n plays one again. TRESTLE_STEPS=n makes it longer
// or shorter; both roles together have so many steps on each backend.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <random>

#include "abi_tests/property/peer.h"
#include "abi_tests/property/player.h"

namespace trestle::testing {
namespace {

uint64_t number_from_environment(const char* name, uint64_t otherwise) {
  const char* text = getenv(name);
  return text ? strtoull(text, nullptr, 10) : otherwise;
}

class Property : public ::testing::TestWithParam<std::string> {
 protected:
  Property()
      : seed_(number_from_environment("TRESTLE_SEED", std::random_device{}())),
        steps_(number_from_environment("TRESTLE_STEPS", 100000)) {}

  void play(Player& player, uint64_t steps) {
    std::printf("seed %llu, %llu steps on %s\n", static_cast<unsigned long long>(seed_),
                static_cast<unsigned long long>(steps), GetParam().c_str());
    std::fflush(stdout);
    try {
      player.play(steps);
    } catch (const std::exception& e) {
      FAIL() << e.what() << "\nTRESTLE_SEED=" << seed_ << "\n" << player.history();
    }
    for (const auto& [message, count] : player.tally())
      std::printf("%8llu %s\n", static_cast<unsigned long long>(count), message.c_str());
  }

  const uint64_t seed_, steps_;
  const TestPki pki_;
};

TEST_P(Property, AClientsRequestsAreConfirmedOnceAsTheModelSays) {
  CommandServer server(GetParam(), pki_.server);
  ClientPlayer player(GetParam(), seed_, server.port(), pki_.root);
  play(player, steps_ * 3 / 5);
}

TEST_P(Property, AServersRequestsAreConfirmedOnceAsTheModelSays) {
  CommandClient client(GetParam(), pki_);
  ServerPlayer player(GetParam(), seed_, &client, pki_);
  play(player, steps_ * 2 / 5);
}

INSTANTIATE_TEST_SUITE_P(Backends, Property, ::testing::ValuesIn(backends()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace trestle::testing
