/* SPDX-License-Identifier: Apache-2.0 */
/* Fetches a page over TLS by one of Trestle's backends: fetch BACKEND HOST PORT CA.pem [NAME]
 * Compile with: cc -I api examples/c/fetch.c -o fetch -ldl (TRESTLE_LIBRARY: the library) */
#define _POSIX_C_SOURCE 200809L
#include <netdb.h>
#include <poll.h>
#include <stdlib.h>
#include <trestle/dlopen.h>

static trestle_functions t;
static trestle_engine *engine;
static uint64_t queue;
static uint8_t ip[16], ca[TRESTLE_CERTIFICATE_LENGTH_MAX + 1]; /* too long a file is not cut */

/* Ends the program when a request is refused or a message tells of a failure. */
static void must(int32_t result, const trestle_error *e) {
  if (result == TRESTLE_RESULT_SUCCESS) return;
  fprintf(stderr, "%s", t.result_name(result));
  if (e != NULL) fprintf(stderr, ": %s %s", e->detail, e->library_text);
  if (e != NULL && e->alert_direction != 0) fprintf(stderr, " (alert %u)", e->alert);
  fputs("\n", stderr);
  _Exit(1); /* not exit, whose handlers would run beside the engine's threads */
}

/* Waits until the queue's descriptor says that there is a message. */
static const trestle_message *next(void) {
  const trestle_message *message;
  uint32_t count;
  struct pollfd ready = {.events = POLLIN};
  must(t.queue_fd(engine, queue, &ready.fd), NULL);
  poll(&ready, 1, -1);
  must(t.queue_get(engine, queue, &message, 1, TRESTLE_WAIT_FOREVER, &count), NULL);
  return message;
}

/* Waits for the answer to a request; returns the handle that it brings. */
static uint64_t confirmed(int32_t accepted) {
  must(accepted, NULL);
  const trestle_message *m = next();
  must(m->result, m->error);
  if (m->backend_count > 0) fprintf(stderr, "library: %s\n", m->backends[0].library_version);
  uint64_t handle = m->connection != 0 ? m->connection : m->session;
  t.message_release(engine, m);
  return handle;
}

/* One message of the connection; 0 for the last one. */
static int handle(const trestle_message *m) {
  static const uint8_t get[] = "GET / HTTP/1.0\r\n\r\n";
  const int more = m->primitive != TRESTLE_PRIM_CONNECTION_DISCONNECT_IND;
  if (m->primitive != TRESTLE_PRIM_CONNECTION_CERT_IND) must(m->result, m->error);
  if (m->primitive == TRESTLE_PRIM_CONNECTION_CERT_IND) {
    const char *verdict = t.result_name(m->result), *name = t.result_name(m->name_result);
    fprintf(stderr, "certificate: %s\nname: %s\n", verdict, name);
    int accepted = m->result == TRESTLE_RESULT_SUCCESS && m->name_result == TRESTLE_RESULT_SUCCESS;
    must(t.connection_cert_res(engine, m->connection, (uint8_t)accepted), NULL);
  } else if (m->primitive == TRESTLE_PRIM_CONNECTION_CONNECT_CFM) {
    fprintf(stderr, "version: TLS 1.%d\nsuite: %s\n", m->version - 0x301, t.suite_name(m->suite));
    must(t.connection_data_req(engine, m->connection, get, sizeof get - 1, 0, 0), NULL);
  } else if (m->primitive == TRESTLE_PRIM_CONNECTION_DATA_IND) {
    if (fwrite(m->data, 1, m->length, stdout) < m->length || fflush(stdout) != 0)
      perror("stdout"), _Exit(1);
    must(t.connection_data_res(engine, m->connection), NULL);
  }
  t.message_release(engine, m);
  return more;
}

int main(int argc, char **argv) {
  if (argc < 5) return fputs("usage: fetch BACKEND HOST PORT CA.pem [NAME]\n", stderr), 2;
  const char *backend = argv[1], *name = argv[argc > 5 ? 5 : 2];
  struct addrinfo *peer, hints = {.ai_socktype = SOCK_STREAM};
  if (strtoul(argv[3], NULL, 10) > 65535) return fputs("PORT is above 65535\n", stderr), 1;
  int code = getaddrinfo(argv[2], argv[3], &hints, &peer);
  if (code != 0) return fprintf(stderr, "%s %s: %s\n", argv[2], argv[3], gai_strerror(code)), 1;
  const int v6 = peer->ai_family == AF_INET6; /* the address follows port, or port and flow label */
  const uint16_t port = ntohs(((struct sockaddr_in *)peer->ai_addr)->sin_port);
  memcpy(ip, peer->ai_addr->sa_data + (v6 ? 6 : 2), v6 ? 16 : 4);
  freeaddrinfo(peer);
  FILE *file = fopen(argv[4], "r");
  uint64_t length = file == NULL ? 0 : fread(ca, 1, sizeof ca, file);
  if (file == NULL || ferror(file)) return perror(argv[4]), 1;
  fclose(file);
  char why[1024];
  if (trestle_dlopen(getenv("TRESTLE_LIBRARY"), &t, why, sizeof why) != TRESTLE_RESULT_SUCCESS)
    return fprintf(stderr, "%s\n", why), 1;
  must(t.engine_create(NULL, &engine), NULL);
  must(t.queue_create(engine, 0, &queue), NULL);
  confirmed(t.backend_query_req(engine, queue, backend, 0));
  uint32_t role = TRESTLE_ROLE_CLIENT, family = v6 ? TRESTLE_FAMILY_IP6 : TRESTLE_FAMILY_IP4;
  uint64_t session = confirmed(t.session_create_req(engine, queue, role, backend, 0));
  confirmed(t.config_cert_verify_req(engine, session, ca, length, 0));
  confirmed(t.config_option_req(engine, session, TRESTLE_OPTION_SERVER_NAME, 0,
                                (const uint8_t *)name, strlen(name), 0));
  uint64_t connection = confirmed(t.connection_create_req(engine, session, family, 0, 0));
  must(t.connection_connect_req(engine, connection, ip, port, 0), NULL);
  while (handle(next())) continue;
  return t.engine_destroy(engine);
}
