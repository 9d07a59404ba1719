// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "abi_tests/support/process.h"
#include "abi_tests/support/spawn.h"

namespace trestle::testing {

enum class IpVersion { kV4, kV6 };

// "127.0.0.1" or "::1".
const char* loopback_address(IpVersion ip);

// False where the machine lacks it, as containers often lack ::1.
bool has_loopback(IpVersion ip);

// A TCP port on the loopback address that is ours as long as the object lives. Nobody listens on
// it: connecting to it is refused. A program that listens with SO_REUSEPORT can still take it, and
// then gets all connections, because the holder itself doesn't listen.
class ReservedPort {
 public:
  explicit ReservedPort(IpVersion ip = IpVersion::kV4);
  uint16_t number() const { return number_; }

 private:
  UniqueFd socket_;
  uint16_t number_ = 0;
};

// The port that a child chose itself (it was told to listen on port 0). Waits until it listens;
// throws std::runtime_error with its last words when it ends or doesn't listen in time.
uint16_t wait_for_listening_port(const Process& process, IpVersion ip = IpVersion::kV4,
                                 std::chrono::milliseconds timeout = kPatience);

}  // namespace trestle::testing
