/* SPDX-License-Identifier: Apache-2.0 */
/* The part of a recorder that is the same for every library: counts the calls, and those that come
 * from threads that must not make any. Preloaded, so it needs nothing but libc. */
#define _GNU_SOURCE
#include "abi_tests/promises/recorder.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { MAX_FUNCTIONS = 1024, MAX_THREADS = 64 };

extern const char recorder_library[] __attribute__((visibility("hidden")));
extern const char *const recorder_names[] __attribute__((visibility("hidden")));

static _Atomic(void *) real[MAX_FUNCTIONS];
static atomic_long calls;
static atomic_long forbidden_calls;
static _Atomic(const char *) first_forbidden;
static atomic_int threads[MAX_THREADS];
static atomic_int thread_count;

static void *find(int index) {
  void *address = atomic_load(&real[index]);
  if (address) return address;
  void *library = dlopen(recorder_library, RTLD_LAZY | RTLD_NOLOAD);
  address = library ? dlsym(library, recorder_names[index]) : NULL;
  if (!address) {
    fprintf(stderr, "recorder: %s has no %s\n", recorder_library, recorder_names[index]);
    abort();
  }
  atomic_store(&real[index], address);
  return address;
}

/* Called by each stand-in; returns the real function. */
__attribute__((visibility("hidden"))) void *recorder_enter(int index) {
  atomic_fetch_add(&calls, 1);
  int self = gettid();
  int count = atomic_load(&thread_count);
  for (int i = 0; i < count; ++i) {
    if (atomic_load(&threads[i]) != self) continue;
    const char *none = NULL;
    atomic_compare_exchange_strong(&first_forbidden, &none, recorder_names[index]);
    atomic_fetch_add(&forbidden_calls, 1);
  }
  return find(index);
}

static void forbid_this_thread(void) {
  int slot = atomic_fetch_add(&thread_count, 1);
  if (slot >= MAX_THREADS) abort();
  atomic_store(&threads[slot], gettid());
}

static void report(struct recorder_report *out) {
  out->library = recorder_library;
  out->calls = atomic_load(&calls);
  out->forbidden_calls = atomic_load(&forbidden_calls);
  out->first_forbidden = atomic_load(&first_forbidden);
}

/* One recorder per library may be loaded: each adds itself to the list that the first one keeps. */
static struct recorder self = {forbid_this_thread, report, NULL};
struct recorder *trestle_recorders;

__attribute__((constructor)) static void join(void) {
  struct recorder **list = dlsym(RTLD_DEFAULT, "trestle_recorders");
  self.next = *list;
  *list = &self;
}
