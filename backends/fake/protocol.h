// SPDX-License-Identifier: Apache-2.0
// The fake backend's toy protocol. It has the shape of TLS. A frame is a type, a length of four
// bytes, and a body:
//   client                                    server
//   HELLO version_min, version_max, suites ->
//                                          <- HELLO version, suite, client_auth
//                                          <- CERTIFICATE chain
//   [CERTIFICATE chain, may be empty] FINISHED ->
//                                          <- FINISHED
//   then DATA, and CLOSE or ALERT at the end, both ways.
// There is no key exchange and no name, so groups, signature schemes, the smallest Diffie-Hellman
// group and the server name have nothing to act on.
#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <string>
#include <vector>

#include <trestle/backend.h>

struct trestle_backend_identity {
  std::vector<std::string> chain;
};

struct trestle_backend_context {
  uint32_t role;
  uint16_t version_min;
  uint16_t version_max;
  uint32_t client_auth;
  std::vector<uint16_t> suites;
  std::vector<std::string> chain;  // empty without an identity
};

struct trestle_backend_connection {
  enum State { kStart, kPeersHello, kPeersCertificate, kPeersFinished, kOpen, kClosed, kFailed };

  const trestle_backend_context* context;
  void* host_connection;
  State state = kStart;
  uint16_t version = 0;
  uint16_t suite = 0;
  bool client_certificate_wanted = false;
  std::string received;   // the beginning of a frame
  std::string plaintext;  // of a DATA frame that decrypt had no room for
};

namespace trestle::fake {

using Connection = trestle_backend_connection;

enum Frame : uint8_t { kHello = 1, kCertificate, kFinished, kData, kClose, kAlert };

constexpr uint64_t kDataMax = 16384;  // in one DATA frame

template <typename List>
bool contains(const List& list, uint32_t value) {
  return std::find(std::begin(list), std::end(list), value) != std::end(list);
}

// Whom pull, push and ask go to. Before any connection.
void set_host(const trestle_host* host);

// Every failure ends here: fills in the record and returns TRESTLE_BACKEND_ERROR.
int32_t fail(trestle_backend_error* error, int32_t result, const char* detail,
             uint32_t alert = TRESTLE_ALERT_NONE,
             uint32_t direction = TRESTLE_ALERT_DIRECTION_NONE);

void push_frame(Connection* c, Frame type, const std::string& body);
// True if the program wants to talk to a peer with this chain. May take minutes.
bool ask(Connection* c, const std::vector<std::string>& chain);
// Goes on with the handshake: OK, WANT_READ or ERROR.
int32_t shake_hands(Connection* c, trestle_backend_error* error);
// The body of the next DATA frame: OK, WANT_READ, CLOSED or ERROR.
int32_t pull_data(Connection* c, std::string* data, trestle_backend_error* error);

}  // namespace trestle::fake
