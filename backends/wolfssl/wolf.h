// SPDX-License-Identifier: Apache-2.0
// wolfSSL's headers, in the order that they need: its build options come first. And what all
// backends have in common.
#pragma once

#include <wolfssl/options.h>
// A separate line, so that nothing sorts it above the options.
#include <wolfssl/ssl.h>

#include "backends/common/error.h"

namespace trestle::wolf {

using namespace backend;

// Runs a slot's body. wolfSSL's queue of errors is the thread's: nobody finds another's there.
template <typename Body>
int32_t run(trestle_backend_error* error, Body body) {
  wolfSSL_ERR_clear_error();
  const int32_t status = run_slot(error, body);
  wolfSSL_ERR_clear_error();
  return status;
}

}  // namespace trestle::wolf
