// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <new>

#include "core/base/handle.h"

namespace trestle {

// Objects behind handles. An object's memory stays at its address until the table ends, and is used
// again for later objects: so a look-up on any thread needs no lock and no reference count, and a
// stale handle is found out by comparing it with the object's present one. T has a member
// `std::atomic<uint64_t> handle`, which is 0 while the object is free, and is default-constructible.
template <typename T>
class SlotTable {
 public:
  SlotTable(Kind kind, uint16_t engine, uint32_t capacity)
      : kind_(kind), engine_(engine), capacity_(capacity),
        // calloc: pages of slots that are never used cost nothing.
        slots_(static_cast<std::atomic<T*>*>(std::calloc(capacity, sizeof(std::atomic<T*>)))),
        free_(static_cast<Free*>(std::calloc(capacity, sizeof(Free)))) {
    if (slots_ && free_) return;
    std::free(slots_);
    std::free(free_);
    throw std::bad_alloc();
  }
  ~SlotTable() {
    for (uint32_t i = 0; i < used_; ++i) delete slots_[i].load(std::memory_order_relaxed);
    std::free(slots_);
    std::free(free_);
  }
  SlotTable(const SlotTable&) = delete;
  SlotTable& operator=(const SlotTable&) = delete;

  // The object of a handle that is valid now, or nullptr. Lock-free, any thread.
  T* find(uint64_t handle) const {
    uint32_t slot = handle_slot(handle);
    if (handle == 0 || slot >= capacity_) return nullptr;
    T* object = slots_[slot].load(std::memory_order_acquire);
    if (!object || object->handle.load(std::memory_order_acquire) != handle) return nullptr;
    return object;
  }

  // Takes a free object and the handle it will have; the caller prepares it and then publishes it
  // by storing the handle. nullptr: the table or the memory is full.
  T* allocate(uint64_t* handle) {
    std::lock_guard<std::mutex> lock(mutex_);
    uint32_t slot, generation = 1;
    T* object;
    if (used_ < capacity_ && free_count_ < kSpareBeforeReuse) {
      object = new (std::nothrow) T();
      if (!object) return nullptr;
      slot = used_++;
      slots_[slot].store(object, std::memory_order_release);
    } else if (free_count_ > 0) {
      const Free& first = free_[free_first_];
      slot = first.slot;
      generation = first.next_generation;
      free_first_ = (free_first_ + 1) % capacity_;
      --free_count_;
      object = slots_[slot].load(std::memory_order_relaxed);
    } else {
      return nullptr;
    }
    *handle = make_handle(kind_, engine_, generation, slot);
    ++live_;
    return object;
  }

  // The slot of an object whose handle has been taken away (set to 0) is free again. The caller
  // touches the object no more. Needs no memory, so it can't fail.
  void release(uint64_t handle) noexcept {
    uint32_t next = (handle_generation(handle) + 1) & kGenerationMask;
    std::lock_guard<std::mutex> lock(mutex_);
    free_[(free_first_ + free_count_++) % capacity_] = {handle_slot(handle), next == 0 ? 1 : next};
    --live_;
  }

  uint32_t live() const {
    std::lock_guard<std::mutex> lock(mutex_);
    return live_;
  }

  // Each object that ever was in use, free or not.
  template <typename F>
  void for_each(F&& f) const {
    uint32_t used;
    {
      std::lock_guard<std::mutex> lock(mutex_);
      used = used_;
    }
    for (uint32_t i = 0; i < used; ++i) f(slots_[i].load(std::memory_order_acquire));
  }

 private:
  // First in, first out, with some spare slots: generations grow slowly, so handles stay unique long.
  static constexpr uint32_t kSpareBeforeReuse = 64;
  struct Free {
    uint32_t slot;
    uint32_t next_generation;
  };

  const Kind kind_;
  const uint16_t engine_;
  const uint32_t capacity_;
  std::atomic<T*>* const slots_;
  Free* const free_;  // a ring
  mutable std::mutex mutex_;
  uint32_t used_ = 0;
  uint32_t live_ = 0;
  uint32_t free_first_ = 0;
  uint32_t free_count_ = 0;
};

}  // namespace trestle
