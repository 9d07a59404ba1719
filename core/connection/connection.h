// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>
#include <mutex>

#include "core/connection/credits.h"
#include "core/connection/transport.h"
#include "core/fiber/fiber.h"
#include "core/session/child.h"
#include "core/session/judgement.h"
#include "trestle/backend.h"

namespace trestle {

class Queue;

// Why a connection or a handshake ended.
struct Ending {
  int32_t result = TRESTLE_RESULT_SUCCESS;
  uint32_t alert = TRESTLE_ALERT_NONE;
  uint32_t alert_direction = TRESTLE_ALERT_DIRECTION_NONE;
  int64_t library_code = 0;
  std::string library_text;
  std::string detail;
  int32_t certificate_index = -1;
  std::string subject;
};

// One TLS connection, of a client or of a server: C's CONNECTION primitives.
class Connection : public Child {
 public:
  // What backends call: pull, push and ask of the Connection that they were given.
  static const trestle_host& host();

  // A client's, idle. The queue has been claimed for it (Queue::add_user).
  static Outcome create(Session* session, Queue* queue, uint32_t family, Connection** connection);
  // A server's, which waits for ACCEPT_RES; sends ACCEPT_IND. Takes the descriptor over.
  static bool accept(Session* session, uint64_t listener, int fd, const Endpoint& peer);

  // Any thread: messages of the connection of this handle go to another queue from now on; `claim`
  // becomes the claim of the old one. False: the connection has ended.
  bool change_queue(uint64_t handle, QueueClaim* claim);

  // For the callers' threads.
  Credits credits;
  std::atomic<uint32_t> family{0};
  std::atomic<uint32_t> send_window{1};
  std::atomic<uint64_t> session_handle{0};
  std::atomic<Queue*> queue{nullptr};

 protected:
  void on_request(Message* request) override;
  void on_cancelled(const Message& request) override;
  void on_response(Response& response) override;
  void on_wake() override;
  void on_io(uint32_t epoll_events) override;
  void on_deadline() override;
  void on_arrival() override;
  void release(uint64_t old_handle) override;

 private:
  enum class State : uint8_t {
    kIdle,
    kAwaitingAccept,  // ACCEPT_IND is out
    kHeading,         // on the way to a handshake worker
    kPreparing,       // the session makes its context
    kConnecting,      // TCP
    kHandshaking,
    kDeciding,        // CERT_IND is out, the handshake is parked
    kEstablished,
    kClosing,         // DISCONNECT_REQ
    kPeerClosed,      // DISCONNECT_IND is out
    kInvalid,         // failed: only DESTROY is left
  };
  enum class Lane : uint8_t { kHandshake, kData };
  // A handshake's own memory: gone when it ends.
  struct Handshake {
    trestle_backend_error error{};
    int32_t outcome = TRESTLE_BACKEND_WANT_READ;
    std::unique_ptr<Fiber> fiber;
    int64_t hello_deadline = 0;
    int64_t hello_left = 0;  // while parked
    int64_t receive_deadline = 0;
    Judgement judgement;
    int32_t verdict = TRESTLE_RESULT_SUCCESS;  // not SUCCESS: why the answer was no
    bool asked = false;
    bool answer = false;
    bool cancelled = false;
  };
  // DATA_REQ on their way, oldest first.
  struct SendList {
    Message* first = nullptr;
    Message* last = nullptr;
    void push(Message* message);
    Message* pop();
  };

  // requests.cc
  void open(Session* session, Queue* queue, uint64_t handle);
  void refuse(Message* request);
  void on_disconnect_request(Message* request);
  void on_accept_response(Response& response);

  // connect.cc
  void bind(Message* request);
  void connect(Message* request);
  void head_for_handshake();
  void prepare();
  void start_tcp();
  void tcp_connected();
  Ending watch();
  void unwatch();
  void confirm_connect(const Ending& ending);
  void fail_connect(const Ending& ending);
  void cancel_connect();

  // handshake.cc
  void begin_handshake();
  void run_handshake();
  void after_handshake_step();
  void establish();
  void schedule_handshake_deadline();
  void answer_certificate(bool accepted);
  Ending refuse_handshake();
  void unwind_parked_handshake();
  int32_t ask(const trestle_ask& question) noexcept;
  int32_t decide(const trestle_ask& question);
  bool peer_was_verified() const;
  void indicate_certificate(const trestle_ask& question);
  Ending handshake_ending() const;

  // data.cc
  void send(Message* request);
  void pump();
  bool pump_send();
  bool encrypt_some();
  void confirm_flushed();
  bool pump_receive();
  void indicate_data(uint8_t* buffer, size_t length);
  void end_sends(int32_t result);

  // close.cc
  void peer_closed(const Ending& ending);
  bool all_sent();
  void send_close_notify();
  void await_close();
  void finish_disconnect(const Ending& ending);
  void destroy(Message* request);
  void drop_backend_connection();
  void close_transport();
  void close_transport_after(const Ending& ending);
  void linger();
  void leave_listener();
  Ending ending_of(const trestle_backend_error& error) const;  // with the core's words
  Ending told_by(const trestle_backend_error& error) const;    // in the backend's alone
  static void fill(Message* message, const Ending& ending, const trestle_backend* backend);
  Message* new_indication(uint32_t primitive) noexcept;

  const trestle_backend* backend() const;
  // An accepted connection that was disconnected has nowhere to connect to.
  bool may_connect() const { return state_ == State::kIdle && !server_; }
  static int64_t after(uint32_t timeout_ms);  // deadline; 0 is "no limit"

  std::mutex queue_change_;  // against the end of the handle; else `queue` needs no lock
  Transport transport_;
  trestle_backend_connection* tls_ = nullptr;
  std::unique_ptr<Handshake> handshake_;
  Message* connect_request_ = nullptr;
  Message* disconnect_request_ = nullptr;
  Message* destroy_request_ = nullptr;
  SendList unsent_;   // to be encrypted
  SendList sending_;  // encrypted; confirmed when TCP has taken everything
  uint64_t listener_ = 0;  // while ACCEPT_IND is unanswered: who counts it
  int64_t close_deadline_ = 0;
  size_t close_untaken_ = 0;  // when it was set
  Endpoint peer_;
  Endpoint bound_;  // family 0: not bound
  uint32_t unanswered_ = 0;  // DATA_IND, of this life
  Credits::Life life_ = 0;
  State state_ = State::kIdle;
  Lane lane_ = Lane::kHandshake;  // which kind of worker the slot is with, over all its uses
  Lane heading_for_ = Lane::kHandshake;
  bool server_ = false;
  bool close_sent_ = false;
  bool watched_ = false;
};
// What an idle connection costs beside its TLS library's part.
static_assert(sizeof(Connection) <= 1024, "keep what only a handshake needs in Handshake");

}  // namespace trestle
