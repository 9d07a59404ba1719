// SPDX-License-Identifier: Apache-2.0
#include "core/engine/worker.h"

#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <exception>
#include <new>

#include "core/base/clock.h"
#include "core/engine/engine.h"

namespace trestle {
namespace {

constexpr uint64_t kDoorbell = 0;  // no handle is 0

}  // namespace

Worker::~Worker() {
  std::free(spare_data_);
  if (epoll_ >= 0) close(epoll_);
  if (doorbell_ >= 0) close(doorbell_);
}

bool Worker::start() {
  input_.reset(new (std::nothrow) uint8_t[kInputSize]);
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  doorbell_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (!input_ || epoll_ < 0 || doorbell_ < 0) return false;
  epoll_event event{};
  event.events = EPOLLIN | EPOLLET;
  event.data.u64 = kDoorbell;
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, doorbell_, &event) != 0) return false;
  // The thread inherits the mask: none of the program's signals is ever handled on it.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  bool started = true;
  try {
    thread_ = std::thread([this] { run(); });
  } catch (const std::exception&) {  // no thread, or no memory for one
    started = false;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return started;
}

void Worker::stop() {
  stop_.store(true, std::memory_order_seq_cst);
  ring();
}

void Worker::join() {
  if (thread_.joinable()) thread_.join();
}

void Worker::post(Actor* actor) {
  mail_.push(actor);
  // The doorbell costs a system call: it rings only when the worker sleeps, and once.
  if (asleep_.load(std::memory_order_seq_cst) &&
      asleep_.exchange(false, std::memory_order_seq_cst)) {
    ring();
  }
}

void Worker::ring() {
  uint64_t one = 1;
  [[maybe_unused]] ssize_t n = write(doorbell_, &one, sizeof one);
}

bool Worker::watch(int fd, uint64_t handle) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.u64 = handle;
  return epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) == 0;
}

void Worker::unwatch(int fd) { epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr); }

void Worker::run() {
  pthread_setname_np(pthread_self(), "trestle");
  while (!stop_.load(std::memory_order_seq_cst)) {
    run_mail();
    run_yielded();
    run_deadlines();
    asleep_.store(true, std::memory_order_seq_cst);
    bool busy = !mail_.empty() || !yielded_.empty() || stop_.load(std::memory_order_seq_cst);
    if (busy) asleep_.store(false, std::memory_order_seq_cst);
    run_io(busy ? 0 : timeout_ms());
  }
  engine_->detach_thread();
}

void Worker::run_mail() {
  Actor* actor = mail_.take_all();
  while (actor) {
    Actor* next = actor->next;
    if (actor->worker() == this) {
      actor->turn([actor] { actor->run_mailbox(); });
    } else {
      actor->worker()->post(actor);  // it moved after this mail was addressed
    }
    actor = next;
  }
}

void Worker::run_yielded() {
  if (yielded_.empty()) return;
  std::vector<Actor*> turn;
  turn.swap(yielded_);
  for (Actor*& actor : turn) {
    if (!actor) continue;
    Actor* one = actor;
    one->yielded_ = false;
    // Actors that end during this loop clear their place in yielded_, not in this copy; but an actor
    // only ends in a turn of its own.
    one->turn([one] { one->on_io(0); });
  }
}

void Worker::run_deadlines() {
  int64_t now = deadlines_.empty() ? 0 : now_ms();
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    Actor* actor = deadlines_.begin()->second;
    actor->drop_deadline();
    actor->turn([actor] { actor->on_deadline(); });
  }
}

int Worker::timeout_ms() {
  if (deadlines_.empty()) return -1;
  int64_t wait = deadlines_.begin()->first - now_ms();
  return static_cast<int>(std::clamp<int64_t>(wait, 0, 60 * 60 * 1000));
}

void Worker::run_io(int timeout_ms) {
  constexpr int kBatch = 128;
  epoll_event events[kBatch];
  int count = epoll_wait(epoll_, events, kBatch, timeout_ms);
  asleep_.store(false, std::memory_order_seq_cst);
  for (int i = 0; i < count; ++i) {
    if (events[i].data.u64 == kDoorbell) {
      uint64_t value;
      [[maybe_unused]] ssize_t n = read(doorbell_, &value, sizeof value);
      continue;
    }
    // The handle may have become stale by a turn earlier in this batch.
    Actor* actor = engine_->find_actor(events[i].data.u64);
    uint32_t what = events[i].events;
    if (actor && actor->worker() == this) actor->turn([actor, what] { actor->on_io(what); });
  }
}

}  // namespace trestle
