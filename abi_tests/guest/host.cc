// SPDX-License-Identifier: Apache-2.0
// A program that has a life of its own, and Trestle as its guest:
//   host LIBTRESTLE PORT CA_FILE BACKEND...
// Connects to the echo server with each backend in this order, and does its own TLS before, between
// and after, if it has any. Prints a line for each. Built in several ways, see BUILD.bazel.
#include <dlfcn.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "abi_tests/guest/client.h"
#if defined(HOST_HAS_OPENSSL)
#include "abi_tests/guest/own_tls.h"
#endif

#if defined(HOST_HAS_WOLFSSL)
// wolfSSL's headers and OpenSSL's don't go together.
extern "C" int wolfSSL_Init(void);
#endif

#if defined(HOST_EXPORTS_SSL_CTX_NEW)
// Something of that name that isn't OpenSSL's, as a program has it that carries another library.
extern "C" __attribute__((visibility("default"))) void *SSL_CTX_new(const void *) {
  std::puts("host: its SSL_CTX_new was called");
  return nullptr;
}
#endif

// Only asked by AddressSanitizer: preloaded libraries come before its runtime.
extern "C" __attribute__((visibility("default"))) const char *__asan_default_options() {
  return "verify_asan_link_order=0";
}

namespace {

void do_own_tls() {
#if defined(HOST_HAS_WOLFSSL)
  if (wolfSSL_Init() != 1) std::puts("host: wolfSSL_Init failed");
#endif
#if defined(HOST_HAS_OPENSSL)
  const std::string failure = trestle::guest::own_tls();
  std::printf("host: %s\n", failure.empty() ? "ok" : failure.c_str());
#endif
}

std::string read_file(const char *path) {
  std::ostringstream content;
  content << std::ifstream(path).rdbuf();
  return content.str();
}

// A text of several lines as one.
std::string in_one_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

// Of the library that records what the process is made to do, if that is preloaded.
void tell_recorder(const char *symbol) {
  const auto function = reinterpret_cast<void (*)()>(dlsym(RTLD_DEFAULT, symbol));
  if (function != nullptr) function();
}

}  // namespace

int main(int argc, char **argv) {
  if (argc < 5) return 2;
  const auto port = static_cast<uint16_t>(std::atoi(argv[2]));
  const std::string ca_pem = read_file(argv[3]);
  do_own_tls();
  tell_recorder("recorder_start");
  const trestle_functions trestle = trestle::guest::load_trestle(argv[1]);
  {
    trestle::guest::Client client(trestle);
    for (int i = 4; i < argc; i++) {
      const trestle::guest::Reply reply = client.exchange(argv[i], port, ca_pem);
      std::printf("%s: %s\n", argv[i], in_one_line(reply.text).c_str());
      do_own_tls();
    }
  }
  tell_recorder("recorder_report");
  do_own_tls();
  return 0;
}
