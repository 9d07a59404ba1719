// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>

#include "core/messages/message.h"

namespace trestle {

// Messages from the workers to the program. Its memory is bounded: each confirm was given a place
// when its request was accepted, and indications are bounded by the windows of the connections.
class Queue {
 public:
  std::atomic<uint64_t> handle{0};

  ~Queue();
  // Prepares a queue that was allocated from its table. False: no descriptor.
  bool open(uint32_t capacity);
  // Deletes what is left and closes the descriptor.
  void close();

  // A place for the confirm of a request that is about to be accepted. False: all are taken, or the
  // queue is being destroyed.
  bool reserve();
  void unreserve();

  // A session or connection that answers to this queue, or a thread that uses it. False: the queue
  // is being destroyed.
  bool add_user();
  void remove_user();

  // Likewise, for whoever found the queue by its handle: the slot may be another queue's by now, but
  // not any more once it is claimed. False: it is, or the queue is being destroyed.
  bool claim(uint64_t expected_handle);

  // Lets nobody in any more, if the caller is its only user and no confirm is on its way. False:
  // it is not.
  bool retire();

  // Takes the message over and shows it to the program. Any worker.
  void deliver(Message* message);

  // Up to `capacity` messages, oldest first; returns how many. `on_fetch` is called for each, in
  // order, before any other thread can fetch a later one.
  template <typename F>
  uint32_t fetch(const trestle_message** out, uint32_t capacity, F&& on_fetch) {
    std::lock_guard<std::mutex> lock(mutex_);
    uint32_t count = 0;
    while (first_ && count < capacity) {
      Message* message = take_first();
      on_fetch(*message);
      out[count++] = &message->c;
    }
    if (count > 0 && !first_ && !ended_) clear_signal();
    return count;
  }

  // Waits until a message may be there, the queue ended, or the time is over.
  void wait(int timeout_ms) const;

  // No message comes any more: the descriptor stays readable, so that everybody who waits notices.
  void end();
  bool ended() const;

  int fd() const { return fd_; }

 private:
  Message* take_first();
  void set_signal();
  void clear_signal();

  mutable std::mutex mutex_;
  Message* first_ = nullptr;
  Message* last_ = nullptr;
  int fd_ = -1;  // eventfd: readable exactly while messages wait
  bool ended_ = false;
  uint32_t capacity_ = 0;
  // Places taken (low half), users (high half), and kRetired.
  std::atomic<uint64_t> claims_{0};
};

}  // namespace trestle
