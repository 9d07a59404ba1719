// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>

#include "core/engine/actor.h"

namespace trestle {

class Session;

// What lives in a session: a connection or a listener.
class Child : public Actor {
 public:
  Session* session() const { return session_; }
  // The session ends, and this with it. Any worker. The session's mutex is held, so the child is
  // still there.
  void end() {
    end_requested_.store(true, std::memory_order_release);
    wake();
  }

 protected:
  void open_child(Session* session) {
    session_ = session;
    end_requested_.store(false, std::memory_order_relaxed);
  }
  bool end_requested() const { return end_requested_.load(std::memory_order_acquire); }

 private:
  friend class Session;
  Session* session_ = nullptr;
  std::atomic<bool> end_requested_{false};
  // The session's list, under its mutex.
  Child* previous_sibling_ = nullptr;
  Child* next_sibling_ = nullptr;
};

}  // namespace trestle
