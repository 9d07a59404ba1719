// SPDX-License-Identifier: Apache-2.0
// How a test scripts and watches the fake backend. Reached with dlsym(library, "fake_control") from
// the same fake.so that the library under test has loaded.
#pragma once

#include <cstdint>

#include <trestle/backend.h>

namespace trestle::fake {

enum class Slot {
  kProcessInit,
  kThreadDetach,
  kCapability,
  kVerifySignature,
  kIdentityNew,
  kIdentityFree,
  kContextNew,
  kContextFree,
  kConnectionNew,
  kConnectionFree,
  kHandshake,
  kEncrypt,
  kDecrypt,
  kClose,
  kAbort,
  kInfo,
  kCount,
};

// What a signature looks like: verify_signature accepts this one alone, unless told otherwise.
constexpr char kSignature[] = "a signature of the fake backend";

// Calls that break the rules of backend.h: they do nothing and return this.
struct Misbehaviour {
  int32_t returns = TRESTLE_BACKEND_OK;
  const trestle_backend_error* error = nullptr;  // copied into the record, when given; not owned
  uint64_t length = 0;                           // decrypt: what *length becomes
};

// Rules of backend.h about asking that the backend can break.
enum class Vice {
  kIgnoresAnswers,        // a no is taken for a yes
  kAsksAboutNothing,      // a question without a certificate
  kAsksBeforeHandshake,   // in connection_new
  kAsksWhileDecrypting,
  kIgnoresPsks,           // takes one, and knows nobody by it
  kCount,
};

// Callable from any thread at any time. Without a script, the backend behaves.
class Control {
 public:
  // Forgets the script, lets held calls go, and sets calls(), asks() and threads() to nothing.
  virtual void reset() = 0;

  // The call after `skip` more of this slot fails with this TRESTLE_RESULT_*. For slots that have
  // an error record.
  virtual void fail(Slot slot, int32_t result, uint32_t skip = 0) = 0;
  // After `skip` more calls, this slot misbehaves until reset. For slots that have an error record.
  virtual void misbehave(Slot slot, const Misbehaviour& how, uint32_t skip = 0) = 0;
  virtual void indulge(Vice vice) = 0;
  // Calls of this slot wait, with their thread, until release.
  virtual void hold(Slot slot) = 0;
  virtual void release(Slot slot) = 0;
  // Returns as soon as `count` calls of this slot wait.
  virtual void wait_until_held(Slot slot, uint32_t count) = 0;
  // Each handshake pushes this many bytes that are no frame before anything else.
  virtual void push_junk(uint64_t bytes) = 0;
  // verify_signature returns this, whatever the signature; until forget_signature_answer or reset.
  virtual void answer_signatures(int32_t answer) = 0;
  virtual void forget_signature_answer() = 0;

  virtual uint64_t calls(Slot slot) const = 0;
  virtual uint64_t asks() const = 0;
  // Objects made and not freed; reset leaves these alone.
  virtual int64_t live_identities() const = 0;
  virtual int64_t live_contexts() const = 0;
  virtual int64_t live_connections() const = 0;
  // The threads (gettid) that any slot was called on: writes up to `capacity`, returns how many
  // there are.
  virtual uint64_t threads(int32_t* ids, uint64_t capacity) const = 0;
  // Did this thread (gettid) call any slot?
  virtual bool called_on(int32_t thread) const = 0;

 protected:
  ~Control() = default;
};

using ControlFunction = Control* (*)();

}  // namespace trestle::fake

extern "C" __attribute__((visibility("default"))) trestle::fake::Control* fake_control();
