// SPDX-License-Identifier: Apache-2.0
// One direction of a transport in memory.
#pragma once

#include <cstdint>
#include <limits>
#include <string>

namespace trestle::conformance {

class Pipe {
 public:
  static constexpr uint64_t kNoLimit = std::numeric_limits<uint64_t>::max();

  // Appends what one side sent.
  void write(const uint8_t* data, uint64_t length);
  void write(const std::string& bytes);
  // As trestle_host::pull: how many, 0 at the end for good, or TRESTLE_PULL_WOULD_BLOCK.
  int64_t read(uint8_t* buffer, uint64_t capacity);

  // The sender is gone: after what is here, the transport has ended.
  void end() { ended_ = true; }
  bool ended() const { return ended_; }

  // The reader gets only what lies before this offset, as if the rest had not arrived yet.
  void set_arrived(uint64_t offset) { arrived_ = offset; }
  // At most this many bytes come out of one read.
  void set_read_max(uint64_t bytes) { read_max_ = bytes; }
  // The byte at this offset is changed on its way.
  void flip(uint64_t offset, uint8_t mask);

  // Everything that was ever written, as it left the sender.
  const std::string& sent() const { return sent_; }
  uint64_t read_so_far() const { return read_so_far_; }
  uint64_t unread() const { return sent_.size() - read_so_far_; }
  // Takes what is unread out of the pipe.
  std::string drain();

 private:
  std::string sent_;
  uint64_t read_so_far_ = 0;
  uint64_t arrived_ = kNoLimit;
  uint64_t read_max_ = kNoLimit;
  uint64_t flip_offset_ = kNoLimit;
  uint8_t flip_mask_ = 0;
  bool ended_ = false;
};

}  // namespace trestle::conformance
