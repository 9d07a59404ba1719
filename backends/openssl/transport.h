// SPDX-License-Identifier: Apache-2.0
// The way of ciphertext: a BIO whose ends are the host's pull and push.
#pragma once

#include "backends/openssl/library.h"

namespace trestle::openssl {

BioMethodPtr make_transport_method();

}  // namespace trestle::openssl
