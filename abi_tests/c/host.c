/* SPDX-License-Identifier: Apache-2.0 */
#include "abi_tests/c/host.h"

#include <stdlib.h>

#define LAST_PRIMITIVE TRESTLE_PRIM_BACKEND_CAPABILITY_CFM
#define PATIENCE_MS 30000

trestle_functions t;
trestle_engine *engine;
uint64_t tag;
const char *scenario = "";

static unsigned passed, failed;
static bool seen[LAST_PRIMITIVE + 1];

bool check(bool holds, const char *what, const char *file, int line) {
  if (holds) {
    passed++;
  } else {
    failed++;
    printf("FAILED: %s: %s:%d: %s\n", scenario, file, line, what);
  }
  return holds;
}

static void give_up(const char *what, const char *file, int line) {
  check(false, what, file, line);
  exit(report());
}

uint64_t asked(uint32_t primitive, int32_t result, const char *what, const char *file, int line) {
  seen[primitive] = true;
  if (!check(result == TRESTLE_RESULT_SUCCESS, what, file, line)) {
    give_up(t.result_name(result), file, line);
  }
  return tag;
}

static bool is_confirm(uint32_t primitive) {
  const char *name = t.primitive_name(primitive);
  return strcmp(name + strlen(name) - 4, "_CFM") == 0;
}

static bool names(uint32_t primitive, const char *word) {
  return strstr(t.primitive_name(primitive), word) != NULL;
}

static bool is_zero(const void *bytes, size_t length) {
  const uint8_t *byte = (const uint8_t *)bytes;
  while (length > 0 && *byte == 0) byte++, length--;
  return length == 0;
}

/* A field that the header gives to other primitives alone is zero. */
static void check_unnamed_fields(const trestle_message *m) {
  const uint32_t p = m->primitive;
  const bool certificate = p == TRESTLE_PRIM_CONNECTION_CERT_IND;
  const bool data = p == TRESTLE_PRIM_CONNECTION_DATA_IND;
  const bool accept = p == TRESTLE_PRIM_ACCEPT_IND;
  const bool connected = p == TRESTLE_PRIM_CONNECTION_CONNECT_CFM ||
                         p == TRESTLE_PRIM_CONNECTION_CONNECT_IND;
  CHECK(is_confirm(p) || m->tag == 0);
  CHECK(!(names(p, "ENGINE") || names(p, "BACKEND")) || m->session == 0);
  CHECK(names(p, "CONNECTION") || accept || m->connection == 0);
  CHECK(names(p, "LISTEN") || accept || m->listener == 0);
  CHECK(certificate || m->name_result == 0);
  CHECK(certificate || data || (m->data == NULL && m->length == 0));
  CHECK(certificate || (m->certificates == NULL && m->certificate_count == 0));
  CHECK(p == TRESTLE_PRIM_BACKEND_QUERY_CFM || (m->backends == NULL && m->backend_count == 0));
  CHECK((connected && m->result == TRESTLE_RESULT_SUCCESS) || (m->version == 0 && m->suite == 0));
  CHECK(p == TRESTLE_PRIM_LISTEN_CFM || accept ||
        (m->family == 0 && m->port == 0 && is_zero(m->address, sizeof m->address)));
}

/* A failure has an error record, complete; a success has none. */
static void check_error(const trestle_message *m) {
  if (m->result == TRESTLE_RESULT_SUCCESS) {
    CHECK(m->error == NULL || m->primitive == TRESTLE_PRIM_CONNECTION_CERT_IND);
    return;
  }
  if (!CHECK(m->error != NULL)) return;
  CHECK(m->error->size >= sizeof(trestle_error));
  CHECK(m->error->code != TRESTLE_RESULT_SUCCESS);
  CHECK(m->error->alert <= TRESTLE_ALERT_NONE);
  CHECK((m->error->alert == TRESTLE_ALERT_NONE) ==
        (m->error->alert_direction == TRESTLE_ALERT_DIRECTION_NONE));
  CHECK(m->error->reserved == 0);
  CHECK(m->error->backend != NULL && m->error->library_text != NULL);
  CHECK(m->error->detail != NULL && m->error->subject != NULL);
}

const trestle_message *next(uint64_t queue, uint32_t primitive, const char *file, int line) {
  const trestle_message *m = NULL;
  uint32_t count = 0;
  const int32_t result = t.queue_get(engine, queue, &m, 1, PATIENCE_MS, &count);
  if (result != TRESTLE_RESULT_SUCCESS) give_up(t.primitive_name(primitive), file, line);
  CHECK(count == 1);
  if (m->primitive != primitive) {
    printf("came %s (%s), expected %s\n", t.primitive_name(m->primitive),
           t.result_name(m->result), t.primitive_name(primitive));
    give_up("another message", file, line);
  }
  seen[primitive] = true;
  CHECK(m->size >= sizeof(trestle_message));
  check_unnamed_fields(m);
  check_error(m);
  return m;
}

const trestle_message *confirmed(uint64_t queue, uint32_t primitive, uint64_t asked_tag,
                                 int32_t expected, const char *file, int line) {
  const trestle_message *m = next(queue, primitive, file, line);
  check(m->tag == asked_tag, "the tag of the request", file, line);
  if (!check(m->result == expected, t.result_name(expected), file, line)) {
    printf("came %s: %s %s\n", t.result_name(m->result), m->error == NULL ? "" : m->error->detail,
           m->error == NULL ? "" : m->error->library_text);
  }
  return m;
}

void done(const trestle_message *message) {
  CHECK(t.message_release(engine, message) == TRESTLE_RESULT_SUCCESS);
}

uint64_t done_with_connection(const trestle_message *message) {
  const uint64_t connection = message->connection;
  CHECK(connection != 0);
  done(message);
  return connection;
}

contents contents_of(const char *directory, const char *name) {
  enum { ROOM = 65536 };
  contents file = {(uint8_t *)calloc(1, ROOM), 0};
  char path[4096];
  snprintf(path, sizeof path, "%s/%s", directory, name);
  FILE *stream = fopen(path, "rb");
  if (stream == NULL || file.data == NULL) give_up(path, __FILE__, __LINE__);
  file.length = fread(file.data, 1, ROOM - 1, stream);
  fclose(stream);
  return file;
}

void check_that_all_were_seen(void) {
  for (uint32_t primitive = 1; primitive <= LAST_PRIMITIVE; primitive++) {
    check(seen[primitive], t.primitive_name(primitive), __FILE__, __LINE__);
  }
}

int report(void) {
  printf("%u passed, %u failed, 0 skipped\n", passed, failed);
  return failed == 0 ? 0 : 1;
}
