// SPDX-License-Identifier: Apache-2.0
//
// RFC 5280 section 4.2.1.10. dNSName, iPAddress and directoryName constraints are enforced whether
// the extension is critical or not. Constraints of any other kind (email, URI, ...) aren't
// evaluated: if the extension is critical and such a name occurs, the certificate is refused.
//
// A DNS constraint with a leading dot asks for at least one more label, as many CAs write it. A
// wildcard in a certificate counts as every name that it could match: an excluded "a.test" also
// excludes "*.test".
#pragma once

#include <string>

#include "core/pki/certificate.h"

namespace trestle::pki {

// Comparisons that one search may still make; what a peer sends must not cost without bound.
struct ComparisonBudget {
  uint64_t left = 1 << 20;
};

enum class ConstraintResult { kAllowed, kViolated, kTooComplex };

// `detail` names the offending name on a violation.
ConstraintResult check_name_constraints(const NameConstraints& constraints,
                                        const Certificate& certificate, ComparisonBudget* budget,
                                        std::string* detail);

}  // namespace trestle::pki
