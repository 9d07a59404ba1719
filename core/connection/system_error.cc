// SPDX-License-Identifier: Apache-2.0
#include "core/connection/system_error.h"

#include <errno.h>
#include <string.h>

namespace trestle {
namespace {

int32_t result_of_errno(int error) {
  switch (error) {
    case ECONNREFUSED: return TRESTLE_RESULT_CONNECT_REFUSED;
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ENETDOWN:
    case EHOSTDOWN: return TRESTLE_RESULT_CONNECT_UNREACHABLE;
    case ETIMEDOUT: return TRESTLE_RESULT_CONNECT_TIMEOUT;
    case EADDRINUSE: return TRESTLE_RESULT_ADDRESS_IN_USE;
    case EADDRNOTAVAIL: return TRESTLE_RESULT_ADDRESS_NOT_AVAILABLE;
    case EAFNOSUPPORT: return TRESTLE_RESULT_IP6_NOT_SUPPORTED;
    case ECONNRESET: return TRESTLE_RESULT_CONNECTION_RESET;
    case EACCES:
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
    case ENOSPC: return TRESTLE_RESULT_SYSTEM;
    default: return TRESTLE_RESULT_TRANSPORT;
  }
}

}  // namespace

std::string strerror_text(int error) {
  char buffer[128];
  return strerror_r(error, buffer, sizeof buffer);  // GNU's: returns the text
}

Outcome outcome_of_errno(int error, const char* call) {
  Outcome outcome = Outcome::failure(result_of_errno(error), call);
  outcome.library_code = error;
  outcome.library_text = strerror_text(error);
  return outcome;
}

}  // namespace trestle
