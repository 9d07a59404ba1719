// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "core/engine/actor.h"
#include "core/session/config.h"

namespace trestle {

class Child;
class Engine;

// A configuration, and the connections and listeners that use it.
class Session : public Actor {
 public:
  // From the engine's control: makes a free slot this session.
  bool open(Engine* engine, Queue* queue, uint32_t role, const trestle_backend* backend);

  Engine* engine() const { return engine_; }
  Queue* queue() const { return queue_.load(std::memory_order_acquire); }  // any thread

  // Asks the session to end, without a confirm. Any thread.
  void end();

  // The configuration and the backend's context; both are there, immutable, once context_ready.
  // A child that needs them calls need_context and gets a wake-up when the answer is known.
  enum class ContextState { kNone, kReady, kFailed };
  ContextState need_context(Child* child);
  const SessionConfig& config() const { return *config_; }
  trestle_backend_context* context() const { return context_; }
  const Outcome& context_failure() const { return context_failure_; }

  // A connection or listener begins: false if the session is ending.
  bool add_child(Child* child);
  // Its slot is about to be free: it is not to be told of anything any more.
  void forget_child(Child* child);
  // It has ended, as the last thing it does with the session.
  void child_ended();

  // For callers' threads: requests that configure, accepted and not done yet (a count of the slot,
  // over all its uses); and whether a CONNECT or LISTEN was accepted for the session of this handle.
  std::atomic<uint32_t> configurations_pending{0};
  std::atomic<uint64_t> connect_seen{0};
  std::atomic<uint32_t> role{0};

 protected:
  void on_request(Message* request) override;
  void on_cancelled(const Message& request) override;
  void on_wake() override;
  void release(uint64_t old_handle) override;

 private:
  void configure(Message* request);
  Outcome apply(Message* request);
  void create_connection(Message* request);
  void listen(Message* request);
  void destroy(Message* request);
  void begin_end();
  void finish_end_if_childless();
  void freeze();

  Engine* engine_ = nullptr;
  std::atomic<Queue*> queue_{nullptr};
  std::unique_ptr<SessionConfig> config_;
  Message* destroy_request_ = nullptr;
  bool ending_here_ = false;  // begin_end was done
  std::atomic<bool> end_requested_{false};

  std::mutex mutex_;  // for what follows; held briefly, by workers only
  Child* first_child_ = nullptr;
  uint32_t children_ = 0;  // those that the list has forgotten and that have not ended included
  bool ending_ = false;
  std::vector<Child*> waiting_for_context_;
  ContextState context_state_ = ContextState::kNone;

  trestle_backend_context* context_ = nullptr;
  Outcome context_failure_;
};

// Ends an outcome's request: copies it into the confirm and delivers that.
void confirm_outcome(Message* request, const Outcome& outcome, const trestle_backend* backend);

}  // namespace trestle
