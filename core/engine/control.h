// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>

#include "core/engine/actor.h"

namespace trestle {

class Engine;

// The engine as an actor: makes sessions, loads backends, shuts everything down.
class Control : public Actor {
 public:
  static constexpr uint64_t kHandle = 1;

  explicit Control(Engine* engine) : engine_(engine) { handle.store(kHandle); }

  // Ends everything and waits until nothing is left. Not on a worker.
  void shut_down_and_wait();

 protected:
  void on_request(Message* request) override;
  void on_wake() override;

 private:
  void create_session(Message* request);
  void query_backends(Message* request);
  void query_capability(Message* request);
  void begin_shutdown();
  void finish_shutdown_if_idle();

  Engine* const engine_;
  Message* shutdown_request_ = nullptr;
  bool shutting_down_here_ = false;
  std::atomic<bool> shutdown_wanted_{false};
  std::mutex mutex_;
  std::condition_variable done_changed_;
  bool done_ = false;
};

}  // namespace trestle
