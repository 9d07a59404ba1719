// SPDX-License-Identifier: Apache-2.0
#include "core/base/push_list.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace trestle {
namespace {

struct Item {
  Item* next = nullptr;
  int producer = 0;
  int number = 0;
};

TEST(PushList, OldestFirst) {
  PushList<Item> list;
  EXPECT_TRUE(list.empty());
  EXPECT_EQ(list.take_all(), nullptr);
  Item items[3];
  EXPECT_TRUE(list.push(&items[0]));
  EXPECT_FALSE(list.push(&items[1]));
  EXPECT_FALSE(list.push(&items[2]));
  EXPECT_FALSE(list.empty());
  Item* first = list.take_all();
  EXPECT_EQ(first, &items[0]);
  EXPECT_EQ(first->next, &items[1]);
  EXPECT_EQ(first->next->next, &items[2]);
  EXPECT_EQ(first->next->next->next, nullptr);
  EXPECT_TRUE(list.empty());
}

TEST(PushList, ANodeMayBePushedAgainOnceTaken) {
  PushList<Item> list;
  Item item;
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(list.push(&item));
    EXPECT_EQ(list.take_all(), &item);
    EXPECT_EQ(item.next, nullptr);
  }
}

// What one thread pushed before it told another to push comes first.
TEST(PushList, OrderHoldsAcrossProducers) {
  constexpr int kRounds = 2000;
  PushList<Item> list;
  std::vector<Item> items(2 * kRounds);
  std::atomic<int> turn{0};
  auto produce = [&](int producer) {
    for (int i = producer; i < 2 * kRounds; i += 2) {
      while (turn.load(std::memory_order_relaxed) != i) std::this_thread::yield();
      items[i].number = i;
      list.push(&items[i]);
      turn.store(i + 1, std::memory_order_relaxed);
    }
  };
  std::thread one(produce, 0), two(produce, 1);
  int expected = 0;
  while (expected < 2 * kRounds) {
    for (Item* item = list.take_all(); item; item = item->next) {
      ASSERT_EQ(item->number, expected);
      ++expected;
    }
    std::this_thread::yield();
  }
  one.join();
  two.join();
}

TEST(PushList, ManyProducersLoseNothingAndWakeOncePerBatch) {
  constexpr int kProducers = 8, kEach = 5000;
  PushList<Item> list;
  std::vector<std::vector<Item>> items(kProducers, std::vector<Item>(kEach));
  std::atomic<int> found_empty{0};
  std::vector<std::thread> producers;
  for (int p = 0; p < kProducers; ++p) {
    producers.emplace_back([&, p] {
      for (int i = 0; i < kEach; ++i) {
        items[p][i].producer = p;
        items[p][i].number = i;
        if (list.push(&items[p][i])) ++found_empty;
      }
    });
  }
  int taken = 0, batches = 0;
  std::vector<int> next_of(kProducers);
  while (taken < kProducers * kEach) {
    Item* item = list.take_all();
    if (item) ++batches;
    for (; item; item = item->next, ++taken) {
      ASSERT_EQ(item->number, next_of[item->producer]);
      ++next_of[item->producer];
    }
    std::this_thread::yield();
  }
  for (std::thread& one : producers) one.join();
  EXPECT_TRUE(list.empty());
  EXPECT_EQ(found_empty, batches);
}

}  // namespace
}  // namespace trestle
