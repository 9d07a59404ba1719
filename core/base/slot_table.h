// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <deque>
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
        slots_(static_cast<std::atomic<T*>*>(std::calloc(capacity, sizeof(std::atomic<T*>)))) {
    if (!slots_) throw std::bad_alloc();
  }
  ~SlotTable() {
    for (uint32_t i = 0; i < used_; ++i) delete slots_[i].load(std::memory_order_relaxed);
    std::free(slots_);
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
    if (used_ < capacity_ && free_.size() < kSpareBeforeReuse) {
      object = new (std::nothrow) T();
      if (!object) return nullptr;
      slot = used_++;
      slots_[slot].store(object, std::memory_order_release);
    } else if (!free_.empty()) {
      slot = free_.front().slot;
      generation = free_.front().next_generation;
      free_.pop_front();
      object = slots_[slot].load(std::memory_order_relaxed);
    } else {
      return nullptr;
    }
    *handle = make_handle(kind_, engine_, generation, slot);
    ++live_;
    return object;
  }

  // The slot of an object whose handle has been taken away (set to 0) is free again. The caller
  // touches the object no more.
  void release(uint64_t handle) {
    uint32_t next = (handle_generation(handle) + 1) & kGenerationMask;
    std::lock_guard<std::mutex> lock(mutex_);
    free_.push_back({handle_slot(handle), next == 0 ? 1 : next});
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
  static constexpr size_t kSpareBeforeReuse = 64;
  struct Free {
    uint32_t slot;
    uint32_t next_generation;
  };

  const Kind kind_;
  const uint16_t engine_;
  const uint32_t capacity_;
  std::atomic<T*>* const slots_;
  mutable std::mutex mutex_;
  uint32_t used_ = 0;
  uint32_t live_ = 0;
  std::deque<Free> free_;
};

}  // namespace trestle
