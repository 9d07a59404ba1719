// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <thread>
#include <vector>

#include "core/engine/actor.h"
#include "core/fiber/fiber.h"

namespace trestle {

class Engine;

// A thread with an event loop: descriptors, mail, deadlines, and the buffers that the connections on
// it share because only one of them is handled at a time.
class Worker {
 public:
  explicit Worker(Engine* engine) : engine_(engine) {}
  ~Worker();

  bool start();  // false: no thread or descriptor
  void stop();   // asks the thread to end
  void join();

  // Any thread: the actor has mail.
  void post(Actor* actor);

  // The rest: on this worker's thread only.
  bool watch(int fd, uint64_t handle);  // edge-triggered, in and out
  void unwatch(int fd);

  Engine* engine() const { return engine_; }
  FiberPool& fibers() { return fibers_; }

  static constexpr size_t kInputSize = 64 * 1024;
  uint8_t* input() { return input_.get(); }
  // Spare vectors with capacity, so that an idle connection keeps none.
  std::vector<uint8_t>& spare_output() { return spare_output_; }
  // A spare DATA_IND buffer, or nullptr.
  uint8_t*& spare_data() { return spare_data_; }

 private:
  friend class Actor;
  void run();
  void run_mail();
  void run_yielded();
  void run_deadlines();
  void run_io(int timeout_ms);
  int timeout_ms();
  void ring();

  Engine* const engine_;
  std::thread thread_;
  int epoll_ = -1;
  int doorbell_ = -1;
  std::atomic<bool> stop_{false};
  std::atomic<bool> asleep_{false};
  PushList<Actor> mail_;
  std::vector<Actor*> yielded_;
  std::multimap<int64_t, Actor*> deadlines_;
  FiberPool fibers_;
  std::unique_ptr<uint8_t[]> input_;
  std::vector<uint8_t> spare_output_;
  uint8_t* spare_data_ = nullptr;
};

}  // namespace trestle
