// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>

#include "core/base/handle.h"

namespace trestle {

// What the program may still do to a connection, checked on its own thread without a lock: which
// indications it has fetched and not answered yet, and how many DATA_REQ are unconfirmed. All in one
// word, together with the generation of the handle, so that a late call can't touch the counts of
// the slot's next connection.
class Credits {
 public:
  enum Flag : uint64_t { kCert = 1ull << 24, kDisconnect = 1ull << 25, kAccept = 1ull << 26 };
  // Which of two lives a DATA_RES is for: a connection that disconnects and connects again changes it.
  using Life = uint8_t;
  enum class Taken { kYes, kNo, kStale };

  void reset(uint64_t handle) {
    word_.store(handle_generation(handle), std::memory_order_release);
  }

  // An indication was fetched.
  void fetched(uint64_t handle, Flag flag) {
    update(handle, [flag](uint64_t& w) { return w |= flag, true; });
  }
  void data_fetched(uint64_t handle) {
    update(handle, [](uint64_t& w) { return w += kDataOne, true; });
  }
  // It is answered: kYes once per fetch.
  Taken answer(uint64_t handle, Flag flag) {
    return update(handle, [flag](uint64_t& w) {
      if (!(w & flag)) return false;
      w &= ~static_cast<uint64_t>(flag);
      return true;
    });
  }
  Taken answer_data(uint64_t handle, Life* life) {
    return update(handle, [life](uint64_t& w) {
      if (data(w) == 0) return false;
      *life = (w & kSecondLife) != 0;
      w -= kDataOne;
      return true;
    });
  }
  // The handshake is over, or the connection: what was indicated so far can't be answered any more.
  void handshake_over(uint64_t handle) {
    update(handle, [](uint64_t& w) { return w &= ~kIndications, true; });
  }
  void connection_over(uint64_t handle) {
    update(handle, [](uint64_t& w) { return w = (w & ~kIndications) ^ kSecondLife, true; });
  }
  // An unconfirmed DATA_REQ more, if the window has room; and one less.
  Taken begin_send(uint64_t handle, uint32_t window) {
    return update(handle, [window](uint64_t& w) {
      if (w >> kSendShift >= window) return false;
      w += kSendOne;
      return true;
    });
  }
  void end_send(uint64_t handle) {
    update(handle, [](uint64_t& w) {
      if (w >> kSendShift == 0) return false;
      w -= kSendOne;
      return true;
    });
  }

 private:
  // generation 24 | flags 3, life 1 | data 16 | send 20
  static constexpr int kDataShift = 28, kSendShift = 44;
  static constexpr uint64_t kDataOne = 1ull << kDataShift, kSendOne = 1ull << kSendShift;
  static constexpr uint64_t kSecondLife = 1ull << 27;
  static constexpr uint64_t kIndications =
      (kSendOne - 1) & ~(uint64_t{kGenerationMask} | kSecondLife);
  static uint64_t data(uint64_t w) { return w >> kDataShift & 0xFFFF; }

  template <typename F>
  Taken update(uint64_t handle, F&& change) {
    uint64_t before = word_.load(std::memory_order_acquire);
    for (;;) {
      if ((before & kGenerationMask) != handle_generation(handle)) return Taken::kStale;
      uint64_t after = before;
      if (!change(after)) return Taken::kNo;
      if (word_.compare_exchange_weak(before, after, std::memory_order_acq_rel)) return Taken::kYes;
    }
  }

  std::atomic<uint64_t> word_{0};
};

}  // namespace trestle
