// SPDX-License-Identifier: Apache-2.0
// Gives a GnuTLS priority exactly the wanted suites, in the wanted order.
//
// A priority string names ciphers, MACs and key exchanges, and enables every suite that can be made
// of them, in an order of its own; no function of GnuTLS takes a list of suites. So the list inside
// the priority object, which only the string filled, is rewritten in place. Where that list lies
// is not assumed: it is found by what is known of its contents, and every list that was written is
// read back with GnuTLS's own function. Where the list can't be found, only what a string happens
// to express is possible, and everything else is refused.
#pragma once

#include <gnutls/gnutls.h>

#include <vector>

#include "backends/gnutls/suites.h"

namespace trestle::gnutls_backend {

// The suites that a priority offers or accepts, as indexes of gnutls_cipher_suite_info.
std::vector<unsigned> read_suites(gnutls_priority_t priority);

// Finds where this GnuTLS keeps the list. To be called from process_init. False: not found.
bool find_suite_list();

// True if the priority now has exactly these suites in this order.
bool set_suites(gnutls_priority_t priority, const std::vector<const Suite *> &wanted);

}  // namespace trestle::gnutls_backend
