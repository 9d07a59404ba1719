// SPDX-License-Identifier: Apache-2.0
#include "core/connection/transport.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <string>
#include <thread>

#include "core/engine/engine.h"
#include "trestle/backend.h"

namespace trestle {
namespace {

// A worker that nobody gives any work to: its buffers are this thread's.
class TransportTest : public ::testing::Test {
 protected:
  TransportTest() : engine_(Engine::Limits(), "", "none") {
    EXPECT_TRUE(engine_.start());
    worker_ = engine_.next_data_worker();
  }
  ~TransportTest() override { close_peer(); }

  // transport_ and peer_ become the two ends of a TCP connection.
  void connect() {
    Transport listener;
    Endpoint local;
    local.family = TRESTLE_FAMILY_IP4;
    const uint8_t loopback[4] = {127, 0, 0, 1};
    std::memcpy(local.address, loopback, 4);
    ASSERT_EQ(listener.open(TRESTLE_FAMILY_IP4), 0);
    ASSERT_EQ(listener.bind(local), 0);
    ASSERT_EQ(listener.listen(1), 0);
    local = listener.local_endpoint();
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(local.port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    peer_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ASSERT_EQ(::connect(peer_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    Endpoint from;
    int error = 0;
    int fd = listener.accept(&from, &error);
    ASSERT_GE(fd, 0) << error;
    EXPECT_EQ(from.family, uint32_t{TRESTLE_FAMILY_IP4});
    EXPECT_EQ(0, std::memcmp(from.address, loopback, 4));
    transport_.adopt(fd);
  }
  // ... of a socket that keeps the bounds of what was written.
  void connect_by_packets() {
    int fds[2];
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds), 0);
    transport_.adopt(fds[0]);
    peer_ = fds[1];
  }
  void close_peer() {
    if (peer_ >= 0) close(peer_);
    peer_ = -1;
  }
  void peer_sends(const std::string& bytes) {
    ASSERT_EQ(send(peer_, bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }
  // What epoll would tell, once there is something.
  void wait_for_event() {
    pollfd p{transport_.fd(), POLLIN, 0};
    ASSERT_EQ(poll(&p, 1, 20000), 1);
    transport_.note_events(EPOLLIN);
  }
  std::string pull(size_t capacity) {
    std::string bytes(capacity, '\0');
    int64_t n = transport_.pull(worker_, reinterpret_cast<uint8_t*>(&bytes[0]), capacity);
    bytes.resize(n > 0 ? static_cast<size_t>(n) : 0);
    return bytes;
  }
  int64_t pull_result() {
    uint8_t byte;
    return transport_.pull(worker_, &byte, 1);
  }
  void push(const std::string& bytes) {
    transport_.push(worker_, reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
  }
  std::string peer_receives(size_t length) {
    std::string bytes(length, '\0');
    size_t done = 0;
    while (done < length) {
      ssize_t n = recv(peer_, &bytes[done], length - done, 0);
      if (n <= 0) break;
      done += static_cast<size_t>(n);
    }
    bytes.resize(done);
    return bytes;
  }

  Engine engine_;
  Worker* worker_;
  Transport transport_;
  int peer_ = -1;
};

TEST_F(TransportTest, NothingIsReadBeforeAnEvent) {
  connect();
  peer_sends("hello");
  EXPECT_EQ(pull_result(), TRESTLE_PULL_WOULD_BLOCK);
  wait_for_event();
  EXPECT_EQ(pull(100), "hello");
  EXPECT_EQ(pull_result(), TRESTLE_PULL_WOULD_BLOCK);
  EXPECT_TRUE(transport_.take_progress());
  EXPECT_FALSE(transport_.take_progress());
  EXPECT_FALSE(transport_.ended());
}

TEST_F(TransportTest, PulledInPieces) {
  connect();
  peer_sends("abcdef");
  wait_for_event();
  EXPECT_EQ(pull(2), "ab");
  EXPECT_EQ(transport_.pull(worker_, nullptr, 0), TRESTLE_PULL_WOULD_BLOCK);
  EXPECT_EQ(pull(3), "cde");
  EXPECT_EQ(pull(3), "f");
}

TEST_F(TransportTest, WhatIsStashedOutlivesTheWorkersBuffer) {
  connect();
  peer_sends("abcdef");
  wait_for_event();
  EXPECT_EQ(pull(2), "ab");
  transport_.stash_input();
  std::memset(worker_->input(), 'X', Worker::kInputSize);
  EXPECT_EQ(pull(2), "cd");
  transport_.stash_input();  // of a stash: nothing to do
  std::memset(worker_->input(), 'X', Worker::kInputSize);
  peer_sends("ghi");
  EXPECT_EQ(pull(100), "ef");
  wait_for_event();
  EXPECT_EQ(pull(100), "ghi");
}

TEST_F(TransportTest, APeerThatSendsWithoutEndIsReadInTurns) {
  connect_by_packets();
  const std::string packet(16 * 1024, 'x');
  transport_.note_events(EPOLLIN);
  uint64_t pulled = 0;
  do {
    ASSERT_LE(pulled, 8u * 1024 * 1024);
    peer_sends(packet);
    pulled += pull(packet.size()).size();
  } while (!transport_.held_back());
  EXPECT_GE(pulled, 1u * 1024 * 1024) << "a turn is worth its while";
  EXPECT_EQ(pull_result(), TRESTLE_PULL_WOULD_BLOCK);
  transport_.begin_turn(1000);
  EXPECT_FALSE(transport_.held_back());
  EXPECT_EQ(pull(packet.size()), packet);
}

TEST_F(TransportTest, APeerThatReadsNoAnswersIsReadNoFurther) {
  connect();
  peer_sends("key update");
  wait_for_event();
  const std::string answers(16 * 1024 * 1024, 'x');
  transport_.begin_turn(256 * 1024);
  push(answers);
  EXPECT_EQ(pull_result(), TRESTLE_PULL_WOULD_BLOCK);
  std::thread peer([&] { EXPECT_TRUE(peer_receives(answers.size()) == answers); });
  while (!transport_.flush(worker_)) {
    pollfd p{transport_.fd(), POLLOUT, 0};
    ASSERT_EQ(poll(&p, 1, 20000), 1);
  }
  peer.join();
  EXPECT_EQ(pull(100), "key update");
}

TEST_F(TransportTest, TheEndComesAfterTheLastByte) {
  connect();
  peer_sends("bye");
  close_peer();
  wait_for_event();
  EXPECT_EQ(pull(2), "by");
  EXPECT_EQ(pull(2), "e");
  EXPECT_EQ(pull_result(), 0);
  EXPECT_EQ(pull_result(), 0);
  EXPECT_TRUE(transport_.ended());
  EXPECT_EQ(transport_.error(), 0);
}

TEST_F(TransportTest, AResetIsAnErrorAndAnEnd) {
  connect();
  linger now{1, 0};
  setsockopt(peer_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  close_peer();
  wait_for_event();
  EXPECT_EQ(pull_result(), 0);
  EXPECT_TRUE(transport_.ended());
  EXPECT_EQ(transport_.error(), ECONNRESET);
}

TEST_F(TransportTest, SendingToNobodyFails) {
  connect();
  linger now{1, 0};
  setsockopt(peer_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  close_peer();
  wait_for_event();
  push("x");
  // Nothing is left to be sent, because nothing can be sent.
  EXPECT_TRUE(transport_.flush(worker_));
  EXPECT_TRUE(transport_.failed());
  EXPECT_TRUE(transport_.error() == ECONNRESET || transport_.error() == EPIPE);
  push("more");
  EXPECT_TRUE(transport_.flush(worker_));
}

TEST_F(TransportTest, WhatTcpDoesNotTakeWaits) {
  connect();
  std::string all;
  for (int i = 0; i < 16 * 1024 * 1024 / 8; ++i) {
    char text[9];
    std::snprintf(text, sizeof text, "%8d", i);
    all.append(text, 8);
  }
  push(all.substr(0, 1000));
  push(all.substr(1000));
  ASSERT_FALSE(transport_.flush(worker_)) << "the sockets' buffers are larger than this test thinks";
  EXPECT_FALSE(transport_.failed());
  std::string received;
  std::thread peer([&] { received = peer_receives(all.size()); });
  while (!transport_.flush(worker_)) {
    pollfd p{transport_.fd(), POLLOUT, 0};
    ASSERT_EQ(poll(&p, 1, 20000), 1);
  }
  peer.join();
  EXPECT_TRUE(received == all);
}

TEST_F(TransportTest, TheLastWordsArriveAlthoughThePeerWasStillSpeaking) {
  connect();
  peer_sends(std::string(100000, 'x'));
  wait_for_event();
  push("alert");
  EXPECT_TRUE(transport_.flush(worker_));
  transport_.close();
  EXPECT_FALSE(transport_.is_open());
  EXPECT_EQ(peer_receives(100), "alert");
  uint8_t byte;
  EXPECT_EQ(recv(peer_, &byte, 1, 0), 0) << "an orderly end, no reset";
}

TEST_F(TransportTest, TheEndOfSendingComesAfterWhatWaited) {
  connect();
  const std::string waiting(16 * 1024 * 1024, 'x');
  push(waiting);
  transport_.end_sending(worker_);
  push("an answer to something that came later");
  ASSERT_FALSE(transport_.flush(worker_)) << "the sockets' buffers are larger than this test thinks";
  std::string received;
  uint8_t byte;
  ssize_t end = -1;
  std::thread peer([&] {
    received = peer_receives(waiting.size());
    end = recv(peer_, &byte, 1, 0);
  });
  while (!transport_.flush(worker_)) {
    pollfd p{transport_.fd(), POLLOUT, 0};
    ASSERT_EQ(poll(&p, 1, 20000), 1);
  }
  peer.join();
  EXPECT_TRUE(received == waiting);
  EXPECT_EQ(end, 0) << "nothing but the end";
  EXPECT_FALSE(transport_.failed());
  peer_sends("half open");
  wait_for_event();
  EXPECT_EQ(pull(100), "half open");
}

TEST_F(TransportTest, DiscardingEndsWithThePeer) {
  connect();
  peer_sends("abc");
  wait_for_event();
  EXPECT_TRUE(transport_.discard_input(worker_));
  EXPECT_TRUE(transport_.discard_input(worker_)) << "nothing there";
  peer_sends("def");
  close_peer();
  wait_for_event();
  EXPECT_FALSE(transport_.discard_input(worker_));
  EXPECT_TRUE(transport_.ended());
}

TEST_F(TransportTest, DiscardingIsBounded) {
  connect_by_packets();
  for (int i = 0; i < 70; ++i) peer_sends("x");
  transport_.note_events(EPOLLIN);
  EXPECT_FALSE(transport_.discard_input(worker_)) << "a peer that sends without end";
  EXPECT_FALSE(transport_.ended());
}

TEST_F(TransportTest, AClosedOneIsAsGoodAsNew) {
  connect();
  peer_sends("old");
  wait_for_event();
  EXPECT_EQ(pull(1), "o");
  transport_.stash_input();
  push("unsent");
  transport_.close();
  close_peer();
  connect();
  EXPECT_EQ(pull_result(), TRESTLE_PULL_WOULD_BLOCK);
  peer_sends("new");
  wait_for_event();
  EXPECT_EQ(pull(10), "new");
  push("reply");
  EXPECT_TRUE(transport_.flush(worker_));
  EXPECT_EQ(peer_receives(5), "reply");
}

TEST_F(TransportTest, AddressesInBothFamilies) {
  for (uint32_t family : {TRESTLE_FAMILY_IP4, TRESTLE_FAMILY_IP6}) {
    Endpoint local;
    local.family = family;
    if (family == TRESTLE_FAMILY_IP6) {
      local.address[15] = 1;
    } else {
      local.address[0] = 127;
      local.address[3] = 1;
    }
    Transport listener, client;
    ASSERT_EQ(listener.open(family), 0);
    ASSERT_EQ(listener.bind(local), 0);
    ASSERT_EQ(listener.listen(1), 0);
    Endpoint bound = listener.local_endpoint();
    EXPECT_EQ(bound.family, family);
    EXPECT_EQ(0, std::memcmp(bound.address, local.address, 16));
    EXPECT_NE(bound.port, 0);
    ASSERT_EQ(client.open(family), 0);
    EXPECT_EQ(client.connect(bound), EINPROGRESS);
    pollfd p{client.fd(), POLLOUT, 0};
    ASSERT_EQ(poll(&p, 1, 20000), 1);
    EXPECT_EQ(client.connect_error(), 0);
    Transport second;
    ASSERT_EQ(second.open(family), 0);
    EXPECT_EQ(second.bind(bound), EADDRINUSE);
  }
}

}  // namespace
}  // namespace trestle
