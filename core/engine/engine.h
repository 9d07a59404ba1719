// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/base/slot_table.h"
#include "core/engine/control.h"
#include "core/engine/worker.h"
#include "core/loader/loader.h"
#include "core/messages/queue.h"
#include "trestle/backend.h"

namespace trestle {

class Connection;
class Listener;
class Session;

// Tells the handles of the engines that live at the same time apart.
class EngineNumber {
 public:
  EngineNumber();  // throws std::bad_alloc if there are too many engines
  ~EngineNumber();
  uint16_t get() const { return number_; }

 private:
  uint16_t number_ = 0;
};

// Owns the workers, the tables of everything that has a handle, and the loader.
class Engine {
 public:
  struct Limits {
    uint32_t handshake_workers = 2;
    uint32_t data_workers = 2;
    uint32_t connections = 65536;
    uint32_t sessions = 4096;
  };

  Engine(const Limits& limits, std::string backend_directory, std::string default_backend);
  ~Engine();  // ends everything and waits for the threads
  bool start();

  // --- for the callers' threads ---

  // Takes a place for a request on a queue. On success `*request` is the future confirm, with
  // primitive and tag; it is to be given to submit or abandon.
  int32_t begin_request(Queue* queue, uint32_t cfm_primitive, uint64_t tag,
                        std::unique_ptr<Message>* request);
  // Hands it to its actor: accepted.
  void submit(std::unique_ptr<Message> request, Actor* actor);
  void abandon(std::unique_ptr<Message> request);

  int32_t begin_shutdown(Queue* queue, uint64_t tag);
  bool shutting_down() const { return shutting_down_.load(std::memory_order_seq_cst); }

  Control& control() { return control_; }
  SlotTable<Queue>& queues() { return queues_; }
  SlotTable<Session>& sessions() { return *sessions_; }
  SlotTable<Connection>& connections() { return *connections_; }
  SlotTable<Listener>& listeners() { return *listeners_; }

  // --- for the workers ---

  // Delivers a request's confirm. Everything else about it is filled in.
  static void confirm(Message* request);

  // The actor of a handle that is valid now, or nullptr.
  Actor* find_actor(uint64_t handle);
  Worker* next_handshake_worker();
  Worker* next_data_worker();
  // A backend by name; loads it when it is first asked for.
  loader::LoadedBackend load_backend(const std::string& name);
  std::vector<std::string> available_backends() const { return loader_.available(); }
  const std::string& default_backend() const { return default_backend_; }
  // On a worker's thread that ends.
  void detach_thread();

  // Something that shutting down waits for has ended.
  void something_ended();
  // How many requests are accepted and not confirmed.
  uint64_t outstanding() const { return outstanding_.load(std::memory_order_seq_cst); }

 private:
  const EngineNumber number_;
  SlotTable<Queue> queues_;
  std::unique_ptr<SlotTable<Session>> sessions_;
  std::unique_ptr<SlotTable<Connection>> connections_;
  std::unique_ptr<SlotTable<Listener>> listeners_;
  std::vector<std::unique_ptr<Worker>> handshake_workers_;
  std::vector<std::unique_ptr<Worker>> data_workers_;
  std::atomic<uint32_t> handshake_turn_{0};
  std::atomic<uint32_t> data_turn_{0};
  loader::Loader loader_;
  const std::string default_backend_;
  std::mutex backends_mutex_;
  std::vector<const trestle_backend*> backends_;  // those that this engine loaded
  std::atomic<uint64_t> outstanding_{0};
  std::atomic<bool> shutting_down_{false};
  bool started_ = false;
  Control control_;
};

}  // namespace trestle
