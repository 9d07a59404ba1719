// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>

namespace trestle::testing {

// A TCP relay between one client and a server, in the hands of the test: it can corrupt, stop and
// cut. Or, without a server, a peer that never says anything.
class Relay {
 public:
  explicit Relay(uint16_t server_port);  // 0: silent, reads nothing
  ~Relay();
  uint16_t port() const { return port_; }

  // From now on, one bit of each chunk in this direction is flipped.
  void corrupt_to_server() { corrupt_to_server_ = true; }
  void corrupt_to_client() { corrupt_to_client_ = true; }
  // From now on, nothing goes to the client any more.
  void hold_to_client() { hold_to_client_ = true; }
  // Ends both sides: with FIN, or with RST.
  void cut();
  void reset();
  // Sends these bytes to the client as if they were the server's. Waits until it is connected.
  void inject_to_client(const std::string& bytes);
  // Waits until a client is connected.
  void wait_for_client();
  // All bytes that the client sent so far; waits until there are so many.
  std::string wait_for_client_bytes(size_t count);
  // All bytes that the server sent so far.
  std::string server_bytes();
  // All bytes that the client, or the server, ever sent; waits until it has closed.
  std::string wait_for_client_end();
  std::string wait_for_server_end();

 private:
  void run(uint16_t server_port);
  struct Recording {
    std::string bytes;
    bool ended = false;
  };
  bool forward(int from, int to, bool corrupt, Recording* recording);
  std::string wait_for_end(const Recording& recording);

  int listener_ = -1;
  int client_ = -1;
  int server_ = -1;
  int wake_ = -1;
  uint16_t port_ = 0;
  std::atomic<bool> stop_{false};
  std::atomic<bool> reset_{false};
  std::atomic<bool> corrupt_to_server_{false};
  std::atomic<bool> corrupt_to_client_{false};
  std::atomic<bool> hold_to_client_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
  Recording from_client_;
  Recording from_server_;
  bool connected_ = false;
  std::thread thread_;
};

}  // namespace trestle::testing
