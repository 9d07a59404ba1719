// SPDX-License-Identifier: Apache-2.0
#include "abi_tests/hostile/peer.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <stdexcept>
#include <utility>

#include "abi_tests/hostile/records.h"
#include "abi_tests/support/loopback.h"

namespace trestle::testing {
namespace {

constexpr auto kPatience = std::chrono::seconds(20);

}  // namespace

Wire::Wire(int fd, std::function<void(size_t)> on_sent) : fd_(fd), on_sent_(std::move(on_sent)) {
  int one = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

Wire::~Wire() {
  std::lock_guard<std::mutex> lock(mutex_);
  if (fd_ >= 0) close(fd_);
}

void Wire::shut_down() {
  std::lock_guard<std::mutex> lock(mutex_);
  if (fd_ >= 0) shutdown(fd_, SHUT_RDWR);
}

bool Wire::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) return false;
    on_sent_(static_cast<size_t>(n));
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

std::string Wire::receive() {
  std::string bytes(16384, '\0');
  const ssize_t n = recv(fd_, bytes.data(), bytes.size(), 0);
  bytes.resize(n > 0 ? static_cast<size_t>(n) : 0);
  return bytes;
}

std::string Wire::receive_record() {
  for (;;) {
    if (received_.size() >= kRecordHeader && received_.size() >= record_size(received_)) {
      const std::string record = first_record(received_);
      received_.erase(0, record.size());
      return record;
    }
    const std::string more = receive();
    if (more.empty()) return "";
    received_ += more;
  }
}

void Wire::wait_for_end() {
  while (!receive().empty()) {
  }
}

void Wire::half_close() { shutdown(fd_, SHUT_WR); }

void Wire::reset() {
  linger none{1, 0};
  std::lock_guard<std::mutex> lock(mutex_);
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &none, sizeof none);
  close(fd_);
  fd_ = -1;
}

void RawPeer::run(int fd, const Script& script) {
  Wire wire(fd, [this](size_t bytes) {
    std::lock_guard<std::mutex> lock(mutex_);
    sent_ += bytes;
    changed_.notify_all();
  });
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (stopped_) return;
    wire_ = &wire;
    began_ = true;
  }
  script(wire);
  std::lock_guard<std::mutex> lock(mutex_);
  wire_ = nullptr;
  changed_.notify_all();
}

void RawPeer::stop() {
  std::lock_guard<std::mutex> lock(mutex_);
  stopped_ = true;
  if (wire_) wire_->shut_down();
}

uint64_t RawPeer::sent() {
  std::lock_guard<std::mutex> lock(mutex_);
  return sent_;
}

void RawPeer::wait_until_sent(uint64_t bytes) {
  std::unique_lock<std::mutex> lock(mutex_);
  if (!changed_.wait_for(lock, kPatience, [&] { return began_ && (!wire_ || sent_ >= bytes); }))
    throw std::runtime_error("the peer sent too little");
}

RawServer::RawServer(Script script)
    : listener_(listen_on_loopback(&port_)) {
  thread_ = std::thread([this, script] {
    while (!stopped_) {
      const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd >= 0) run(fd, script);
    }
  });
}

RawServer::~RawServer() {
  stop();
  shutdown(listener_, SHUT_RDWR);  // ends accept
  thread_.join();
  close(listener_);
}

RawClient::RawClient(uint16_t port, Script script)
    : thread_([this, port, script] {
        const int fd = connect_to_loopback(port);
        if (fd >= 0) run(fd, script);
      }) {}

RawClient::~RawClient() {
  stop();
  thread_.join();
}

void flood(Wire& wire, const std::string& bytes) {
  std::string many;
  while (many.size() < 65536) many += bytes;
  while (wire.send(many)) {
  }
}

}  // namespace trestle::testing
