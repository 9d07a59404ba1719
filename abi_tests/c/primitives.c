/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program that loads Trestle at run time and goes through every primitive of trestle.h, as client
 * and as server, and through every other function.
 *
 *   primitives CONSTANTS CERTIFICATES BACKEND...
 *
 * CONSTANTS lists the constants of trestle.h with their values, CERTIFICATES is a folder made by
 * make_chain.sh, and TRESTLE_LIBRARY names the library. Rust and Go have the same scenario.
 */
#define _POSIX_C_SOURCE 200809L
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>

#include "abi_tests/c/host.h"

static const uint8_t loopback[16] = {127, 0, 0, 1};
static const uint64_t absent = UINT64_MAX;
static contents chain, leaf_key, root;

/* What is in use of one engine. Client and server have a queue each, so that the order of messages
 * is known. */
typedef struct parties {
  const char *backend;
  uint64_t client_queue, server_queue;
  uint64_t client, server; /* sessions */
  uint64_t listener;
  uint16_t port;
  uint16_t version, suite;
} parties;

static void check_names(void) {
  int64_t value = 0;
  scenario = "names";
  CHECK(t.version() == TRESTLE_VERSION);
  CHECK(t.abi() == TRESTLE_ABI);
  CHECK(strcmp(t.version_text(), "0.1.0") == 0);
  CHECK(strcmp(t.result_name(TRESTLE_RESULT_BAD_HANDLE), "BAD_HANDLE") == 0);
  CHECK(strcmp(t.result_name(99999), "UNKNOWN") == 0);
  CHECK(t.result_category(TRESTLE_RESULT_FAILURE) == TRESTLE_CATEGORY_OTHER);
  CHECK(t.result_category(TRESTLE_RESULT_CERT_REJECTED) == TRESTLE_CATEGORY_CERTIFICATE);
  CHECK(t.result_category(799) == TRESTLE_CATEGORY_BACKEND); /* newer than this program */
  CHECK(t.result_category(-1) == TRESTLE_CATEGORY_OTHER);
  CHECK(strcmp(t.primitive_name(TRESTLE_PRIM_ACCEPT_RES), "ACCEPT_RES") == 0);
  CHECK(strcmp(t.primitive_name(0), "UNKNOWN") == 0);
  CHECK(strcmp(t.suite_name(TRESTLE_TLS_AES_128_GCM_SHA256), "TLS_AES_128_GCM_SHA256") == 0);
  CHECK(strcmp(t.suite_name(0xFFFF), "UNKNOWN") == 0);
  REFUSED(t.constant("TRESTLE_NO_SUCH_CONSTANT", &value), UNKNOWN_NAME);
  REFUSED(t.constant(NULL, &value), NULL_ARGUMENT);
  REFUSED(t.constant("TRESTLE_PSK", NULL), NULL_ARGUMENT);
}

/* Every constant by its name, as a language without a C preprocessor asks for them. */
static void check_constants(const char *path) {
  FILE *list = fopen(path, "r");
  char name[128];
  int64_t expected, value;
  scenario = "constants";
  if (!CHECK(list != NULL)) return;
  while (fscanf(list, "%127s %" SCNd64, name, &expected) == 2) {
    const bool same = t.constant(name, &value) == TRESTLE_RESULT_SUCCESS && value == expected;
    check(same, name, __FILE__, __LINE__);
  }
  CHECK(feof(list));
  fclose(list);
}

static void create_engine(const char *backend) {
  trestle_engine *none = NULL;
  trestle_engine_config config = {sizeof config, 0, 2, 2, 100, 10, NULL, backend};
  config.size = 4;
  REFUSED(t.engine_create(&config, &none), BAD_STRUCT_SIZE);
  config.size = sizeof config;
  config.flags = 1;
  REFUSED(t.engine_create(&config, &none), UNKNOWN_FLAG);
  config.flags = 0;
  config.data_workers = TRESTLE_WORKERS_MAX + 1;
  REFUSED(t.engine_create(&config, &none), BAD_ARGUMENT);
  config.data_workers = 2;
  REFUSED(t.engine_create(&config, NULL), NULL_ARGUMENT);
  CHECK(none == NULL);
  CHECK(t.engine_create(&config, &engine) == TRESTLE_RESULT_SUCCESS);
  CHECK(engine != NULL);
}

static bool readable(uint64_t queue) {
  struct pollfd fd = {-1, POLLIN, 0};
  CHECK(t.queue_fd(engine, queue, &fd.fd) == TRESTLE_RESULT_SUCCESS);
  return poll(&fd, 1, 0) == 1;
}

static void create_queues(parties *p) {
  const trestle_message *message = NULL;
  uint32_t count = 7;
  REFUSED(t.queue_create(NULL, 0, &p->client_queue), NULL_ARGUMENT);
  CHECK(t.queue_create(engine, 0, &p->client_queue) == TRESTLE_RESULT_SUCCESS);
  CHECK(t.queue_create(engine, 1000, &p->server_queue) == TRESTLE_RESULT_SUCCESS);
  CHECK(p->client_queue != 0 && p->client_queue != p->server_queue);
  CHECK(!readable(p->client_queue));
  REFUSED(t.queue_get(engine, p->client_queue, &message, 1, 0, &count), TIMEOUT);
  REFUSED(t.queue_get(engine, p->client_queue, &message, 0, 0, &count), BAD_ARGUMENT);
  REFUSED(t.queue_get(engine, absent, &message, 1, 0, &count), BAD_HANDLE);
  CHECK(message == NULL && count == 7);
}

static void query_backends(const parties *p) {
  const uint64_t queue = p->client_queue;
  const trestle_message *m;
  const trestle_backend_info *info;
  ASK(BACKEND_QUERY, t.backend_query_req(engine, queue, p->backend, tag));
  m = CONFIRMED(queue, BACKEND_QUERY, tag, SUCCESS);
  CHECK(!readable(queue));
  if (CHECK(m->backend_count == 1)) {
    info = m->backends;
    CHECK(info->size >= sizeof *info);
    CHECK(info->result == TRESTLE_RESULT_SUCCESS);
    CHECK(strcmp(info->name, p->backend) == 0);
    CHECK(strstr(info->path, p->backend) != NULL);
    CHECK(info->plugin_version[0] != '\0' && info->library_version[0] != '\0');
    CHECK(info->detail[0] == '\0');
  }
  done(m);
  ASK(BACKEND_QUERY, t.backend_query_req(engine, queue, NULL, tag));
  m = CONFIRMED(queue, BACKEND_QUERY, tag, SUCCESS);
  CHECK(m->backend_count >= 1);
  done(m);
  ASK(BACKEND_QUERY, t.backend_query_req(engine, queue, "absent", tag));
  m = CONFIRMED(queue, BACKEND_QUERY, tag, BACKEND_NOT_FOUND);
  CHECK(strstr(m->error->detail, "absent.so") != NULL);
  done(m);
}

static void ask_capabilities(const parties *p) {
  const uint64_t queue = p->client_queue;
  ASK(BACKEND_CAPABILITY,
      t.backend_capability_req(engine, queue, NULL, TRESTLE_CAPABILITY_VERSION, p->version, tag));
  done(CONFIRMED(queue, BACKEND_CAPABILITY, tag, SUCCESS));
  ASK(BACKEND_CAPABILITY, t.backend_capability_req(engine, queue, p->backend,
                                                   TRESTLE_CAPABILITY_SUITE, 0xFFFF, tag));
  done(CONFIRMED(queue, BACKEND_CAPABILITY, tag, NOT_SUPPORTED));
  REFUSED(t.backend_capability_req(engine, queue, NULL, 9999, 0, tag), BAD_ARGUMENT);
}

static uint64_t create_session(uint64_t queue, uint32_t role, const char *backend) {
  ASK(SESSION_CREATE, t.session_create_req(engine, queue, role, backend, tag));
  const trestle_message *m = CONFIRMED(queue, SESSION_CREATE, tag, SUCCESS);
  const uint64_t session = m->session;
  CHECK(session != 0);
  done(m);
  return session;
}

static void create_sessions(parties *p) {
  REFUSED(t.session_create_req(engine, p->client_queue, 9, NULL, tag), BAD_ARGUMENT);
  REFUSED(t.session_create_req(engine, absent, TRESTLE_ROLE_CLIENT, NULL, tag), BAD_HANDLE);
  p->client = create_session(p->client_queue, TRESTLE_ROLE_CLIENT, NULL);
  p->server = create_session(p->server_queue, TRESTLE_ROLE_SERVER, p->backend);
  CHECK(p->client != p->server);
}

static void set_option(uint64_t queue, uint64_t session, uint32_t option, int64_t number,
                       const char *text) {
  ASK(CONFIG_OPTION,
      t.config_option_req(engine, session, option, number, (const uint8_t *)text,
                          text == NULL ? 0 : strlen(text), tag));
  const trestle_message *m = CONFIRMED(queue, CONFIG_OPTION, tag, SUCCESS);
  CHECK(m->session == session);
  done(m);
}

/* One version and one suite on both sides, so that the outcome is known. */
static void configure_both(const parties *p) {
  const uint64_t queues[] = {p->client_queue, p->server_queue};
  const uint64_t sessions[] = {p->client, p->server};
  for (int i = 0; i < 2; i++) {
    set_option(queues[i], sessions[i], TRESTLE_OPTION_VERSION_MIN, p->version, NULL);
    set_option(queues[i], sessions[i], TRESTLE_OPTION_VERSION_MAX, p->version, NULL);
    ASK(CONFIG_CIPHER, t.config_cipher_req(engine, sessions[i], &p->suite, 1, 0, 0, tag));
    done(CONFIRMED(queues[i], CONFIG_CIPHER, tag, SUCCESS));
    ASK(CONFIG_COMPRESSION, t.config_compression_req(engine, sessions[i], 0, tag));
    done(CONFIRMED(queues[i], CONFIG_COMPRESSION, tag, SUCCESS));
  }
  ASK(CONFIG_COMPRESSION, t.config_compression_req(engine, p->client, 1, tag));
  done(CONFIRMED(p->client_queue, CONFIG_COMPRESSION, tag, NOT_SUPPORTED));
  REFUSED(t.config_cipher_req(engine, p->client, &p->suite, 0, 0, 0, tag), BAD_ARGUMENT);
  REFUSED(t.config_cipher_req(engine, p->client, &p->suite, 1, 3072, 2048, tag), BAD_ARGUMENT);
  REFUSED(t.config_option_req(engine, p->client, 9999, 0, NULL, 0, tag), UNKNOWN_OPTION);
}

static void configure_client(const parties *p) {
  const uint8_t *garbage = (const uint8_t *)"no certificate";
  ASK(CONFIG_CERT_VERIFY, t.config_cert_verify_req(engine, p->client, garbage, 14, tag));
  done(CONFIRMED(p->client_queue, CONFIG_CERT_VERIFY, tag, BAD_CERTIFICATE));
  ASK(CONFIG_CERT_VERIFY, t.config_cert_verify_req(engine, p->client, root.data, root.length, tag));
  done(CONFIRMED(p->client_queue, CONFIG_CERT_VERIFY, tag, SUCCESS));
  set_option(p->client_queue, p->client, TRESTLE_OPTION_SERVER_NAME, 0, "localhost");
}

static void configure_server(const parties *p) {
  const uint64_t queue = p->server_queue, server = p->server;
  REFUSED(t.config_cert_client_req(engine, server, 9, chain.data, chain.length, NULL, 0, tag),
          BAD_ARGUMENT);
  REFUSED(t.config_cert_client_req(engine, server, TRESTLE_CERTIFICATE, chain.data,
                                   TRESTLE_CERTIFICATE_LENGTH_MAX + 1, NULL, 0, tag),
          TOO_LARGE);
  ASK(CONFIG_CERT_CLIENT, t.config_cert_client_req(engine, server, TRESTLE_CERTIFICATE, chain.data,
                                                   chain.length, NULL, 0, tag));
  done(CONFIRMED(queue, CONFIG_CERT_CLIENT, tag, SUCCESS));
  ASK(CONFIG_CERT_CLIENT,
      t.config_cert_client_req(engine, server, TRESTLE_PRIVATE_KEY, leaf_key.data, leaf_key.length,
                               NULL, 0, tag));
  done(CONFIRMED(queue, CONFIG_CERT_CLIENT, tag, SUCCESS));
}

static void listen_on_loopback(parties *p) {
  REFUSED(t.listen_req(engine, p->server, 5, loopback, 0, tag), BAD_ARGUMENT);
  ASK(LISTEN, t.listen_req(engine, p->client, TRESTLE_FAMILY_IP4, loopback, 0, tag));
  done(CONFIRMED(p->client_queue, LISTEN, tag, WRONG_STATE));
  ASK(LISTEN, t.listen_req(engine, p->server, TRESTLE_FAMILY_IP4, loopback, 0, tag));
  const trestle_message *m = CONFIRMED(p->server_queue, LISTEN, tag, SUCCESS);
  p->listener = m->listener;
  p->port = m->port;
  CHECK(m->session == p->server && m->listener != 0);
  CHECK(m->family == TRESTLE_FAMILY_IP4 && m->port != 0);
  CHECK(memcmp(m->address, loopback, sizeof loopback) == 0);
  done(m);
}

static uint64_t create_connection(const parties *p) {
  ASK(CONNECTION_CREATE,
      t.connection_create_req(engine, p->client, TRESTLE_FAMILY_IP4, 0, tag));
  return done_with_connection(CONFIRMED(p->client_queue, CONNECTION_CREATE, tag, SUCCESS));
}

static void bind_connection(const parties *p, uint64_t connection) {
  ASK(CONNECTION_BIND, t.connection_bind_req(engine, connection, loopback, 0, tag));
  const trestle_message *m = CONFIRMED(p->client_queue, CONNECTION_BIND, tag, SUCCESS);
  CHECK(m->connection == connection);
  done(m);
}

static void destroy_connection(uint64_t queue, uint64_t connection) {
  ASK(CONNECTION_DESTROY, t.connection_destroy_req(engine, connection, tag));
  done(CONFIRMED(queue, CONNECTION_DESTROY, tag, SUCCESS));
  REFUSED(t.connection_disconnect_req(engine, connection, tag), BAD_HANDLE);
}

/* What a second answer meets: nothing to answer, or no connection any more, since a worker may have
 * ended it in the meantime. */
static bool is_answered(int32_t result) {
  return result == TRESTLE_RESULT_NOTHING_TO_ANSWER || result == TRESTLE_RESULT_BAD_HANDLE;
}

/* Connects, up to the server's answer. Returns the server's side; *connecting is the tag. */
static uint64_t connect(const parties *p, uint64_t connection, uint8_t accepted,
                        uint64_t *connecting) {
  *connecting = ASK(CONNECTION_CONNECT,
                    t.connection_connect_req(engine, connection, loopback, p->port, tag));
  const trestle_message *m = NEXT(p->server_queue, ACCEPT_IND);
  CHECK(m->listener == p->listener && m->family == TRESTLE_FAMILY_IP4 && m->port != 0);
  CHECK(memcmp(m->address, loopback, sizeof loopback) == 0);
  const uint64_t served = done_with_connection(m);
  REFUSED(t.accept_res(engine, served, 2, 0), BAD_ARGUMENT);
  ANSWER(ACCEPT, t.accept_res(engine, served, accepted, 0));
  CHECK(is_answered(t.accept_res(engine, served, accepted, 0)));
  return served;
}

/* The question whether to trust the server, and the answer. */
static void decide(const parties *p, uint64_t connection, uint8_t accepted) {
  const char *begin = "-----BEGIN CERTIFICATE-----";
  const trestle_message *m = NEXT(p->client_queue, CONNECTION_CERT_IND);
  CHECK(m->connection == connection);
  CHECK(m->result == TRESTLE_RESULT_SUCCESS && m->name_result == TRESTLE_RESULT_SUCCESS);
  CHECK(m->length > strlen(begin) && memcmp(m->data, begin, strlen(begin)) == 0);
  CHECK(m->certificate_count == 2);
  for (uint32_t i = 0; i < m->certificate_count; i++) {
    CHECK(m->certificates[i].length > 100 && m->certificates[i].data[0] == 0x30);
  }
  done(m);
  REFUSED(t.connection_cert_res(engine, connection, 2), BAD_ARGUMENT);
  ANSWER(CONNECTION_CERT, t.connection_cert_res(engine, connection, accepted));
  REFUSED(t.connection_cert_res(engine, connection, accepted), NOTHING_TO_ANSWER);
}

static void check_established(const parties *p, const trestle_message *m, uint64_t connection) {
  CHECK(m->connection == connection);
  CHECK(m->version == p->version && m->suite == p->suite);
  done(m);
}

/* Returns the server's side of a connection that is established. */
static uint64_t establish(const parties *p, uint64_t connection) {
  uint64_t connecting;
  const uint64_t served = connect(p, connection, 1, &connecting);
  decide(p, connection, 1);
  check_established(p, CONFIRMED(p->client_queue, CONNECTION_CONNECT, connecting, SUCCESS),
                    connection);
  check_established(p, NEXT(p->server_queue, CONNECTION_CONNECT_IND), served);
  return served;
}

static void configure_too_late(const parties *p) {
  ASK(CONFIG_OPTION, t.config_option_req(engine, p->client, TRESTLE_OPTION_SEND_WINDOW, 2, NULL, 0,
                                         tag));
  done(CONFIRMED(p->client_queue, CONFIG_OPTION, tag, WRONG_STATE));
}

/* Takes what the other side sent, which may come in pieces. */
static void receive(uint64_t queue, uint64_t connection, const uint8_t *expected, uint64_t length) {
  uint64_t received = 0;
  while (received < length) {
    const trestle_message *m = NEXT(queue, CONNECTION_DATA_IND);
    CHECK(m->connection == connection && m->length > 0);
    if (!CHECK(m->length <= length - received)) break;
    CHECK(memcmp(m->data, expected + received, m->length) == 0);
    received += m->length;
    done(m);
    ANSWER(CONNECTION_DATA, t.connection_data_res(engine, connection));
  }
  REFUSED(t.connection_data_res(engine, connection), NOTHING_TO_ANSWER);
}

/* Sends from one side to the other. The bytes stay the caller's with COPY and BORROW. */
static void transfer(uint64_t from_queue, uint64_t from, uint64_t to_queue, uint64_t to,
                     const uint8_t *data, uint64_t length, const uint8_t *expected,
                     uint32_t flags) {
  const uint64_t sending = ASK(CONNECTION_DATA, t.connection_data_req(engine, from, data, length,
                                                                      flags, tag));
  receive(to_queue, to, expected, length);
  const trestle_message *m = CONFIRMED(from_queue, CONNECTION_DATA, sending, SUCCESS);
  CHECK(m->connection == from);
  done(m);
}

static void exchange_data(const parties *p, uint64_t client, uint64_t server) {
  enum { LENGTH = 100000 };
  static uint8_t bytes[LENGTH];
  uint8_t *buffer = NULL;
  for (int i = 0; i < LENGTH; i++) bytes[i] = (uint8_t)(i * 7 + i / 256);
  transfer(p->client_queue, client, p->server_queue, server, bytes, 11, bytes, TRESTLE_DATA_COPY);
  transfer(p->server_queue, server, p->client_queue, client, bytes, LENGTH, bytes,
           TRESTLE_DATA_BORROW);
  CHECK(t.buffer_allocate(engine, 5000, &buffer) == TRESTLE_RESULT_SUCCESS);
  memcpy(buffer, bytes, 5000);
  transfer(p->client_queue, client, p->server_queue, server, buffer, 5000, bytes,
           TRESTLE_DATA_HANDOVER);
  CHECK(t.buffer_allocate(engine, 1, &buffer) == TRESTLE_RESULT_SUCCESS);
  CHECK(t.buffer_free(engine, buffer) == TRESTLE_RESULT_SUCCESS);
  REFUSED(t.buffer_allocate(engine, 0, &buffer), BAD_ARGUMENT);
  REFUSED(t.buffer_allocate(engine, TRESTLE_DATA_LENGTH_MAX + 1, &buffer), TOO_LARGE);
  REFUSED(t.connection_data_req(engine, client, bytes, 1, 8, tag), UNKNOWN_FLAG);
  REFUSED(t.connection_data_req(engine, client, NULL, 1, 0, tag), NULL_ARGUMENT);
  REFUSED(t.connection_data_req(engine, 0, bytes, 1, 0, tag), BAD_HANDLE);
  REFUSED(t.connection_data_req(engine, p->client, bytes, 1, 0, tag), BAD_HANDLE);
}

/* One side disconnects; the other is told, and answers, which ends its connection. */
static void disconnect(uint64_t queue, uint64_t connection, uint64_t peer_queue, uint64_t peer) {
  REFUSED(t.connection_disconnect_res(engine, connection), NOTHING_TO_ANSWER);
  const uint64_t leaving =
      ASK(CONNECTION_DISCONNECT, t.connection_disconnect_req(engine, connection, tag));
  const trestle_message *m = NEXT(peer_queue, CONNECTION_DISCONNECT_IND);
  CHECK(m->connection == peer && m->result == TRESTLE_RESULT_SUCCESS);
  done(m);
  ANSWER(CONNECTION_DISCONNECT, t.connection_disconnect_res(engine, peer));
  CHECK(is_answered(t.connection_disconnect_res(engine, peer)));
  done(CONFIRMED(queue, CONNECTION_DISCONNECT, leaving, SUCCESS));
}

static void check_alert(const parties *p, const trestle_message *m, uint32_t direction) {
  CHECK(m->error->alert == TRESTLE_ALERT_BAD_CERTIFICATE);
  CHECK(m->error->alert_direction == direction);
  CHECK(strcmp(m->error->backend, p->backend) == 0);
  done(m);
}

/* The program does not trust the server: bad_certificate goes over the wire, and the connection is
 * of no use on either side. */
static void reject_certificate(const parties *p, uint64_t connection) {
  uint64_t connecting;
  const uint64_t served = connect(p, connection, 1, &connecting);
  decide(p, connection, 0);
  check_alert(p, CONFIRMED(p->client_queue, CONNECTION_CONNECT, connecting, CERT_REJECTED),
              TRESTLE_ALERT_DIRECTION_SENT);
  const trestle_message *m = NEXT(p->server_queue, CONNECTION_CONNECT_IND);
  CHECK(m->connection == served && m->result == TRESTLE_RESULT_ALERT_RECEIVED);
  check_alert(p, m, TRESTLE_ALERT_DIRECTION_RECEIVED);
  ASK(CONNECTION_CONNECT, t.connection_connect_req(engine, connection, loopback, p->port, tag));
  done(CONFIRMED(p->client_queue, CONNECTION_CONNECT, tag, INVALIDATED));
  destroy_connection(p->server_queue, served);
}

/* The server does not want the connection. */
static void reject_connection(const parties *p) {
  uint64_t connecting;
  const uint64_t connection = create_connection(p);
  connect(p, connection, 0, &connecting);
  const trestle_message *m = NEXT(p->client_queue, CONNECTION_CONNECT_CFM);
  CHECK(m->tag == connecting && m->connection == connection);
  CHECK(t.result_category(m->result) == TRESTLE_CATEGORY_TRANSPORT);
  done(m);
  destroy_connection(p->client_queue, connection);
}

static void live_on_connections(const parties *p) {
  const uint64_t connection = create_connection(p);
  bind_connection(p, connection);
  uint64_t served = establish(p, connection);
  configure_too_late(p);
  exchange_data(p, connection, served);
  disconnect(p->client_queue, connection, p->server_queue, served);
  reject_certificate(p, connection);
  destroy_connection(p->client_queue, connection);
  reject_connection(p);

  const uint64_t second = create_connection(p);
  served = establish(p, second);
  disconnect(p->server_queue, served, p->client_queue, second);
  destroy_connection(p->server_queue, served);
}

static void end_sessions(const parties *p) {
  ASK(UNLISTEN, t.unlisten_req(engine, p->listener, tag));
  const trestle_message *m = CONFIRMED(p->server_queue, UNLISTEN, tag, SUCCESS);
  CHECK(m->listener == p->listener);
  done(m);
  REFUSED(t.unlisten_req(engine, p->listener, tag), BAD_HANDLE);
  REFUSED(t.queue_destroy(engine, p->client_queue), BUSY);
  ASK(SESSION_DESTROY, t.session_destroy_req(engine, p->client, tag));
  m = CONFIRMED(p->client_queue, SESSION_DESTROY, tag, SUCCESS);
  CHECK(m->session == p->client);
  done(m);
  REFUSED(t.session_destroy_req(engine, p->client, tag), BAD_HANDLE);
  CHECK(t.queue_destroy(engine, p->client_queue) == TRESTLE_RESULT_SUCCESS);
  REFUSED(t.queue_destroy(engine, p->client_queue), BAD_HANDLE);
}

static void end_engine(const parties *p) {
  const trestle_message *m = NULL;
  uint32_t count = 0;
  ASK(ENGINE_SHUTDOWN, t.engine_shutdown_req(engine, p->server_queue, tag));
  done(CONFIRMED(p->server_queue, ENGINE_SHUTDOWN, tag, SUCCESS));
  REFUSED(t.engine_shutdown_req(engine, p->server_queue, tag), SHUT_DOWN);
  REFUSED(t.session_create_req(engine, p->server_queue, TRESTLE_ROLE_CLIENT, NULL, tag), SHUT_DOWN);
  REFUSED(t.queue_get(engine, p->server_queue, &m, 1, TRESTLE_WAIT_FOREVER, &count), SHUT_DOWN);
  CHECK(t.engine_destroy(engine) == TRESTLE_RESULT_SUCCESS);
  REFUSED(t.engine_destroy(NULL), NULL_ARGUMENT);
  engine = NULL;
}

/* The whole life of an engine, with sessions of one version. */
static void live(const char *backend, uint16_t version, uint16_t suite) {
  char name[64];
  parties p = {0};
  p.backend = backend;
  p.version = version;
  p.suite = suite;
  snprintf(name, sizeof name, "%s, TLS 1.%d", backend, version - 0x0301);
  scenario = name;
  create_engine(backend);
  create_queues(&p);
  query_backends(&p);
  ask_capabilities(&p);
  create_sessions(&p);
  configure_both(&p);
  configure_client(&p);
  configure_server(&p);
  listen_on_loopback(&p);
  live_on_connections(&p);
  end_sessions(&p);
  end_engine(&p);
  check_that_all_were_seen();
  scenario = "";
}

int main(int argc, char **argv) {
  char why[1024];
  if (argc < 4) return fputs("usage: primitives CONSTANTS CERTIFICATES BACKEND...\n", stderr), 2;
  if (trestle_dlopen(getenv("TRESTLE_LIBRARY"), &t, why, sizeof why) != TRESTLE_RESULT_SUCCESS) {
    return fprintf(stderr, "%s\n", why), 2;
  }
  chain = contents_of(argv[2], "chain.pem");
  leaf_key = contents_of(argv[2], "leaf.key");
  root = contents_of(argv[2], "root.pem");
  check_names();
  check_constants(argv[1]);
  for (int i = 3; i < argc; i++) {
    live(argv[i], TRESTLE_VERSION_TLS13, TRESTLE_TLS_AES_256_GCM_SHA384);
    live(argv[i], TRESTLE_VERSION_TLS12, TRESTLE_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256);
  }
  return report();
}
