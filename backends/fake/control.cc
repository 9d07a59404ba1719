// SPDX-License-Identifier: Apache-2.0
#include "backends/fake/control.h"

#include <unistd.h>

#include <algorithm>

namespace trestle::fake {

using Lock = std::unique_lock<std::mutex>;

int32_t Script::enter(Slot slot) {
  Lock lock(mutex_);
  PerSlot& mine = at(slot);
  ++mine.calls;
  threads_.insert(gettid());
  if (mine.held) {
    ++mine.waiting;
    changed_.notify_all();
    changed_.wait(lock, [&mine] { return !mine.held; });
    --mine.waiting;
  }
  if (mine.result == 0) return 0;
  if (mine.skip > 0) {
    --mine.skip;
    return 0;
  }
  const int32_t result = mine.result;
  mine.result = 0;
  return result;
}

std::optional<Misbehaviour> Script::misbehaviour(Slot slot) {
  Lock lock(mutex_);
  PerSlot& mine = at(slot);
  if (!mine.misbehaviour) return std::nullopt;
  if (mine.good_calls_before > 0) {
    --mine.good_calls_before;
    return std::nullopt;
  }
  return mine.misbehaviour;
}

bool Script::has(Vice vice) const {
  Lock lock(mutex_);
  return vices_[static_cast<size_t>(vice)];
}

void Script::count_ask() {
  Lock lock(mutex_);
  ++asks_;
}

void Script::count_identity(int64_t change) {
  Lock lock(mutex_);
  identities_ += change;
}

void Script::count_context(int64_t change) {
  Lock lock(mutex_);
  contexts_ += change;
}

void Script::count_connection(int64_t change) {
  Lock lock(mutex_);
  connections_ += change;
}

std::string Script::junk() const {
  Lock lock(mutex_);
  return std::string(junk_, '\xFF');
}

bool Script::signature_answer(int32_t* answer) const {
  Lock lock(mutex_);
  if (!signature_answer_) return false;
  *answer = *signature_answer_;
  return true;
}

void Script::reset() {
  Lock lock(mutex_);
  for (PerSlot& slot : slots_) {
    slot.calls = 0;
    slot.result = 0;
    slot.skip = 0;
    slot.misbehaviour.reset();
    slot.held = false;
  }
  vices_.fill(false);
  threads_.clear();
  signature_answer_.reset();
  junk_ = 0;
  asks_ = 0;
  changed_.notify_all();
}

void Script::fail(Slot slot, int32_t result, uint32_t skip) {
  Lock lock(mutex_);
  at(slot).result = result;
  at(slot).skip = skip;
}

void Script::misbehave(Slot slot, const Misbehaviour& how, uint32_t skip) {
  Lock lock(mutex_);
  at(slot).misbehaviour = how;
  at(slot).good_calls_before = skip;
}

void Script::indulge(Vice vice) {
  Lock lock(mutex_);
  vices_[static_cast<size_t>(vice)] = true;
}

void Script::hold(Slot slot) {
  Lock lock(mutex_);
  at(slot).held = true;
}

void Script::release(Slot slot) {
  Lock lock(mutex_);
  at(slot).held = false;
  changed_.notify_all();
}

void Script::wait_until_held(Slot slot, uint32_t count) {
  Lock lock(mutex_);
  changed_.wait(lock, [this, slot, count] { return at(slot).waiting >= count; });
}

void Script::push_junk(uint64_t bytes) {
  Lock lock(mutex_);
  junk_ = bytes;
}

void Script::answer_signatures(int32_t answer) {
  Lock lock(mutex_);
  signature_answer_ = answer;
}

void Script::forget_signature_answer() {
  Lock lock(mutex_);
  signature_answer_.reset();
}

uint64_t Script::calls(Slot slot) const {
  Lock lock(mutex_);
  return slots_[static_cast<size_t>(slot)].calls;
}

uint64_t Script::asks() const {
  Lock lock(mutex_);
  return asks_;
}

int64_t Script::live_identities() const {
  Lock lock(mutex_);
  return identities_;
}

int64_t Script::live_contexts() const {
  Lock lock(mutex_);
  return contexts_;
}

int64_t Script::live_connections() const {
  Lock lock(mutex_);
  return connections_;
}

uint64_t Script::threads(int32_t* ids, uint64_t capacity) const {
  Lock lock(mutex_);
  uint64_t written = 0;
  for (int32_t id : threads_) {
    if (written == capacity) break;
    ids[written++] = id;
  }
  return threads_.size();
}

bool Script::called_on(int32_t thread) const {
  Lock lock(mutex_);
  return threads_.count(thread) != 0;
}

Script& script() {
  static Script* the_script = new Script;
  return *the_script;
}

}  // namespace trestle::fake

trestle::fake::Control* fake_control() { return &trestle::fake::script(); }
