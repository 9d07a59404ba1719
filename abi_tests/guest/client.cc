// SPDX-License-Identifier: Apache-2.0
#include "abi_tests/guest/client.h"

#include <cstdio>
#include <cstdlib>

namespace trestle::guest {
namespace {

// Bounds a failure; nothing that goes well takes a noticeable part of it.
constexpr int32_t kPatienceMs = 60'000;

[[noreturn]] void die(const std::string &words) {
  std::fprintf(stderr, "%s\n", words.c_str());
  std::_Exit(3);
}

const uint8_t *bytes(const std::string &text) {
  return reinterpret_cast<const uint8_t *>(text.data());
}

std::string words_of(const trestle_functions &trestle, const trestle_message &message) {
  std::string words = trestle.result_name(message.result);
  if (message.error == nullptr) return words;
  for (const char *more : {message.error->detail, message.error->library_text}) {
    if (more[0] != '\0') words += std::string(": ") + more;
  }
  return words;
}

}  // namespace

trestle_functions load_trestle(const std::string &path) {
  trestle_functions trestle;
  char error[1024];
  if (trestle_dlopen(path.c_str(), &trestle, error, sizeof error) != TRESTLE_RESULT_SUCCESS) {
    die(error);
  }
  return trestle;
}

Client::Client(const trestle_functions &trestle, const trestle_engine_config *config)
    : trestle_(trestle) {
  int32_t result = trestle_.engine_create(config, &engine_);
  if (result == TRESTLE_RESULT_SUCCESS) {
    result = trestle_.queue_create(engine_, 0, &queue_);
  }
  if (result != TRESTLE_RESULT_SUCCESS) die(trestle_.result_name(result));
}

Client::~Client() {
  const int32_t result = trestle_.engine_destroy(engine_);
  if (result != TRESTLE_RESULT_SUCCESS) die(trestle_.result_name(result));
}

void Client::fetch_one(uint32_t primitive, Reply *reply, bool *found) {
  const trestle_message *message = nullptr;
  uint32_t count = 0;
  const int32_t result =
      trestle_.queue_get(engine_, queue_, &message, 1, kPatienceMs, &count);
  if (result != TRESTLE_RESULT_SUCCESS) {
    die(std::string("waiting for ") + trestle_.primitive_name(primitive) + ": " +
        trestle_.result_name(result));
  }
  if (message->primitive == TRESTLE_PRIM_CONNECTION_DATA_IND) {
    received_.append(reinterpret_cast<const char *>(message->data), message->length);
    trestle_.connection_data_res(engine_, message->connection);
  }
  // Whoever waits for data waits in vain after the peer's end.
  *found = message->primitive == primitive ||
           (message->primitive == TRESTLE_PRIM_CONNECTION_DISCONNECT_IND &&
            primitive == TRESTLE_PRIM_CONNECTION_DATA_IND);
  if (*found) {
    reply->result = message->result;
    reply->session = message->session;
    reply->connection = message->connection;
    reply->text = words_of(trestle_, *message);
    if (message->backend_count == 1) {
      const trestle_backend_info &info = message->backends[0];
      reply->text += std::string(": ") + (reply->ok() ? info.library_version : info.detail);
      reply->result = info.result;
    }
  }
  trestle_.message_release(engine_, message);
}

Reply Client::await(uint32_t primitive) {
  Reply reply;
  for (bool found = false; !found;) fetch_one(primitive, &reply, &found);
  return reply;
}

Reply Client::requested(int32_t result, uint32_t confirm) {
  if (result == TRESTLE_RESULT_SUCCESS) return await(confirm);
  Reply reply;
  reply.result = result;
  reply.text = std::string("request for ") + trestle_.primitive_name(confirm) + ": " +
               trestle_.result_name(result);
  return reply;
}

Reply Client::query(const std::string &backend) {
  return requested(trestle_.backend_query_req(engine_, queue_, backend.c_str(), 1),
                   TRESTLE_PRIM_BACKEND_QUERY_CFM);
}

Reply Client::configure(const std::string &ca_pem) {
  Reply reply = requested(
      trestle_.config_cert_verify_req(engine_, session_, bytes(ca_pem), ca_pem.size(), 2),
      TRESTLE_PRIM_CONFIG_CERT_VERIFY_CFM);
  if (!reply.ok()) return reply;
  const std::string name = "localhost";
  reply = requested(trestle_.config_option_req(engine_, session_, TRESTLE_OPTION_SERVER_NAME, 0,
                                               bytes(name), name.size(), 3),
                    TRESTLE_PRIM_CONFIG_OPTION_CFM);
  if (!reply.ok()) return reply;
  return requested(
      trestle_.config_option_req(engine_, session_, TRESTLE_OPTION_CERT_DECISION,
                                 TRESTLE_CERT_DECISION_AUTO, nullptr, 0, 4),
      TRESTLE_PRIM_CONFIG_OPTION_CFM);
}

Reply Client::connect(const std::string &backend, uint16_t port, const std::string &ca_pem) {
  received_.clear();
  Reply reply = requested(trestle_.session_create_req(engine_, queue_, TRESTLE_ROLE_CLIENT,
                                                      backend.c_str(), 5),
                          TRESTLE_PRIM_SESSION_CREATE_CFM);
  if (!reply.ok()) return reply;
  session_ = reply.session;
  reply = configure(ca_pem);
  if (!reply.ok()) return reply;
  reply = requested(
      trestle_.connection_create_req(engine_, session_, TRESTLE_FAMILY_IP4, 0, 6),
      TRESTLE_PRIM_CONNECTION_CREATE_CFM);
  if (!reply.ok()) return reply;
  connection_ = reply.connection;
  const uint8_t loopback[16] = {127, 0, 0, 1};
  return requested(trestle_.connection_connect_req(engine_, connection_, loopback, port, 7),
                   TRESTLE_PRIM_CONNECTION_CONNECT_CFM);
}

Reply Client::send(const std::string &data) {
  return requested(trestle_.connection_data_req(engine_, connection_, bytes(data), data.size(),
                                                TRESTLE_DATA_COPY, 8),
                   TRESTLE_PRIM_CONNECTION_DATA_CFM);
}

Reply Client::receive(size_t length) {
  Reply reply;
  for (reply.result = TRESTLE_RESULT_SUCCESS; reply.ok() && received_.size() < length;) {
    const std::string::size_type before = received_.size();
    reply = await(TRESTLE_PRIM_CONNECTION_DATA_IND);
    if (received_.size() == before) reply.result = TRESTLE_RESULT_NOT_CONNECTED;
  }
  return reply;
}

Reply Client::disconnect() {
  const Reply end = requested(trestle_.connection_disconnect_req(engine_, connection_, 9),
                              TRESTLE_PRIM_CONNECTION_DISCONNECT_CFM);
  const Reply gone = requested(trestle_.session_destroy_req(engine_, session_, 10),
                               TRESTLE_PRIM_SESSION_DESTROY_CFM);
  return end.ok() ? gone : end;
}

Reply Client::exchange(const std::string &backend, uint16_t port, const std::string &ca_pem) {
  static const std::string kLine = "a line\n";
  Reply reply = connect(backend, port, ca_pem);
  if (reply.ok()) reply = send(kLine);
  if (reply.ok()) reply = receive(kLine.size());
  if (reply.ok() && received_ != kLine) {
    reply.result = TRESTLE_RESULT_FAILURE;
    reply.text = "got \"" + received_ + "\"";
  }
  return reply.ok() ? disconnect() : reply;
}

}  // namespace trestle::guest
