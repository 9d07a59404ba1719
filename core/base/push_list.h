// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>

namespace trestle {

// Many threads push, one takes everything at once, in the order of the pushes. Lock-free and, unlike
// a queue with one tail per producer, ordered across producers: what one thread pushed before it
// told another to push comes first. T has a member `T* next`.
template <typename T>
class PushList {
 public:
  // True if the list was empty: then it is this caller who has to wake the consumer.
  bool push(T* node) {
    T* head = head_.load(std::memory_order_relaxed);
    do {
      node->next = head;
      // seq_cst: a worker that is about to sleep stores its flag and then looks here.
    } while (!head_.compare_exchange_weak(head, node, std::memory_order_seq_cst,
                                          std::memory_order_relaxed));
    return head == nullptr;
  }

  // All nodes, oldest first, linked by `next`; nullptr if there are none.
  T* take_all() {
    T* node = head_.exchange(nullptr, std::memory_order_seq_cst);
    T* oldest_first = nullptr;
    while (node) {
      T* next = node->next;
      node->next = oldest_first;
      oldest_first = node;
      node = next;
    }
    return oldest_first;
  }

  bool empty() const { return head_.load(std::memory_order_seq_cst) == nullptr; }

 private:
  std::atomic<T*> head_{nullptr};
};

}  // namespace trestle
