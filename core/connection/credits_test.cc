// SPDX-License-Identifier: Apache-2.0
#include "core/connection/credits.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace trestle {
namespace {

using Taken = Credits::Taken;

constexpr uint64_t handle_of(uint32_t generation) {
  return make_handle(Kind::kConnection, 1, generation, 5);
}
constexpr uint64_t kHandle = handle_of(3);

class CreditsTest : public ::testing::Test {
 protected:
  CreditsTest() { credits_.reset(kHandle); }
  Credits credits_;
  Credits::Life life_ = 0;
};

TEST_F(CreditsTest, EachFetchIsAnsweredOnce) {
  for (Credits::Flag flag : {Credits::kCert, Credits::kDisconnect, Credits::kAccept}) {
    EXPECT_EQ(credits_.answer(kHandle, flag), Taken::kNo);
    credits_.fetched(kHandle, flag);
    for (Credits::Flag other : {Credits::kCert, Credits::kDisconnect, Credits::kAccept}) {
      if (other == flag) continue;
      EXPECT_EQ(credits_.answer(kHandle, other), Taken::kNo);
    }
    EXPECT_EQ(credits_.answer_data(kHandle, &life_), Taken::kNo);
    EXPECT_EQ(credits_.answer(kHandle, flag), Taken::kYes);
    EXPECT_EQ(credits_.answer(kHandle, flag), Taken::kNo);
  }
}

TEST_F(CreditsTest, DataIsCounted) {
  EXPECT_EQ(credits_.answer_data(kHandle, &life_), Taken::kNo);
  for (int i = 0; i < 1024; ++i) credits_.data_fetched(kHandle);
  for (int i = 0; i < 1024; ++i) EXPECT_EQ(credits_.answer_data(kHandle, &life_), Taken::kYes);
  EXPECT_EQ(credits_.answer_data(kHandle, &life_), Taken::kNo);
  EXPECT_EQ(credits_.answer(kHandle, Credits::kCert), Taken::kNo) << "counts don't spill";
}

TEST_F(CreditsTest, WhatIsOverCannotBeAnswered) {
  ASSERT_EQ(credits_.begin_send(kHandle, 1), Taken::kYes);
  for (Credits::Life life : {0, 1, 0}) {
    credits_.fetched(kHandle, Credits::kCert);
    credits_.handshake_over(kHandle);
    EXPECT_EQ(credits_.answer(kHandle, Credits::kCert), Taken::kNo);
    for (int i = 0; i < 3; ++i) credits_.data_fetched(kHandle);
    EXPECT_EQ(credits_.answer_data(kHandle, &life_), Taken::kYes);
    EXPECT_EQ(life_, life);
    credits_.connection_over(kHandle);
    EXPECT_EQ(credits_.answer_data(kHandle, &life_), Taken::kNo);
  }
  EXPECT_EQ(credits_.begin_send(kHandle, 1), Taken::kNo) << "what was sent is another matter";
}

TEST_F(CreditsTest, TheSendWindow) {
  for (uint32_t window : {1u, 3u, 1024u}) {
    for (uint32_t i = 0; i < window; ++i)
      EXPECT_EQ(credits_.begin_send(kHandle, window), Taken::kYes);
    EXPECT_EQ(credits_.begin_send(kHandle, window), Taken::kNo);
    credits_.end_send(kHandle);
    EXPECT_EQ(credits_.begin_send(kHandle, window), Taken::kYes);
    EXPECT_EQ(credits_.begin_send(kHandle, window), Taken::kNo);
    for (uint32_t i = 0; i < window; ++i) credits_.end_send(kHandle);
  }
  // One end too many doesn't make the window wider.
  credits_.end_send(kHandle);
  EXPECT_EQ(credits_.begin_send(kHandle, 1), Taken::kYes);
  EXPECT_EQ(credits_.begin_send(kHandle, 1), Taken::kNo);
}

TEST_F(CreditsTest, AStaleHandleTouchesNothing) {
  credits_.fetched(kHandle, Credits::kCert);
  credits_.data_fetched(kHandle);
  credits_.begin_send(kHandle, 1);
  const uint64_t next = handle_of(4);
  credits_.reset(next);
  EXPECT_EQ(credits_.answer(kHandle, Credits::kCert), Taken::kStale);
  EXPECT_EQ(credits_.answer_data(kHandle, &life_), Taken::kStale);
  EXPECT_EQ(credits_.begin_send(kHandle, 1), Taken::kStale);
  credits_.fetched(kHandle, Credits::kDisconnect);
  credits_.data_fetched(kHandle);
  credits_.end_send(kHandle);
  // The next connection of the slot has a clean sheet.
  EXPECT_EQ(credits_.answer(next, Credits::kCert), Taken::kNo);
  EXPECT_EQ(credits_.answer(next, Credits::kDisconnect), Taken::kNo);
  EXPECT_EQ(credits_.answer_data(next, &life_), Taken::kNo);
  EXPECT_EQ(credits_.begin_send(next, 1), Taken::kYes);
}

TEST_F(CreditsTest, ManyThreadsTakeNoMoreThanThereIs) {
  constexpr uint32_t kWindow = 5;
  constexpr int kFetches = 1000;
  std::atomic<int> sending{0}, data_answers{0}, cert_answers{0};
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      Credits::Life life = 0;
      while (!stop) {
        if (credits_.answer_data(kHandle, &life) == Taken::kYes) ++data_answers;
        if (credits_.answer(kHandle, Credits::kCert) == Taken::kYes) ++cert_answers;
        if (credits_.begin_send(kHandle, kWindow) == Taken::kYes) {
          EXPECT_LE(++sending, static_cast<int>(kWindow));
          --sending;
          credits_.end_send(kHandle);
        }
        std::this_thread::yield();
      }
    });
  }
  for (int i = 1; i <= kFetches; ++i) {
    credits_.data_fetched(kHandle);
    credits_.fetched(kHandle, Credits::kCert);
    // The next CERT_IND comes only after this one's answer.
    while (cert_answers != i) std::this_thread::yield();
  }
  while (data_answers != kFetches) std::this_thread::yield();
  stop = true;
  for (std::thread& one : threads) one.join();
  EXPECT_EQ(data_answers, kFetches);
  EXPECT_EQ(cert_answers, kFetches);
  for (uint32_t i = 0; i < kWindow; ++i)
    EXPECT_EQ(credits_.begin_send(kHandle, kWindow), Taken::kYes);
}

}  // namespace
}  // namespace trestle
