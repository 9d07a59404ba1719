// SPDX-License-Identifier: Apache-2.0
// Between the host's pull and wolfSSL's: regroups handshake messages that travel in the clear.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include <trestle/backend.h>

namespace trestle::wolf {

// wolfSSL fails when the four bytes of a handshake message's header are split over two records
// (RFC 8446, 5.1 allows that). As long as records are in the clear they are made anew here: a
// record holds one message or a part of one, and its first part has the whole header. The
// handshake's hashes don't see records, so nothing else changes.
class Inbound {
 public:
  // As pull of the host; `capacity` bytes of what wolfSSL shall see.
  int64_t pull(const trestle_host& host, void* host_connection, uint8_t* buffer,
               uint64_t capacity);

  // The first handshake message as far as it has come, header included.
  const std::vector<uint8_t>& first_message() const { return first_message_; }
  // An alert that came in the clear.
  std::optional<uint8_t> plain_alert() const { return plain_alert_; }
  // Whether what came first isn't TLS at all.
  bool is_garbage() const { return garbage_; }

 private:
  void process_record();
  void regroup(const uint8_t* payload, size_t size);
  void emit(const uint8_t* payload, size_t size);
  void become_transparent();

  std::vector<uint8_t> record_; // the one that is arriving
  std::vector<uint8_t> held_;   // up to three bytes of a message's header
  std::vector<uint8_t> ready_;  // for wolfSSL
  size_t ready_used_ = 0;
  std::vector<uint8_t> first_message_;
  uint32_t message_rest_ = 0; // bytes of the present message that are still to come
  uint32_t messages_ = 0;
  std::optional<uint8_t> plain_alert_;
  bool cipher_changed_ = false; // ChangeCipherSpec came: handshake records may be encrypted
  bool transparent_ = false;
  bool garbage_ = false;
  bool any_record_ = false;
};

}  // namespace trestle::wolf
