// SPDX-License-Identifier: Apache-2.0
// Certificates and keys for the tests, made once per process.
#pragma once

#include "abi_tests/conformance/configuration.h"

namespace trestle::conformance {

enum class KeyKind { kEcdsaP256, kEcdsaP384, kEcdsaP521, kRsa2048, kRsa3072, kDsa2048, kEd25519 };

// A chain of `length` certificates below a root that is not in it, leaf first, and the leaf's key.
// The same chain at each call.
const IdentitySource& chain_of(KeyKind kind, int length);

}  // namespace trestle::conformance
