// SPDX-License-Identifier: Apache-2.0
#include "core/listener/listener.h"

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/base/clock.h"
#include "core/base/handle.h"
#include "core/connection/connection.h"
#include "core/connection/system_error.h"
#include "core/engine/engine.h"
#include "core/engine/worker.h"
#include "core/messages/queue.h"
#include "core/session/session.h"

namespace trestle {
namespace {

constexpr int kBacklog = 1024;
// When the process is out of descriptors or the engine of connections, nothing tells of the end of
// that; and after a peer's own failure (ECONNABORTED, ...), nothing tells of those behind it: look
// again after a while.
constexpr int64_t kRetryMs = 100;
constexpr int kTurnAccepts = 64;

}  // namespace

Outcome Listener::create(Session* session, Message* request) {
  const RequestArguments& arguments = *request->arguments;
  Endpoint local;
  local.family = arguments.family;
  local.port = arguments.port;
  std::copy(std::begin(arguments.address), std::end(arguments.address), local.address);
  Transport socket;
  const char* call = "socket";
  int error = socket.open(local.family);
  if (error == 0) call = "bind", error = socket.bind(local);
  if (error == 0) call = "listen", error = socket.listen(kBacklog);
  if (error != 0) return outcome_of_errno(error, call);

  Engine* engine = session->engine();
  uint64_t handle = 0;
  Listener* l = engine->listeners().allocate(&handle);
  if (!l) return Outcome::failure(TRESTLE_RESULT_TOO_MANY, "the engine's limit of listeners");
  l->set_first_worker(engine->next_handshake_worker());
  l->open_child(session);
  l->queue.store(session->queue(), std::memory_order_relaxed);
  l->listen_request_ = request;
  l->unlisten_request_ = nullptr;
  l->listening_ = false;
  l->unanswered_.store(static_cast<uint64_t>(handle_generation(handle)) << 32);
  if (!session->add_child(l)) {
    engine->listeners().release(handle);
    return Outcome::failure(TRESTLE_RESULT_CANCELLED, "the session is being destroyed");
  }
  l->local_ = socket.local_endpoint();
  l->socket_.take(socket);
  l->handle.store(handle, std::memory_order_release);
  l->wake();
  return Outcome::success();
}

void Listener::on_wake() {
  if (end_requested()) return end(nullptr);
  if (!listening_) {
    start();
  } else {
    accept_some();
  }
}

// The configuration must be complete and possible before the first peer is let in.
void Listener::start() {
  switch (session()->need_context(this)) {
    case Session::ContextState::kNone:
      return;  // on_wake
    case Session::ContextState::kFailed:
      confirm_outcome(std::exchange(listen_request_, nullptr), session()->context_failure(),
                      session()->config().backend);
      return end(nullptr);
    case Session::ContextState::kReady:
      break;
  }
  Message* request = std::exchange(listen_request_, nullptr);
  if (!worker()->watch(socket_.fd(), handle.load(std::memory_order_relaxed))) {
    confirm_outcome(request, outcome_of_errno(errno, "epoll_ctl"), nullptr);
    return end(nullptr);
  }
  listening_ = true;
  request->c.listener = handle.load(std::memory_order_relaxed);
  request->c.family = static_cast<uint16_t>(local_.family);
  request->c.port = local_.port;
  std::copy(std::begin(local_.address), std::end(local_.address), request->c.address);
  Engine::confirm(request);
  accept_some();
}

void Listener::on_io(uint32_t) {
  if (listening_) accept_some();
}

void Listener::on_deadline() { accept_some(); }

void Listener::accept_some() {
  uint64_t own = handle.load(std::memory_order_relaxed);
  uint32_t window = session()->config().accept_window;
  for (int i = 0; (unanswered_.load(std::memory_order_acquire) & 0xFFFFFFFF) < window; ++i) {
    if (i == kTurnAccepts) return yield();
    Endpoint peer;
    int error = 0;
    int fd = socket_.accept(&peer, &error);
    if (fd < 0) {
      if (error != EAGAIN && error != EWOULDBLOCK) set_deadline(now_ms() + kRetryMs);
      return;
    }
    unanswered_.fetch_add(1, std::memory_order_acq_rel);
    if (!Connection::accept(session(), own, fd, peer)) {
      unanswered_.fetch_sub(1, std::memory_order_acq_rel);
      close(fd);  // the engine's limit: the peer sees the end at once
      return set_deadline(now_ms() + kRetryMs);
    }
  }
}

void Listener::answered(uint64_t listener) {
  uint64_t before = unanswered_.load(std::memory_order_acquire);
  do {
    if (before >> 32 != handle_generation(listener) || (before & 0xFFFFFFFF) == 0) return;
  } while (!unanswered_.compare_exchange_weak(before, before - 1, std::memory_order_acq_rel));
  wake();
}

void Listener::on_request(Message* request) { end(request); }

void Listener::end(Message* request) {
  unlisten_request_ = request;
  if (listen_request_) cancel_request(std::exchange(listen_request_, nullptr));
  if (listening_) worker()->unwatch(socket_.fd());
  listening_ = false;
  socket_.close();
  retire();
}

void Listener::release(uint64_t old_handle) {
  Session* session = this->session();
  Engine* engine = session->engine();
  Message* request = unlisten_request_;
  session->forget_child(this);
  engine->listeners().release(old_handle);
  if (request) Engine::confirm(request);
  session->child_ended();
}

}  // namespace trestle
