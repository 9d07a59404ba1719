// SPDX-License-Identifier: Apache-2.0
// Data in both directions, and the flow control of C: a window of confirms and one of responses.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "core/connection/connection.h"
#include "core/engine/engine.h"
#include "core/engine/worker.h"
#include "core/messages/queue.h"
#include "core/session/session.h"

namespace trestle {
namespace {

// Plaintext that is encrypted before TCP is asked to take the records: many per system call.
constexpr uint64_t kSendBatch = 64 * 1024;
// One DATA_IND carries at most so much; a backend wants room for a whole record each time.
constexpr size_t kReceiveBatch = 64 * 1024;
constexpr size_t kRecord = 16 * 1024;
// A peer that provokes answers (key updates) and doesn't read them is read no further beyond that.
constexpr size_t kOutputMax = 256 * 1024;
// Batches in one turn; then the worker's other connections have theirs.
constexpr int kTurnBatches = 16;

}  // namespace

void Connection::SendList::push(Message* message) {
  message->next = nullptr;
  if (last) {
    last->next = message;
  } else {
    first = message;
  }
  last = message;
}

Message* Connection::SendList::pop() {
  Message* message = first;
  if (message) {
    first = static_cast<Message*>(message->next);
    if (!first) last = nullptr;
  }
  return message;
}

void Connection::send(Message* request) {
  if (state_ != State::kEstablished) {
    credits.end_send(request->handle);
    return refuse(request);
  }
  unsent_.push(request);
  pump();
}

void Connection::pump() {
  transport_.begin_turn(kOutputMax);
  bool more = pump_send();
  if (state_ == State::kClosing && transport_.take_sent()) await_close();
  if (state_ == State::kEstablished || state_ == State::kClosing) more |= pump_receive();
  if (more && (state_ == State::kEstablished || state_ == State::kClosing)) yield();
}

// True if there is more to do at once.
bool Connection::pump_send() {
  for (int batch = 0; batch < kTurnBatches; ++batch) {
    if (!transport_.flush(worker())) return false;
    confirm_flushed();
    if (!unsent_.first) {
      if (state_ == State::kClosing && !close_sent_) send_close_notify();
      return false;
    }
    if (!encrypt_some()) return false;
  }
  return true;
}

bool Connection::encrypt_some() {
  uint64_t budget = kSendBatch;
  while (unsent_.first && budget > 0) {
    Message* request = unsent_.first;
    uint64_t n = std::min(budget, request->send_length - request->send_done);
    if (n > 0) {
      trestle_backend_error error = new_backend_error();
      const uint8_t* data = request->send_data + request->send_done;
      const int32_t outcome = backend()->encrypt(tls_, data, n, &error);
      // All that has come was pulled, so what comes next turns the worker to this connection again.
      // What was encrypted before is flushed and confirmed first.
      if (outcome == TRESTLE_BACKEND_WANT_READ) return budget < kSendBatch;
      if (outcome != TRESTLE_BACKEND_OK) {
        peer_closed(ending_of(error));
        return false;
      }
    }
    request->send_done += n;
    budget -= n;
    if (request->send_done == request->send_length) sending_.push(unsent_.pop());
  }
  return true;
}

void Connection::confirm_flushed() {
  if (transport_.failed()) return end_sends(TRESTLE_RESULT_NOT_CONNECTED);
  while (Message* request = sending_.pop()) {
    request->drop_buffer();
    credits.end_send(request->handle);
    Engine::confirm(request);
  }
}

void Connection::end_sends(int32_t result) {
  for (SendList* list : {&sending_, &unsent_}) {
    while (Message* request = list->pop()) {
      request->drop_buffer();
      credits.end_send(request->handle);
      confirm_outcome(request, Outcome::failure(result, ""), nullptr);
    }
  }
}

// True if there is more to do at once.
bool Connection::pump_receive() {
  uint32_t window = session()->config().receive_window;
  for (int batch = 0; unanswered_ < window; ++batch) {
    if (batch == kTurnBatches) {
      transport_.stash_input();
      return true;
    }
    uint8_t* buffer = std::exchange(worker()->spare_data(), nullptr);
    if (!buffer) buffer = static_cast<uint8_t*>(std::malloc(kReceiveBatch));
    trestle_backend_error error = new_backend_error();
    int32_t outcome = TRESTLE_BACKEND_ERROR;
    size_t length = 0;
    if (!buffer) error.result = TRESTLE_RESULT_OUT_OF_MEMORY;
    while (buffer && kReceiveBatch - length >= kRecord) {
      uint64_t n = 0;
      const uint64_t room = kReceiveBatch - length;
      outcome = backend()->decrypt(tls_, buffer + length, room, &n, &error);
      if (outcome != TRESTLE_BACKEND_OK) break;
      if (n == 0 || n > room) {
        // Nothing would come of asking again, and nothing it says now is true.
        outcome = TRESTLE_BACKEND_ERROR;
        error = new_backend_error();
        std::strcpy(error.detail, "the backend told an impossible length");
        break;
      }
      length += n;
    }
    indicate_data(buffer, length);
    if (outcome == TRESTLE_BACKEND_OK) continue;
    if (outcome == TRESTLE_BACKEND_WANT_READ) break;
    Ending ending = outcome == TRESTLE_BACKEND_CLOSED ? Ending() : ending_of(error);
    peer_closed(ending);
    return false;
  }
  transport_.stash_input();
  transport_.flush(worker());  // a key update's answer, for example
  return transport_.held_back() || (transport_.failed() && unanswered_ < window);
}

// Takes the buffer over. Large data goes out in it, small data in one of its size.
void Connection::indicate_data(uint8_t* buffer, size_t length) {
  if (length > 0) {
    Message* message = new_indication(TRESTLE_PRIM_CONNECTION_DATA_IND);
    if (length <= kRecord) message->buffer = static_cast<uint8_t*>(std::malloc(length));
    if (message->buffer) {
      std::memcpy(message->buffer, buffer, length);
    } else {
      auto* shrunk = static_cast<uint8_t*>(std::realloc(buffer, length));
      message->buffer = shrunk ? shrunk : buffer;
      buffer = nullptr;
    }
    message->c.data = message->buffer;
    message->c.length = length;
    ++unanswered_;
    message->queue->deliver(message);
  }
  uint8_t*& spare = worker()->spare_data();
  if (!spare) {
    spare = buffer;
  } else {
    std::free(buffer);
  }
}

}  // namespace trestle
