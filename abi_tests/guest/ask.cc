// SPDX-License-Identifier: Apache-2.0
// Asks for backends and prints what the library says: ask LIBTRESTLE NAME [DIRECTORY [CHDIR]].
//   NAME       "" for all that can be found, "default" for the default one
//   DIRECTORY  the engine's backend_directory, or ""
//   CHDIR      where to go after the library was loaded
#include <unistd.h>

#include <cstdio>
#include <cstring>

#include "abi_tests/guest/client.h"

namespace {

// The capability query tells nothing but the result, and takes the default backend.
int ask_default(const trestle_functions &trestle, const trestle::guest::Client &client) {
  return trestle.backend_capability_req(client.engine(), client.queue(), nullptr,
                                        TRESTLE_CAPABILITY_VERSION, TRESTLE_VERSION_TLS13, 1);
}

void print(const trestle_functions &trestle, const trestle_message &message) {
  std::printf("%s\n", trestle.result_name(message.result));
  for (uint32_t i = 0; i < message.backend_count; i++) {
    const trestle_backend_info &info = message.backends[i];
    std::printf("%s %s %s\n%s\n", info.name, trestle.result_name(info.result), info.path,
                info.detail);
  }
  if (message.error != nullptr) std::printf("error: %s\n", message.error->detail);
}

}  // namespace

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  const trestle_functions trestle = trestle::guest::load_trestle(argv[1]);
  if (argc > 4 && chdir(argv[4]) != 0) return 3;
  trestle_engine_config config = {};
  config.size = sizeof config;
  if (argc > 3 && argv[3][0] != '\0') config.backend_directory = argv[3];
  const trestle::guest::Client client(trestle, &config);
  const char *name = argv[2][0] != '\0' ? argv[2] : nullptr;
  const int32_t result =
      name != nullptr && std::strcmp(name, "default") == 0
          ? ask_default(trestle, client)
          : trestle.backend_query_req(client.engine(), client.queue(), name, 1);
  if (result != TRESTLE_RESULT_SUCCESS) {
    std::printf("request: %s\n", trestle.result_name(result));
    return 0;
  }
  const trestle_message *message = nullptr;
  uint32_t count = 0;
  if (trestle.queue_get(client.engine(), client.queue(), &message, 1, TRESTLE_WAIT_FOREVER,
                        &count) != TRESTLE_RESULT_SUCCESS) {
    return 4;
  }
  print(trestle, *message);
  trestle.message_release(client.engine(), message);
  return 0;
}
