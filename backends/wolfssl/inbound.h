// SPDX-License-Identifier: Apache-2.0
// Between the host's pull and wolfSSL's: handshake messages that travel in the clear, one by one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include <trestle/backend.h>

namespace trestle::wolf {

// Types of records (RFC 8446, 5.1).
constexpr uint8_t kChangeCipherSpec = 20;
constexpr uint8_t kAlert = 21;
constexpr uint8_t kHandshake = 22;
constexpr uint8_t kApplicationData = 23;
constexpr size_t kRecordHeader = 5;

// wolfSSL fails when the four bytes of a handshake message's header are split over two records
// (RFC 8446, 5.1 allows that). As long as records are in the clear they are made anew here: a
// record begins with a message, and holds nothing else. The handshake's hashes don't see records,
// so nothing else changes. Each message is shown around before wolfSSL sees its first byte, and
// when it has dealt with the one before; what the judge throws goes through pull.
class Inbound {
 public:
  using Judge = std::function<void(uint8_t type, const trestle_bytes& body)>;
  Inbound(bool is_server, Judge judge) : is_server_(is_server), judge_(std::move(judge)) {}

  // As pull of the host; `capacity` bytes of what wolfSSL shall see. `tls13`: whether that is the
  // version so far; there, a ChangeCipherSpec changes nothing.
  int64_t pull(const trestle_host& host, void* host_connection, bool tls13, uint8_t* buffer,
               uint64_t capacity);

  // An alert that came in the clear, and was more than a warning.
  std::optional<uint8_t> plain_alert() const { return plain_alert_; }
  // Whether what came first isn't TLS at all.
  bool is_garbage() const { return garbage_; }

 private:
  void process_record(bool tls13);
  void process_alert(uint8_t level, uint8_t description, bool tls13);
  bool emit_message();
  void emit(const uint8_t* payload, size_t size);
  void become_transparent();

  const bool is_server_;
  const Judge judge_;
  std::vector<uint8_t> record_; // the one that is arriving
  std::vector<uint8_t> held_;   // messages that wolfSSL has not seen; the last may be incomplete
  std::vector<uint8_t> ready_;  // for wolfSSL
  size_t ready_used_ = 0;
  std::optional<uint8_t> plain_alert_;
  bool transparent_ = false;
  bool garbage_ = false;
  bool any_record_ = false;
  bool any_message_ = false; // complete
  int warnings_ = 0;
};

}  // namespace trestle::wolf
