// SPDX-License-Identifier: Apache-2.0
// Preloaded, it takes over a function that the test plugins believe to be libc's.
int getppid(void) { return -1; }
