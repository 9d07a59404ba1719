// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/session/config.h"

namespace trestle {

// What the core thinks of a peer's certificates. The program has the last word, except about key
// sizes that it ruled out beforehand.
struct Judgement {
  int32_t result = TRESTLE_RESULT_SUCCESS;       // one of C's eight (C 4.12)
  int32_t finding = TRESTLE_RESULT_SUCCESS;      // the precise one
  int32_t name_result = TRESTLE_RESULT_CERT_NAME_NOT_CHECKED;
  bool key_size_refused = false;
  int32_t certificate_index = -1;
  std::string subject;
  std::string detail;
  std::string name_detail;

  // What AUTO decides, and the code that it gives for a no.
  int32_t automatic(uint32_t role) const;
  // Why the answer was no: for people.
  std::string words_of(int32_t verdict) const;
};

// `certificates` as the peer sent them, DER, leaf first.
Judgement judge_peer(const SessionConfig& config, const trestle_bytes* certificates,
                     uint32_t count);

}  // namespace trestle
