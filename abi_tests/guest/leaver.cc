// SPDX-License-Identifier: Apache-2.0
// A program that ends while its guest is at work: leaver LIBTRESTLE PORT CA_FILE BACKEND leaves
// main with connections that encrypt and others that shake hands. Its exit handlers, and those of
// the libraries in it, then run beside the worker threads.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <sstream>
#include <vector>

#include "abi_tests/guest/client.h"

namespace {

constexpr int kEngines = 3;
constexpr int kHandshakes = 8;
constexpr size_t kDataLength = size_t{2} << 20;

std::string read_file(const char *path) {
  std::ostringstream content;
  content << std::ifstream(path).rdbuf();
  return content.str();
}

}  // namespace

// Only asked by ThreadSanitizer. libwolfssl has an exit handler of its own, which destroys its
// mutexes beside the workers; to lock one of them then is an error that ends a connection.
extern "C" __attribute__((visibility("default"))) const char *__tsan_default_suppressions() {
  return "race:wc_FreeMutex\nmutex:wc_LockMutex\nmutex:wc_UnLockMutex\n";
}

namespace {

// Handshakes that nobody will wait for.
void begin_handshakes(const trestle_functions &trestle, const trestle::guest::Client &client,
                      uint64_t session, uint16_t port) {
  const uint8_t loopback[16] = {127, 0, 0, 1};
  for (int i = 0; i < kHandshakes; i++) {
    trestle.connection_create_req(client.engine(), session, TRESTLE_FAMILY_IP4, 0, 100);
  }
  for (int i = 0; i < kHandshakes; i++) {
    // Nothing of the answer but the handle is needed, and a failure shows as a missing connection.
    const trestle_message *message = nullptr;
    uint32_t count = 0;
    if (trestle.queue_get(client.engine(), client.queue(), &message, 1, TRESTLE_WAIT_FOREVER,
                          &count) != TRESTLE_RESULT_SUCCESS) {
      std::_Exit(4);
    }
    if (message->primitive == TRESTLE_PRIM_CONNECTION_CREATE_CFM) {
      trestle.connection_connect_req(client.engine(), message->connection, loopback, port, 101);
    }
    trestle.message_release(client.engine(), message);
  }
}

}  // namespace

int main(int argc, char **argv) {
  if (argc != 5) return 2;
  const auto port = static_cast<uint16_t>(std::atoi(argv[2]));
  const std::string ca_pem = read_file(argv[3]);
  const trestle_functions trestle = trestle::guest::load_trestle(argv[1]);
  // Never destroyed: their destructors would end the engines properly.
  static auto &clients = *new std::vector<std::unique_ptr<trestle::guest::Client>>;
  static std::vector<uint8_t> data(kDataLength);
  for (int i = 0; i < kEngines; i++) {
    clients.push_back(std::make_unique<trestle::guest::Client>(trestle));
    const trestle::guest::Reply reply = clients.back()->connect(argv[4], port, ca_pem);
    if (!reply.ok()) {
      std::fprintf(stderr, "%s\n", reply.text.c_str());
      return 3;
    }
  }
  for (const auto &client : clients) {
    begin_handshakes(trestle, *client, client->session(), port);
    trestle.connection_data_req(client->engine(), client->connection(), data.data(), data.size(),
                                TRESTLE_DATA_COPY, 102);
  }
  return 0;
}
