// SPDX-License-Identifier: Apache-2.0
// From CONNECT_REQ or ACCEPT_RES to the handshake, and how it fails.
#include <errno.h>
#include <sys/epoll.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/base/clock.h"
#include "core/connection/connection.h"
#include "core/connection/system_error.h"
#include "core/engine/engine.h"
#include "core/engine/worker.h"
#include "core/messages/queue.h"
#include "core/session/session.h"

namespace trestle {
namespace {

Ending ending_of_outcome(const Outcome& outcome) {
  Ending ending;
  ending.result = outcome.result;
  ending.detail = outcome.detail;
  ending.library_code = outcome.library_code;
  ending.library_text = outcome.library_text;
  return ending;
}

}  // namespace

int64_t Connection::after(uint32_t timeout_ms) {
  // The present millisecond has begun already; no deadline comes early.
  return timeout_ms == 0 ? kNever : now_ms() + 1 + timeout_ms;
}

void Connection::bind(Message* request) {
  Endpoint local;
  local.family = family.load(std::memory_order_relaxed);
  local.port = request->arguments->port;
  std::copy(std::begin(request->arguments->address), std::end(request->arguments->address),
            local.address);
  // The socket is bound now, so that the confirm tells the truth; and again at each reconnect.
  int error = transport_.open(local.family);
  if (error == 0) error = transport_.bind(local);
  if (error == 0) {
    bound_ = local;
    confirm_outcome(request, Outcome::success(), nullptr);
    return;
  }
  transport_.close();  // an earlier BIND stays in force: connecting binds again
  confirm_outcome(request, outcome_of_errno(error, "bind"), nullptr);
}

void Connection::connect(Message* request) {
  connect_request_ = request;
  peer_.family = family.load(std::memory_order_relaxed);
  peer_.port = request->arguments->port;
  std::copy(std::begin(request->arguments->address), std::end(request->arguments->address),
            peer_.address);
  head_for_handshake();
}

// Handshakes run on their own workers. The way there leads through a turn's end also if this is one.
void Connection::head_for_handshake() {
  state_ = State::kHeading;
  heading_for_ = Lane::kHandshake;
  move_to(lane_ == Lane::kHandshake ? worker() : session()->engine()->next_handshake_worker());
}

void Connection::prepare() {
  switch (session()->need_context(this)) {
    case Session::ContextState::kNone:
      return;  // on_wake
    case Session::ContextState::kFailed:
      return fail_connect(ending_of_outcome(session()->context_failure()));
    case Session::ContextState::kReady:
      send_window.store(session()->config().send_window, std::memory_order_relaxed);
      server_ ? begin_handshake() : start_tcp();
  }
}

void Connection::start_tcp() {
  int error = 0;
  const char* call = "socket";
  if (!transport_.is_open()) {
    error = transport_.open(peer_.family);
    if (error == 0 && bound_.family != 0) {
      call = "bind";
      error = transport_.bind(bound_);
    }
  }
  if (error == 0) {
    call = "connect";
    error = transport_.connect(peer_);
  }
  if (error == 0) return begin_handshake();
  if (error != EINPROGRESS) return fail_connect(ending_of_outcome(outcome_of_errno(error, call)));
  Ending ending = watch();
  if (ending.result != TRESTLE_RESULT_SUCCESS) return fail_connect(ending);
  state_ = State::kConnecting;
  set_deadline(after(session()->config().connect_timeout_ms));
}

void Connection::tcp_connected() {
  if (int error = transport_.connect_error())
    return fail_connect(ending_of_outcome(outcome_of_errno(error, "connect")));
  begin_handshake();
}

// Events tell only of changes: whatever came before the descriptor was watched is asked for once.
Ending Connection::watch() {
  if (!worker()->watch(transport_.fd(), handle.load(std::memory_order_relaxed)))
    return ending_of_outcome(outcome_of_errno(errno, "epoll_ctl"));
  transport_.note_events(EPOLLIN);
  watched_ = true;
  return Ending();
}

void Connection::unwatch() {
  if (watched_) worker()->unwatch(transport_.fd());
  watched_ = false;
}

// CONNECT_CFM of a client, CONNECT_IND of a server.
void Connection::confirm_connect(const Ending& ending) {
  Message* message = server_ ? new_indication(TRESTLE_PRIM_CONNECTION_CONNECT_IND)
                             : std::exchange(connect_request_, nullptr);
  message->outdates_indications = true;
  message->c.session = session_handle.load(std::memory_order_relaxed);
  fill(message, ending, backend());
  if (ending.result == TRESTLE_RESULT_SUCCESS) {
    trestle_backend_connection_info info{};
    info.size = sizeof info;
    backend()->info(tls_, &info);
    message->c.version = info.version;
    message->c.suite = info.suite;
  }
  server_ ? message->queue->deliver(message) : Engine::confirm(message);
}

void Connection::fail_connect(const Ending& ending) {
  set_deadline(kNever);
  drop_backend_connection();
  close_transport_after(ending);
  state_ = State::kInvalid;
  confirm_connect(ending);
}

void Connection::cancel_connect() {
  unwind_parked_handshake();
  Ending ending;
  ending.result = TRESTLE_RESULT_CANCELLED;
  fail_connect(ending);
}

}  // namespace trestle
