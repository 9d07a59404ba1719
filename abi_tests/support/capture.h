// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

namespace trestle::testing {

// How long a test waits for something that must happen. It only bounds a failure: nothing that
// goes well takes a noticeable part of it, so it is generous for slow and sanitized builds.
inline constexpr std::chrono::milliseconds kPatience{30'000};

// Text that one thread collects and others wait for.
class Capture {
 public:
  std::string text() const;
  bool contains(std::string_view needle) const;

  // All bytes that ever came, also those that were no longer kept (see kKept).
  size_t total_bytes() const;

  // Each returns true as soon as it holds, and false at the deadline or when the text has ended
  // without it.
  bool wait_for(std::string_view needle, std::chrono::milliseconds timeout = kPatience) const;
  bool wait_for_bytes(size_t count, std::chrono::milliseconds timeout = kPatience) const;
  bool wait_until(const std::function<bool(const std::string&)>& holds,
                  std::chrono::milliseconds timeout = kPatience) const;
  // True when nothing more can come.
  bool wait_for_end(std::chrono::milliseconds timeout = kPatience) const;

  void append(std::string_view data);
  void end();

  // The first part of a long text is kept; a peer that floods doesn't exhaust the memory.
  static constexpr size_t kKept = size_t{64} << 20;

 private:
  template <typename Condition>
  bool wait(const Condition& holds, std::chrono::milliseconds timeout) const;

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::string text_;
  size_t total_bytes_ = 0;
  bool ended_ = false;
};

}  // namespace trestle::testing
