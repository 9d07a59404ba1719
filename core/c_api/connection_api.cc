// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <cstring>
#include <utility>

#include "core/c_api/api.h"

using namespace trestle;

namespace {

template <typename F>
int32_t connection_request(Engine* e, Connection* c, uint64_t handle, uint32_t cfm, uint64_t tag,
                           F&& fill) {
  return make_request(e, c, handle, c->queue.load(std::memory_order_acquire), cfm, tag,
                      [&](Message& m) {
                        m.c.connection = handle;
                        m.c.session = c->session_handle.load(std::memory_order_relaxed);
                        fill(m);
                      });
}

// The address as it stands in the packet header (C 4.9).
void set_endpoint(Message& m, const Connection& c, const uint8_t* ip_address, uint16_t port) {
  bool six = c.family.load(std::memory_order_relaxed) == TRESTLE_FAMILY_IP6;
  std::memcpy(m.arguments->address, ip_address, six ? 16 : 4);
  m.arguments->port = port;
}

int32_t result_of(Credits::Taken taken, int32_t when_none) {
  switch (taken) {
    case Credits::Taken::kYes: return TRESTLE_RESULT_SUCCESS;
    case Credits::Taken::kNo: return when_none;
    default: return TRESTLE_RESULT_BAD_HANDLE;
  }
}

int32_t respond(Connection* c, uint32_t primitive, uint64_t handle, uint64_t value) {
  auto* response = new (std::nothrow) Response(primitive, handle, value);
  if (!response) return TRESTLE_RESULT_OUT_OF_MEMORY;
  c->post(response);
  return TRESTLE_RESULT_SUCCESS;
}

// An indication's answer: once per indication that was fetched.
int32_t answer(trestle_engine* engine, uint64_t connection, uint32_t primitive,
               Credits::Flag flag, uint64_t value) {
  Connection* c = engine_of(engine)->connections().find(connection);
  if (!c) return TRESTLE_RESULT_BAD_HANDLE;
  if (int32_t result =
          result_of(c->credits.answer(connection, flag), TRESTLE_RESULT_NOTHING_TO_ANSWER))
    return result;
  int32_t result = respond(c, primitive, connection, value);
  if (result != TRESTLE_RESULT_SUCCESS) c->credits.fetched(connection, flag);
  return result;
}

BufferHeader* header_of(const uint8_t* buffer) {
  return reinterpret_cast<BufferHeader*>(const_cast<uint8_t*>(buffer)) - 1;
}

// Puts the bytes of a DATA_REQ into its message as the flags say.
void attach_data(Message& m, const uint8_t* data, uint64_t length, uint32_t flags) {
  if (flags == TRESTLE_DATA_HANDOVER) {
    header_of(data)->magic = 0;
    m.buffer = reinterpret_cast<uint8_t*>(header_of(data));
  } else if (flags == TRESTLE_DATA_COPY && length > 0) {
    m.buffer = static_cast<uint8_t*>(std::malloc(length));
    if (!m.buffer) throw std::bad_alloc();
    std::memcpy(m.buffer, data, length);
    data = m.buffer;
  }
  m.send_data = data;
  m.send_length = length;
}

int32_t check_data(const uint8_t* data, uint64_t length, uint32_t flags) {
  if (flags > TRESTLE_DATA_HANDOVER) return TRESTLE_RESULT_UNKNOWN_FLAG;
  if (length > TRESTLE_DATA_LENGTH_MAX) return TRESTLE_RESULT_TOO_LARGE;
  if (!data && (length > 0 || flags == TRESTLE_DATA_HANDOVER)) return TRESTLE_RESULT_NULL_ARGUMENT;
  if (flags == TRESTLE_DATA_HANDOVER) {
    const BufferHeader* header = header_of(data);
    if (header->magic != BufferHeader::kMagic || length > header->length)
      return TRESTLE_RESULT_BAD_ARGUMENT;
  }
  return TRESTLE_RESULT_SUCCESS;
}

}  // namespace

int32_t trestle_connection_create_req(trestle_engine* engine, uint64_t session, uint32_t family,
                                      uint64_t queue, uint64_t tag) {
  if (int32_t result = check_engine(engine)) return result;
  if (family != TRESTLE_FAMILY_IP4 && family != TRESTLE_FAMILY_IP6)
    return TRESTLE_RESULT_BAD_ARGUMENT;
  Engine* e = engine_of(engine);
  Session* s = e->sessions().find(session);
  if (!s) return TRESTLE_RESULT_BAD_HANDLE;
  QueueClaim own_queue;
  if (queue != 0 && !(own_queue = claim_queue(engine, queue))) return TRESTLE_RESULT_BAD_HANDLE;
  return make_request(e, s, session, s->queue(), TRESTLE_PRIM_CONNECTION_CREATE_CFM, tag,
                      [&](Message& m) {
                        m.c.session = session;
                        m.arguments->family = family;
                        m.arguments->other_queue = std::move(own_queue);
                      });
}

int32_t trestle_connection_destroy_req(trestle_engine* engine, uint64_t connection,
                                       uint64_t tag) {
  if (int32_t result = check_engine(engine)) return result;
  Engine* e = engine_of(engine);
  Connection* c = e->connections().find(connection);
  if (!c) return TRESTLE_RESULT_BAD_HANDLE;
  return connection_request(e, c, connection, TRESTLE_PRIM_CONNECTION_DESTROY_CFM, tag,
                            [](Message&) {});
}

int32_t trestle_connection_bind_req(trestle_engine* engine, uint64_t connection,
                                    const uint8_t* ip_address, uint16_t port, uint64_t tag) {
  if (int32_t result = check_engine(engine)) return result;
  if (!ip_address) return TRESTLE_RESULT_NULL_ARGUMENT;
  Engine* e = engine_of(engine);
  Connection* c = e->connections().find(connection);
  if (!c) return TRESTLE_RESULT_BAD_HANDLE;
  return connection_request(e, c, connection, TRESTLE_PRIM_CONNECTION_BIND_CFM, tag,
                            [=](Message& m) { set_endpoint(m, *c, ip_address, port); });
}

int32_t trestle_connection_connect_req(trestle_engine* engine, uint64_t connection,
                                       const uint8_t* ip_address, uint16_t port, uint64_t tag) {
  if (int32_t result = check_engine(engine)) return result;
  if (!ip_address) return TRESTLE_RESULT_NULL_ARGUMENT;
  if (port == 0) return TRESTLE_RESULT_BAD_ARGUMENT;
  Engine* e = engine_of(engine);
  Connection* c = e->connections().find(connection);
  if (!c) return TRESTLE_RESULT_BAD_HANDLE;
  uint64_t session = c->session_handle.load(std::memory_order_acquire);
  int32_t result = connection_request(e, c, connection, TRESTLE_PRIM_CONNECTION_CONNECT_CFM, tag,
                                      [=](Message& m) { set_endpoint(m, *c, ip_address, port); });
  if (result == TRESTLE_RESULT_SUCCESS) {
    if (Session* s = e->sessions().find(session))
      s->connect_seen.store(session, std::memory_order_release);
  }
  return result;
}

int32_t trestle_connection_disconnect_req(trestle_engine* engine, uint64_t connection,
                                          uint64_t tag) {
  if (int32_t result = check_engine(engine)) return result;
  Engine* e = engine_of(engine);
  Connection* c = e->connections().find(connection);
  if (!c) return TRESTLE_RESULT_BAD_HANDLE;
  return connection_request(e, c, connection, TRESTLE_PRIM_CONNECTION_DISCONNECT_CFM, tag,
                            [](Message&) {});
}

int32_t trestle_connection_disconnect_res(trestle_engine* engine, uint64_t connection) {
  if (int32_t result = check_engine(engine)) return result;
  return answer(engine, connection, TRESTLE_PRIM_CONNECTION_DISCONNECT_RES,
                Credits::kDisconnect, 0);
}

int32_t trestle_connection_cert_res(trestle_engine* engine, uint64_t connection,
                                    uint8_t accepted) {
  if (int32_t result = check_engine(engine)) return result;
  if (accepted > 1) return TRESTLE_RESULT_BAD_ARGUMENT;
  return answer(engine, connection, TRESTLE_PRIM_CONNECTION_CERT_RES, Credits::kCert, accepted);
}

int32_t trestle_connection_data_req(trestle_engine* engine, uint64_t connection,
                                    const uint8_t* data, uint64_t length, uint32_t flags,
                                    uint64_t tag) {
  if (int32_t result = check_engine(engine)) return result;
  if (int32_t result = check_data(data, length, flags)) return result;
  Engine* e = engine_of(engine);
  Connection* c = e->connections().find(connection);
  if (!c) return TRESTLE_RESULT_BAD_HANDLE;
  uint32_t window = c->send_window.load(std::memory_order_relaxed);
  if (int32_t result = result_of(c->credits.begin_send(connection, window),
                                 TRESTLE_RESULT_WINDOW_FULL))
    return result;
  int32_t result = connection_request(
      e, c, connection, TRESTLE_PRIM_CONNECTION_DATA_CFM, tag,
      [=](Message& m) { attach_data(m, data, length, flags); });
  if (result != TRESTLE_RESULT_SUCCESS) c->credits.end_send(connection);
  return result;
}

int32_t trestle_connection_data_res(trestle_engine* engine, uint64_t connection) {
  if (int32_t result = check_engine(engine)) return result;
  Connection* c = engine_of(engine)->connections().find(connection);
  if (!c) return TRESTLE_RESULT_BAD_HANDLE;
  Credits::Life life = 0;
  if (int32_t result =
          result_of(c->credits.answer_data(connection, &life), TRESTLE_RESULT_NOTHING_TO_ANSWER))
    return result;
  int32_t result = respond(c, TRESTLE_PRIM_CONNECTION_DATA_RES, connection, life);
  if (result != TRESTLE_RESULT_SUCCESS) c->credits.data_fetched(connection);
  return result;
}

int32_t trestle_accept_res(trestle_engine* engine, uint64_t connection, uint8_t accepted,
                           uint64_t queue) {
  if (int32_t result = check_engine(engine)) return result;
  if (accepted > 1) return TRESTLE_RESULT_BAD_ARGUMENT;
  Engine* e = engine_of(engine);
  Connection* c = e->connections().find(connection);
  if (!c) return TRESTLE_RESULT_BAD_HANDLE;
  QueueClaim own_queue;
  if (queue != 0 && !(own_queue = claim_queue(engine, queue))) return TRESTLE_RESULT_BAD_HANDLE;
  std::unique_ptr<Response> response(
      new (std::nothrow) Response(TRESTLE_PRIM_ACCEPT_RES, connection, accepted));
  if (!response) return TRESTLE_RESULT_OUT_OF_MEMORY;
  if (int32_t result = result_of(c->credits.answer(connection, Credits::kAccept),
                                 TRESTLE_RESULT_NOTHING_TO_ANSWER))
    return result;
  // Here and not when the response arrives: requests may follow at once.
  if (own_queue && !c->change_queue(connection, &own_queue)) return TRESTLE_RESULT_BAD_HANDLE;
  c->post(response.release());
  return TRESTLE_RESULT_SUCCESS;
}

int32_t trestle_buffer_allocate(trestle_engine* engine, uint64_t length, uint8_t** buffer) {
  if (int32_t result = check_engine(engine)) return result;
  if (!buffer) return TRESTLE_RESULT_NULL_ARGUMENT;
  if (length == 0) return TRESTLE_RESULT_BAD_ARGUMENT;
  if (length > TRESTLE_DATA_LENGTH_MAX) return TRESTLE_RESULT_TOO_LARGE;
  auto* header = static_cast<BufferHeader*>(std::malloc(sizeof(BufferHeader) + length));
  if (!header) return TRESTLE_RESULT_OUT_OF_MEMORY;
  header->length = length;
  header->magic = BufferHeader::kMagic;
  *buffer = reinterpret_cast<uint8_t*>(header + 1);
  return TRESTLE_RESULT_SUCCESS;
}

int32_t trestle_buffer_free(trestle_engine* engine, uint8_t* buffer) {
  if (int32_t result = check_engine(engine)) return result;
  if (!buffer) return TRESTLE_RESULT_NULL_ARGUMENT;
  BufferHeader* header = header_of(buffer);
  if (header->magic != BufferHeader::kMagic) return TRESTLE_RESULT_BAD_ARGUMENT;
  header->magic = 0;
  std::free(header);
  return TRESTLE_RESULT_SUCCESS;
}
