// SPDX-License-Identifier: Apache-2.0
#include "core/connection/transport.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

#include "core/engine/worker.h"
#include "trestle/backend.h"

namespace trestle {
namespace {

socklen_t to_sockaddr(const Endpoint& endpoint, sockaddr_storage* storage) {
  std::memset(storage, 0, sizeof *storage);
  if (endpoint.family == TRESTLE_FAMILY_IP6) {
    auto* in6 = reinterpret_cast<sockaddr_in6*>(storage);
    in6->sin6_family = AF_INET6;
    in6->sin6_port = htons(endpoint.port);
    std::memcpy(&in6->sin6_addr, endpoint.address, 16);
    return sizeof *in6;
  }
  auto* in4 = reinterpret_cast<sockaddr_in*>(storage);
  in4->sin_family = AF_INET;
  in4->sin_port = htons(endpoint.port);
  std::memcpy(&in4->sin_addr, endpoint.address, 4);
  return sizeof *in4;
}

}  // namespace

Endpoint from_sockaddr(const sockaddr_storage& storage) {
  Endpoint endpoint;
  if (storage.ss_family == AF_INET6) {
    auto* in6 = reinterpret_cast<const sockaddr_in6*>(&storage);
    endpoint.family = TRESTLE_FAMILY_IP6;
    endpoint.port = ntohs(in6->sin6_port);
    std::memcpy(endpoint.address, &in6->sin6_addr, 16);
  } else {
    auto* in4 = reinterpret_cast<const sockaddr_in*>(&storage);
    endpoint.family = TRESTLE_FAMILY_IP4;
    endpoint.port = ntohs(in4->sin_port);
    std::memcpy(endpoint.address, &in4->sin_addr, 4);
  }
  return endpoint;
}

int Transport::open(uint32_t family) {
  close();
  int domain = family == TRESTLE_FAMILY_IP6 ? AF_INET6 : AF_INET;
  fd_ = socket(domain, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
  if (fd_ < 0) return errno;
  int one = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (domain == AF_INET6) setsockopt(fd_, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
  return 0;
}

int Transport::bind(const Endpoint& local) {
  int one = 1;
  // A bound port may be bound again while its last connection is in TIME_WAIT: BIND persists.
  setsockopt(fd_, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  sockaddr_storage storage;
  socklen_t size = to_sockaddr(local, &storage);
  return ::bind(fd_, reinterpret_cast<sockaddr*>(&storage), size) == 0 ? 0 : errno;
}

int Transport::connect(const Endpoint& peer) {
  sockaddr_storage storage;
  socklen_t size = to_sockaddr(peer, &storage);
  return ::connect(fd_, reinterpret_cast<sockaddr*>(&storage), size) == 0 ? 0 : errno;
}

int Transport::listen(int backlog) { return ::listen(fd_, backlog) == 0 ? 0 : errno; }

int Transport::connect_error() const {
  int error = 0;
  socklen_t size = sizeof error;
  if (getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size) != 0) return errno;
  return error;
}

int Transport::accept(Endpoint* peer, int* error) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  int fd = accept4(fd_, reinterpret_cast<sockaddr*>(&storage), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) {
    *error = errno;
  } else {
    *peer = from_sockaddr(storage);
  }
  return fd;
}

void Transport::take(Transport& other) {
  close();
  std::swap(fd_, other.fd_);
}

void Transport::adopt(int fd) {
  close();
  fd_ = fd;
  int one = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

Endpoint Transport::local_endpoint() const {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  getsockname(fd_, reinterpret_cast<sockaddr*>(&storage), &size);
  return from_sockaddr(storage);
}

void Transport::close() {
  if (fd_ >= 0) {
    shutdown(fd_, SHUT_WR);
    uint8_t discard[16384];
    for (int i = 0; i < 16 && recv(fd_, discard, sizeof discard, 0) > 0; ++i) {
    }
    ::close(fd_);
  }
  fd_ = -1;
  error_ = 0;
  readable_ = ended_ = failed_ = progress_ = sent_ = sending_over_ = shut_down_ = false;
  input_ = nullptr;
  input_size_ = 0;
  std::vector<uint8_t>().swap(stash_);
  std::vector<uint8_t>().swap(output_);
  output_sent_ = 0;
}

void Transport::end_sending(Worker* worker) {
  sending_over_ = true;
  flush(worker);
}

bool Transport::discard_input(Worker* worker) {
  constexpr int kEnough = 64;
  for (int i = 0; i < kEnough; ++i) {
    if (ended_ || !readable_) return !ended_;
    fill(worker);
    input_size_ = 0;
  }
  return false;
}

void Transport::note_events(uint32_t events) {
  if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) readable_ = true;
}

bool Transport::fill(Worker* worker) {
  ssize_t n;
  do {
    n = recv(fd_, worker->input(), Worker::kInputSize, 0);
  } while (n < 0 && errno == EINTR);
  if (n > 0) {
    input_ = worker->input();
    input_size_ = static_cast<size_t>(n);
    progress_ = true;
    return true;
  }
  if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
    readable_ = false;
    ended_ = failed_;  // nothing more is to be said, so nothing more will be heard
  } else {
    if (n < 0) error_ = errno;
    ended_ = true;
  }
  return false;
}

int64_t Transport::pull(Worker* worker, uint8_t* buffer, uint64_t capacity) {
  if (capacity == 0) return TRESTLE_PULL_WOULD_BLOCK;
  // An event tells when the output moves again.
  if (output_.size() - output_sent_ > output_max_ && !flush(worker)) return TRESTLE_PULL_WOULD_BLOCK;
  if (turn_left_ == 0 || turn_pulls_left_ == 0) {
    held_back_ = true;
    return TRESTLE_PULL_WOULD_BLOCK;
  }
  if (input_size_ == 0) {
    if (ended_) return 0;
    if (!readable_) return TRESTLE_PULL_WOULD_BLOCK;
    if (!fill(worker)) return ended_ ? 0 : TRESTLE_PULL_WOULD_BLOCK;
  }
  size_t n = static_cast<size_t>(std::min<uint64_t>(capacity, input_size_));
  std::memcpy(buffer, input_, n);
  turn_left_ -= std::min<uint64_t>(turn_left_, n);
  --turn_pulls_left_;
  input_ += n;
  input_size_ -= n;
  if (input_size_ == 0 && !stash_.empty()) std::vector<uint8_t>().swap(stash_);
  return static_cast<int64_t>(n);
}

void Transport::fail(int error) {
  error_ = error;
  failed_ = true;
}

void Transport::push(Worker* worker, const uint8_t* data, uint64_t length) {
  if (sending_over_) return;
  if (output_.capacity() == 0) output_.swap(worker->spare_output());
  try {
    output_.insert(output_.end(), data, data + length);
  } catch (const std::bad_alloc&) {
    fail(ENOMEM);  // likewise, and the plugin's frames can't be unwound
  }
}

bool Transport::flush(Worker* worker) {
  while (output_sent_ < output_.size() && !failed_) {
    ssize_t n = send(fd_, output_.data() + output_sent_, output_.size() - output_sent_,
                     MSG_NOSIGNAL);
    if (n > 0) {
      output_sent_ += static_cast<size_t>(n);
      sent_ = true;
    } else if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      return false;  // an event tells when it goes on
    } else if (n < 0 && errno != EINTR) {
      fail(errno);
      readable_ = true;  // the peer may have said why before it went
    }
  }
  output_.clear();
  output_sent_ = 0;
  if (worker->spare_output().capacity() < output_.capacity())
    output_.swap(worker->spare_output());
  std::vector<uint8_t>().swap(output_);
  if (sending_over_ && !std::exchange(shut_down_, true)) shutdown(fd_, SHUT_WR);
  return true;
}

size_t Transport::untaken() const {
  int bytes = 0;
  return ioctl(fd_, SIOCOUTQ, &bytes) == 0 && bytes > 0 ? static_cast<size_t>(bytes) : 0;
}

void Transport::stash_input() {
  if (input_size_ == 0 || !stash_.empty()) return;
  try {
    stash_.assign(input_, input_ + input_size_);
    input_ = stash_.data();
  } catch (const std::bad_alloc&) {
    fail(ENOMEM);  // a hole in the stream can't be mended
    ended_ = true;
    input_size_ = 0;
  }
}

}  // namespace trestle
