// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>

#include "core/connection/transport.h"
#include "core/session/child.h"
#include "core/session/config.h"

namespace trestle {

class Queue;

// A listening socket of a server session: LISTEN, ACCEPT_IND, UNLISTEN.
class Listener : public Child {
 public:
  // Takes the LISTEN request over if it succeeds; the confirm comes when the session's context is
  // there.
  static Outcome create(Session* session, Message* request);

  std::atomic<Queue*> queue{nullptr};  // for the callers' threads

  // An ACCEPT_IND of the listener of this handle was answered. Any worker.
  void answered(uint64_t listener);

 protected:
  void on_request(Message* request) override;
  void on_wake() override;
  void on_io(uint32_t epoll_events) override;
  void on_deadline() override;
  void release(uint64_t old_handle) override;

 private:
  void start();
  void accept_some();
  void end(Message* request);

  Transport socket_;
  Endpoint local_;
  Message* listen_request_ = nullptr;
  Message* unlisten_request_ = nullptr;
  bool listening_ = false;
  // Unanswered ACCEPT_IND (low half) of the generation in the high half: a late answer for an
  // earlier use of the slot doesn't count.
  std::atomic<uint64_t> unanswered_{0};
};

}  // namespace trestle
