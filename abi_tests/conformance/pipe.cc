// SPDX-License-Identifier: Apache-2.0
#include "abi_tests/conformance/pipe.h"

#include <algorithm>
#include <cstring>

#include <trestle/backend.h>

namespace trestle::conformance {

void Pipe::write(const uint8_t* data, uint64_t length) {
  sent_.append(reinterpret_cast<const char*>(data), length);
}

void Pipe::write(const std::string& bytes) { sent_ += bytes; }

int64_t Pipe::read(uint8_t* buffer, uint64_t capacity) {
  const uint64_t end = std::min<uint64_t>(sent_.size(), arrived_);
  if (read_so_far_ >= end) {
    return ended_ && end == sent_.size() ? 0 : TRESTLE_PULL_WOULD_BLOCK;
  }
  const uint64_t count = std::min({capacity, end - read_so_far_, read_max_});
  std::memcpy(buffer, sent_.data() + read_so_far_, count);
  if (flip_offset_ >= read_so_far_ && flip_offset_ - read_so_far_ < count) {
    buffer[flip_offset_ - read_so_far_] ^= flip_mask_;
  }
  read_so_far_ += count;
  return static_cast<int64_t>(count);
}

void Pipe::flip(uint64_t offset, uint8_t mask) {
  flip_offset_ = offset;
  flip_mask_ = mask;
}

std::string Pipe::drain() {
  std::string rest = sent_.substr(read_so_far_);
  read_so_far_ = sent_.size();
  return rest;
}

}  // namespace trestle::conformance
