// SPDX-License-Identifier: Apache-2.0
#include "core/session/session.h"

#include <algorithm>
#include <new>

#include "core/connection/connection.h"
#include "core/engine/engine.h"
#include "core/listener/listener.h"
#include "core/messages/queue.h"
#include "core/session/child.h"

namespace trestle {

void confirm_outcome(Message* request, const Outcome& outcome, const trestle_backend* backend) {
  request->c.result = outcome.result;
  if (!outcome.ok()) {
    if (ErrorDetails* error = request->make_error(outcome.result)) {
      error->record.library_code = outcome.library_code;
      error->library_text = outcome.library_text;
      error->detail = outcome.detail;
      if (backend) error->backend = backend->name;
    }
  }
  Engine::confirm(request);
}

bool Session::open(Engine* engine, Queue* queue, uint32_t role, const trestle_backend* backend) {
  config_.reset(new (std::nothrow) SessionConfig());
  if (!config_) return false;
  config_->role = role;
  config_->backend = backend;
  engine_ = engine;
  queue_ = queue;
  destroy_request_ = nullptr;
  ending_here_ = false;
  end_requested_.store(false);
  connect_seen.store(0);
  this->role.store(role);
  std::lock_guard<std::mutex> lock(mutex_);
  first_child_ = nullptr;
  children_ = 0;
  ending_ = false;
  waiting_for_context_.clear();
  context_state_ = ContextState::kNone;
  context_ = nullptr;
  return true;
}

void Session::end() {
  end_requested_.store(true, std::memory_order_release);
  wake();
}

void Session::on_request(Message* request) {
  switch (request->c.primitive) {
    case TRESTLE_PRIM_CONFIG_CIPHER_CFM:
    case TRESTLE_PRIM_CONFIG_CERT_CLIENT_CFM:
    case TRESTLE_PRIM_CONFIG_CERT_VERIFY_CFM:
    case TRESTLE_PRIM_CONFIG_COMPRESSION_CFM:
    case TRESTLE_PRIM_CONFIG_OPTION_CFM:
      configure(request);
      break;
    case TRESTLE_PRIM_CONNECTION_CREATE_CFM:
      create_connection(request);
      break;
    case TRESTLE_PRIM_LISTEN_CFM:
      listen(request);
      break;
    case TRESTLE_PRIM_SESSION_DESTROY_CFM:
      destroy(request);
      break;
  }
}

void Session::on_wake() {
  if (end_requested_.load(std::memory_order_acquire)) begin_end();
  if (configurations_pending.load(std::memory_order_acquire) == 0) freeze();
  finish_end_if_childless();
}

// --- configuration ---

void Session::configure(Message* request) {
  Outcome outcome = ending_here_
                        ? Outcome::failure(TRESTLE_RESULT_CANCELLED, "the session is being destroyed")
                        : apply(request);
  bool last = configurations_pending.fetch_sub(1, std::memory_order_acq_rel) == 1;
  confirm_outcome(request, outcome, config_->backend);
  if (last) freeze();
}

Outcome Session::apply(Message* request) {
  RequestArguments& arguments = *request->arguments;
  bool frozen;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    frozen = context_state_ != ContextState::kNone;
  }
  if (frozen || arguments.after_connect)
    return Outcome::failure(TRESTLE_RESULT_WRONG_STATE, "configuration comes before connecting");
  switch (request->c.primitive) {
    case TRESTLE_PRIM_CONFIG_CIPHER_CFM: return apply_cipher(*config_, arguments);
    case TRESTLE_PRIM_CONFIG_CERT_CLIENT_CFM: return apply_cert_client(*config_, arguments);
    case TRESTLE_PRIM_CONFIG_CERT_VERIFY_CFM: return apply_cert_verify(*config_, arguments);
    case TRESTLE_PRIM_CONFIG_OPTION_CFM: return apply_option(*config_, arguments);
    default:
      if (arguments.number == 0) return Outcome::success();
      return Outcome::failure(TRESTLE_RESULT_NOT_SUPPORTED, "TLS compression is not offered");
  }
}

Session::ContextState Session::need_context(Child* child) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (context_state_ == ContextState::kNone) {
    auto& list = waiting_for_context_;
    if (std::find(list.begin(), list.end(), child) == list.end()) list.push_back(child);
    wake();
  }
  return context_state_;
}

// Makes the context, once somebody needs it and everything that was asked for before is configured.
void Session::freeze() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (waiting_for_context_.empty() || context_state_ != ContextState::kNone) return;
  }
  context_failure_ = make_context(*config_, &context_);
  std::lock_guard<std::mutex> lock(mutex_);
  context_state_ = context_failure_.ok() ? ContextState::kReady : ContextState::kFailed;
  for (Child* child : waiting_for_context_) child->wake();
  waiting_for_context_.clear();
}

// --- children ---

bool Session::add_child(Child* child) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (ending_) return false;
  child->previous_sibling_ = nullptr;
  child->next_sibling_ = first_child_;
  if (first_child_) first_child_->previous_sibling_ = child;
  first_child_ = child;
  ++children_;
  return true;
}

void Session::forget_child(Child* child) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (child->previous_sibling_) {
    child->previous_sibling_->next_sibling_ = child->next_sibling_;
  } else {
    first_child_ = child->next_sibling_;
  }
  if (child->next_sibling_) child->next_sibling_->previous_sibling_ = child->previous_sibling_;
  auto& list = waiting_for_context_;
  list.erase(std::remove(list.begin(), list.end(), child), list.end());
}

void Session::child_ended() {
  std::lock_guard<std::mutex> lock(mutex_);
  if (--children_ == 0 && ending_) wake();
}

void Session::create_connection(Message* request) {
  RequestArguments& arguments = *request->arguments;
  Queue* queue = arguments.other_queue.release();
  if (!queue) {
    queue = this->queue();
    queue->add_user();
  }
  Connection* connection = nullptr;
  Outcome outcome =
      config_->role == TRESTLE_ROLE_CLIENT
          ? Connection::create(this, queue, arguments.family, &connection)
          : Outcome::failure(TRESTLE_RESULT_WRONG_STATE, "a server's connections come by ACCEPT_IND");
  if (outcome.ok()) {
    request->c.connection = connection->handle.load(std::memory_order_relaxed);
  } else {
    queue->remove_user();
  }
  confirm_outcome(request, outcome, nullptr);
}

void Session::listen(Message* request) {
  Outcome outcome =
      config_->role == TRESTLE_ROLE_SERVER
          ? Outcome::success()
          : Outcome::failure(TRESTLE_RESULT_WRONG_STATE, "only a server session listens");
  if (outcome.ok()) outcome = Listener::create(this, request);
  if (!outcome.ok()) confirm_outcome(request, outcome, config_->backend);
}

// --- the end ---

void Session::destroy(Message* request) {
  if (destroy_request_) return cancel_request(request);
  destroy_request_ = request;
  begin_end();
  finish_end_if_childless();
}

void Session::begin_end() {
  if (ending_here_) return;
  ending_here_ = true;
  std::lock_guard<std::mutex> lock(mutex_);
  ending_ = true;
  for (Child* child = first_child_; child; child = child->next_sibling_) child->end();
}

void Session::finish_end_if_childless() {
  if (!ending_here_) return;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (children_ != 0) return;
  }
  if (context_) config_->backend->context_free(context_);
  context_ = nullptr;
  config_.reset();
  retire();
}

void Session::release(uint64_t old_handle) {
  Engine* engine = engine_;
  Queue* queue = this->queue();
  Message* request = destroy_request_;
  // Before the confirm, which has a place of its own: whoever has it may destroy the queue. And
  // before the slot is free: shutting down waits for that, and is confirmed then.
  queue->remove_user();
  engine->sessions().release(old_handle);
  if (request) Engine::confirm(request);
  engine->something_ended();
}

void Session::on_cancelled(const Message& request) {
  switch (request.c.primitive) {
    case TRESTLE_PRIM_CONFIG_CIPHER_CFM:
    case TRESTLE_PRIM_CONFIG_CERT_CLIENT_CFM:
    case TRESTLE_PRIM_CONFIG_CERT_VERIFY_CFM:
    case TRESTLE_PRIM_CONFIG_COMPRESSION_CFM:
    case TRESTLE_PRIM_CONFIG_OPTION_CFM:
      configurations_pending.fetch_sub(1, std::memory_order_acq_rel);
      wake();  // the slot's present use may be waiting for the count
      break;
  }
}

}  // namespace trestle
