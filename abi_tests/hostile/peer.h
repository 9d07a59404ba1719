// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

// Peers that are a socket and a function of the test, on a thread of their own.
namespace trestle::testing {

// The socket in the hands of the function. Each call returns when the peer or the test has ended.
class Wire {
 public:
  Wire(int fd, std::function<void(size_t)> on_sent);
  ~Wire();
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  // False: not everything could be sent.
  bool send(std::string_view bytes);
  // What is there, at least a byte; "" at the end.
  std::string receive();
  // One record with its header, or "".
  std::string receive_record();
  void wait_for_end();  // throws away what still comes
  void half_close();
  void reset();  // RST in place of FIN; nothing more can be done

  void shut_down();  // any thread: every call returns soon

 private:
  std::mutex mutex_;  // for the descriptor's end
  int fd_;
  std::string received_;
  const std::function<void(size_t)> on_sent_;
};

// What they have in common: the script, its thread, and the way to end both.
class RawPeer {
 public:
  using Script = std::function<void(Wire&)>;
  virtual ~RawPeer() = default;
  // Waits until the peer has sent so many bytes, over all its connections, or its script has ended.
  void wait_until_sent(uint64_t bytes);
  uint64_t sent();

 protected:
  void run(int fd, const Script& script);
  void stop();
  std::atomic<bool> stopped_{false};

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  Wire* wire_ = nullptr;
  bool began_ = false;
  uint64_t sent_ = 0;
};

// Listens on a port of 127.0.0.1 and runs the script with each connection, one after the other.
class RawServer : public RawPeer {
 public:
  explicit RawServer(Script script);
  ~RawServer() override;
  uint16_t port() const { return port_; }

 private:
  uint16_t port_ = 0;
  int listener_;
  std::thread thread_;
};

// Connects and runs the script once.
class RawClient : public RawPeer {
 public:
  RawClient(uint16_t port, Script script);
  ~RawClient() override;

 private:
  std::thread thread_;
};

// Sends `bytes` over and over until the other side has had enough.
void flood(Wire& wire, const std::string& bytes);

}  // namespace trestle::testing
