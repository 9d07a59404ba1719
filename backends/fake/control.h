// SPDX-License-Identifier: Apache-2.0
// The script that fake.cc obeys, and the book that it keeps.
#pragma once

#include <array>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "backends/fake/fake.h"

namespace trestle::fake {

class Script final : public Control {
 public:
  // A slot was called: writes it down, waits while the slot is held, and returns the
  // TRESTLE_RESULT_* to fail with, or SUCCESS.
  int32_t enter(Slot slot);
  // How the call that has just entered misbehaves, if it does.
  std::optional<Misbehaviour> misbehaviour(Slot slot);
  bool has(Vice vice) const;
  void count_ask();
  void count_identity(int64_t change);
  void count_context(int64_t change);
  void count_connection(int64_t change);
  std::string junk() const;
  // False if verify_signature is not scripted.
  bool signature_answer(int32_t* answer) const;

  void reset() override;
  void fail(Slot slot, int32_t result, uint32_t skip) override;
  void misbehave(Slot slot, const Misbehaviour& how, uint32_t skip) override;
  void indulge(Vice vice) override;
  void hold(Slot slot) override;
  void release(Slot slot) override;
  void wait_until_held(Slot slot, uint32_t count) override;
  void push_junk(uint64_t bytes) override;
  void answer_signatures(int32_t answer) override;
  void forget_signature_answer() override;
  uint64_t calls(Slot slot) const override;
  uint64_t asks() const override;
  int64_t live_identities() const override;
  int64_t live_contexts() const override;
  int64_t live_connections() const override;
  uint64_t threads(int32_t* ids, uint64_t capacity) const override;
  bool called_on(int32_t thread) const override;

 private:
  struct PerSlot {
    uint64_t calls = 0;
    int32_t result = 0;  // to fail with, once `skip` is 0
    uint32_t skip = 0;
    std::optional<Misbehaviour> misbehaviour;
    uint32_t good_calls_before = 0;
    bool held = false;
    uint32_t waiting = 0;
  };

  PerSlot& at(Slot slot) { return slots_[static_cast<size_t>(slot)]; }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::array<PerSlot, static_cast<size_t>(Slot::kCount)> slots_;
  std::array<bool, static_cast<size_t>(Vice::kCount)> vices_{};
  std::set<int32_t> threads_;
  std::optional<int32_t> signature_answer_;
  uint64_t junk_ = 0;
  uint64_t asks_ = 0;
  int64_t identities_ = 0;
  int64_t contexts_ = 0;
  int64_t connections_ = 0;
};

// The one script of the process. Never destroyed: a thread may end after everything else.
Script& script();

}  // namespace trestle::fake
