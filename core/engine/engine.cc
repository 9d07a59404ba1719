// SPDX-License-Identifier: Apache-2.0
#include "core/engine/engine.h"

#include <bitset>
#include <new>

#include "core/connection/connection.h"
#include "core/listener/listener.h"
#include "core/session/session.h"

namespace trestle {
namespace {

std::mutex g_numbers_mutex;
std::bitset<kEnginesMax> g_numbers;
uint16_t g_last_number = 0;

}  // namespace

// Numbers go round, so that a handle stays foreign long after its engine has gone.
EngineNumber::EngineNumber() {
  std::lock_guard<std::mutex> lock(g_numbers_mutex);
  if (g_numbers.all()) throw std::bad_alloc();
  do {
    g_last_number = (g_last_number + 1) % kEnginesMax;
  } while (g_numbers[g_last_number]);
  g_numbers.set(g_last_number);
  number_ = g_last_number;
}

EngineNumber::~EngineNumber() {
  std::lock_guard<std::mutex> lock(g_numbers_mutex);
  g_numbers.reset(number_);
}

Engine::Engine(const Limits& limits, std::string backend_directory, std::string default_backend)
    : queues_(Kind::kQueue, number_.get(), TRESTLE_QUEUES_MAX),
      sessions_(new SlotTable<Session>(Kind::kSession, number_.get(), limits.sessions)),
      connections_(new SlotTable<Connection>(Kind::kConnection, number_.get(), limits.connections)),
      listeners_(new SlotTable<Listener>(Kind::kListener, number_.get(), limits.sessions)),
      loader_(std::move(backend_directory), &Connection::host()),
      default_backend_(std::move(default_backend)),
      control_(this) {
  for (uint32_t i = 0; i < limits.handshake_workers; ++i)
    handshake_workers_.emplace_back(new Worker(this));
  for (uint32_t i = 0; i < limits.data_workers; ++i) data_workers_.emplace_back(new Worker(this));
  control_.set_first_worker(handshake_workers_[0].get());
}

bool Engine::start() {
  for (auto* workers : {&handshake_workers_, &data_workers_})
    for (auto& worker : *workers)
      if (!worker->start()) return false;
  started_ = true;
  return true;
}

Engine::~Engine() {
  shutting_down_.store(true);
  if (started_) control_.shut_down_and_wait();
  for (auto* workers : {&handshake_workers_, &data_workers_})
    for (auto& worker : *workers) worker->stop();
  for (auto* workers : {&handshake_workers_, &data_workers_})
    for (auto& worker : *workers) worker->join();
}

int32_t Engine::begin_request(Queue* queue, uint32_t cfm_primitive, uint64_t tag,
                              std::unique_ptr<Message>* request) {
  // Counted first, then looked: shutting down looks at the count after it has closed the door.
  outstanding_.fetch_add(1, std::memory_order_seq_cst);
  int32_t result = TRESTLE_RESULT_SUCCESS;
  if (shutting_down_.load(std::memory_order_seq_cst)) {
    result = TRESTLE_RESULT_SHUT_DOWN;
  } else if (!queue->reserve()) {
    result = TRESTLE_RESULT_QUEUE_FULL;
  } else {
    request->reset(new (std::nothrow) Message(queue));
    if (!*request) {
      queue->unreserve();
      result = TRESTLE_RESULT_OUT_OF_MEMORY;
    }
  }
  if (result != TRESTLE_RESULT_SUCCESS) {
    outstanding_.fetch_sub(1, std::memory_order_seq_cst);
    something_ended();
    return result;
  }
  (*request)->engine = this;
  (*request)->reserved = true;
  (*request)->c.primitive = cfm_primitive;
  (*request)->c.tag = tag;
  return result;
}

void Engine::submit(std::unique_ptr<Message> request, Actor* actor) {
  actor->post(request.release());
}

void Engine::abandon(std::unique_ptr<Message> request) {
  request->queue->unreserve();
  outstanding_.fetch_sub(1, std::memory_order_seq_cst);
  something_ended();
}

int32_t Engine::begin_shutdown(Queue* queue, uint64_t tag) {
  std::unique_ptr<Message> request;
  int32_t result = begin_request(queue, TRESTLE_PRIM_ENGINE_SHUTDOWN_CFM, tag, &request);
  if (result != TRESTLE_RESULT_SUCCESS) return result;
  if (shutting_down_.exchange(true, std::memory_order_seq_cst)) {
    abandon(std::move(request));
    return TRESTLE_RESULT_SHUT_DOWN;
  }
  request->handle = Control::kHandle;
  submit(std::move(request), &control_);
  return TRESTLE_RESULT_SUCCESS;
}

void Engine::confirm(Message* request) {
  Engine* engine = request->engine;
  request->queue->deliver(request);
  // After the delivery: ENGINE_SHUTDOWN_CFM, which waits for the count, is the last message.
  engine->outstanding_.fetch_sub(1, std::memory_order_seq_cst);
  engine->something_ended();
}

void Engine::something_ended() {
  if (shutting_down_.load(std::memory_order_seq_cst)) control_.wake();
}

Actor* Engine::find_actor(uint64_t handle) {
  switch (static_cast<Kind>(handle >> 60)) {
    case Kind::kConnection: return connections_->find(handle);
    case Kind::kListener: return listeners_->find(handle);
    default: return nullptr;
  }
}

Worker* Engine::next_handshake_worker() {
  uint32_t turn = handshake_turn_.fetch_add(1, std::memory_order_relaxed);
  return handshake_workers_[turn % handshake_workers_.size()].get();
}

Worker* Engine::next_data_worker() {
  uint32_t turn = data_turn_.fetch_add(1, std::memory_order_relaxed);
  return data_workers_[turn % data_workers_.size()].get();
}

loader::LoadedBackend Engine::load_backend(const std::string& name) {
  loader::LoadedBackend loaded = loader_.load(name);
  if (loaded.result == TRESTLE_RESULT_SUCCESS) {
    std::lock_guard<std::mutex> lock(backends_mutex_);
    bool known = false;
    for (const trestle_backend* one : backends_) known = known || one == loaded.table;
    if (!known) backends_.push_back(loaded.table);
  }
  return loaded;
}

void Engine::detach_thread() {
  std::lock_guard<std::mutex> lock(backends_mutex_);
  for (const trestle_backend* backend : backends_) backend->thread_detach();
}

}  // namespace trestle
