// SPDX-License-Identifier: Apache-2.0
#include "backends/wolfssl/inbound.h"

#include <algorithm>
#include <cstring>

#include "backends/common/handshake_messages.h"

namespace trestle::wolf {
namespace {

using backend::kMessageHeader;

constexpr size_t kFragmentMax = 16384;
constexpr uint8_t kWarning = 1;
constexpr uint8_t kCloseNotify = 0;
constexpr uint8_t kUserCanceled = 90;
constexpr uint8_t kNoRenegotiation = 100;
// The fifth ends the handshake, as on the others, and no_renegotiation does.
constexpr int kWarningsMax = 4;
// More than wolfSSL takes. It refuses such a message as soon as it sees its header.
constexpr size_t kMessageMax = 1u << 16;

size_t record_length(const std::vector<uint8_t>& record) {
  return static_cast<size_t>(record[3]) << 8 | record[4];
}

// A record that may travel in the clear: known type, TLS, within the limits of RFC 8446, 5.1.
bool is_plain_record(const std::vector<uint8_t>& header) {
  return header[0] >= kChangeCipherSpec && header[0] <= kApplicationData && header[1] == 3 &&
         record_length(header) > 0 && record_length(header) <= kFragmentMax;
}

}  // namespace

int64_t Inbound::pull(const trestle_host& host, void* host_connection, bool tls13,
                      uint8_t* buffer, uint64_t capacity) {
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
    if (emit_message()) continue;
    const size_t have = record_.size();
    const size_t want =
        have < kRecordHeader ? kRecordHeader : kRecordHeader + record_length(record_);
    record_.resize(want);
    const int64_t count = host.pull(host_connection, record_.data() + have, want - have);
    record_.resize(have + static_cast<size_t>(std::max<int64_t>(count, 0)));
    if (count <= 0) return count;
    process_record(tls13);
  }
}

// Looks at what has come of a record: nothing to do before it is complete, unless it is no record
// that could be regrouped.
void Inbound::process_record(bool tls13) {
  if (record_.size() < kRecordHeader) return;
  if (!is_plain_record(record_)) {
    garbage_ = !any_record_;
    return become_transparent();
  }
  if (record_.size() < kRecordHeader + record_length(record_)) return;
  any_record_ = true;
  const uint8_t type = record_[0];
  if (type == kApplicationData || (type == kChangeCipherSpec && !tls13)) {
    return become_transparent();
  }
  if (type == kHandshake) {
    held_.insert(held_.end(), record_.begin() + kRecordHeader, record_.end());
  } else if (type == kAlert && record_length(record_) == 2) { // no encrypted one is that short
    process_alert(record_[5], record_[6], tls13);
  } else {
    ready_ = record_;
  }
  record_.clear();
}

// A warning ends nothing, but wolfSSL would stop at it. TLS 1.3 knows none but user_canceled.
void Inbound::process_alert(uint8_t level, uint8_t description, bool tls13) {
  const bool advice = level == kWarning && description != kCloseNotify &&
                      (description == kUserCanceled || !tls13 || !any_message_);
  const bool early = is_server_ && !any_message_ && held_.empty();
  const bool closes = level == kWarning && description == kCloseNotify;
  const bool enough = description == kNoRenegotiation || warnings_ == kWarningsMax;
  if (advice) ++warnings_;
  if ((early && (advice || closes)) || (advice && enough)) {
    // wolfSSL has no function that sends an alert. It sends unexpected_message upon application
    // data before the end, and upon what is in the clear and shouldn't be.
    const bool has_keys = tls13 && any_message_;
    ready_ = {has_keys ? kHandshake : kApplicationData, 3, 3, 0, 1, 0};
    transparent_ = true;
  } else if (!advice) {
    plain_alert_ = description;
    ready_ = record_;
  }
}

// The next message of those that came, if it is complete.
bool Inbound::emit_message() {
  if (held_.size() < kMessageHeader) return false;
  const uint8_t* at = held_.data();
  const size_t size = kMessageHeader + (at[1] << 16 | at[2] << 8 | at[3]);
  if (size > kMessageMax) become_transparent();
  if (held_.size() < size) return transparent_;
  any_message_ = true;
  judge_(at[0], {at + kMessageHeader, size - kMessageHeader});
  emit(at, size);
  held_.erase(held_.begin(), held_.begin() + static_cast<ptrdiff_t>(size));
  return true;
}

void Inbound::become_transparent() {
  // A message that was interrupted: wolfSSL shall see that, too.
  emit(held_.data(), held_.size());
  ready_.insert(ready_.end(), record_.begin(), record_.end());
  std::vector<uint8_t>().swap(record_);
  std::vector<uint8_t>().swap(held_);
  transparent_ = true;
}

void Inbound::emit(const uint8_t* payload, size_t size) {
  while (size > 0) {
    const size_t part = std::min(size, kFragmentMax);
    ready_.insert(ready_.end(), {kHandshake, 3, 3, static_cast<uint8_t>(part >> 8),
                                 static_cast<uint8_t>(part)});
    ready_.insert(ready_.end(), payload, payload + part);
    payload += part;
    size -= part;
  }
}

}  // namespace trestle::wolf
