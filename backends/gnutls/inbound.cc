// SPDX-License-Identifier: Apache-2.0
#include "backends/gnutls/inbound.h"

namespace trestle::gnutls_backend {
namespace {

// Content types (RFC 8446, 5.1).
constexpr uint8_t kChangeCipherSpec = 20;
constexpr uint8_t kAlert = 21;
constexpr uint8_t kHandshake = 22;

constexpr uint8_t kFatal = 2;
constexpr uint32_t kMessageMax = 128 * 1024;  // GnuTLS's own

}  // namespace

void Inbound::see(const uint8_t *data, size_t length) {
  for (size_t i = 0; i < length && !blind_; ++i) see_byte(data[i]);
}

int Inbound::plaintext_alert() const {
  const bool complete = header_size_ == sizeof header_ && body_left_ == 0;
  const bool is_alert = complete && header_[0] == kAlert && header_[3] == 0 && header_[4] == 2;
  return is_alert ? alert_[1] : -1;
}

int Inbound::plaintext_fatal_alert() const {
  return alert_[0] == kFatal ? plaintext_alert() : -1;
}

void Inbound::see_byte(uint8_t byte) {
  if (body_left_ == 0) {
    if (header_size_ == sizeof header_) header_size_ = 0;
    header_[header_size_++] = byte;
    if (header_size_ == sizeof header_) see_header();
    return;
  }
  --body_left_;
  if (header_[0] == kHandshake && !handshake_hidden_) see_handshake(byte);
  if (header_[0] == kAlert) {
    alert_[0] = alert_[1];
    alert_[1] = byte;
  }
}

void Inbound::see_header() {
  body_left_ = static_cast<uint16_t>(header_[3] << 8 | header_[4]);
  if (header_[0] == kChangeCipherSpec) handshake_hidden_ = true;
  blind_ = header_[0] != kChangeCipherSpec && header_[0] != kAlert && header_[0] != kHandshake;
}

void Inbound::see_handshake(uint8_t byte) {
  if (message_left_ != 0) {
    --message_left_;
    ++message_bytes_;
    return;
  }
  if (message_header_size_ == sizeof message_header_) message_header_size_ = 0;
  message_header_[message_header_size_++] = byte;
  if (message_header_size_ != sizeof message_header_) return;
  message_left_ = static_cast<uint32_t>(message_header_[1]) << 16 |
                  static_cast<uint32_t>(message_header_[2]) << 8 | message_header_[3];
  if (message_left_ > kMessageMax) oversized_ = true;
}

}  // namespace trestle::gnutls_backend
