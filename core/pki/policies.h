// SPDX-License-Identifier: Apache-2.0
//
// Certificate policies (RFC 5280 section 6.1), for a program that accepts any policy. Such a path
// fails only if some certificate requires an explicit policy and none is valid down to the leaf, or
// if a mapping touches anyPolicy.
#pragma once

#include <string>
#include <vector>

#include "core/pki/certificate.h"

namespace trestle::pki {

// `path` begins below the trust anchor and ends with the leaf. On failure *index is the position in
// it of the certificate at which the processing failed.
bool check_policies(const std::vector<const Certificate*>& path, size_t* index,
                    std::string* detail);

}  // namespace trestle::pki
