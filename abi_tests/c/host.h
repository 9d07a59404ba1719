/* SPDX-License-Identifier: Apache-2.0 */
/* What a scenario of requests and messages needs: requests with tags of their own, messages that
 * are waited for and checked, and counts. Everything of Trestle comes through dlopen.h. */
#ifndef TRESTLE_ABI_TESTS_C_HOST_H_
#define TRESTLE_ABI_TESTS_C_HOST_H_

#include <stdbool.h>
#include <trestle/dlopen.h>

extern trestle_functions t;
extern trestle_engine *engine;
extern uint64_t tag;         /* of the newest request */
extern const char *scenario; /* said with each failure */

/* Counts a condition. A failure is said with its line. */
#define CHECK(condition) check((condition) ? true : false, #condition, __FILE__, __LINE__)
bool check(bool holds, const char *what, const char *file, int line);

/* A request that must be accepted; its arguments name the variable `tag`. Returns that tag. */
#define ASK(primitive, call) \
  (++tag, asked(TRESTLE_PRIM_##primitive##_REQ, (call), #call, __FILE__, __LINE__))
/* A response that must be accepted. */
#define ANSWER(primitive, call) \
  ((void)asked(TRESTLE_PRIM_##primitive##_RES, (call), #call, __FILE__, __LINE__))
uint64_t asked(uint32_t primitive, int32_t result, const char *what, const char *file, int line);

/* A call that must be refused. */
#define REFUSED(call, result) CHECK((call) == TRESTLE_RESULT_##result)

/* The next message of a queue. It must be of this primitive, or nothing further can be said and the
 * program ends. To be given back with done(). */
#define NEXT(queue, primitive) next(queue, TRESTLE_PRIM_##primitive, __FILE__, __LINE__)
const trestle_message *next(uint64_t queue, uint32_t primitive, const char *file, int line);

/* The same, for the CFM of a request: with its tag and this result. */
#define CONFIRMED(queue, primitive, asked_tag, expected)                                       \
  confirmed(queue, TRESTLE_PRIM_##primitive##_CFM, asked_tag, TRESTLE_RESULT_##expected, __FILE__, \
            __LINE__)
const trestle_message *confirmed(uint64_t queue, uint32_t primitive, uint64_t asked_tag,
                                 int32_t expected, const char *file, int line);

/* Gives a message back. The second returns a handle of it. */
void done(const trestle_message *message);
uint64_t done_with_connection(const trestle_message *message);

/* The whole of a file, NUL-terminated; it lives as long as the program. */
typedef struct contents {
  uint8_t *data;
  uint64_t length;
} contents;
contents contents_of(const char *directory, const char *name);

/* Checks that every primitive came by, since the start. */
void check_that_all_were_seen(void);

/* Prints the counts; the program's exit code. */
int report(void);

#endif /* TRESTLE_ABI_TESTS_C_HOST_H_ */
