// SPDX-License-Identifier: Apache-2.0
#include "abi_tests/conformance/pair.h"

namespace trestle::conformance {
namespace {

Outcome waiting() {
  Outcome outcome;
  outcome.status = TRESTLE_BACKEND_WANT_READ;
  outcome.error = fresh_error();
  return outcome;
}

// What an established side learns of a peer that failed after it.
void learn_of_failure(Endpoint* endpoint, Outcome* outcome, const Outcome& peer) {
  if (!outcome->ok() || !peer.failed()) return;
  std::string data;
  const Outcome end = endpoint->decrypt(&data);
  if (end.failed()) *outcome = end;
}

}  // namespace

Pair::Pair(const Context& client_context, const Context& server_context)
    : client(client_context, to_client, to_server),
      server(server_context, to_server, to_client),
      client_outcome(waiting()),
      server_outcome(waiting()) {}

bool advance(Endpoint* endpoint, Outcome* outcome, const Pipe& in, Pipe* out) {
  if (!outcome->wants_read()) return false;
  const uint64_t sent = out->sent().size();
  const uint64_t read = in.read_so_far();
  *outcome = endpoint->handshake();
  if (outcome->failed()) out->end();
  return !outcome->wants_read() || out->sent().size() != sent || in.read_so_far() != read;
}

void Pair::handshake() {
  bool progress = true;
  while (progress) {
    progress = advance(&client, &client_outcome, to_client, &to_server);
    progress |= advance(&server, &server_outcome, to_server, &to_client);
  }
  learn_of_failure(&client, &client_outcome, server_outcome);
  learn_of_failure(&server, &server_outcome, client_outcome);
}

std::string Pair::explanation() const {
  return "client (" + client.plugin().name + "): " + client_outcome.explanation() +
         "\nserver (" + server.plugin().name + "): " + server_outcome.explanation();
}

std::string receive(Endpoint* endpoint, Outcome* end) {
  std::string data;
  do {
    *end = endpoint->decrypt(&data);
  } while (end->ok());
  return data;
}

std::string transfer(Endpoint* from, Endpoint* to, const std::string& data, Outcome* end) {
  const Outcome sent = from->encrypt(data);
  if (!sent.ok()) {
    *end = sent;
    return "";
  }
  return receive(to, end);
}

}  // namespace trestle::conformance
