// SPDX-License-Identifier: Apache-2.0
// The ways in which a connection ends.
#include <errno.h>

#include <utility>

#include "core/base/clock.h"
#include "core/connection/connection.h"
#include "core/connection/system_error.h"
#include "core/engine/engine.h"
#include "core/engine/worker.h"
#include "core/listener/listener.h"
#include "core/messages/queue.h"
#include "core/messages/words.h"
#include "core/session/session.h"

namespace trestle {
namespace {

int32_t result_of_broken(int error) {
  switch (error) {
    case ECONNRESET:
    case EPIPE: return TRESTLE_RESULT_CONNECTION_RESET;
    case ENOMEM: return TRESTLE_RESULT_OUT_OF_MEMORY;
    default: return TRESTLE_RESULT_TRANSPORT;
  }
}

}  // namespace

// The backend saw the end of an established connection. SUCCESS: by close_notify.
void Connection::peer_closed(const Ending& ending) {
  if (state_ == State::kClosing) return finish_disconnect(ending);
  if (ending.result == TRESTLE_RESULT_SUCCESS && all_sent()) send_close_notify();
  transport_.flush(worker());
  end_sends(TRESTLE_RESULT_NOT_CONNECTED);
  drop_backend_connection();
  close_transport_after(ending);
  state_ = State::kPeerClosed;
  Message* message = new_indication(TRESTLE_PRIM_CONNECTION_DISCONNECT_IND);
  message->c.session = session_handle.load(std::memory_order_relaxed);
  fill(message, ending, backend());
  message->queue->deliver(message);
}

// Close_notify tells the peer that it has everything: not where that isn't so.
bool Connection::all_sent() {
  if (transport_.flush(worker())) confirm_flushed();
  return !unsent_.first && !sending_.first;
}

void Connection::send_close_notify() {
  close_sent_ = true;
  trestle_backend_error error = new_backend_error();
  backend()->close(tls_, &error);  // if it can't, the transport's end has to do
  transport_.end_sending(worker());
}

// From DISCONNECT_REQ on, and anew whenever the peer takes something.
void Connection::await_close() {
  close_deadline_ = after(session()->config().close_timeout_ms);
  set_deadline(close_deadline_);
  close_untaken_ = transport_.untaken();
}

// Disconnected in any case; the confirm tells how the peer closed.
void Connection::finish_disconnect(const Ending& ending) {
  set_deadline(kNever);
  end_sends(TRESTLE_RESULT_CANCELLED);
  drop_backend_connection();
  close_transport();
  state_ = State::kIdle;
  unanswered_ = 0;
  life_ ^= 1;
  Message* request = std::exchange(disconnect_request_, nullptr);
  request->outdates_indications = true;
  fill(request, ending, backend());
  Engine::confirm(request);
}

// The end of the handle, in any state.
void Connection::destroy(Message* request) {
  destroy_request_ = request;
  unwind_parked_handshake();
  if (state_ == State::kEstablished && !close_sent_ && all_sent()) send_close_notify();
  end_sends(TRESTLE_RESULT_CANCELLED);
  if (connect_request_) cancel_request(std::exchange(connect_request_, nullptr));
  if (disconnect_request_) cancel_request(std::exchange(disconnect_request_, nullptr));
  leave_listener();
  drop_backend_connection();
  close_transport();
  retire();
}

void Connection::drop_backend_connection() {
  handshake_.reset();
  if (tls_) backend()->connection_free(tls_);
  tls_ = nullptr;
}

void Connection::close_transport() {
  unwatch();
  transport_.close();
}

// An alert of ours must not be overtaken by the reset that closing causes while the peer still
// sends: then the socket lingers until the peer has closed, for a short while at most.
void Connection::close_transport_after(const Ending& ending) {
  constexpr int64_t kLingerMs = 1000;
  bool alert_sent = ending.alert_direction == TRESTLE_ALERT_DIRECTION_SENT;
  if (!alert_sent || !watched_ || transport_.ended() || transport_.failed())
    return close_transport();
  transport_.end_sending(worker());
  set_deadline(now_ms() + kLingerMs);
  linger();
}

void Connection::linger() {
  if (!transport_.is_open()) return;
  transport_.flush(worker());
  if (transport_.discard_input(worker())) return;
  set_deadline(kNever);
  close_transport();
}

// The listener may indicate the next connection.
void Connection::leave_listener() {
  if (listener_ == 0) return;
  if (Listener* listener = session()->engine()->listeners().find(listener_))
    listener->answered(listener_);
  listener_ = 0;
}

Ending Connection::ending_of(const trestle_backend_error& error) const {
  Ending ending = told_by(error);
  ending.detail = join_words(ending_words(ending.result, ending.alert, ending.alert_direction,
                                          handshake_ != nullptr),
                             ending.detail);
  return ending;
}

Ending Connection::told_by(const trestle_backend_error& error) const {
  Ending ending;
  ending.result = result_of(error);
  // Nothing follows a close_notify (RFC 8446, 6.1), whatever the library believes.
  bool sent = error.alert_direction == TRESTLE_ALERT_DIRECTION_SENT &&
              error.alert < TRESTLE_ALERT_NONE && !close_sent_;
  // A peer may send any number, that of none as well.
  bool received = error.alert_direction == TRESTLE_ALERT_DIRECTION_RECEIVED &&
                  error.alert <= UINT8_MAX;
  if (sent || received) {
    ending.alert = error.alert;
    ending.alert_direction = error.alert_direction;
  }
  ending.library_code = error.library_code;
  ending.library_text = text_of(error.library_text);
  ending.detail = text_of(error.detail);
  // The backend only sees that the transport ended; the socket knows how.
  if (ending.result == TRESTLE_RESULT_TRUNCATED && transport_.error() != 0) {
    ending.result = result_of_broken(transport_.error());
    ending.library_code = transport_.error();
    ending.library_text = strerror_text(transport_.error());
  }
  return ending;
}

void Connection::fill(Message* message, const Ending& ending, const trestle_backend* backend) {
  message->c.result = ending.result;
  if (ending.result == TRESTLE_RESULT_SUCCESS) return;
  ErrorDetails* error = message->make_error(ending.result);
  if (!error) return;
  error->record.alert = ending.alert;
  error->record.alert_direction = ending.alert_direction;
  error->record.library_code = ending.library_code;
  error->record.certificate_index = ending.certificate_index;
  error->library_text = ending.library_text;
  error->detail = ending.detail;
  error->subject = ending.subject;
  error->backend = backend->name;
}

// Where there is no memory for this, the process ends: an indication that never comes would leave
// the program waiting.
Message* Connection::new_indication(uint32_t primitive) noexcept {
  auto* message = new Message(queue.load(std::memory_order_relaxed));
  message->c.primitive = primitive;
  message->c.connection = handle.load(std::memory_order_relaxed);
  return message;
}

}  // namespace trestle
