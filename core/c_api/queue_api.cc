// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/base/clock.h"
#include "core/c_api/api.h"

using namespace trestle;

namespace {

constexpr uint32_t kCapacityDefault = 65536;
constexpr uint32_t kCapacityMax = 1048576;

// The program has an indication: from now on it can answer it.
void note_fetched(Engine& engine, const Message& message) {
  uint64_t handle = message.c.connection;
  Connection* connection = handle ? engine.connections().find(handle) : nullptr;
  if (!connection) return;
  switch (message.c.primitive) {
    case TRESTLE_PRIM_CONNECTION_DATA_IND:
      connection->credits.data_fetched(handle);
      break;
    case TRESTLE_PRIM_CONNECTION_CERT_IND:
      connection->credits.fetched(handle, Credits::kCert);
      break;
    case TRESTLE_PRIM_CONNECTION_CONNECT_CFM:
    case TRESTLE_PRIM_CONNECTION_CONNECT_IND:
      if (message.outdates_indications) connection->credits.handshake_over(handle);
      break;
    case TRESTLE_PRIM_CONNECTION_DISCONNECT_CFM:
      if (message.outdates_indications) connection->credits.connection_over(handle);
      break;
    case TRESTLE_PRIM_CONNECTION_DISCONNECT_IND:
      connection->credits.fetched(handle, Credits::kDisconnect);
      break;
    case TRESTLE_PRIM_ACCEPT_IND:
      connection->credits.fetched(handle, Credits::kAccept);
      break;
  }
}

int32_t get(Engine& engine, Queue& queue, const trestle_message** messages, uint32_t capacity,
            int32_t timeout_ms, uint32_t* count) {
  const int64_t deadline =
      timeout_ms == TRESTLE_WAIT_FOREVER ? kNever : now_ms() + timeout_ms;
  for (;;) {
    uint32_t n = queue.fetch(messages, capacity,
                             [&engine](const Message& m) { note_fetched(engine, m); });
    if (n > 0) {
      *count = n;
      return TRESTLE_RESULT_SUCCESS;
    }
    if (queue.ended()) return TRESTLE_RESULT_SHUT_DOWN;
    if (timeout_ms == 0) return TRESTLE_RESULT_TIMEOUT;
    int wait = -1;
    if (deadline != kNever) {
      int64_t left = deadline - now_ms();
      if (left <= 0) return TRESTLE_RESULT_TIMEOUT;
      wait = static_cast<int>(left);
    }
    queue.wait(wait);
  }
}

}  // namespace

int32_t trestle_queue_create(trestle_engine* engine, uint32_t capacity, uint64_t* queue) {
  if (int32_t result = check_engine(engine)) return result;
  if (!queue) return TRESTLE_RESULT_NULL_ARGUMENT;
  if (capacity > kCapacityMax) return TRESTLE_RESULT_BAD_ARGUMENT;
  Engine* e = engine_of(engine);
  uint64_t handle = 0;
  Queue* q = e->queues().allocate(&handle);
  if (!q) return TRESTLE_RESULT_TOO_MANY;
  if (!q->open(capacity == 0 ? kCapacityDefault : capacity)) {
    e->queues().release(handle);
    return TRESTLE_RESULT_SYSTEM;
  }
  q->handle.store(handle, std::memory_order_seq_cst);
  if (e->shutting_down()) {
    // It might miss the end, which every queue is told once.
    trestle_queue_destroy(engine, handle);
    return TRESTLE_RESULT_SHUT_DOWN;
  }
  *queue = handle;
  return TRESTLE_RESULT_SUCCESS;
}

int32_t trestle_queue_destroy(trestle_engine* engine, uint64_t queue) {
  if (int32_t result = check_engine(engine)) return result;
  Engine* e = engine_of(engine);
  QueueClaim claim = claim_queue(engine, queue);
  if (!claim) return TRESTLE_RESULT_BAD_HANDLE;
  if (!claim->retire()) return TRESTLE_RESULT_BUSY;
  Queue* q = claim.release();
  q->handle.store(0, std::memory_order_release);
  q->close();
  e->queues().release(queue);
  return TRESTLE_RESULT_SUCCESS;
}

int32_t trestle_queue_get(trestle_engine* engine, uint64_t queue,
                          const trestle_message** messages, uint32_t capacity,
                          int32_t timeout_ms, uint32_t* count) {
  if (int32_t result = check_engine(engine)) return result;
  if (!messages || !count) return TRESTLE_RESULT_NULL_ARGUMENT;
  if (capacity == 0 || timeout_ms < TRESTLE_WAIT_FOREVER) return TRESTLE_RESULT_BAD_ARGUMENT;
  return with_queue(engine, queue, [&](Queue& q) {
    return get(*engine_of(engine), q, messages, capacity, timeout_ms, count);
  });
}

int32_t trestle_queue_fd(trestle_engine* engine, uint64_t queue, int32_t* fd) {
  if (int32_t result = check_engine(engine)) return result;
  if (!fd) return TRESTLE_RESULT_NULL_ARGUMENT;
  return with_queue(engine, queue, [fd](Queue& q) {
    *fd = q.fd();
    return TRESTLE_RESULT_SUCCESS;
  });
}

int32_t trestle_message_release(trestle_engine* engine, const trestle_message* message) {
  if (int32_t result = check_engine(engine)) return result;
  if (!message) return TRESTLE_RESULT_NULL_ARGUMENT;
  delete Message::of(message);
  return TRESTLE_RESULT_SUCCESS;
}
