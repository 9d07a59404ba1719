// SPDX-License-Identifier: Apache-2.0
// No destructor of libtrestle runs at the end of the process. Worker threads may be at work then,
// the library is never unloaded, and a guest registers no exit handler. The C++ library that is
// linked into libtrestle.so has a few static objects whose destructors it would register; within
// libtrestle.so this definition is the one that counts.

extern "C" __attribute__((visibility("hidden"))) int __cxa_atexit(void (*)(void *), void *,
                                                                  void *) {
  return 0;
}
