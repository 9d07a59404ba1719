// SPDX-License-Identifier: Apache-2.0
// The handshake, on a fiber that the program's decision about a certificate may park.
#include <algorithm>
#include <new>

#include "core/base/clock.h"
#include "core/connection/connection.h"
#include "core/engine/engine.h"
#include "core/engine/worker.h"
#include "core/messages/queue.h"
#include "core/messages/words.h"
#include "core/pki/pem.h"
#include "core/session/session.h"

namespace trestle {
namespace {

// What a library has to say in a handshake has a size of its own, whatever the peer does.
constexpr size_t kFlightMax = SIZE_MAX;
// What the peer has to say is rarely more than this, and can be thousands of messages to be ignored.
constexpr uint64_t kTurnMax = 64 * 1024;
constexpr uint8_t kHandshakeFailure = 40;

}  // namespace

const trestle_host& Connection::host() {
  static const trestle_host host = {
      sizeof(trestle_host), TRESTLE_BACKEND_ABI,
      [](void* self, uint8_t* buffer, uint64_t capacity) noexcept -> int64_t {
        auto* c = static_cast<Connection*>(self);
        return c->transport_.pull(c->worker(), buffer, capacity);
      },
      [](void* self, const uint8_t* data, uint64_t length) noexcept {
        auto* c = static_cast<Connection*>(self);
        c->transport_.push(c->worker(), data, length);
      },
      [](void* self, const trestle_ask* question) noexcept -> int32_t {
        return static_cast<Connection*>(self)->ask(*question);
      }};
  return host;
}

void Connection::begin_handshake() {
  Ending ending;
  if (!watched_) ending = watch();
  if (ending.result != TRESTLE_RESULT_SUCCESS) return fail_connect(ending);
  handshake_.reset(new (std::nothrow) Handshake());
  if (!handshake_) {
    ending.result = TRESTLE_RESULT_OUT_OF_MEMORY;
    return fail_connect(ending);
  }
  trestle_backend_error error = new_backend_error();
  trestle_backend_connection* made = nullptr;
  if (backend()->connection_new(session()->context(), this, &made, &error) != TRESTLE_BACKEND_OK)
    return fail_connect(ending_of(error));
  if (!made) {
    ending.result = TRESTLE_RESULT_FAILURE;
    ending.detail = "the backend made no connection";
    return fail_connect(ending);
  }
  tls_ = made;
  close_sent_ = false;
  handshake_->hello_deadline = after(session()->config().hello_timeout_ms);
  handshake_->receive_deadline = after(session()->config().receive_timeout_ms);
  state_ = State::kHandshaking;
  run_handshake();
}

void Connection::run_handshake() {
  Handshake& h = *handshake_;
  transport_.begin_turn(kFlightMax, kTurnMax);
  h.fiber = worker()->fibers().get();
  if (!h.fiber) {
    Ending ending;
    ending.result = TRESTLE_RESULT_OUT_OF_MEMORY;
    return fail_connect(ending);
  }
  h.error = new_backend_error();
  h.fiber->start(
      [](void* self) {
        auto* c = static_cast<Connection*>(self);
        c->handshake_->outcome = c->backend()->handshake(c->tls_, &c->handshake_->error);
      },
      this);
  after_handshake_step();
}

// The library returned, or the fiber was parked inside of it.
void Connection::after_handshake_step() {
  Handshake& h = *handshake_;
  transport_.stash_input();
  transport_.flush(worker());
  if (h.fiber->parked()) {
    // The program's time to think is not the peer's fault.
    state_ = State::kDeciding;
    h.hello_left = h.hello_deadline == kNever ? kNever : h.hello_deadline - now_ms();
    set_deadline(kNever);
    return;
  }
  worker()->fibers().put(std::move(h.fiber));
  if (h.cancelled) return;
  switch (h.outcome) {
    case TRESTLE_BACKEND_OK:
      if (h.verdict == TRESTLE_RESULT_SUCCESS && !peer_was_verified()) {
        h.verdict = TRESTLE_RESULT_HANDSHAKE_FAILED;
        h.judgement.detail = "the backend did not ask about the peer's certificate";
      }
      return h.verdict == TRESTLE_RESULT_SUCCESS ? establish() : fail_connect(refuse_handshake());
    case TRESTLE_BACKEND_WANT_READ:
      return schedule_handshake_deadline();
    default:
      return fail_connect(handshake_ending());
  }
}

// A library that goes on after a no must not get away with it. The peer is told if the backend can.
Ending Connection::refuse_handshake() {
  Ending ending = handshake_ending();
  trestle_backend_error error = new_backend_error();
  if (backend()->abort && backend()->abort(tls_, kHandshakeFailure, &error) == TRESTLE_BACKEND_OK) {
    ending.alert = kHandshakeFailure;
    ending.alert_direction = TRESTLE_ALERT_DIRECTION_SENT;
    transport_.flush(worker());
  }
  return ending;
}

void Connection::schedule_handshake_deadline() {
  Handshake& h = *handshake_;
  if (transport_.take_progress())
    h.receive_deadline = after(session()->config().receive_timeout_ms);
  set_deadline(std::min(h.hello_deadline, h.receive_deadline));
  if (transport_.held_back() || transport_.failed()) yield();
}

void Connection::establish() {
  handshake_.reset();
  set_deadline(kNever);
  state_ = State::kEstablished;
  confirm_connect(Ending());
  unwatch();
  heading_for_ = Lane::kData;
  move_to(session()->engine()->next_data_worker());
}

// No exception may leave through the library's frames.
int32_t Connection::ask(const trestle_ask& question) noexcept {
  try {
    return decide(question);
  } catch (const std::bad_alloc&) {
    handshake_->verdict = TRESTLE_RESULT_OUT_OF_MEMORY;
    return TRESTLE_ANSWER_NO;
  }
}

int32_t Connection::decide(const trestle_ask& question) {
  if (!handshake_ || question.kind != TRESTLE_ASK_VERIFY_PEER || handshake_->cancelled)
    return TRESTLE_ANSWER_NO;
  Handshake& h = *handshake_;
  if (!h.fiber || question.certificate_count == 0 || !question.certificates) {
    h.verdict = TRESTLE_RESULT_FAILURE;
    h.judgement.detail = "the backend asked about no certificate, or out of turn";
    return TRESTLE_ANSWER_NO;
  }
  const SessionConfig& config = session()->config();
  h.judgement = judge_peer(config, question.certificates, question.certificate_count);
  if (h.judgement.key_size_refused) {
    h.verdict = TRESTLE_RESULT_CERT_KEY_SIZE;
    return TRESTLE_ANSWER_NO;
  }
  h.asked = true;
  if (config.cert_decision == TRESTLE_CERT_DECISION_AUTO) {
    h.verdict = h.judgement.automatic(config.role);
    return h.verdict == TRESTLE_RESULT_SUCCESS ? TRESTLE_ANSWER_YES : TRESTLE_ANSWER_NO;
  }
  indicate_certificate(question);
  // Other connections will use the worker's buffer before this one goes on.
  transport_.stash_input();
  h.fiber->park();
  if (!h.answer) h.verdict = TRESTLE_RESULT_CERT_REJECTED;
  return h.answer ? TRESTLE_ANSWER_YES : TRESTLE_ANSWER_NO;
}

// A backend whose library never called back would leave the peer unverified.
bool Connection::peer_was_verified() const {
  const SessionConfig& config = session()->config();
  trestle_backend_connection_info info{};
  info.size = sizeof info;
  backend()->info(tls_, &info);
  return handshake_->asked || !certificate_is_due(config, info);
}

void Connection::indicate_certificate(const trestle_ask& question) {
  const Judgement& judgement = handshake_->judgement;
  std::unique_ptr<Message> message(new_indication(TRESTLE_PRIM_CONNECTION_CERT_IND));
  message->c.session = session_handle.load(std::memory_order_relaxed);
  for (uint32_t i = 0; i < question.certificate_count; ++i) {
    const trestle_bytes& one = question.certificates[i];
    message->der.emplace_back(reinterpret_cast<const char*>(one.data), one.length);
  }
  const trestle_bytes& leaf = question.certificates[0];
  message->pem = pki::encode_pem("CERTIFICATE", pki::Bytes(leaf.data, leaf.length));
  message->c.result = judgement.result;
  message->c.name_result = judgement.name_result;
  if (judgement.result != TRESTLE_RESULT_SUCCESS) {
    Ending ending;
    ending.result = judgement.finding;
    ending.detail = judgement.detail;
    ending.certificate_index = judgement.certificate_index;
    ending.subject = judgement.subject;
    fill(message.get(), ending, backend());
    message->c.result = judgement.result;
  }
  Queue* to = message->queue;
  to->deliver(message.release());
}

void Connection::answer_certificate(bool accepted) {
  Handshake& h = *handshake_;
  h.answer = accepted;
  h.hello_deadline = h.hello_left == kNever ? kNever : now_ms() + h.hello_left;
  h.receive_deadline = after(session()->config().receive_timeout_ms);
  state_ = State::kHandshaking;
  transport_.begin_turn(kFlightMax, kTurnMax);
  h.fiber->resume();
  after_handshake_step();
}

// A parked handshake holds frames of the library; they end the way the library ends them, with a no.
void Connection::unwind_parked_handshake() {
  if (state_ != State::kDeciding) return;
  handshake_->cancelled = true;
  handshake_->answer = false;
  handshake_->fiber->resume();
  after_handshake_step();
}

Ending Connection::handshake_ending() const {
  const Handshake& h = *handshake_;
  if (h.verdict == TRESTLE_RESULT_SUCCESS) return ending_of(h.error);
  Ending ending = told_by(h.error);
  ending.result = h.verdict;
  ending.certificate_index = h.judgement.certificate_index;
  ending.subject = h.judgement.subject;
  ending.detail = join_words(h.judgement.words_of(h.verdict), ending.detail);
  return ending;
}

}  // namespace trestle
