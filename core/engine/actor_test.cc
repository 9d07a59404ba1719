// SPDX-License-Identifier: Apache-2.0
// Actors on real workers: order, moves, deadlines, and the end of a slot's use.
#include "core/engine/actor.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "core/base/clock.h"
#include "core/engine/engine.h"
#include "core/engine/worker.h"
#include "core/messages/queue.h"

namespace trestle {
namespace {

constexpr auto kPatience = std::chrono::seconds(20);

// What happened, in order; any thread.
class Journal {
 public:
  void write(uint64_t entry) {
    std::lock_guard<std::mutex> lock(mutex_);
    entries_.push_back(entry);
    changed_.notify_all();
  }
  // Waits until there are so many.
  std::vector<uint64_t> wait_for(size_t count) {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait_for(lock, kPatience, [&] { return entries_.size() >= count; });
    return entries_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<uint64_t> entries_;
};

// Entries other than the tags of requests.
constexpr uint64_t kWoken = 1001, kArrived = 1002, kDeadline = 1003, kTurn = 1004,
                   kReleased = 1005, kResponse = 1006;

class TestActor : public Actor {
 public:
  std::function<void(Message*)> request = [](Message* m) { Engine::confirm(m); };
  std::function<void()> woken = [] {};
  std::function<void()> turn_again = [] {};
  std::function<void()> at_deadline = [] {};
  std::function<void(uint64_t)> released = [](uint64_t) {};
  Journal journal;

  using Actor::move_to;
  using Actor::retire;
  using Actor::set_deadline;
  using Actor::yield;

 protected:
  void on_request(Message* m) override {
    journal.write(m->c.tag);
    request(m);
  }
  void on_response(Response&) override { journal.write(kResponse); }
  void on_wake() override {
    journal.write(kWoken);
    woken();
  }
  void on_arrival() override { journal.write(kArrived); }
  void on_deadline() override {
    at_deadline();
    journal.write(kDeadline);
  }
  void on_io(uint32_t) override {
    journal.write(kTurn);
    turn_again();
  }
  void release(uint64_t old_handle) override {
    journal.write(kReleased);
    released(old_handle);
  }
};

constexpr uint64_t kFirst = 11, kSecond = 12;  // handles of two uses of the slot

using Entries = std::vector<uint64_t>;

class ActorTest : public ::testing::Test {
 protected:
  ActorTest() : engine_(Engine::Limits(), "", "none") {
    EXPECT_TRUE(engine_.start());
    EXPECT_TRUE(queue_.open(100000));
    here_ = engine_.next_handshake_worker();
    there_ = engine_.next_data_worker();
    actor_.set_first_worker(here_);
    actor_.handle = kFirst;
  }

  void ask(uint64_t tag, uint64_t handle = kFirst) {
    std::unique_ptr<Message> message;
    ASSERT_EQ(engine_.begin_request(&queue_, TRESTLE_PRIM_CONNECTION_BIND_CFM, tag, &message),
              TRESTLE_RESULT_SUCCESS);
    message->handle = handle;
    engine_.submit(std::move(message), &actor_);
  }
  // The tags and results of so many confirms.
  std::vector<std::pair<uint64_t, int32_t>> confirms(size_t count) {
    std::vector<std::pair<uint64_t, int32_t>> result;
    const int64_t give_up = now_ms() + 20000;
    while (result.size() < count && now_ms() < give_up) {
      const trestle_message* m = nullptr;
      if (queue_.fetch(&m, 1, [](const Message&) {}) == 0) {
        queue_.wait(100);
        continue;
      }
      result.emplace_back(m->tag, m->result);
      delete Message::of(m);
    }
    return result;
  }

  TestActor actor_;
  Queue queue_;
  Engine engine_;  // its threads end before the others go
  Worker* here_;
  Worker* there_;
};

TEST_F(ActorTest, RequestsAndResponsesInTheirOrder) {
  for (uint64_t tag = 1; tag <= 3; ++tag) ask(tag);
  actor_.post(new Response(TRESTLE_PRIM_CONNECTION_DATA_RES, kFirst, 0));
  ask(4);
  EXPECT_EQ(actor_.journal.wait_for(5), (Entries{1, 2, 3, kResponse, 4}));
  EXPECT_EQ(confirms(4).size(), 4u);
}

TEST_F(ActorTest, WakesInBetweenBecomeOne) {
  std::mutex mutex;
  std::unique_lock<std::mutex> hold(mutex);
  actor_.request = [&](Message* m) {
    std::lock_guard<std::mutex> wait(mutex);
    Engine::confirm(m);
  };
  ask(1);
  actor_.journal.wait_for(1);
  for (int i = 0; i < 10; ++i) actor_.wake();
  hold.unlock();
  ask(2);
  EXPECT_EQ(actor_.journal.wait_for(3), (Entries{1, kWoken, 2}));
  confirms(2);
}

TEST_F(ActorTest, WhatIsForAnotherUseIsCancelledOrDropped) {
  ask(1, kSecond);
  actor_.post(new Response(TRESTLE_PRIM_CONNECTION_DATA_RES, kSecond, 0));
  ask(2);
  EXPECT_EQ(actor_.journal.wait_for(1), Entries{2});
  auto all = confirms(2);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0], std::make_pair(uint64_t{1}, int32_t{TRESTLE_RESULT_CANCELLED}));
  EXPECT_EQ(all[1], std::make_pair(uint64_t{2}, int32_t{TRESTLE_RESULT_SUCCESS}));
}

TEST_F(ActorTest, MailFollowsAMove) {
  std::thread::id threads[2];
  actor_.request = [&](Message* m) {
    threads[m->c.tag - 1] = std::this_thread::get_id();
    if (m->c.tag == 1) {
      actor_.move_to(there_);
      ask(2);  // addressed to the old worker
    }
    Engine::confirm(m);
  };
  ask(1);
  // Nothing is lost; the arrival comes before the mail, and the move itself wakes.
  EXPECT_EQ(actor_.journal.wait_for(4), (Entries{1, kArrived, 2, kWoken}));
  confirms(2);
  EXPECT_NE(threads[0], threads[1]);
  EXPECT_EQ(actor_.worker(), there_);
}

TEST_F(ActorTest, OrderSurvivesManyMoves) {
  constexpr uint64_t kRequests = 5000;
  uint64_t moves = 0;
  actor_.request = [&](Message* m) {
    if (m->c.tag % 3 == 0) actor_.move_to(++moves % 2 ? there_ : here_);
    Engine::confirm(m);
  };
  uint64_t next = 1;
  std::thread asker([&] {
    for (; next <= kRequests; ++next) ask(next);
  });
  auto all = confirms(kRequests);
  asker.join();
  ASSERT_EQ(all.size(), kRequests);
  for (uint64_t i = 0; i < kRequests; ++i) ASSERT_EQ(all[i].first, i + 1);
}

TEST_F(ActorTest, DeadlinesComeInTheirOrderAndCanBeTakenBack) {
  TestActor other;
  other.set_first_worker(here_);
  other.handle = kFirst;
  int64_t soon = 0, fired = 0;
  actor_.woken = [&] {
    soon = now_ms() + 30;
    actor_.set_deadline(now_ms() + 100000);
    actor_.set_deadline(soon);
  };
  actor_.at_deadline = [&] { fired = now_ms(); };
  other.woken = [&] {
    other.set_deadline(now_ms() + 10);
    other.set_deadline(kNever);
  };
  other.wake();
  actor_.wake();
  EXPECT_EQ(actor_.journal.wait_for(2), (Entries{kWoken, kDeadline}));
  EXPECT_GE(fired, soon);
  EXPECT_EQ(other.journal.wait_for(1), Entries{kWoken});
  // The worker has left `other` by then.
  ask(1);
  confirms(1);
}

TEST_F(ActorTest, AYieldGivesTheOthersATurn) {
  TestActor other;
  other.set_first_worker(here_);
  other.handle = kFirst;
  int turns = 0;
  actor_.woken = [&] {
    actor_.yield();
    actor_.yield();  // once is enough
  };
  actor_.turn_again = [&] {
    if (++turns == 1) {
      other.wake();
      actor_.yield();
    } else {
      actor_.journal.write(other.journal.wait_for(1)[0] + 100);
    }
  };
  actor_.wake();
  EXPECT_EQ(actor_.journal.wait_for(4), (Entries{kWoken, kTurn, kTurn, kWoken + 100}));
  ask(1);
  confirms(1);
}

TEST_F(ActorTest, TheEndCancelsWhatIsThereAndForgetsTheDeadline) {
  actor_.request = [&](Message* m) {
    actor_.set_deadline(now_ms() + 1);
    actor_.yield();
    ask(2);
    actor_.retire();
    Engine::confirm(m);
  };
  ask(1);
  auto all = confirms(2);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[1], std::make_pair(uint64_t{2}, int32_t{TRESTLE_RESULT_CANCELLED}));
  EXPECT_EQ(actor_.journal.wait_for(2), (Entries{1, kReleased}));
  EXPECT_EQ(actor_.handle, 0u);
}

// The slot's next use gets mail while the worker still has to look for the last one's.
TEST_F(ActorTest, ASlotUsedAgainAtOnceGetsAllItsMail) {
  TestActor other;
  other.set_first_worker(here_);
  other.handle = kFirst;
  actor_.request = [&](Message* m) {
    if (m->handle == kFirst) {
      other.wake();
      ask(2);
      actor_.retire();
    }
    Engine::confirm(m);
  };
  actor_.released = [&](uint64_t) {
    actor_.handle = kSecond;
    ask(3, kSecond);
  };
  ask(1);
  EXPECT_EQ(actor_.journal.wait_for(3), (Entries{1, kReleased, 3}));
  EXPECT_EQ(other.journal.wait_for(1), Entries{kWoken});
  ask(4, kSecond);
  EXPECT_EQ(confirms(4).size(), 4u);
}

// What a thread wrote before it called wake() is seen by an on_wake that begins after that, also if
// the call comes while an earlier one is being answered.
TEST_F(ActorTest, NoWakeUpIsLost) {
  class Reader : public Actor {
   public:
    std::atomic<uint64_t> written{0}, seen{0};

   protected:
    void on_request(Message*) override {}
    void on_wake() override {
      seen.store(written.load(std::memory_order_acquire), std::memory_order_release);
    }
  };
  Reader reader;
  reader.set_first_worker(here_);
  reader.handle = kFirst;
  constexpr uint64_t kRounds = 20'000, kCalls = 16;
  uint64_t number = 0;
  for (uint64_t round = 1; round <= kRounds; ++round) {
    // The calls come at other moments with each round, so that they meet every step of an answer.
    for (uint64_t call = 0; call < kCalls; ++call) {
      reader.written.store(++number, std::memory_order_release);
      reader.wake();
      for (uint64_t i = (round * 7 + call * 3) % 128; i > 0; --i)
        reader.seen.load(std::memory_order_seq_cst);
    }
    const int64_t give_up = now_ms() + 20'000;
    while (reader.seen.load(std::memory_order_acquire) != number && now_ms() < give_up) {
    }
    ASSERT_EQ(reader.seen.load(std::memory_order_acquire), number) << "round " << round;
  }
}

}  // namespace
}  // namespace trestle
