// SPDX-License-Identifier: Apache-2.0
//
// The rules of RFC 5280 section 6.1 for one finished path, whose signatures are verified already.
#pragma once

#include <vector>

#include "core/pki/name_constraints.h"
#include "core/pki/verify.h"

namespace trestle::pki {

struct PathElement {
  const Certificate* certificate = nullptr;
  int32_t index = -1;  // in the peer's chain; -1 for an anchor out of the store
};

// Anchor first, leaf last. A path of one is a leaf that is trusted as itself.
using Path = std::vector<PathElement>;

struct PathQuestion {
  Purpose purpose;
  int64_t now;
  const Policy& policy;
};

// How far down the list in verify.h a finding stands; a larger number is milder.
int mildness(Finding finding);

Verdict make_verdict(Finding finding, const PathElement& at, std::string detail);

Verdict check_path(const Path& path, const PathQuestion& question, ComparisonBudget* budget);

}  // namespace trestle::pki
