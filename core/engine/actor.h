// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <map>

#include "core/base/push_list.h"
#include "core/messages/message.h"

namespace trestle {

class Worker;

// Something with state and a mailbox: a session, a connection, a listener, the engine's own control.
// It belongs to one worker at a time, whose thread alone touches its state, so there is no lock.
// Everybody else puts requests into the mailbox, in an order that survives a change of worker.
class Actor {
 public:
  Actor() : wake_node_(Node::Type::kWake) {}
  virtual ~Actor();
  Actor(const Actor&) = delete;
  Actor& operator=(const Actor&) = delete;

  // 0 while the actor's slot is free; changes with each use of the slot.
  std::atomic<uint64_t> handle{0};

  // Any thread. The node is the actor's from now on.
  void post(Node* node);
  // Any thread: makes the worker call on_wake soon. Calls in between become one.
  void wake();

  Worker* worker() const { return worker_.load(std::memory_order_acquire); }
  // Once in the life of a slot. Afterwards the worker changes by move_to only, also from one use of
  // the slot to the next: a late look into the mailbox then always happens on the right thread.
  void set_first_worker(Worker* worker) {
    if (!worker_.load(std::memory_order_acquire)) worker_.store(worker, std::memory_order_release);
  }

  Actor* next = nullptr;  // in a worker's list of actors with mail

 protected:
  friend class Worker;

  // All of these run on the worker's thread.
  virtual void on_request(Message* request) = 0;           // answers it, now or later
  // A request for an earlier use of the slot, or for this one after it ended, is being cancelled.
  virtual void on_cancelled(const Message& request) { (void)request; }
  virtual void on_response(Response& response) { (void)response; }
  virtual void on_wake() {}
  virtual void on_io(uint32_t epoll_events) { (void)epoll_events; }
  virtual void on_deadline() {}
  // First call on a worker that the actor has moved to.
  virtual void on_arrival() {}
  // The slot goes back to its table; the very last thing that happens to this use of the slot, whose
  // handle is already stale.
  virtual void release(uint64_t old_handle) { (void)old_handle; }

  // Calls on_deadline at this time (now_ms); kNever: not at all. There is one deadline.
  void set_deadline(int64_t at_ms);
  int64_t deadline() const { return deadline_; }
  // To be called again in the next turn of the worker, after others had theirs.
  void yield();
  // From a handler: this use of the slot has ended. What is still in the mailbox is cancelled.
  void retire() { retired_ = true; }
  // From a handler: after this turn, the actor is the other worker's, which calls on_arrival. What
  // is registered with this worker (descriptors) is to be taken back before.
  void move_to(Worker* worker) { moving_to_ = worker; }

 private:
  // A turn: one handler, or the whole mailbox, and then what the handlers asked for.
  template <typename F>
  void turn(F&& handler) {
    handler();
    finish_turn();
  }
  void run_mailbox();
  void drain_mailbox();
  void dispatch(Node* node);
  void finish_turn();
  void drop_deadline();
  void drop_yield();

  PushList<Node> mailbox_;
  std::atomic<bool> in_mail_{false};  // on the list of a worker, or about to be
  Node wake_node_;
  std::atomic<bool> wake_posted_{false};
  std::atomic<Worker*> worker_{nullptr};
  Worker* moving_to_ = nullptr;
  bool arriving_ = false;
  bool retired_ = false;
  bool yielded_ = false;
  int64_t deadline_ = INT64_MAX;
  std::multimap<int64_t, Actor*>::iterator deadline_position_;
};

// Answers a request that its actor can't take any more (the actor is gone).
void cancel_request(Message* request);

}  // namespace trestle
