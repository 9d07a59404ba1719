// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace trestle {

// True in a child of fork() whose parent had called arm_fork_guard. Costs one read of memory: the
// page it looks at is wiped by the kernel in the child, so no handler is registered anywhere.
bool in_forked_child();

// Once per process, before the first engine. False if the kernel lacks MADV_WIPEONFORK or memory.
bool arm_fork_guard();

}  // namespace trestle
