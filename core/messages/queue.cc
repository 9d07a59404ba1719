// SPDX-License-Identifier: Apache-2.0
#include "core/messages/queue.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace trestle {
namespace {

constexpr uint64_t kPlaces = 0xFFFFFFFF;
constexpr uint64_t kUser = 1ull << 32;
constexpr uint64_t kRetired = UINT64_MAX;

}  // namespace

void DropClaim::operator()(Queue* queue) const { queue->remove_user(); }

Queue::~Queue() { close(); }

bool Queue::open(uint32_t capacity) {
  int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (fd < 0) return false;
  {
    // Shutting down may be looking at the slot.
    std::lock_guard<std::mutex> lock(mutex_);
    fd_ = fd;
    capacity_ = capacity;
    ended_ = false;
  }
  claims_.store(0, std::memory_order_release);
  return true;
}

void Queue::close() {
  std::lock_guard<std::mutex> lock(mutex_);
  while (first_) delete take_first();
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

bool Queue::reserve() {
  uint64_t claims = claims_.load(std::memory_order_relaxed);
  do {
    if (claims == kRetired || (claims & kPlaces) >= capacity_) return false;
  } while (!claims_.compare_exchange_weak(claims, claims + 1, std::memory_order_acq_rel));
  return true;
}

void Queue::unreserve() { claims_.fetch_sub(1, std::memory_order_acq_rel); }

bool Queue::add_user() {
  uint64_t claims = claims_.load(std::memory_order_relaxed);
  do {
    if (claims == kRetired) return false;
  } while (!claims_.compare_exchange_weak(claims, claims + kUser, std::memory_order_acq_rel));
  return true;
}

void Queue::remove_user() { claims_.fetch_sub(kUser, std::memory_order_acq_rel); }

bool Queue::claim(uint64_t expected_handle) {
  if (!add_user()) return false;
  if (handle.load(std::memory_order_acquire) == expected_handle) return true;
  remove_user();
  return false;
}

bool Queue::retire() {
  uint64_t only_mine = kUser;
  return claims_.compare_exchange_strong(only_mine, kRetired, std::memory_order_acq_rel);
}

void Queue::deliver(Message* message) {
  message->finish();
  std::lock_guard<std::mutex> lock(mutex_);
  message->next = nullptr;
  if (last_) {
    last_->next = message;
  } else {
    first_ = message;
    set_signal();
  }
  last_ = message;
}

Message* Queue::take_first() {
  Message* message = first_;
  first_ = static_cast<Message*>(message->next);
  if (!first_) last_ = nullptr;
  if (message->reserved) {
    message->reserved = false;
    unreserve();
  }
  return message;
}

void Queue::wait(int timeout_ms) const {
  pollfd p{fd_, POLLIN, 0};
  // EINTR counts as "something may have happened": the caller looks and computes the time anew.
  poll(&p, 1, timeout_ms);
}

void Queue::end() {
  std::lock_guard<std::mutex> lock(mutex_);
  ended_ = true;
  if (fd_ >= 0) set_signal();
}

bool Queue::ended() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return ended_;
}

// The counter is never more than a few, so neither call can fail with EAGAIN where it matters.
void Queue::set_signal() {
  uint64_t one = 1;
  [[maybe_unused]] ssize_t n = write(fd_, &one, sizeof one);
}

void Queue::clear_signal() {
  uint64_t value;
  [[maybe_unused]] ssize_t n = read(fd_, &value, sizeof value);
}

}  // namespace trestle
