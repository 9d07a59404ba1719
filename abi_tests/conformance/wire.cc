// SPDX-License-Identifier: Apache-2.0
#include "abi_tests/conformance/wire.h"

namespace trestle::conformance {

constexpr size_t kHeaderLength = 5;

std::vector<Record> records_of(const std::string& bytes) {
  std::vector<Record> records;
  size_t at = 0;
  while (bytes.size() - at >= kHeaderLength) {
    const auto byte = [&bytes, at](size_t i) { return static_cast<uint8_t>(bytes[at + i]); };
    const size_t length = size_t{byte(3)} << 8 | byte(4);
    if (bytes.size() - at - kHeaderLength < length) break;
    records.push_back({byte(0), bytes.substr(at + kHeaderLength, length)});
    at += kHeaderLength + length;
  }
  return records;
}

std::string make_record(uint8_t type, const std::string& body) {
  std::string record = {static_cast<char>(type), 3, 3, static_cast<char>(body.size() >> 8),
                        static_cast<char>(body.size() & 0xFF)};
  return record + body;
}

}  // namespace trestle::conformance
