// SPDX-License-Identifier: Apache-2.0
// What the program asks and answers, by state.
#include <errno.h>

#include <algorithm>
#include <new>

#include "core/base/clock.h"
#include "core/connection/connection.h"
#include "core/engine/engine.h"
#include "core/listener/listener.h"
#include "core/messages/queue.h"
#include "core/messages/words.h"
#include "core/session/session.h"

namespace trestle {
namespace {

Ending timeout(int32_t result, uint32_t timeout_ms) {
  Ending ending;
  ending.result = result;
  ending.detail = timeout_words(result, timeout_ms);
  return ending;
}

}  // namespace

void Connection::open(Session* session, Queue* to, uint64_t handle_to_be) {
  open_child(session);
  queue.store(to, std::memory_order_relaxed);
  session_handle.store(session->handle.load(std::memory_order_relaxed), std::memory_order_relaxed);
  send_window.store(1, std::memory_order_relaxed);
  credits.reset(handle_to_be);
  state_ = State::kIdle;
  server_ = false;
  listener_ = 0;
  peer_ = Endpoint();
  bound_ = Endpoint();
  unanswered_ = 0;
  life_ = 0;
  close_sent_ = false;
  destroy_request_ = nullptr;
}

Outcome Connection::create(Session* session, Queue* queue, uint32_t family,
                           Connection** connection) {
  // Says now, as C has it, whether this system does IPv6 at all.
  Transport probe;
  if (int error = probe.open(family)) {
    int32_t result = error == EAFNOSUPPORT && family == TRESTLE_FAMILY_IP6
                         ? TRESTLE_RESULT_IP6_NOT_SUPPORTED
                         : TRESTLE_RESULT_SYSTEM;
    Outcome outcome = Outcome::failure(result, "socket");
    outcome.library_code = error;
    return outcome;
  }
  Engine* engine = session->engine();
  uint64_t handle = 0;
  Connection* c = engine->connections().allocate(&handle);
  if (!c)
    return Outcome::failure(TRESTLE_RESULT_TOO_MANY, "the engine's limit of connections");
  c->set_first_worker(engine->next_handshake_worker());
  c->open(session, queue, handle);
  c->family.store(family, std::memory_order_relaxed);
  if (!session->add_child(c)) {
    engine->connections().release(handle);
    return Outcome::failure(TRESTLE_RESULT_CANCELLED, "the session is being destroyed");
  }
  c->handle.store(handle, std::memory_order_release);
  *connection = c;
  return Outcome::success();
}

bool Connection::accept(Session* session, uint64_t listener, int fd, const Endpoint& peer) {
  Engine* engine = session->engine();
  uint64_t handle = 0;
  Connection* c = engine->connections().allocate(&handle);
  if (!c) return false;
  auto* message = new (std::nothrow) Message(session->queue());
  if (!message || !session->queue()->add_user()) {
    delete message;
    engine->connections().release(handle);
    return false;
  }
  c->set_first_worker(engine->next_handshake_worker());
  c->open(session, session->queue(), handle);
  c->server_ = true;
  c->listener_ = listener;
  c->peer_ = peer;
  c->family.store(peer.family, std::memory_order_relaxed);
  c->state_ = State::kAwaitingAccept;
  c->transport_.adopt(fd);
  if (!session->add_child(c)) {
    c->transport_.close();
    session->queue()->remove_user();
    engine->connections().release(handle);
    delete message;
    return true;  // the descriptor is dealt with
  }
  message->c.primitive = TRESTLE_PRIM_ACCEPT_IND;
  message->c.session = session->handle.load(std::memory_order_relaxed);
  message->c.connection = handle;
  message->c.listener = listener;
  message->c.family = static_cast<uint16_t>(peer.family);
  message->c.port = peer.port;
  std::copy(std::begin(peer.address), std::end(peer.address), message->c.address);
  c->handle.store(handle, std::memory_order_release);
  // The session may have asked for the end before there was a handle to wake.
  c->wake();
  session->queue()->deliver(message);
  return true;
}

const trestle_backend* Connection::backend() const { return session()->config().backend; }

void Connection::on_request(Message* request) {
  switch (request->c.primitive) {
    case TRESTLE_PRIM_CONNECTION_BIND_CFM:
      may_connect() ? bind(request) : refuse(request);
      break;
    case TRESTLE_PRIM_CONNECTION_CONNECT_CFM:
      may_connect() ? connect(request) : refuse(request);
      break;
    case TRESTLE_PRIM_CONNECTION_DATA_CFM:
      send(request);
      break;
    case TRESTLE_PRIM_CONNECTION_DISCONNECT_CFM:
      on_disconnect_request(request);
      break;
    case TRESTLE_PRIM_CONNECTION_DESTROY_CFM:
      destroy(request);
      break;
  }
}

// The handle may still be in use for a moment: its window shows what is confirmed.
void Connection::on_cancelled(const Message& request) {
  if (request.c.primitive == TRESTLE_PRIM_CONNECTION_DATA_CFM) credits.end_send(request.handle);
}

// Wrong order: the connection stays as it is.
void Connection::refuse(Message* request) {
  int32_t result = TRESTLE_RESULT_WRONG_STATE;
  bool needs_connection = request->c.primitive == TRESTLE_PRIM_CONNECTION_DATA_CFM ||
                          request->c.primitive == TRESTLE_PRIM_CONNECTION_DISCONNECT_CFM;
  if (needs_connection && state_ != State::kClosing) result = TRESTLE_RESULT_NOT_CONNECTED;
  if (state_ == State::kInvalid) result = TRESTLE_RESULT_INVALIDATED;
  confirm_outcome(request, Outcome::failure(result, ""), nullptr);
}

void Connection::on_disconnect_request(Message* request) {
  switch (state_) {
    case State::kEstablished:
      disconnect_request_ = request;
      state_ = State::kClosing;
      await_close();
      pump();
      break;
    case State::kHeading:
    case State::kPreparing:
    case State::kConnecting:
    case State::kHandshaking:
    case State::kDeciding:
      cancel_connect();
      Engine::confirm(request);
      break;
    default:
      refuse(request);
  }
}

void Connection::on_response(Response& response) {
  switch (response.primitive) {
    case TRESTLE_PRIM_CONNECTION_DATA_RES:
      if (response.value == life_ && unanswered_ > 0) --unanswered_;
      if (state_ == State::kEstablished || state_ == State::kClosing) pump();
      break;
    case TRESTLE_PRIM_CONNECTION_CERT_RES:
      if (state_ == State::kDeciding) answer_certificate(response.value != 0);
      break;
    case TRESTLE_PRIM_CONNECTION_DISCONNECT_RES:
      if (state_ == State::kPeerClosed) destroy(nullptr);
      break;
    case TRESTLE_PRIM_ACCEPT_RES:
      on_accept_response(response);
      break;
  }
}

void Connection::on_accept_response(Response& response) {
  if (state_ != State::kAwaitingAccept) return;
  leave_listener();
  if (response.value != 0) {
    head_for_handshake();
  } else {
    destroy(nullptr);
  }
}

void Connection::on_wake() {
  if (end_requested()) {
    destroy(nullptr);
  } else if (state_ == State::kPreparing) {
    prepare();
  }
}

void Connection::on_io(uint32_t events) {
  transport_.note_events(events);
  switch (state_) {
    case State::kConnecting:
      if (events != 0) tcp_connected();
      break;
    case State::kHandshaking:
      transport_.flush(worker());
      run_handshake();
      break;
    case State::kDeciding:
      transport_.flush(worker());
      break;
    case State::kEstablished:
    case State::kClosing:
      pump();
      break;
    case State::kInvalid:
    case State::kPeerClosed:
      linger();
      break;
    default:
      break;
  }
}

void Connection::on_deadline() {
  const SessionConfig& config = session()->config();
  switch (state_) {
    case State::kConnecting:
      fail_connect(timeout(TRESTLE_RESULT_CONNECT_TIMEOUT, config.connect_timeout_ms));
      break;
    case State::kHandshaking:
      fail_connect(handshake_->hello_deadline <= now_ms()
                       ? timeout(TRESTLE_RESULT_HELLO_TIMEOUT, config.hello_timeout_ms)
                       : timeout(TRESTLE_RESULT_RECEIVE_TIMEOUT, config.receive_timeout_ms));
      break;
    case State::kClosing:
      // Some of the last is still on its way, and moves.
      if (transport_.untaken() < close_untaken_) return await_close();
      finish_disconnect(timeout(TRESTLE_RESULT_CLOSE_TIMEOUT, config.close_timeout_ms));
      break;
    case State::kInvalid:
    case State::kPeerClosed:
      close_transport();
      break;
    default:
      break;
  }
}

void Connection::on_arrival() {
  lane_ = heading_for_;
  if (state_ == State::kHeading) {
    state_ = State::kPreparing;
    prepare();
  } else if (state_ == State::kEstablished || state_ == State::kClosing) {
    if (state_ == State::kClosing) set_deadline(close_deadline_);
    Ending ending = watch();
    ending.result == TRESTLE_RESULT_SUCCESS ? pump() : peer_closed(ending);
  }
}

bool Connection::change_queue(uint64_t expected_handle, QueueClaim* claim) {
  std::lock_guard<std::mutex> lock(queue_change_);
  // The handle goes before release() looks for the queue.
  if (handle.load(std::memory_order_acquire) != expected_handle) return false;
  Queue* old = queue.exchange(claim->release(), std::memory_order_acq_rel);
  claim->reset(old);
  return true;
}

void Connection::release(uint64_t old_handle) {
  Session* session = this->session();
  Engine* engine = session->engine();
  Queue* to = nullptr;
  {
    std::lock_guard<std::mutex> lock(queue_change_);
    to = queue.load(std::memory_order_relaxed);
  }
  Message* request = destroy_request_;
  // Before the confirm, which has a place of its own: whoever has it may destroy the queue.
  to->remove_user();
  // Likewise: it may make another connection where there is room for one only.
  session->forget_child(this);
  engine->connections().release(old_handle);
  if (request) Engine::confirm(request);
  // After the confirm: the session, which waits for its last child, must not overtake it.
  session->child_ended();
}

}  // namespace trestle
