// SPDX-License-Identifier: Apache-2.0
#include "backends/wolfssl/inbound.h"

#include <algorithm>
#include <cstring>

namespace trestle::wolf {
namespace {

constexpr size_t kRecordHeader = 5;
constexpr size_t kMessageHeader = 4;
constexpr size_t kFragmentMax = 16384;
constexpr uint8_t kChangeCipherSpec = 20;
constexpr uint8_t kAlert = 21;
constexpr uint8_t kHandshake = 22;
constexpr uint8_t kApplicationData = 23;

size_t record_length(const std::vector<uint8_t>& record) {
  return static_cast<size_t>(record[3]) << 8 | record[4];
}

// A record that may travel in the clear: known type, TLS, within the limits of RFC 8446, 5.1.
bool is_plain_record(const std::vector<uint8_t>& header) {
  return header[0] >= 20 && header[0] <= 23 && header[1] == 3 && record_length(header) > 0 &&
         record_length(header) <= kFragmentMax;
}

}  // namespace

int64_t Inbound::pull(const trestle_host& host, void* host_connection, uint8_t* buffer,
                      uint64_t capacity) {
  for (;;) {
    if (ready_used_ < ready_.size()) {
      const size_t size = std::min<size_t>(capacity, ready_.size() - ready_used_);
      std::memcpy(buffer, ready_.data() + ready_used_, size);
      ready_used_ += size;
      return static_cast<int64_t>(size);
    }
    if (transparent_) {
      if (!ready_.empty()) std::vector<uint8_t>().swap(ready_);
      return host.pull(host_connection, buffer, capacity);
    }
    ready_.clear();
    ready_used_ = 0;
    const size_t have = record_.size();
    const size_t want =
        have < kRecordHeader ? kRecordHeader : kRecordHeader + record_length(record_);
    record_.resize(want);
    const int64_t count = host.pull(host_connection, record_.data() + have, want - have);
    record_.resize(have + static_cast<size_t>(std::max<int64_t>(count, 0)));
    if (count <= 0) return count;
    process_record();
  }
}

// Looks at what has come of a record: nothing to do before it is complete, unless it is no record
// that could be regrouped.
void Inbound::process_record() {
  if (record_.size() < kRecordHeader) return;
  if (!is_plain_record(record_)) {
    garbage_ = !any_record_;
    return become_transparent();
  }
  if (record_.size() < kRecordHeader + record_length(record_)) return;
  any_record_ = true;
  if (record_[0] == kApplicationData) return become_transparent();
  if (record_[0] == kHandshake && !cipher_changed_) {
    regroup(record_.data() + kRecordHeader, record_.size() - kRecordHeader);
  } else {
    if (record_[0] == kChangeCipherSpec) cipher_changed_ = true;
    // No encrypted alert is that short.
    if (record_[0] == kAlert && record_length(record_) == 2) plain_alert_ = record_[6];
    ready_.insert(ready_.end(), record_.begin(), record_.end());
  }
  record_.clear();
}

void Inbound::become_transparent() {
  // A message that was interrupted: wolfSSL shall see that, too.
  if (!held_.empty()) emit(held_.data(), held_.size());
  ready_.insert(ready_.end(), record_.begin(), record_.end());
  std::vector<uint8_t>().swap(record_);
  std::vector<uint8_t>().swap(held_);
  std::vector<uint8_t>().swap(first_message_);
  transparent_ = true;
}

void Inbound::regroup(const uint8_t* payload, size_t size) {
  std::vector<uint8_t> stream;
  stream.swap(held_);
  stream.insert(stream.end(), payload, payload + size);
  size_t used = 0;
  while (used < stream.size()) {
    const uint8_t* at = stream.data() + used;
    const size_t rest = stream.size() - used;
    if (message_rest_ == 0) {
      if (rest < kMessageHeader) break;
      message_rest_ = static_cast<uint32_t>(kMessageHeader) +
                      (static_cast<uint32_t>(at[1]) << 16 | static_cast<uint32_t>(at[2]) << 8 |
                       at[3]);
      ++messages_;
    }
    const size_t part = std::min<size_t>(rest, message_rest_);
    if (messages_ == 1 && first_message_.size() < kFragmentMax) {
      first_message_.insert(first_message_.end(), at, at + part);
    }
    emit(at, part);
    message_rest_ -= static_cast<uint32_t>(part);
    used += part;
  }
  held_.assign(stream.begin() + static_cast<std::ptrdiff_t>(used), stream.end());
}

void Inbound::emit(const uint8_t* payload, size_t size) {
  while (size > 0) {
    const size_t part = std::min(size, kFragmentMax);
    const uint8_t header[kRecordHeader] = {kHandshake, record_[1], record_[2],
                                           static_cast<uint8_t>(part >> 8),
                                           static_cast<uint8_t>(part)};
    ready_.insert(ready_.end(), header, header + kRecordHeader);
    ready_.insert(ready_.end(), payload, payload + part);
    payload += part;
    size -= part;
  }
}

}  // namespace trestle::wolf
