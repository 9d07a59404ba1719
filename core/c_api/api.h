// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstring>
#include <memory>
#include <new>

#include "core/base/fork_guard.h"
#include "core/connection/connection.h"
#include "core/engine/engine.h"
#include "core/listener/listener.h"
#include "core/messages/queue.h"
#include "core/session/session.h"
#include "trestle/trestle.h"

// What the exported functions have in common. They run on the program's threads: they check
// arguments and handles, and hand over; they never wait and never touch an actor's state.
namespace trestle {

inline Engine* engine_of(trestle_engine* engine) { return reinterpret_cast<Engine*>(engine); }

// The name of a backend: NULL, or 1 to 63 characters; whether they are possible ones, the loader says.
inline bool is_name(const char* name) {
  constexpr size_t kTooLong = 64;
  return !name || (*name != '\0' && strnlen(name, kTooLong) < kTooLong);
}

// First thing in each function that takes an engine.
inline int32_t check_engine(const trestle_engine* engine) {
  if (!engine) return TRESTLE_RESULT_NULL_ARGUMENT;
  if (in_forked_child()) return TRESTLE_RESULT_FORKED;
  return TRESTLE_RESULT_SUCCESS;
}

// The queue of a handle, claimed: it can't be destroyed meanwhile, its slot would be another queue then
// and its descriptor another file. nullptr: there is none.
inline QueueClaim claim_queue(trestle_engine* engine, uint64_t handle) {
  Queue* queue = engine_of(engine)->queues().find(handle);
  return QueueClaim(queue && queue->claim(handle) ? queue : nullptr);
}

// Calls `use` with the claimed queue of a handle.
template <typename F>
int32_t with_queue(trestle_engine* engine, uint64_t handle, F&& use) {
  QueueClaim queue = claim_queue(engine, handle);
  return queue ? use(*queue) : TRESTLE_RESULT_BAD_HANDLE;
}

// Makes a request for the object of `handle`, lets `fill` set its arguments, and submits it.
template <typename F>
int32_t make_request(Engine* engine, Actor* actor, uint64_t handle, Queue* queue, uint32_t cfm,
                     uint64_t tag, F&& fill) {
  std::unique_ptr<Message> request;
  int32_t result = engine->begin_request(queue, cfm, tag, &request);
  if (result != TRESTLE_RESULT_SUCCESS) {
    bool gone = actor->handle.load(std::memory_order_acquire) != handle;
    return gone ? TRESTLE_RESULT_BAD_HANDLE : result;
  }
  // The queue was the object's before it was reserved; is the object still the same?
  if (actor->handle.load(std::memory_order_acquire) != handle) {
    engine->abandon(std::move(request));
    return TRESTLE_RESULT_BAD_HANDLE;
  }
  request->handle = handle;
  try {
    request->arguments.reset(new RequestArguments());
    fill(*request);
  } catch (const std::bad_alloc&) {
    engine->abandon(std::move(request));
    return TRESTLE_RESULT_OUT_OF_MEMORY;
  }
  engine->submit(std::move(request), actor);
  return TRESTLE_RESULT_SUCCESS;
}

// Likewise, for the engine's own control; the confirm goes to `queue`.
template <typename F>
int32_t control_request(trestle_engine* engine, uint64_t queue, uint32_t cfm, uint64_t tag,
                        F&& fill) {
  Engine* e = engine_of(engine);
  return with_queue(engine, queue, [&](Queue& q) {
    return make_request(e, &e->control(), Control::kHandle, &q, cfm, tag, fill);
  });
}

}  // namespace trestle
