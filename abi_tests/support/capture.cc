// SPDX-License-Identifier: Apache-2.0
#include "abi_tests/support/capture.h"

#include <algorithm>

namespace trestle::testing {

std::string Capture::text() const {
  std::lock_guard lock(mutex_);
  return text_;
}

bool Capture::contains(std::string_view needle) const {
  std::lock_guard lock(mutex_);
  return text_.find(needle) != std::string::npos;
}

size_t Capture::total_bytes() const {
  std::lock_guard lock(mutex_);
  return total_bytes_;
}

template <typename Condition>
bool Capture::wait(const Condition& holds, std::chrono::milliseconds timeout) const {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  std::unique_lock lock(mutex_);
  while (!holds()) {
    if (ended_) return false;
    if (changed_.wait_until(lock, deadline) == std::cv_status::timeout) return holds();
  }
  return true;
}

bool Capture::wait_for(std::string_view needle, std::chrono::milliseconds timeout) const {
  size_t searched = 0;  // Long logs are not searched from the start each time.
  return wait(
      [&] {
        const size_t overlap = std::min(searched, needle.size());
        const bool found = text_.find(needle, searched - overlap) != std::string::npos;
        searched = text_.size();
        return found;
      },
      timeout);
}

bool Capture::wait_for_bytes(size_t count, std::chrono::milliseconds timeout) const {
  return wait([&] { return total_bytes_ >= count; }, timeout);
}

bool Capture::wait_until(const std::function<bool(const std::string&)>& holds,
                         std::chrono::milliseconds timeout) const {
  return wait([&] { return holds(text_); }, timeout);
}

bool Capture::wait_for_end(std::chrono::milliseconds timeout) const {
  return wait([&] { return ended_; }, timeout);
}

void Capture::append(std::string_view data) {
  {
    std::lock_guard lock(mutex_);
    total_bytes_ += data.size();
    text_.append(data.substr(0, kKept - std::min(kKept, text_.size())));
  }
  changed_.notify_all();
}

void Capture::end() {
  {
    std::lock_guard lock(mutex_);
    ended_ = true;
  }
  changed_.notify_all();
}

}  // namespace trestle::testing
