// SPDX-License-Identifier: Apache-2.0
// Wrong arguments, wrong handles, wrong order: a precise code, and nothing lost.
#include <gtest/gtest.h>

#include "abi_tests/harness/program.h"

namespace trestle::testing {
namespace {

constexpr uint8_t kLocalhost[16] = {127, 0, 0, 1};
constexpr uint8_t kByte[1] = {0};

TEST(Misuse, NullEngineEverywhere) {
  const trestle_functions& t = api();
  uint64_t u = 0;
  int32_t fd = 0;
  uint32_t count = 0;
  uint8_t* buffer = nullptr;
  uint16_t suite = TRESTLE_TLS_AES_128_GCM_SHA256;
  const trestle_message* m = nullptr;
  const int32_t results[] = {
      t.engine_create(nullptr, nullptr),
      t.engine_shutdown_req(nullptr, 1, 1),
      t.engine_destroy(nullptr),
      t.queue_create(nullptr, 0, &u),
      t.queue_destroy(nullptr, 1),
      t.queue_get(nullptr, 1, &m, 1, 0, &count),
      t.queue_fd(nullptr, 1, &fd),
      t.message_release(nullptr, nullptr),
      t.backend_query_req(nullptr, 1, nullptr, 1),
      t.backend_capability_req(nullptr, 1, nullptr, TRESTLE_CAPABILITY_SUITE, suite, 1),
      t.session_create_req(nullptr, 1, TRESTLE_ROLE_CLIENT, nullptr, 1),
      t.session_destroy_req(nullptr, 1, 1),
      t.config_cipher_req(nullptr, 1, &suite, 1, 0, 0, 1),
      t.config_cert_client_req(nullptr, 1, TRESTLE_CERTIFICATE, kByte, 1, nullptr, 0, 1),
      t.config_cert_verify_req(nullptr, 1, kByte, 1, 1),
      t.config_compression_req(nullptr, 1, 0, 1),
      t.config_option_req(nullptr, 1, TRESTLE_OPTION_SEND_WINDOW, 1, nullptr, 0, 1),
      t.connection_create_req(nullptr, 1, TRESTLE_FAMILY_IP4, 0, 1),
      t.connection_destroy_req(nullptr, 1, 1),
      t.connection_bind_req(nullptr, 1, kLocalhost, 0, 1),
      t.connection_connect_req(nullptr, 1, kLocalhost, 1, 1),
      t.connection_disconnect_req(nullptr, 1, 1),
      t.connection_disconnect_res(nullptr, 1),
      t.connection_cert_res(nullptr, 1, 1),
      t.connection_data_req(nullptr, 1, kByte, 1, 0, 1),
      t.connection_data_res(nullptr, 1),
      t.buffer_allocate(nullptr, 1, &buffer),
      t.buffer_free(nullptr, nullptr),
      t.listen_req(nullptr, 1, TRESTLE_FAMILY_IP4, kLocalhost, 0, 1),
      t.unlisten_req(nullptr, 1, 1),
      t.accept_res(nullptr, 1, 1, 0),
  };
  for (int32_t result : results) EXPECT_EQ(result, TRESTLE_RESULT_NULL_ARGUMENT);
}

TEST(Misuse, EngineConfig) {
  trestle_engine* engine = nullptr;
  auto create = [&](trestle_engine_config config) { return api().engine_create(&config, &engine); };
  trestle_engine_config good{};
  good.size = sizeof good;
  trestle_engine_config bad = good;
  for (uint32_t size : {0u, 8u, static_cast<uint32_t>(sizeof good) - 1, 1000000u}) {
    bad.size = size;
    EXPECT_EQ(create(bad), TRESTLE_RESULT_BAD_STRUCT_SIZE) << size;
  }
  bad = good, bad.flags = 1;
  EXPECT_EQ(create(bad), TRESTLE_RESULT_UNKNOWN_FLAG);
  bad = good, bad.handshake_workers = TRESTLE_WORKERS_MAX + 1;
  EXPECT_EQ(create(bad), TRESTLE_RESULT_BAD_ARGUMENT);
  bad = good, bad.connections_max = UINT32_MAX;
  EXPECT_EQ(create(bad), TRESTLE_RESULT_BAD_ARGUMENT);
  bad = good, bad.sessions_max = UINT32_MAX;
  EXPECT_EQ(create(bad), TRESTLE_RESULT_BAD_ARGUMENT);
  bad = good, bad.backend_directory = "relative/path";
  EXPECT_EQ(create(bad), TRESTLE_RESULT_BAD_ARGUMENT);
  EXPECT_EQ(engine, nullptr);
  // A newer program's larger struct is read as far as this library knows it.
  struct Newer {
    trestle_engine_config config;
    uint64_t more[4];
  } newer{};
  newer.config.size = sizeof newer;
  ASSERT_EQ(api().engine_create(&newer.config, &engine), TRESTLE_RESULT_SUCCESS);
  EXPECT_EQ(api().engine_destroy(engine), TRESTLE_RESULT_SUCCESS);
}

class Handles : public ::testing::Test {
 protected:
  // Calls each function that takes a handle with this one; all must say BAD_HANDLE.
  void expect_bad(uint64_t handle, const char* what) {
    const trestle_functions& t = api();
    trestle_engine* e = program_.engine();
    uint16_t suite = TRESTLE_TLS_AES_128_GCM_SHA256;
    const trestle_message* m = nullptr;
    uint32_t count = 0;
    int32_t fd = 0;
    const int32_t results[] = {
        t.engine_shutdown_req(e, handle, 1),
        t.queue_destroy(e, handle),
        t.queue_get(e, handle, &m, 1, 0, &count),
        t.queue_fd(e, handle, &fd),
        t.backend_query_req(e, handle, nullptr, 1),
        t.backend_capability_req(e, handle, nullptr, TRESTLE_CAPABILITY_SUITE, suite, 1),
        t.session_create_req(e, handle, TRESTLE_ROLE_CLIENT, nullptr, 1),
        t.session_destroy_req(e, handle, 1),
        t.config_cipher_req(e, handle, &suite, 1, 0, 0, 1),
        t.config_cert_client_req(e, handle, TRESTLE_CERTIFICATE, kByte, 1, nullptr, 0, 1),
        t.config_cert_verify_req(e, handle, kByte, 1, 1),
        t.config_compression_req(e, handle, 0, 1),
        t.config_option_req(e, handle, TRESTLE_OPTION_SEND_WINDOW, 1, nullptr, 0, 1),
        t.connection_create_req(e, handle, TRESTLE_FAMILY_IP4, 0, 1),
        t.connection_destroy_req(e, handle, 1),
        t.connection_bind_req(e, handle, kLocalhost, 0, 1),
        t.connection_connect_req(e, handle, kLocalhost, 1, 1),
        t.connection_disconnect_req(e, handle, 1),
        t.connection_disconnect_res(e, handle),
        t.connection_cert_res(e, handle, 1),
        t.connection_data_req(e, handle, kByte, 1, 0, 1),
        t.connection_data_res(e, handle),
        t.listen_req(e, handle, TRESTLE_FAMILY_IP4, kLocalhost, 0, 1),
        t.unlisten_req(e, handle, 1),
        t.accept_res(e, handle, 1, 0),
    };
    int index = 0;
    for (int32_t result : results) {
      EXPECT_EQ(result, TRESTLE_RESULT_BAD_HANDLE) << what << ", call " << index;
      ++index;
    }
    EXPECT_FALSE(program_.poll()) << what;
  }

  Program program_;
};

TEST_F(Handles, ZeroAndInvented) {
  expect_bad(0, "zero");
  expect_bad(1, "one");
  expect_bad(UINT64_MAX, "all ones");
  for (uint64_t kind = 5; kind < 16; ++kind) expect_bad(kind << 60 | 1, "unknown kind");
  for (int bit = 0; bit < 64; ++bit) expect_bad(uint64_t{1} << bit, "one bit");
}

TEST_F(Handles, Foreign) {
  Program other;
  expect_bad(other.queue(), "another engine's queue");
  Session session = other.client("fake");
  expect_bad(session.handle(), "another engine's session");
  expect_bad(session.create_connection().handle(), "another engine's connection");
}

// The part of a handle that tells engines apart is small; a number is not given away while its
// engine lives.
TEST_F(Handles, ForeignAlsoAfterManyEngines) {
  Session session = program_.client("fake");
  Connection connection = session.create_connection();
  trestle_engine_config config{};
  config.size = sizeof config;
  config.handshake_workers = config.data_workers = 1;
  config.connections_max = config.sessions_max = 4;
  for (int i = 0; i < 5000; ++i) {
    trestle_engine* engine = nullptr;
    ASSERT_EQ(api().engine_create(&config, &engine), TRESTLE_RESULT_SUCCESS) << i;
    // In the same slot as the other's.
    uint64_t queue = 0;
    ASSERT_EQ(api().queue_create(engine, 0, &queue), TRESTLE_RESULT_SUCCESS) << i;
    EXPECT_NE(queue, program_.queue()) << i;
    EXPECT_EQ(api().queue_destroy(engine, program_.queue()), TRESTLE_RESULT_BAD_HANDLE) << i;
    EXPECT_EQ(api().session_destroy_req(engine, session.handle(), 1), TRESTLE_RESULT_BAD_HANDLE);
    EXPECT_EQ(api().connection_destroy_req(engine, connection.handle(), 1),
              TRESTLE_RESULT_BAD_HANDLE);
    EXPECT_EQ(api().queue_destroy(program_.engine(), queue), TRESTLE_RESULT_BAD_HANDLE) << i;
    ASSERT_EQ(api().engine_destroy(engine), TRESTLE_RESULT_SUCCESS) << i;
  }
  // Its own engine knows them as before.
  EXPECT_EQ(connection.destroy()->result, TRESTLE_RESULT_SUCCESS);
  EXPECT_EQ(session.destroy()->result, TRESTLE_RESULT_SUCCESS);
}

TEST_F(Handles, Stale) {
  Session session = program_.client("fake");
  Connection connection = session.create_connection();
  ASSERT_EQ(connection.destroy()->result, TRESTLE_RESULT_SUCCESS);
  expect_bad(connection.handle(), "a destroyed connection");
  Connection lost = session.create_connection();
  ASSERT_EQ(session.destroy()->result, TRESTLE_RESULT_SUCCESS);
  expect_bad(session.handle(), "a destroyed session");
  expect_bad(lost.handle(), "a connection of a destroyed session");
  uint64_t queue = program_.new_queue();
  ASSERT_EQ(api().queue_destroy(program_.engine(), queue), TRESTLE_RESULT_SUCCESS);
  expect_bad(queue, "a destroyed queue");
}

TEST_F(Handles, OfTheWrongKind) {
  trestle_engine* e = program_.engine();
  Session session = program_.client("fake");
  Connection connection = session.create_connection();
  EXPECT_EQ(api().session_destroy_req(e, connection.handle(), 1), TRESTLE_RESULT_BAD_HANDLE);
  EXPECT_EQ(api().connection_destroy_req(e, session.handle(), 1), TRESTLE_RESULT_BAD_HANDLE);
  EXPECT_EQ(api().connection_destroy_req(e, program_.queue(), 1), TRESTLE_RESULT_BAD_HANDLE);
  EXPECT_EQ(api().queue_destroy(e, session.handle()), TRESTLE_RESULT_BAD_HANDLE);
  EXPECT_EQ(api().unlisten_req(e, connection.handle(), 1), TRESTLE_RESULT_BAD_HANDLE);
  EXPECT_EQ(api().connection_create_req(e, session.handle(), TRESTLE_FAMILY_IP4, session.handle(), 1),
            TRESTLE_RESULT_BAD_HANDLE);
}

class Arguments : public ::testing::Test {
 protected:
  Arguments() : session_(program_.client("fake")), connection_(session_.create_connection()) {}
  Program program_;
  Session session_;
  Connection connection_;
};

TEST_F(Arguments, NullAndOutOfRange) {
  const trestle_functions& t = api();
  trestle_engine* e = program_.engine();
  uint64_t s = session_.handle(), c = connection_.handle(), q = program_.queue();
  uint16_t suite = TRESTLE_TLS_AES_128_GCM_SHA256;
  std::vector<uint16_t> many(TRESTLE_SUITES_MAX + 1, suite);
  const trestle_message* m = nullptr;
  uint32_t count = 0;
  const int32_t null = TRESTLE_RESULT_NULL_ARGUMENT, bad = TRESTLE_RESULT_BAD_ARGUMENT;
  EXPECT_EQ(t.queue_create(e, 0, nullptr), null);
  EXPECT_EQ(t.queue_create(e, UINT32_MAX, &s), bad);
  s = session_.handle();
  EXPECT_EQ(t.queue_get(e, q, nullptr, 1, 0, &count), null);
  EXPECT_EQ(t.queue_get(e, q, &m, 1, 0, nullptr), null);
  EXPECT_EQ(t.queue_get(e, q, &m, 0, 0, &count), bad);
  EXPECT_EQ(t.queue_get(e, q, &m, 1, -2, &count), bad);
  EXPECT_EQ(t.queue_get(e, q, &m, 1, 0, &count), TRESTLE_RESULT_TIMEOUT);
  EXPECT_EQ(t.queue_fd(e, q, nullptr), null);
  EXPECT_EQ(t.message_release(e, nullptr), null);
  EXPECT_EQ(t.session_create_req(e, q, 0, nullptr, 1), bad);
  EXPECT_EQ(t.session_create_req(e, q, 3, nullptr, 1), bad);
  // No name is NULL; "" is a name that nothing has.
  EXPECT_EQ(t.session_create_req(e, q, TRESTLE_ROLE_CLIENT, "", 1), bad);
  EXPECT_EQ(t.backend_query_req(e, q, "", 1), bad);
  EXPECT_EQ(t.backend_capability_req(e, q, "", TRESTLE_CAPABILITY_SUITE, suite, 1), bad);
  EXPECT_EQ(t.backend_capability_req(e, q, nullptr, 0, 0, 1), bad);
  EXPECT_EQ(t.backend_capability_req(e, q, nullptr, 9, 0, 1), bad);
  EXPECT_EQ(t.config_cipher_req(e, s, nullptr, 1, 0, 0, 1), null);
  EXPECT_EQ(t.config_cipher_req(e, s, &suite, 0, 0, 0, 1), bad);
  EXPECT_EQ(t.config_cipher_req(e, s, many.data(), TRESTLE_SUITES_MAX + 1, 0, 0, 1), bad);
  EXPECT_EQ(t.config_cipher_req(e, s, &suite, 1, 3000, 2000, 1), bad);
  EXPECT_EQ(t.config_cert_client_req(e, s, 0, kByte, 1, nullptr, 0, 1), bad);
  EXPECT_EQ(t.config_cert_client_req(e, s, 4, kByte, 1, nullptr, 0, 1), bad);
  EXPECT_EQ(t.config_cert_client_req(e, s, TRESTLE_CERTIFICATE, nullptr, 1, nullptr, 0, 1), null);
  EXPECT_EQ(t.config_cert_client_req(e, s, TRESTLE_CERTIFICATE, kByte, 1, nullptr, 1, 1), null);
  EXPECT_EQ(t.config_cert_client_req(e, s, TRESTLE_PSK, kByte, 1, kByte, 1, 1), bad);
  EXPECT_EQ(t.config_cert_client_req(e, s, TRESTLE_CERTIFICATE, kByte, UINT64_MAX, nullptr, 0, 1),
            TRESTLE_RESULT_TOO_LARGE);
  EXPECT_EQ(t.config_cert_verify_req(e, s, nullptr, 1, 1), null);
  EXPECT_EQ(t.config_cert_verify_req(e, s, kByte, TRESTLE_CERTIFICATE_LENGTH_MAX + 1, 1),
            TRESTLE_RESULT_TOO_LARGE);
  EXPECT_EQ(t.connection_create_req(e, s, 5, 0, 1), bad);
  EXPECT_EQ(t.connection_bind_req(e, c, nullptr, 1, 1), null);
  EXPECT_EQ(t.connection_connect_req(e, c, nullptr, 1, 1), null);
  EXPECT_EQ(t.connection_connect_req(e, c, kLocalhost, 0, 1), bad);
  EXPECT_EQ(t.connection_cert_res(e, c, 2), bad);
  EXPECT_EQ(t.connection_data_req(e, c, nullptr, 1, 0, 1), null);
  EXPECT_EQ(t.connection_data_req(e, c, kByte, 1, 3, 1), TRESTLE_RESULT_UNKNOWN_FLAG);
  EXPECT_EQ(t.connection_data_req(e, c, kByte, TRESTLE_DATA_LENGTH_MAX + 1, 0, 1),
            TRESTLE_RESULT_TOO_LARGE);
  EXPECT_EQ(t.connection_data_req(e, c, kByte, UINT64_MAX, 0, 1), TRESTLE_RESULT_TOO_LARGE);
  EXPECT_EQ(t.listen_req(e, s, 9, kLocalhost, 0, 1), bad);
  EXPECT_EQ(t.listen_req(e, s, TRESTLE_FAMILY_IP4, nullptr, 0, 1), null);
  EXPECT_FALSE(program_.poll());  // nothing was accepted, nothing is confirmed
}

TEST_F(Arguments, Options) {
  auto set = [&](uint32_t option, int64_t number, const char* bytes, uint64_t length) {
    return api().config_option_req(program_.engine(), session_.handle(), option, number,
                                   reinterpret_cast<const uint8_t*>(bytes), length, 1);
  };
  const int32_t bad = TRESTLE_RESULT_BAD_ARGUMENT;
  EXPECT_EQ(set(0, 0, nullptr, 0), TRESTLE_RESULT_UNKNOWN_OPTION);
  EXPECT_EQ(set(9999, 0, nullptr, 0), TRESTLE_RESULT_UNKNOWN_OPTION);
  EXPECT_EQ(set(TRESTLE_OPTION_VERSION_MIN, 0x0302, nullptr, 0), bad);
  EXPECT_EQ(set(TRESTLE_OPTION_VERSION_MAX, 0x0305, nullptr, 0), bad);
  EXPECT_EQ(set(TRESTLE_OPTION_SEND_WINDOW, 0, nullptr, 0), bad);
  EXPECT_EQ(set(TRESTLE_OPTION_SEND_WINDOW, 1025, nullptr, 0), bad);
  EXPECT_EQ(set(TRESTLE_OPTION_SEND_WINDOW, 1, "x", 1), bad);
  EXPECT_EQ(set(TRESTLE_OPTION_HELLO_TIMEOUT, -1, nullptr, 0), bad);
  EXPECT_EQ(set(TRESTLE_OPTION_HELLO_TIMEOUT, INT64_MAX, nullptr, 0), bad);
  EXPECT_EQ(set(TRESTLE_OPTION_SERVER_NAME, 1, "x", 1), bad);
  EXPECT_EQ(set(TRESTLE_OPTION_SERVER_NAME, 0, nullptr, 4), TRESTLE_RESULT_NULL_ARGUMENT);
  EXPECT_EQ(set(TRESTLE_OPTION_SERVER_NAME, 0, "a\0b", 3), bad);
  EXPECT_EQ(set(TRESTLE_OPTION_SERVER_NAME, 0, "a", 254), bad);
  EXPECT_EQ(set(TRESTLE_OPTION_PSK_IDENTITY, 0, nullptr, 0), bad);
  // What only the session can tell comes with the confirm.
  EXPECT_EQ(session_.option(TRESTLE_OPTION_CLIENT_AUTH, 1)->result, bad);
  EXPECT_EQ(session_.option(TRESTLE_OPTION_SERVER_NAME, "not a name")->result, bad);
  EXPECT_EQ(session_.option(TRESTLE_OPTION_SERVER_NAME, "*.test")->result, bad);
  session_.versions(TRESTLE_VERSION_TLS12, TRESTLE_VERSION_TLS12);
  EXPECT_EQ(session_.option(TRESTLE_OPTION_VERSION_MIN, TRESTLE_VERSION_TLS13)->result, bad);
  session_.set(TRESTLE_OPTION_VERSION_MAX, int64_t{TRESTLE_VERSION_TLS13});
  session_.set(TRESTLE_OPTION_VERSION_MIN, int64_t{TRESTLE_VERSION_TLS13});
  EXPECT_EQ(session_.option(TRESTLE_OPTION_VERSION_MAX, TRESTLE_VERSION_TLS12)->result, bad);
}

TEST_F(Arguments, Buffers) {
  trestle_engine* e = program_.engine();
  uint8_t* buffer = nullptr;
  EXPECT_EQ(api().buffer_allocate(e, 0, &buffer), TRESTLE_RESULT_BAD_ARGUMENT);
  EXPECT_EQ(api().buffer_allocate(e, 1, nullptr), TRESTLE_RESULT_NULL_ARGUMENT);
  EXPECT_EQ(api().buffer_allocate(e, UINT64_MAX, &buffer), TRESTLE_RESULT_TOO_LARGE);
  EXPECT_EQ(api().buffer_free(e, nullptr), TRESTLE_RESULT_NULL_ARGUMENT);
  ASSERT_EQ(api().buffer_allocate(e, 8, &buffer), TRESTLE_RESULT_SUCCESS);
  // More than the buffer has.
  EXPECT_EQ(api().connection_data_req(e, connection_.handle(), buffer, 9, TRESTLE_DATA_HANDOVER, 1),
            TRESTLE_RESULT_BAD_ARGUMENT);
  // Refused for another reason: it stays ours.
  EXPECT_EQ(api().connection_data_req(e, 0, buffer, 8, TRESTLE_DATA_HANDOVER, 1),
            TRESTLE_RESULT_BAD_HANDLE);
  EXPECT_EQ(api().buffer_free(e, buffer), TRESTLE_RESULT_SUCCESS);
}

TEST_F(Arguments, WrongOrder) {
  trestle_engine* e = program_.engine();
  EXPECT_EQ(connection_.cert_res(1), TRESTLE_RESULT_NOTHING_TO_ANSWER);
  EXPECT_EQ(connection_.data_res(), TRESTLE_RESULT_NOTHING_TO_ANSWER);
  EXPECT_EQ(connection_.disconnect_res(), TRESTLE_RESULT_NOTHING_TO_ANSWER);
  EXPECT_EQ(connection_.accept_res(1), TRESTLE_RESULT_NOTHING_TO_ANSWER);
  ASSERT_EQ(connection_.data_req("x"), TRESTLE_RESULT_SUCCESS);
  EXPECT_EQ(program_.expect(TRESTLE_PRIM_CONNECTION_DATA_CFM)->result,
            TRESTLE_RESULT_NOT_CONNECTED);
  ASSERT_EQ(connection_.disconnect_req(), TRESTLE_RESULT_SUCCESS);
  EXPECT_EQ(program_.expect(TRESTLE_PRIM_CONNECTION_DISCONNECT_CFM)->result,
            TRESTLE_RESULT_NOT_CONNECTED);
  ASSERT_EQ(api().listen_req(e, session_.handle(), TRESTLE_FAMILY_IP4, kLocalhost, 0, 1),
            TRESTLE_RESULT_SUCCESS);
  EXPECT_EQ(program_.expect(TRESTLE_PRIM_LISTEN_CFM)->result, TRESTLE_RESULT_WRONG_STATE);
  Session server = program_.server("fake");
  ASSERT_EQ(api().connection_create_req(e, server.handle(), TRESTLE_FAMILY_IP4, 0, 1),
            TRESTLE_RESULT_SUCCESS);
  EXPECT_EQ(program_.expect(TRESTLE_PRIM_CONNECTION_CREATE_CFM)->result,
            TRESTLE_RESULT_WRONG_STATE);
  EXPECT_EQ(server.listen()->result, TRESTLE_RESULT_NO_IDENTITY);
}

TEST(Limits, EachHasItsCode) {
  Program::Options options;
  options.sessions_max = 2;
  options.connections_max = 3;
  options.queue_capacity = 4;
  Program program(options);
  Session session = program.client("fake");
  program.client("fake");
  ASSERT_EQ(api().session_create_req(program.engine(), program.queue(), TRESTLE_ROLE_CLIENT, "fake", 1),
            TRESTLE_RESULT_SUCCESS);
  EXPECT_EQ(program.expect(TRESTLE_PRIM_SESSION_CREATE_CFM)->result, TRESTLE_RESULT_TOO_MANY);
  for (int i = 0; i < 3; ++i) session.create_connection();
  ASSERT_EQ(api().connection_create_req(program.engine(), session.handle(), TRESTLE_FAMILY_IP4, 0, 1),
            TRESTLE_RESULT_SUCCESS);
  EXPECT_EQ(program.expect(TRESTLE_PRIM_CONNECTION_CREATE_CFM)->result, TRESTLE_RESULT_TOO_MANY);
  // Unread confirms fill the queue; reading them makes room.
  auto configure = [&] {
    return api().config_compression_req(program.engine(), session.handle(), 0, 1);
  };
  for (int i = 0; i < 4; ++i) ASSERT_EQ(configure(), TRESTLE_RESULT_SUCCESS);
  EXPECT_EQ(configure(), TRESTLE_RESULT_QUEUE_FULL);
  program.next();
  EXPECT_EQ(configure(), TRESTLE_RESULT_SUCCESS);
}

TEST(Backends, MissingOnesAreSaidWithEveryPath) {
  Program program;
  ASSERT_EQ(api().session_create_req(program.engine(), program.queue(), TRESTLE_ROLE_CLIENT,
                                     "no_such_backend", 9),
            TRESTLE_RESULT_SUCCESS);
  Message cfm = program.expect(TRESTLE_PRIM_SESSION_CREATE_CFM);
  EXPECT_EQ(cfm->result, TRESTLE_RESULT_BACKEND_NOT_FOUND);
  EXPECT_EQ(cfm->tag, 9u);
  EXPECT_NE(cfm.detail().find(backend_directory() + "/no_such_backend.so"), std::string::npos)
      << cfm;
  for (const char* name : {"../openssl", "OpenSSL", "a/b", "a b", ".so"}) {
    ASSERT_EQ(api().backend_query_req(program.engine(), program.queue(), name, 1),
              TRESTLE_RESULT_SUCCESS);
    EXPECT_EQ(program.expect(TRESTLE_PRIM_BACKEND_QUERY_CFM)->result,
              TRESTLE_RESULT_BACKEND_BAD_NAME)
        << name;
  }
}

TEST(Backends, QueryTellsOfAll) {
  Program program;
  ASSERT_EQ(api().backend_query_req(program.engine(), program.queue(), nullptr, 1),
            TRESTLE_RESULT_SUCCESS);
  Message cfm = program.expect(TRESTLE_PRIM_BACKEND_QUERY_CFM);
  ASSERT_EQ(cfm->result, TRESTLE_RESULT_SUCCESS) << cfm;
  std::vector<std::string> names;
  for (uint32_t i = 0; i < cfm->backend_count; ++i) {
    const trestle_backend_info& info = cfm->backends[i];
    EXPECT_EQ(info.result, TRESTLE_RESULT_SUCCESS) << info.name << ": " << info.detail;
    EXPECT_STRNE(info.library_version, "");
    names.push_back(info.name);
  }
  EXPECT_EQ(names, (std::vector<std::string>{"fake", "gnutls", "openssl", "wolfssl"}));
}

}  // namespace
}  // namespace trestle::testing
