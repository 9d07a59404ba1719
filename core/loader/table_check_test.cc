// SPDX-License-Identifier: Apache-2.0
#include "core/loader/table_check.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <vector>

namespace trestle::loader {
namespace {

// Slots that are never called: any non-NULL value does.
trestle_backend complete_table() {
  trestle_backend table;
  std::memset(static_cast<void *>(&table), 1, sizeof table);
  table.size = sizeof table;
  table.abi = TRESTLE_BACKEND_ABI;
  table.name = "test";
  table.plugin_version = "1";
  table.canaries = nullptr;
  table.canary_count = 0;
  return table;
}

TEST(Table, AComplete) {
  const trestle_backend table = complete_table();
  EXPECT_EQ(table_objection(&table), "");
}

TEST(Table, Null) {
  EXPECT_EQ(table_objection(nullptr), "it does not serve a host of plugin ABI 1.0");
}

TEST(Table, AnotherMajorIsRefusedAndAnotherMinorIsNot) {
  trestle_backend table = complete_table();
  table.abi = 2000;
  EXPECT_EQ(table_objection(&table), "it has plugin ABI 2.0, this host has 1.0");
  table.abi = 17;
  EXPECT_EQ(table_objection(&table), "it has plugin ABI 0.17, this host has 1.0");
  table.abi = 1999;
  EXPECT_EQ(table_objection(&table), "");
}

TEST(Table, ShorterThanTheFirstRelease) {
  trestle_backend table = complete_table();
  table.size = sizeof table - 1;
  EXPECT_EQ(table_objection(&table), "its table has " + std::to_string(sizeof table - 1) +
                                         " bytes, at least " + std::to_string(sizeof table) +
                                         " are needed");
  table.size = 0;
  EXPECT_NE(table_objection(&table), "");
  table.size = sizeof table + 8;  // of a later minor
  EXPECT_EQ(table_objection(&table), "");
}

// Every pointer of the struct in turn, by its place and not by its name, so that none is left out.
TEST(Table, EverySlotButAbortAndCanariesIsNeeded) {
  const std::vector<size_t> optional = {offsetof(trestle_backend, canaries),
                                  offsetof(trestle_backend, abort)};
  for (size_t offset = 0; offset < sizeof(trestle_backend); offset += sizeof(void *)) {
    const bool is_pointer = offset != offsetof(trestle_backend, size) &&
                            offset != offsetof(trestle_backend, canary_count);
    if (!is_pointer) continue;
    trestle_backend table = complete_table();
    std::memset(reinterpret_cast<char *>(&table) + offset, 0, sizeof(void *));
    const bool is_optional =
        std::find(optional.begin(), optional.end(), offset) != optional.end();
    EXPECT_EQ(table_objection(&table).empty(), is_optional) << "offset " << offset;
  }
}

TEST(Table, NamesWhatItLacks) {
  trestle_backend table = complete_table();
  table.decrypt = nullptr;
  table.info = nullptr;
  EXPECT_EQ(table_objection(&table), "its table lacks decrypt, info");
}

TEST(Table, AnImpossibleName) {
  trestle_backend table = complete_table();
  table.name = "../evil";
  EXPECT_EQ(table_objection(&table), "it calls itself \"../evil\"");
}

TEST(Table, AnIncompleteCanary) {
  static const int somewhere = 0;
  const std::vector<trestle_backend_canary> incomplete = {{nullptr, &somewhere, "lib"},
                                                          {"symbol", nullptr, "lib"},
                                                          {"symbol", &somewhere, nullptr},
                                                          {"symbol", &somewhere, ""}};
  for (const trestle_backend_canary &canary : incomplete) {
    trestle_backend table = complete_table();
    table.canaries = &canary;
    table.canary_count = 1;
    EXPECT_EQ(table_objection(&table), "its table has an incomplete canary");
  }
  trestle_backend table = complete_table();
  table.canary_count = 1;
  EXPECT_EQ(table_objection(&table), "its table has an incomplete canary");
  const trestle_backend_canary canary = {"symbol", &somewhere, "lib"};
  table.canaries = &canary;
  EXPECT_EQ(table_objection(&table), "");
}

}  // namespace
}  // namespace trestle::loader
