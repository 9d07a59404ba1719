// SPDX-License-Identifier: Apache-2.0
// A small TLS client on Trestle, for programs that load the library themselves.
#pragma once

#include <cstdint>
#include <string>

#include "trestle/dlopen.h"

namespace trestle::guest {

// A confirm or an indication, copied out of its message.
struct Reply {
  int32_t result = TRESTLE_RESULT_FAILURE;
  uint64_t session = 0;
  uint64_t connection = 0;
  std::string text;  // name of the result, and the words of the error record
  bool ok() const { return result == TRESTLE_RESULT_SUCCESS; }
};

// One engine with one queue.
class Client {
 public:
  // Ends the program with a message if there can be no engine.
  explicit Client(const trestle_functions &trestle,
                  const trestle_engine_config *config = nullptr);
  ~Client();
  Client(const Client &) = delete;
  Client &operator=(const Client &) = delete;

  trestle_engine *engine() const { return engine_; }
  uint64_t queue() const { return queue_; }

  // Waits for the next message of this kind; takes the bytes of the data indications before it.
  Reply await(uint32_t primitive);

  // Loads a backend; the text tells its library's version, or why it didn't load.
  Reply query(const std::string &backend);

  // Connects to "localhost" on 127.0.0.1, whose certificate must verify against `ca_pem`. The steps
  // of a connection's life; each ends with its confirm, and the first failure is what they return.
  Reply connect(const std::string &backend, uint16_t port, const std::string &ca_pem);
  Reply send(const std::string &data);
  Reply receive(size_t length);  // until so many bytes have come since connect
  Reply disconnect();            // and destroys connection and session

  // All of these: a line goes to an echo server and comes back.
  Reply exchange(const std::string &backend, uint16_t port, const std::string &ca_pem);

  const std::string &received() const { return received_; }
  uint64_t session() const { return session_; }
  uint64_t connection() const { return connection_; }

 private:
  Reply requested(int32_t result, uint32_t confirm);
  Reply configure(const std::string &ca_pem);
  void fetch_one(uint32_t primitive, Reply *reply, bool *found);

  const trestle_functions &trestle_;
  trestle_engine *engine_ = nullptr;
  uint64_t queue_ = 0;
  uint64_t session_ = 0;
  uint64_t connection_ = 0;
  std::string received_;
};

// Loads the library, or ends the program with a message.
trestle_functions load_trestle(const std::string &path);

}  // namespace trestle::guest
