// SPDX-License-Identifier: Apache-2.0
// What can be told of the peer's records before keys are on, and GnuTLS doesn't tell.
#pragma once

#include <cstddef>
#include <cstdint>

namespace trestle::gnutls_backend {

class Inbound {
 public:
  // Sees the bytes that GnuTLS is about to get.
  void see(const uint8_t *data, size_t length);

  // A handshake message is announced that is longer than GnuTLS would accept, had it all of it.
  bool has_oversized_message() const { return oversized_; }
  // The last record was an alert in the clear: its number, else -1. A TLS 1.3 client may send one
  // when the server has keys already (OpenSSL does), which GnuTLS takes for a forgery.
  int plaintext_alert() const;
  int plaintext_fatal_alert() const;
  // How much of handshake messages has come in the clear, without their headers.
  uint32_t message_bytes() const { return message_bytes_; }

 private:
  void see_byte(uint8_t byte);
  void see_header();
  void see_handshake(uint8_t byte);

  uint8_t header_[5] = {};  // type, version, length of the present record
  uint8_t header_size_ = 0;
  uint16_t body_left_ = 0;
  uint8_t alert_[2] = {};
  uint8_t message_header_[4] = {};  // type and length of the present handshake message
  uint8_t message_header_size_ = 0;
  uint32_t message_left_ = 0;
  uint32_t message_bytes_ = 0;
  bool oversized_ = false;
  bool handshake_hidden_ = false;  // behind a ChangeCipherSpec
  bool blind_ = false;             // keys are on for all, or it isn't TLS
};

}  // namespace trestle::gnutls_backend
