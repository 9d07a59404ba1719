// SPDX-License-Identifier: Apache-2.0
#include "abi_tests/core_with_fake/life.h"

#include <dlfcn.h>

#include <stdexcept>

namespace trestle::testing {
namespace {

const uint8_t* bytes_of(const std::string& text) {
  return reinterpret_cast<const uint8_t*>(text.data());
}

constexpr uint8_t kLoopback[16] = {127, 0, 0, 1};

}  // namespace

fake::Control& script() {
  static fake::Control* control = [] {
    // The same file as libtrestle.so loads, so the same object.
    void* library = dlopen((backend_directory() + "/fake.so").c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!library) throw std::runtime_error(dlerror());
    return reinterpret_cast<fake::ControlFunction>(dlsym(library, "fake_control"))();
  }();
  return *control;
}

const Identity& some_identity() {
  static const Identity identity = Certificate::server("localhost").issue();
  return identity;
}

void FakeTest::SetUp() { script().reset(); }

void FakeTest::TearDown() {
  script().reset();
  EXPECT_EQ(script().live_connections(), 0);
  EXPECT_EQ(script().live_contexts(), 0);
  EXPECT_EQ(script().live_identities(), 0);
}

// --- Life ---

Message Life::next() {
  Message message = program_.next();
  if (message->tag != 0) {
    auto found = outstanding_.find(message->tag);
    if (found == outstanding_.end())
      throw std::runtime_error("a second confirm, or one for nothing: " + message.text());
    if (found->second != message->primitive)
      throw std::runtime_error("another request's confirm: " + message.text());
    outstanding_.erase(found);
  }
  messages_[message->primitive].push_back(message);
  answer(message);
  return message;
}

void Life::answer(const Message& message) {
  Connection connection(&program_, message->connection);
  switch (message->primitive) {
    case TRESTLE_PRIM_ACCEPT_IND:
      connection.accept_res(1);
      break;
    case TRESTLE_PRIM_CONNECTION_CERT_IND:
      connection.cert_res(cert_answer);
      break;
    case TRESTLE_PRIM_CONNECTION_DATA_IND:
      connection.data_res();
      break;
    case TRESTLE_PRIM_CONNECTION_DISCONNECT_IND:
      connection.disconnect_res();
      break;
  }
}

int32_t Life::await(int32_t accepted, uint32_t cfm, uint64_t tag) {
  if (accepted != TRESTLE_RESULT_SUCCESS) return -1;
  outstanding_[tag] = cfm;
  for (;;) {
    Message message = next();
    if (message->tag == tag) return message->result;
  }
}

uint64_t Life::create_session(uint32_t role) {
  uint64_t tag = program_.next_tag();
  if (await(api().session_create_req(program_.engine(), program_.queue(), role, "fake", tag),
            TRESTLE_PRIM_SESSION_CREATE_CFM, tag) != TRESTLE_RESULT_SUCCESS)
    return 0;
  return messages_[TRESTLE_PRIM_SESSION_CREATE_CFM].back()->session;
}

bool Life::configure(uint64_t client, uint64_t server, int64_t cert_decision) {
  trestle_engine* engine = program_.engine();
  uint64_t tag = program_.next_tag();
  await(api().config_option_req(engine, client, TRESTLE_OPTION_CERT_DECISION, cert_decision,
                                nullptr, 0, tag),
        TRESTLE_PRIM_CONFIG_OPTION_CFM, tag);
  const std::string identity =
      some_identity().chain_pem() + some_identity().key().pkcs8_pem();
  tag = program_.next_tag();
  await(api().config_cert_client_req(engine, server, TRESTLE_CERTIFICATE, bytes_of(identity),
                                     identity.size(), nullptr, 0, tag),
        TRESTLE_PRIM_CONFIG_CERT_CLIENT_CFM, tag);
  tag = program_.next_tag();
  return await(api().listen_req(engine, server, TRESTLE_FAMILY_IP4, kLoopback, 0, tag),
               TRESTLE_PRIM_LISTEN_CFM, tag) == TRESTLE_RESULT_SUCCESS;
}

void Life::talk(uint64_t client, uint16_t port) {
  trestle_engine* engine = program_.engine();
  uint64_t tag = program_.next_tag();
  if (await(api().connection_create_req(engine, client, TRESTLE_FAMILY_IP4, 0, tag),
            TRESTLE_PRIM_CONNECTION_CREATE_CFM, tag) != TRESTLE_RESULT_SUCCESS)
    return;
  uint64_t connection = messages_[TRESTLE_PRIM_CONNECTION_CREATE_CFM].back()->connection;
  tag = program_.next_tag();
  await(api().connection_connect_req(engine, connection, kLoopback, port, tag),
        TRESTLE_PRIM_CONNECTION_CONNECT_CFM, tag);
  for (int i = 0; i < 3; ++i) {
    const std::string data(100000, 'x');
    tag = program_.next_tag();
    await(api().connection_data_req(engine, connection, bytes_of(data), data.size(),
                                    TRESTLE_DATA_COPY, tag),
          TRESTLE_PRIM_CONNECTION_DATA_CFM, tag);
  }
  tag = program_.next_tag();
  await(api().connection_disconnect_req(engine, connection, tag),
        TRESTLE_PRIM_CONNECTION_DISCONNECT_CFM, tag);
  tag = program_.next_tag();
  await(api().connection_destroy_req(engine, connection, tag),
        TRESTLE_PRIM_CONNECTION_DESTROY_CFM, tag);
}

void Life::live(int64_t cert_decision) {
  uint64_t client = create_session(TRESTLE_ROLE_CLIENT);
  uint64_t server = create_session(TRESTLE_ROLE_SERVER);
  if (configure(client, server, cert_decision))
    talk(client, messages_[TRESTLE_PRIM_LISTEN_CFM].back()->port);
  for (uint64_t session : {client, server}) {
    uint64_t tag = program_.next_tag();
    await(api().session_destroy_req(program_.engine(), session, tag),
          TRESTLE_PRIM_SESSION_DESTROY_CFM, tag);
  }
}

void Life::end() {
  uint64_t tag = program_.next_tag();
  EXPECT_EQ(await(api().engine_shutdown_req(program_.engine(), program_.queue(), tag),
                  TRESTLE_PRIM_ENGINE_SHUTDOWN_CFM, tag),
            TRESTLE_RESULT_SUCCESS);
  EXPECT_TRUE(outstanding_.empty()) << outstanding_.size() << " requests without a confirm";
  const trestle_message* none = nullptr;
  uint32_t count = 0;
  EXPECT_EQ(api().queue_get(program_.engine(), program_.queue(), &none, 1, TRESTLE_WAIT_FOREVER,
                            &count),
            TRESTLE_RESULT_SHUT_DOWN);
}

bool Life::came(uint32_t primitive, int32_t result) {
  for (const Message& message : messages_[primitive])
    if (message->result == result) return true;
  return false;
}

int Life::count(int32_t result) const {
  int count = 0;
  for (const auto& [primitive, messages] : messages_)
    for (const Message& message : messages) count += message->result == result;
  return count;
}

// --- TwoEngines ---

TwoEngines::TwoEngines(const Program::Options& options)
    : program(options), server(server_program.server("fake")), client(program.client("fake")) {
  server.identity(some_identity());
  listening_ = server.listen();
}

TwoEngines::~TwoEngines() { script().reset(); }

Connection TwoEngines::connect(Session& session) {
  Connection connection = session.connect_to("127.0.0.1", port());
  peer_ = server_program.expect(TRESTLE_PRIM_ACCEPT_IND)->connection;
  EXPECT_EQ(peer().accept_res(1), TRESTLE_RESULT_SUCCESS);
  EXPECT_EQ(connection.finish_connect()->result, TRESTLE_RESULT_SUCCESS);
  EXPECT_EQ(server_program.expect(TRESTLE_PRIM_CONNECTION_CONNECT_IND)->result,
            TRESTLE_RESULT_SUCCESS);
  return connection;
}

}  // namespace trestle::testing
