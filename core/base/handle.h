// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace trestle {

// What a program holds instead of a pointer: kind (4 bits), engine (12), generation (24), slot (24).
// The engine's number makes a handle of another engine foreign instead of accidentally valid; the
// generation, which changes each time a slot is used again, makes an old handle stale.
enum class Kind : uint8_t { kQueue = 1, kSession = 2, kConnection = 3, kListener = 4 };

constexpr uint32_t kGenerationMask = 0xFFFFFF;
constexpr uint32_t kSlotMask = 0xFFFFFF;
constexpr uint16_t kEnginesMax = 4096;

constexpr uint64_t make_handle(Kind kind, uint16_t engine, uint32_t generation, uint32_t slot) {
  return static_cast<uint64_t>(kind) << 60 | static_cast<uint64_t>(engine & 0xFFF) << 48 |
         static_cast<uint64_t>(generation & kGenerationMask) << 24 | (slot & kSlotMask);
}
constexpr uint32_t handle_slot(uint64_t handle) { return handle & kSlotMask; }
constexpr uint32_t handle_generation(uint64_t handle) { return handle >> 24 & kGenerationMask; }

}  // namespace trestle
