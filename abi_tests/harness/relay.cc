// SPDX-License-Identifier: Apache-2.0
#include "abi_tests/harness/relay.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <stdexcept>

#include "abi_tests/support/loopback.h"

namespace trestle::testing {
namespace {

constexpr auto kPatience = std::chrono::seconds(20);

}  // namespace

Relay::Relay(uint16_t server_port) {
  listener_ = listen_on_loopback(&port_);
  wake_ = eventfd(0, EFD_CLOEXEC);
  thread_ = std::thread([this, server_port] { run(server_port); });
}

Relay::~Relay() {
  stop_ = true;
  uint64_t one = 1;
  [[maybe_unused]] ssize_t n = write(wake_, &one, sizeof one);
  thread_.join();
  for (int fd : {listener_, client_, server_, wake_})
    if (fd >= 0) close(fd);
}

void Relay::run(uint16_t server_port) {
  pollfd waiting[2] = {{listener_, POLLIN, 0}, {wake_, POLLIN, 0}};
  poll(waiting, 2, -1);
  if (stop_) return;
  int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  int server = -1;
  if (server_port != 0) {
    server = connect_to_loopback(server_port);
    if (server < 0) return;
  }
  {
    std::lock_guard<std::mutex> lock(mutex_);
    client_ = client;
    server_ = server;
    connected_ = true;
  }
  changed_.notify_all();
  // A silent relay reads all the same, so that the test can ask what came.
  pollfd fds[3] = {{client, POLLIN, 0}, {wake_, POLLIN, 0}, {server, POLLIN, 0}};
  while (!stop_ && poll(fds, server >= 0 ? 3 : 2, -1) > 0) {
    if (reset_) {
      // Closing with a zero linger sends RST; only once nobody polls the descriptor any more.
      linger none{1, 0};
      setsockopt(client, SOL_SOCKET, SO_LINGER, &none, sizeof none);
      std::lock_guard<std::mutex> lock(mutex_);
      close(client_);
      client_ = -1;
      return;
    }
    if (fds[0].revents && !forward(client, server, corrupt_to_server_, &from_client_))
      fds[0].fd = -1;
    if (server >= 0 && fds[2].revents &&
        !forward(server, client, corrupt_to_client_, &from_server_))
      fds[2].fd = -1;
  }
}

bool Relay::forward(int from, int to, bool corrupt, Recording* recording) {
  char buffer[16384];
  ssize_t n = recv(from, buffer, sizeof buffer, 0);
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (n > 0) recording->bytes.append(buffer, static_cast<size_t>(n));
    recording->ended = n <= 0;
  }
  changed_.notify_all();
  if (n <= 0) {
    if (to >= 0) shutdown(to, SHUT_WR);
    return false;
  }
  if (to == client_ && hold_to_client_) return true;
  if (corrupt) buffer[n - 1] = static_cast<char>(buffer[n - 1] ^ 1);
  return to < 0 || send(to, buffer, static_cast<size_t>(n), MSG_NOSIGNAL) == n;
}

void Relay::wait_for_client() {
  std::unique_lock<std::mutex> lock(mutex_);
  if (!changed_.wait_for(lock, kPatience, [this] { return connected_; }))
    throw std::runtime_error("relay: nobody connected");
}

std::string Relay::wait_for_client_bytes(size_t count) {
  std::unique_lock<std::mutex> lock(mutex_);
  if (!changed_.wait_for(lock, kPatience, [&] { return from_client_.bytes.size() >= count; }))
    throw std::runtime_error("relay: too few bytes came");
  return from_client_.bytes;
}

std::string Relay::server_bytes() {
  std::lock_guard<std::mutex> lock(mutex_);
  return from_server_.bytes;
}

std::string Relay::wait_for_end(const Recording& recording) {
  std::unique_lock<std::mutex> lock(mutex_);
  if (!changed_.wait_for(lock, kPatience, [&] { return recording.ended; }))
    throw std::runtime_error("relay: no end came");
  return recording.bytes;
}

std::string Relay::wait_for_client_end() { return wait_for_end(from_client_); }
std::string Relay::wait_for_server_end() { return wait_for_end(from_server_); }

void Relay::inject_to_client(const std::string& bytes) {
  wait_for_client();
  send(client_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

void Relay::cut() {
  wait_for_client();
  shutdown(client_, SHUT_RDWR);
  if (server_ >= 0) shutdown(server_, SHUT_RDWR);
}

void Relay::reset() {
  wait_for_client();
  reset_ = true;
  uint64_t one = 1;
  [[maybe_unused]] ssize_t n = write(wake_, &one, sizeof one);
}

}  // namespace trestle::testing
