// SPDX-License-Identifier: Apache-2.0
#include "core/messages/queue.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <memory>
#include <thread>
#include <vector>

namespace trestle {
namespace {

constexpr uint64_t kHandle = 42;

class QueueTest : public ::testing::Test {
 protected:
  QueueTest() { open(4); }

  void open(uint32_t capacity) {
    ASSERT_TRUE(queue_.open(capacity));
    queue_.handle = kHandle;
  }
  // A message with this tag arrives.
  void deliver(uint64_t tag, bool reserved = false) {
    auto* message = new Message(&queue_);
    message->c.tag = tag;
    message->reserved = reserved;
    queue_.deliver(message);
  }
  std::vector<uint64_t> fetch(uint32_t capacity) {
    std::vector<const trestle_message*> messages(capacity);
    uint32_t count = queue_.fetch(messages.data(), capacity, [](const Message&) {});
    std::vector<uint64_t> tags;
    for (uint32_t i = 0; i < count; ++i) {
      tags.push_back(messages[i]->tag);
      delete Message::of(messages[i]);
    }
    return tags;
  }
  bool readable() const {
    pollfd p{queue_.fd(), POLLIN, 0};
    return poll(&p, 1, 0) == 1;
  }

  Queue queue_;
};

using Tags = std::vector<uint64_t>;

TEST_F(QueueTest, OldestFirstAndNoMoreThanAskedFor) {
  for (uint64_t tag = 1; tag <= 5; ++tag) deliver(tag);
  EXPECT_EQ(fetch(2), (Tags{1, 2}));
  deliver(6);
  EXPECT_EQ(fetch(10), (Tags{3, 4, 5, 6}));
  EXPECT_EQ(fetch(10), Tags{});
}

TEST_F(QueueTest, ReadableExactlyWhileMessagesWait) {
  EXPECT_FALSE(readable());
  for (int round = 0; round < 3; ++round) {
    deliver(1);
    EXPECT_TRUE(readable());
    deliver(2);
    EXPECT_TRUE(readable());
    fetch(1);
    EXPECT_TRUE(readable());
    fetch(1);
    EXPECT_FALSE(readable());
    fetch(1);
    EXPECT_FALSE(readable());
  }
}

TEST_F(QueueTest, APlaceIsTakenFromTheRequestUntilItsConfirmIsFetched) {
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(queue_.reserve());
  EXPECT_FALSE(queue_.reserve());
  queue_.unreserve();
  EXPECT_TRUE(queue_.reserve());
  deliver(1, true);
  EXPECT_FALSE(queue_.reserve());
  deliver(2);  // an indication finds room all the same, and takes no place
  EXPECT_EQ(fetch(2), (Tags{1, 2}));
  EXPECT_TRUE(queue_.reserve());
  EXPECT_FALSE(queue_.reserve());
}

TEST_F(QueueTest, OnlyTheHandleOfItsPresentUseClaimsIt) {
  queue_.handle = 7;
  EXPECT_FALSE(queue_.claim(6));
  ASSERT_TRUE(queue_.claim(7));
  EXPECT_TRUE(queue_.retire()) << "a claim that failed left nothing behind";
  EXPECT_FALSE(queue_.claim(7));
}

TEST_F(QueueTest, RetiresOnlyForItsLastUser) {
  EXPECT_FALSE(queue_.retire());
  ASSERT_TRUE(queue_.add_user());
  ASSERT_TRUE(queue_.reserve());
  EXPECT_FALSE(queue_.retire());
  queue_.unreserve();
  ASSERT_TRUE(queue_.add_user());
  EXPECT_FALSE(queue_.retire());
  queue_.remove_user();
  deliver(1);  // an unread indication is no claim; it goes with the queue
  EXPECT_TRUE(queue_.retire());
  EXPECT_FALSE(queue_.retire());
  EXPECT_FALSE(queue_.reserve());
  EXPECT_FALSE(queue_.add_user());
  queue_.close();
  EXPECT_LT(queue_.fd(), 0);
  // The slot's next queue knows nothing of this one.
  open(1);
  EXPECT_FALSE(readable());
  EXPECT_EQ(fetch(1), Tags{});
  EXPECT_TRUE(queue_.reserve());
  EXPECT_FALSE(queue_.reserve());
}

TEST_F(QueueTest, TheEndIsForEverybodyAndForGood) {
  deliver(1);
  queue_.end();
  EXPECT_TRUE(queue_.ended());
  EXPECT_EQ(fetch(1), Tags{1});
  EXPECT_TRUE(readable());
  EXPECT_EQ(fetch(1), Tags{});
  EXPECT_TRUE(readable());
  queue_.wait(-1);  // returns
}

TEST_F(QueueTest, SeveralConsumersShareTheMessages) {
  constexpr int kConsumers = 4;
  constexpr uint64_t kProducers = 3, kEach = 2000;
  std::vector<Tags> received(kConsumers);
  std::vector<std::thread> threads;
  for (int c = 0; c < kConsumers; ++c) {
    threads.emplace_back([&, c] {
      for (;;) {
        Tags tags = fetch(7);
        received[c].insert(received[c].end(), tags.begin(), tags.end());
        if (!tags.empty()) continue;
        if (queue_.ended()) return;
        queue_.wait(-1);
      }
    });
  }
  std::vector<std::thread> producers;
  for (uint64_t p = 0; p < kProducers; ++p) {
    producers.emplace_back([&, p] {
      for (uint64_t i = 0; i < kEach; ++i) deliver(p << 32 | i);
    });
  }
  for (std::thread& one : producers) one.join();
  queue_.end();
  for (std::thread& one : threads) one.join();
  std::vector<int> seen(kProducers * kEach);
  for (const Tags& tags : received) {
    Tags last(kProducers, 0);
    for (uint64_t tag : tags) {
      uint64_t producer = tag >> 32, number = (tag & 0xFFFFFFFF) + 1;
      EXPECT_GT(number, last[producer]) << "one consumer's messages are in order";
      last[producer] = number;
      ++seen[producer * kEach + number - 1];
    }
  }
  EXPECT_EQ(seen, std::vector<int>(kProducers * kEach, 1));
}

TEST_F(QueueTest, PlacesAreBoundedOnManyThreads) {
  std::atomic<int> taken{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 5000; ++i) {
        if (!queue_.reserve()) continue;
        EXPECT_LE(++taken, 4);
        --taken;
        queue_.unreserve();
      }
    });
  }
  for (std::thread& one : threads) one.join();
  ASSERT_TRUE(queue_.add_user());
  EXPECT_TRUE(queue_.retire());
}

TEST(Message, AFailureAlwaysHasAnErrorRecord) {
  Queue queue;
  ASSERT_TRUE(queue.open(1));
  auto* failed = new Message(&queue);
  failed->c.result = TRESTLE_RESULT_TIMEOUT;
  queue.deliver(failed);
  const trestle_message* message = nullptr;
  ASSERT_EQ(queue.fetch(&message, 1, [](const Message&) {}), 1u);
  ASSERT_NE(message->error, nullptr);
  EXPECT_EQ(message->error->size, sizeof(trestle_error));
  EXPECT_EQ(message->error->code, TRESTLE_RESULT_TIMEOUT);
  EXPECT_EQ(message->error->alert, uint32_t{TRESTLE_ALERT_NONE});
  EXPECT_EQ(message->error->certificate_index, -1);
  for (const char* text : {message->error->backend, message->error->library_text,
                           message->error->detail, message->error->subject})
    EXPECT_STREQ(text, "");
  EXPECT_EQ(Message::of(message), failed);
  delete failed;
}

}  // namespace
}  // namespace trestle
