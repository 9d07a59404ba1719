/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dlopen.h - for programs that load Trestle at run time instead of linking it.
 *
 *   trestle_functions trestle;
 *   char error[512];
 *   if (trestle_dlopen(NULL, &trestle, error, sizeof error) != TRESTLE_RESULT_SUCCESS)
 *     return fail(error);
 *   trestle.engine_create(NULL, &engine);
 *
 * Each function of trestle.h is a member of trestle_functions, without the prefix `trestle_` and
 * with exactly its type; trestle.h tells what it does. This header needs no library but the
 * system's; with a glibc before 2.34, link with -ldl.
 *
 * The library is never unloaded, also when trestle_dlopen fails after it was found, and a program
 * must not dlclose it: worker threads may run in it, plugins keep pointers into it, and the TLS
 * libraries behind them leave destructors that run when a thread ends.
 *
 * Versions. The program's own view of the structs is that of the trestle.h it was compiled with,
 * and the library may be newer:
 *   - trestle_dlopen accepts a library with the same major ABI number and at least the program's
 *     minor one; such a library has every function of this header.
 *   - A struct that the program fills in has `size` set to the program's sizeof.
 *   - A struct that the library lends is read only as far as its `size` reaches, never copied by
 *     sizeof, and never indexed by sizeof where an array's elements have a `size` of their own.
 *   - A trestle_functions that is passed between parts of a program that were compiled with
 *     different versions of this header is read only as far as its `size` reaches, too.
 */
#ifndef TRESTLE_DLOPEN_H_
#define TRESTLE_DLOPEN_H_

#include <dlfcn.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "trestle/trestle.h"

#ifdef __cplusplus
extern "C" {
#endif

/* F(name) for each trestle_<name>, in the order in which they came into being: new ones go to the
 * end. */
#define TRESTLE_DLOPEN_EACH(F)  \
  F(version)                    \
  F(abi)                        \
  F(version_text)               \
  F(result_name)                \
  F(result_category)            \
  F(primitive_name)             \
  F(suite_name)                 \
  F(constant)                   \
  F(engine_create)              \
  F(engine_shutdown_req)        \
  F(engine_destroy)             \
  F(queue_create)               \
  F(queue_destroy)              \
  F(queue_get)                  \
  F(queue_fd)                   \
  F(message_release)            \
  F(backend_query_req)          \
  F(backend_capability_req)     \
  F(session_create_req)         \
  F(session_destroy_req)        \
  F(config_cipher_req)          \
  F(config_cert_client_req)     \
  F(config_cert_verify_req)     \
  F(config_compression_req)     \
  F(config_option_req)          \
  F(connection_create_req)      \
  F(connection_destroy_req)     \
  F(connection_bind_req)        \
  F(connection_connect_req)     \
  F(connection_disconnect_req)  \
  F(connection_disconnect_res)  \
  F(connection_cert_res)        \
  F(connection_data_req)        \
  F(connection_data_res)        \
  F(buffer_allocate)            \
  F(buffer_free)                \
  F(listen_req)                 \
  F(unlisten_req)               \
  F(accept_res)

/* The functions of a loaded library. Valid as long as the process. */
typedef struct trestle_functions {
  uint32_t size; /* of this struct, as trestle_dlopen knew it */
  uint32_t reserved;
  void *library; /* dlopen's handle, for dlsym; not for dlclose */
#define TRESTLE_DLOPEN_MEMBER(name) __typeof__(&trestle_##name) name;
  TRESTLE_DLOPEN_EACH(TRESTLE_DLOPEN_MEMBER)
#undef TRESTLE_DLOPEN_MEMBER
} trestle_functions;

/* Adds words to an error text, as far as there is room. */
static inline void trestle_dlopen_say(char *error, size_t error_size, const char *words) {
  size_t used;
  if (error == NULL || error_size == 0) return;
  used = strlen(error);
  snprintf(error + used, error_size - used, "%s", words);
}

/* Opens the first of the names that the dynamic linker can load; tells of all if there is none. */
static inline void *trestle_dlopen_library(const char *path, char *error, size_t error_size) {
  const char *names[2] = {"libtrestle.so.1", "libtrestle.so"};
  size_t count = 2, i;
  if (path != NULL) {
    names[0] = path;
    count = 1;
  }
  for (i = 0; i < count; i++) {
    const char *reason;
    void *library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
    if (library != NULL) {
      if (error != NULL && error_size != 0) error[0] = '\0';
      return library;
    }
    reason = dlerror();
    if (i != 0) trestle_dlopen_say(error, error_size, "; ");
    trestle_dlopen_say(error, error_size, reason != NULL ? reason : names[i]);
  }
  return NULL;
}

/* Asks the library for its ABI, before anything else of it is relied on. */
static inline int32_t trestle_dlopen_check_abi(void *library, char *error, size_t error_size) {
  uint32_t (*abi)(void);
  uint32_t found;
  char words[128];
  void *symbol = dlsym(library, "trestle_abi");
  if (symbol == NULL) {
    trestle_dlopen_say(error, error_size, "not libtrestle: it has no function trestle_abi");
    return TRESTLE_RESULT_FAILURE;
  }
  memcpy(&abi, &symbol, sizeof abi); /* ISO C converts no object pointer to a function */
  found = abi();
  if (found / 1000 == TRESTLE_ABI_MAJOR && found >= TRESTLE_ABI) {
    return TRESTLE_RESULT_SUCCESS;
  }
  snprintf(words, sizeof words,
           "libtrestle has ABI %u.%u, this program needs %d.%d or a later %d.x",
           (unsigned)(found / 1000), (unsigned)(found % 1000), TRESTLE_ABI_MAJOR,
           TRESTLE_ABI_MINOR, TRESTLE_ABI_MAJOR);
  trestle_dlopen_say(error, error_size, words);
  return TRESTLE_RESULT_NOT_SUPPORTED;
}

/* Looks every function up; tells of all that are missing. */
static inline int32_t trestle_dlopen_look_up(trestle_functions *functions, char *error,
                                             size_t error_size) {
  static const struct {
    const char *name;
    size_t offset;
  } members[] = {
#define TRESTLE_DLOPEN_ENTRY(name) {"trestle_" #name, offsetof(trestle_functions, name)},
      TRESTLE_DLOPEN_EACH(TRESTLE_DLOPEN_ENTRY)
#undef TRESTLE_DLOPEN_ENTRY
  };
  int32_t result = TRESTLE_RESULT_SUCCESS;
  size_t i;
  for (i = 0; i < sizeof members / sizeof members[0]; i++) {
    void *symbol = dlsym(functions->library, members[i].name);
    memcpy((char *)functions + members[i].offset, &symbol, sizeof symbol);
    if (symbol != NULL) continue;
    trestle_dlopen_say(error, error_size,
                       result == TRESTLE_RESULT_SUCCESS ? "libtrestle lacks " : ", ");
    trestle_dlopen_say(error, error_size, members[i].name);
    result = TRESTLE_RESULT_FAILURE;
  }
  return result;
}

/* Loads libtrestle and fills in `functions`. Callable from any thread; loading it twice gives the
 * same library.
 *   path        the library's file; without a slash, a name that the dynamic linker searches. NULL:
 *               libtrestle.so.1, then libtrestle.so.
 *   functions   written in full on success, all zero otherwise.
 *   error       on failure, why, NUL-terminated and cut off at error_size bytes; empty on success.
 *               May be NULL with 0.
 * SUCCESS; NULL_ARGUMENT; NOT_SUPPORTED: a library of another ABI; FAILURE: not loaded, not
 * libtrestle, or incomplete. */
static inline int32_t trestle_dlopen(const char *path, trestle_functions *functions, char *error,
                                     size_t error_size) {
  int32_t result = TRESTLE_RESULT_FAILURE;
  void *library;
  if (functions == NULL) return TRESTLE_RESULT_NULL_ARGUMENT;
  memset(functions, 0, sizeof *functions);
  if (error != NULL && error_size != 0) error[0] = '\0';
  library = trestle_dlopen_library(path, error, error_size);
  if (library == NULL) return result;
  result = trestle_dlopen_check_abi(library, error, error_size);
  if (result == TRESTLE_RESULT_SUCCESS) {
    functions->size = (uint32_t)sizeof *functions;
    functions->library = library;
    result = trestle_dlopen_look_up(functions, error, error_size);
  }
  if (result != TRESTLE_RESULT_SUCCESS) memset(functions, 0, sizeof *functions);
  return result;
}

#ifdef __cplusplus
}
#endif

#endif /* TRESTLE_DLOPEN_H_ */
