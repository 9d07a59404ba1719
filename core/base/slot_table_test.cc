// SPDX-License-Identifier: Apache-2.0
#include "core/base/slot_table.h"

#include <gtest/gtest.h>

#include <set>
#include <thread>
#include <vector>

namespace trestle {
namespace {

struct Thing {
  std::atomic<uint64_t> handle{0};
  std::atomic<int> users{0};
};

constexpr uint16_t kEngine = 7;
constexpr size_t kSpare = 64;  // slots that are new before one is used again

class SlotTableTest : public ::testing::Test {
 protected:
  static Thing* take(SlotTable<Thing>& table, uint64_t* handle) {
    Thing* thing = table.allocate(handle);
    if (thing) thing->handle.store(*handle, std::memory_order_release);
    return thing;
  }
  static void give_back(SlotTable<Thing>& table, Thing* thing) {
    table.release(thing->handle.exchange(0));
  }
};

TEST_F(SlotTableTest, FindsExactlyWhatIsPublished) {
  SlotTable<Thing> table(Kind::kSession, kEngine, 10);
  EXPECT_EQ(table.find(0), nullptr);
  uint64_t handle = 0;
  Thing* thing = table.allocate(&handle);
  ASSERT_NE(thing, nullptr);
  EXPECT_NE(handle, 0u);
  EXPECT_EQ(table.find(handle), nullptr) << "not published yet";
  thing->handle = handle;
  EXPECT_EQ(table.find(handle), thing);
  const uint32_t generation = handle_generation(handle), slot = handle_slot(handle);
  EXPECT_EQ(table.find(make_handle(Kind::kConnection, kEngine, generation, slot)), nullptr);
  EXPECT_EQ(table.find(make_handle(Kind::kSession, kEngine + 1, generation, slot)), nullptr);
  EXPECT_EQ(table.find(make_handle(Kind::kSession, kEngine, generation + 1, slot)), nullptr);
  EXPECT_EQ(table.find(make_handle(Kind::kSession, kEngine, generation, slot + 1)), nullptr);
  EXPECT_EQ(table.find(make_handle(Kind::kSession, kEngine, generation, 10)), nullptr);
  EXPECT_EQ(table.find(make_handle(Kind::kSession, kEngine, generation, kSlotMask)), nullptr);
  EXPECT_EQ(table.find(UINT64_MAX), nullptr);
}

TEST_F(SlotTableTest, AStaleHandleFindsNothingAndTheMemoryIsUsedAgain) {
  SlotTable<Thing> table(Kind::kSession, kEngine, 1);
  std::set<uint64_t> handles;
  Thing* only = nullptr;
  for (int i = 0; i < 100; ++i) {
    uint64_t handle = 0;
    Thing* thing = take(table, &handle);
    ASSERT_NE(thing, nullptr);
    EXPECT_TRUE(!only || thing == only);
    only = thing;
    EXPECT_TRUE(handles.insert(handle).second) << "a handle came twice";
    for (uint64_t one : handles) EXPECT_EQ(table.find(one), one == handle ? thing : nullptr);
    give_back(table, thing);
    EXPECT_EQ(table.find(handle), nullptr);
  }
}

TEST_F(SlotTableTest, GenerationsGoRoundWithoutZero) {
  SlotTable<Thing> table(Kind::kSession, kEngine, 1);
  uint64_t handle = 0;
  ASSERT_NE(table.allocate(&handle), nullptr);
  table.release(make_handle(Kind::kSession, kEngine, kGenerationMask, handle_slot(handle)));
  ASSERT_NE(table.allocate(&handle), nullptr);
  EXPECT_EQ(handle_generation(handle), 1u);
}

TEST_F(SlotTableTest, FullIsFull) {
  SlotTable<Thing> table(Kind::kConnection, kEngine, 3);
  uint64_t handle = 0, unused = 0;
  std::vector<Thing*> things;
  for (int i = 0; i < 3; ++i) things.push_back(take(table, &handle));
  EXPECT_EQ(table.live(), 3u);
  EXPECT_EQ(table.allocate(&unused), nullptr);
  EXPECT_EQ(table.live(), 3u);
  give_back(table, things[1]);
  EXPECT_EQ(table.live(), 2u);
  EXPECT_EQ(take(table, &handle), things[1]);
  EXPECT_EQ(table.allocate(&unused), nullptr);
}

TEST_F(SlotTableTest, ASlotRestsBeforeItIsUsedAgain) {
  SlotTable<Thing> table(Kind::kConnection, kEngine, 1000);
  uint64_t handle = 0;
  std::set<uint32_t> slots;
  for (size_t i = 0; i < kSpare; ++i) {
    Thing* thing = take(table, &handle);
    EXPECT_TRUE(slots.insert(handle_slot(handle)).second);
    give_back(table, thing);
  }
  // From here on the oldest one comes again.
  take(table, &handle);
  EXPECT_EQ(handle_slot(handle), 0u);
  EXPECT_EQ(handle_generation(handle), 2u);
}

TEST_F(SlotTableTest, ForEachSeesFreeOnesToo) {
  SlotTable<Thing> table(Kind::kQueue, kEngine, 10);
  uint64_t handle = 0;
  Thing* kept = take(table, &handle);
  Thing* freed = take(table, &handle);
  give_back(table, freed);
  std::set<Thing*> seen;
  table.for_each([&](Thing* thing) { seen.insert(thing); });
  EXPECT_EQ(seen, (std::set<Thing*>{kept, freed}));
}

TEST_F(SlotTableTest, ManyThreadsNeverShareAnObject) {
  SlotTable<Thing> table(Kind::kConnection, kEngine, 16);
  std::atomic<uint64_t> last_handle{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 2000; ++i) {
        uint64_t handle = 0;
        // Somebody else's handle, which may become stale at any moment.
        uint64_t other = last_handle.load();
        if (Thing* thing = table.find(other)) thing->handle.load();
        Thing* thing = take(table, &handle);
        ASSERT_NE(thing, nullptr);
        EXPECT_EQ(thing->users.fetch_add(1), 0);
        EXPECT_EQ(table.find(handle), thing);
        last_handle = handle;
        thing->users.fetch_sub(1);
        give_back(table, thing);
      }
    });
  }
  for (std::thread& one : threads) one.join();
  EXPECT_EQ(table.live(), 0u);
}

}  // namespace
}  // namespace trestle
