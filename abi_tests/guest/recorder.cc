// SPDX-License-Identifier: Apache-2.0
// Preloaded, it records who makes the process do what a guest must not do, from recorder_start to
// recorder_report, which prints a line for each: "recorded FUNCTION by FILE".
#include <dlfcn.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>

#define EXPORTED extern "C" __attribute__((visibility("default")))
#define CALLER __builtin_return_address(0)

namespace {

constexpr int kRecordsMax = 4096;

struct Record {
  const char *function;
  const void *caller;
};

Record g_records[kRecordsMax];
std::atomic<int> g_count{0};
std::atomic<bool> g_running{false};

void record(const char *function, const void *caller) {
  if (!g_running) return;
  const int place = g_count++;
  if (place < kRecordsMax) g_records[place] = {function, caller};
}

bool is_socket(int fd) {
  struct stat status;
  return fstat(fd, &status) == 0 && S_ISSOCK(status.st_mode);
}

// A write to a socket whose reader has gone raises SIGPIPE, unless the flag forbids it.
void record_send(const char *function, int flags, const void *caller) {
  if ((flags & MSG_NOSIGNAL) == 0) record(function, caller);
}

void record_write(const char *function, int fd, const void *caller) {
  if (g_running && is_socket(fd)) record(function, caller);
}

template <typename Function>
Function next(const char *name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

}  // namespace

// Records a call of a function by `who`, and makes it.
#define RECORDED_BY(who, type, name, parameters, arguments)   \
  EXPORTED type name parameters {                             \
    record(#name, who);                                       \
    static const auto real = next<type(*) parameters>(#name); \
    return real arguments;                                    \
  }
#define RECORDED(type, name, parameters, arguments) \
  RECORDED_BY(CALLER, type, name, parameters, arguments)

using Handler = void (*)(int);

RECORDED(int, sigaction, (int number, const struct sigaction *action, struct sigaction *before),
         (number, action, before))
RECORDED(Handler, signal, (int number, Handler handler), (number, handler))
RECORDED(Handler, sigset, (int number, Handler handler), (number, handler))
RECORDED(int, siginterrupt, (int number, int flag), (number, flag))
RECORDED(int, sigprocmask, (int how, const sigset_t *set, sigset_t *before), (how, set, before))
RECORDED(int, on_exit, (void (*function)(int, void *), void *argument), (function, argument))
RECORDED(int, setenv, (const char *name, const char *value, int overwrite),
         (name, value, overwrite))
RECORDED(int, putenv, (char *text), (text))
RECORDED(int, unsetenv, (const char *name), (name))
RECORDED(int, clearenv, (), ())
RECORDED(char *, getenv, (const char *name), (name))
RECORDED(char *, setlocale, (int category, const char *locale), (category, locale))
RECORDED(mode_t, umask, (mode_t mask), (mask))
RECORDED(int, chdir, (const char *path), (path))

// What atexit, at_quick_exit and pthread_atfork become. They name the object that they are for;
// the caller may be the dynamic linker, where a constructor ends with such a call.
RECORDED_BY(object, int, __cxa_atexit, (void (*function)(void *), void *argument, void *object),
            (function, argument, object))
RECORDED_BY(object, int, __cxa_at_quick_exit, (void (*function)(void *), void *object),
            (function, object))
RECORDED_BY(object, int, __register_atfork,
            (void (*prepare)(), void (*parent)(), void (*child)(), void *object),
            (prepare, parent, child, object))

EXPORTED ssize_t send(int fd, const void *data, size_t length, int flags) {
  record_send("send", flags, CALLER);
  static const auto real = next<decltype(&send)>("send");
  return real(fd, data, length, flags);
}

EXPORTED ssize_t sendto(int fd, const void *data, size_t length, int flags, const sockaddr *to,
                        socklen_t to_length) {
  record_send("sendto", flags, CALLER);
  static const auto real = next<decltype(&sendto)>("sendto");
  return real(fd, data, length, flags, to, to_length);
}

EXPORTED ssize_t sendmsg(int fd, const msghdr *message, int flags) {
  record_send("sendmsg", flags, CALLER);
  static const auto real = next<decltype(&sendmsg)>("sendmsg");
  return real(fd, message, flags);
}

EXPORTED ssize_t write(int fd, const void *data, size_t length) {
  record_write("write", fd, CALLER);
  static const auto real = next<decltype(&write)>("write");
  return real(fd, data, length);
}

EXPORTED ssize_t writev(int fd, const iovec *parts, int count) {
  record_write("writev", fd, CALLER);
  static const auto real = next<decltype(&writev)>("writev");
  return real(fd, parts, count);
}

EXPORTED void recorder_start() { g_running = true; }

EXPORTED void recorder_report() {
  g_running = false;
  const int count = g_count < kRecordsMax ? g_count.load() : kRecordsMax;
  for (int i = 0; i < count; i++) {
    Dl_info info;
    const bool known = dladdr(g_records[i].caller, &info) != 0;
    const char *file = known ? info.dli_fname : "nobody";
    const char *slash = strrchr(file, '/');
    printf("recorded %s by %s\n", g_records[i].function, slash == nullptr ? file : slash + 1);
  }
  printf("recorded %d calls in all\n", g_count.load());
}
