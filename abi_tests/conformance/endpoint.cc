// SPDX-License-Identifier: Apache-2.0
#include "abi_tests/conformance/endpoint.h"

#include <gtest/gtest.h>

namespace trestle::conformance {

class Endpoint::InSlot {
 public:
  InSlot(Slot* current, Slot slot) : current_(current) {
    EXPECT_EQ(*current, Slot::kNone) << "calls about one connection overlap";
    *current = slot;
  }
  ~InSlot() { *current_ = Slot::kNone; }

 private:
  Slot* current_;
};

Endpoint::Endpoint(const Context& context, Pipe& in, Pipe& out)
    : plugin_(context.plugin()), in_(in), out_(out) {
  InSlot in_slot(&slot_, Slot::kNew);
  trestle_backend_error error = fresh_error();
  const int32_t status =
      plugin_.table->connection_new(context.get(), this, &connection_, &error);
  created_ = make_outcome("connection_new", status, error);
  EXPECT_TRUE(created_.ok()) << plugin_.name << ": " << created_.explanation();
}

Endpoint::~Endpoint() { free(); }

void Endpoint::free() {
  const uint64_t sent = out_.sent().size();
  InSlot in_slot(&slot_, Slot::kFree);
  plugin_.table->connection_free(connection_);
  connection_ = nullptr;
  EXPECT_EQ(out_.sent().size(), sent) << plugin_.name << ": connection_free sent something";
}

Outcome Endpoint::handshake() {
  InSlot in_slot(&slot_, Slot::kHandshake);
  trestle_backend_error error = fresh_error();
  const int32_t status = plugin_.table->handshake(connection_, &error);
  EXPECT_NE(status, TRESTLE_BACKEND_CLOSED) << plugin_.name << ": CLOSED from handshake";
  return make_outcome("handshake", status, error);
}

Outcome Endpoint::encrypt(const std::string& data) {
  InSlot in_slot(&slot_, Slot::kEncrypt);
  trestle_backend_error error = fresh_error();
  const int32_t status =
      plugin_.table->encrypt(connection_, reinterpret_cast<const uint8_t*>(data.data()),
                             data.size(), &error);
  EXPECT_NE(status, TRESTLE_BACKEND_CLOSED) << plugin_.name << ": CLOSED from encrypt";
  return make_outcome("encrypt", status, error);
}

Outcome Endpoint::decrypt(std::string* data) {
  constexpr uint64_t kCapacity = 16384;
  // The byte behind the buffer shows a plugin that writes past its capacity.
  constexpr uint8_t kGuard = 0xA5;
  std::vector<uint8_t> buffer(kCapacity + 1, kGuard);
  uint64_t length = 0;
  InSlot in_slot(&slot_, Slot::kDecrypt);
  trestle_backend_error error = fresh_error();
  const int32_t status =
      plugin_.table->decrypt(connection_, buffer.data(), kCapacity, &length, &error);
  EXPECT_EQ(buffer[kCapacity], kGuard) << plugin_.name << ": decrypt wrote past its buffer";
  if (status == TRESTLE_BACKEND_OK) {
    EXPECT_GT(length, 0u) << plugin_.name << ": decrypt returned OK without data";
    EXPECT_LE(length, kCapacity) << plugin_.name;
    data->append(reinterpret_cast<const char*>(buffer.data()), length);
  }
  return make_outcome("decrypt", status, error);
}

Outcome Endpoint::close() {
  InSlot in_slot(&slot_, Slot::kClose);
  trestle_backend_error error = fresh_error();
  const int32_t status = plugin_.table->close(connection_, &error);
  return make_outcome("close", status, error);
}

Outcome Endpoint::abort(uint8_t alert) {
  InSlot in_slot(&slot_, Slot::kAbort);
  trestle_backend_error error = fresh_error();
  const int32_t status = plugin_.table->abort(connection_, alert, &error);
  return make_outcome("abort", status, error);
}

trestle_backend_connection_info Endpoint::info() const {
  trestle_backend_connection_info info = {};
  info.size = sizeof info;
  plugin_.table->info(connection_, &info);
  EXPECT_EQ(info.size, sizeof info) << plugin_.name << ": info changed the size";
  return info;
}

int64_t Endpoint::pull(void* endpoint, uint8_t* buffer, uint64_t capacity) {
  auto* self = static_cast<Endpoint*>(endpoint);
  EXPECT_TRUE(self->slot_ == Slot::kHandshake || self->slot_ == Slot::kDecrypt ||
              self->slot_ == Slot::kEncrypt || self->slot_ == Slot::kClose)
      << self->plugin_.name << " pulled outside handshake, decrypt, encrypt and close";
  EXPECT_GT(capacity, 0u) << self->plugin_.name << " pulled with no room";
  return self->in_.read(buffer, capacity);
}

void Endpoint::push(void* endpoint, const uint8_t* data, uint64_t length) {
  auto* self = static_cast<Endpoint*>(endpoint);
  EXPECT_NE(self->slot_, Slot::kNone) << self->plugin_.name << " pushed outside any call";
  self->out_.write(data, length);
}

int32_t Endpoint::ask(void* endpoint, const trestle_ask* ask) {
  auto* self = static_cast<Endpoint*>(endpoint);
  EXPECT_EQ(self->slot_, Slot::kHandshake) << self->plugin_.name << " asked outside handshake";
  EXPECT_EQ(ask->kind, static_cast<uint32_t>(TRESTLE_ASK_VERIFY_PEER)) << self->plugin_.name;
  EXPECT_GE(ask->size, sizeof(trestle_ask)) << self->plugin_.name;
  EXPECT_GE(ask->certificate_count, 1u) << self->plugin_.name << " asked about no certificate";
  ++self->asks_;
  self->sent_before_ask_ = self->out_.sent();
  self->chain_.clear();
  for (uint32_t i = 0; i < ask->certificate_count; ++i) {
    const trestle_bytes& der = ask->certificates[i];
    self->chain_.emplace_back(reinterpret_cast<const char*>(der.data), der.length);
  }
  return self->on_ask ? self->on_ask(*ask) : TRESTLE_ANSWER_YES;
}

}  // namespace trestle::conformance
