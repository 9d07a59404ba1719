// SPDX-License-Identifier: Apache-2.0
#include "core/engine/actor.h"

#include <algorithm>

#include "core/base/clock.h"
#include "core/engine/engine.h"
#include "core/engine/worker.h"
#include "core/messages/queue.h"

namespace trestle {

void cancel_request(Message* request) {
  request->c.result = TRESTLE_RESULT_CANCELLED;
  request->set_error(TRESTLE_RESULT_CANCELLED, "the object was destroyed before its turn came");
  Engine::confirm(request);
}

Actor::~Actor() {
  // Requests were all confirmed when the engine shut down; a late response may be left.
  for (Node* node = mailbox_.take_all(); node;) {
    Node* next = node->next;
    if (node->type == Node::Type::kResponse) delete static_cast<Response*>(node);
    node = next;
  }
}

void Actor::post(Node* node) {
  // The end of a use empties the mailbox while the worker may still have to look into it: the mailbox
  // alone doesn't tell whether the actor is on the worker's list, where it can be once only.
  if (mailbox_.push(node) && !in_mail_.exchange(true, std::memory_order_acq_rel))
    worker()->post(this);
}

void Actor::wake() {
  if (!wake_posted_.exchange(true, std::memory_order_acq_rel)) post(&wake_node_);
}

void Actor::run_mailbox() {
  // Before the look: whoever comes later posts the actor again.
  in_mail_.exchange(false, std::memory_order_acq_rel);
  if (arriving_) {
    arriving_ = false;
    on_arrival();
  }
  drain_mailbox();
}

void Actor::drain_mailbox() {
  Node* node = mailbox_.take_all();
  while (node) {
    Node* next = node->next;
    dispatch(node);
    node = next;
  }
}

void Actor::dispatch(Node* node) {
  switch (node->type) {
    case Node::Type::kWake:
      // An exchange, not a store: what on_wake looks at must not be read before the flag is down, or
      // a call in between would neither be seen nor post the actor again.
      wake_posted_.exchange(false, std::memory_order_acq_rel);
      if (!retired_ && handle.load(std::memory_order_acquire) != 0) on_wake();
      break;
    case Node::Type::kResponse: {
      auto* response = static_cast<Response*>(node);
      if (!retired_ && response->handle == handle.load(std::memory_order_acquire))
        on_response(*response);
      delete response;
      break;
    }
    case Node::Type::kRequest: {
      auto* request = static_cast<Message*>(node);
      if (retired_ || request->handle != handle.load(std::memory_order_acquire)) {
        on_cancelled(*request);
        cancel_request(request);
      } else {
        on_request(request);
      }
      break;
    }
  }
}

void Actor::set_deadline(int64_t at_ms) {
  if (at_ms == deadline_) return;
  drop_deadline();
  if (at_ms == kNever) return;
  deadline_ = at_ms;
  deadline_position_ = worker()->deadlines_.emplace(at_ms, this);
}

void Actor::drop_deadline() {
  if (deadline_ == kNever) return;
  worker()->deadlines_.erase(deadline_position_);
  deadline_ = kNever;
}

void Actor::yield() {
  if (yielded_) return;
  yielded_ = true;
  worker()->yielded_.push_back(this);
}

void Actor::drop_yield() {
  if (!yielded_) return;
  yielded_ = false;
  std::vector<Actor*>& list = worker()->yielded_;
  std::replace(list.begin(), list.end(), this, static_cast<Actor*>(nullptr));
}

void Actor::finish_turn() {
  if (!retired_ && !moving_to_) return;
  drop_deadline();
  drop_yield();
  Worker* to = moving_to_;
  moving_to_ = nullptr;
  if (retired_) {
    // Nobody finds the handle any more; what was accepted until now is cancelled before anybody
    // learns of the end.
    uint64_t old = handle.exchange(0, std::memory_order_acq_rel);
    drain_mailbox();
    retired_ = false;
    release(old);  // from here on, the slot may be somebody else's
    return;
  }
  arriving_ = true;
  worker_.store(to, std::memory_order_release);  // from here on, it is the other thread's
  wake();
}

}  // namespace trestle
