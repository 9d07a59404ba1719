// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace trestle {

class Worker;

// An IP address and port as the primitives have them.
struct Endpoint {
  uint32_t family = 0;  // TRESTLE_FAMILY_*
  uint8_t address[16] = {};
  uint16_t port = 0;
};

Endpoint from_sockaddr(const sockaddr_storage& storage);

// A non-blocking TCP socket with the ciphertext on its way in and out. An idle one holds no buffer:
// while bytes move, it borrows the worker's.
class Transport {
 public:
  ~Transport() { close(); }

  // Each returns 0 or an errno.
  int open(uint32_t family);
  int bind(const Endpoint& local);
  int connect(const Endpoint& peer);  // EINPROGRESS: an event tells the end
  int listen(int backlog);
  int connect_error() const;          // after that event
  int accept(Endpoint* peer, int* error);  // the new descriptor, or -1
  void adopt(int fd);                 // a connected socket
  void take(Transport& other);        // its socket, when no byte has moved yet
  Endpoint local_endpoint() const;

  bool is_open() const { return fd_ >= 0; }
  int fd() const { return fd_; }
  // Ends sending, throws away what the peer still sent, so that what was sent last (an alert) is not
  // overtaken by a reset, and closes.
  void close();
  // What was pushed so far is the last: it is still sent, then FIN. What a library pushes later (the
  // answer to a key update) is dropped.
  void end_sending(Worker* worker);
  // Reads and throws away what is there. False: the peer has ended, or sends without end.
  bool discard_input(Worker* worker);

  // An epoll event.
  void note_events(uint32_t epoll_events);

  // The worker turns to this connection: `input_max` bytes can be pulled until it turns to others, in
  // kTurnPulls pulls, and nothing while more than `output_max` bytes of ciphertext wait for TCP.
  void begin_turn(size_t output_max, uint64_t input_max = kTurnMax) {
    turn_left_ = input_max;
    turn_pulls_left_ = kTurnPulls;
    output_max_ = output_max;
    held_back_ = false;
  }
  // More might have been pulled in this turn.
  bool held_back() const { return held_back_; }
  // As trestle_host::pull.
  int64_t pull(Worker* worker, uint8_t* buffer, uint64_t capacity);
  // As trestle_host::push.
  void push(Worker* worker, const uint8_t* data, uint64_t length);
  // Sends as much as TCP takes. True: nothing is left (or sending has failed: see failed()).
  bool flush(Worker* worker);
  // Bytes that TCP has taken and the peer's TCP has not.
  size_t untaken() const;
  // Before the worker turns to somebody else: copies what lies unread in its buffer.
  void stash_input();

  bool ended() const { return ended_; }    // the peer ended it, or it failed
  bool failed() const { return failed_; }  // sending is impossible
  int error() const { return error_; }     // errno of a failure, or 0
  // Bytes came since the last call; were sent since the last call.
  bool take_progress() { return std::exchange(progress_, false); }
  bool take_sent() { return std::exchange(sent_, false); }

 private:
  // More than the data that is handled in one turn.
  static constexpr uint64_t kTurnMax = 2 * 1024 * 1024;
  // A small record can cost as much as a large one, and a key update a hundred times that. A library
  // pulls twice for each record or so: these are some 200 of them.
  static constexpr uint32_t kTurnPulls = 400;

  bool fill(Worker* worker);
  void fail(int error);

  int fd_ = -1;
  int error_ = 0;
  bool readable_ = false;
  bool ended_ = false;
  bool failed_ = false;
  bool progress_ = false;
  bool sent_ = false;
  bool sending_over_ = false;
  bool shut_down_ = false;
  bool held_back_ = false;
  uint64_t turn_left_ = kTurnMax;
  uint32_t turn_pulls_left_ = kTurnPulls;
  size_t output_max_ = SIZE_MAX;
  const uint8_t* input_ = nullptr;  // unread bytes: in the worker's buffer, or in stash_
  size_t input_size_ = 0;
  std::vector<uint8_t> stash_;
  std::vector<uint8_t> output_;
  size_t output_sent_ = 0;
};

}  // namespace trestle
