/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

struct recorder_report {
  const char *library;
  long calls;
  long forbidden_calls;
  const char *first_forbidden; /* the function, or NULL */
};

/* What a preloaded recorder offers. The list of them is the symbol `trestle_recorders`. */
struct recorder {
  void (*forbid_this_thread)(void);
  void (*report)(struct recorder_report *out);
  struct recorder *next;
};

#ifdef __cplusplus
}
#endif
