// SPDX-License-Identifier: Apache-2.0
// What a slot of a plugin returned, in a form that tests can compare and print.
#pragma once

#include <cstdint>
#include <string>

#include <trestle/backend.h>

namespace trestle::conformance {

// "CERT_REJECTED", ...; the number in words for one that no plugin may return.
std::string result_text(int32_t result);

struct Outcome {
  int32_t status = TRESTLE_BACKEND_ERROR;
  trestle_backend_error error = {};

  bool ok() const { return status == TRESTLE_BACKEND_OK; }
  bool failed() const { return status == TRESTLE_BACKEND_ERROR; }
  bool wants_read() const { return status == TRESTLE_BACKEND_WANT_READ; }
  // "OK", "WANT_READ", "CLOSED", "CERT_REJECTED, alert 42 sent": the part of an outcome that all
  // backends share.
  std::string text() const;
  // The same with the library's words, for a human.
  std::string explanation() const;
};

// The error record as the host hands it out.
trestle_backend_error fresh_error();

// Makes an outcome of what a slot returned, and holds it to what backend.h says of errors; `slot`
// is for the failure message.
Outcome make_outcome(const char* slot, int32_t status, const trestle_backend_error& error);

}  // namespace trestle::conformance
