// SPDX-License-Identifier: Apache-2.0
// A backend WITHOUT ANY SECURITY: no cryptography at all, everything in the clear. It serves the
// library's own tests, which script it (fake.h), and shows how small a plugin can be. It is never
// installed.
//
// Its toy protocol has the shape of TLS. A frame is a type, a length of four bytes, and a body:
//   client                                    server
//   HELLO version_min, version_max, suites ->
//                                          <- HELLO version, suite, client_auth
//                                          <- CERTIFICATE chain
//   [CERTIFICATE chain, may be empty] FINISHED ->
//                                          <- FINISHED
//   then DATA, and CLOSE or ALERT at the end, both ways.
// There is no key exchange and no name, so groups, signature schemes, the smallest Diffie-Hellman
// group and the server name have nothing to act on.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include <trestle/backend.h>

#include "backends/fake/control.h"
#include "backends/fake/fake.h"

namespace trestle::fake {
namespace {

enum Frame : uint8_t { kHello = 1, kCertificate, kFinished, kData, kClose, kAlert };

constexpr uint64_t kBodyMax = 1 << 20;
constexpr uint64_t kDataMax = 16384;

constexpr uint8_t kUnexpectedMessage = 10;
constexpr uint8_t kHandshakeFailure = 40;
constexpr uint8_t kDecodeError = 50;
constexpr uint8_t kProtocolVersion = 70;
constexpr uint8_t kCertificateRequired = 116;

constexpr uint16_t kSuites[] = {TRESTLE_TLS_AES_128_GCM_SHA256, TRESTLE_TLS_AES_256_GCM_SHA384,
                                TRESTLE_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
                                TRESTLE_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256};
constexpr uint16_t kGroups[] = {0x001D, 0x0017};
constexpr uint16_t kSchemes[] = {0x0403, 0x0804, 0x0401};

const trestle_host* host;

template <typename List>
bool contains(const List& list, uint32_t value) {
  return std::find(std::begin(list), std::end(list), value) != std::end(list);
}

// Every failure ends here: fills in the record.
int32_t fail(trestle_backend_error* error, int32_t result, const char* detail,
             uint32_t alert = TRESTLE_ALERT_NONE,
             uint32_t direction = TRESTLE_ALERT_DIRECTION_NONE) {
  error->result = result;
  error->alert = alert;
  error->alert_direction = direction;
  std::snprintf(error->detail, sizeof error->detail, "%s", detail);
  return TRESTLE_BACKEND_ERROR;
}

// Every slot begins with this: watches, waits if held, and fails if scripted.
bool scripted_to_fail(Slot slot, trestle_backend_error* error) {
  const int32_t result = script().enter(slot);
  if (result == TRESTLE_RESULT_SUCCESS) return false;
  fail(error, result, "the script says so");
  return true;
}

void put16(std::string* body, uint16_t value) {
  *body += {static_cast<char>(value >> 8), static_cast<char>(value & 0xFF)};
}

void put32(std::string* body, uint64_t value) {
  put16(body, static_cast<uint16_t>(value >> 16));
  put16(body, static_cast<uint16_t>(value & 0xFFFF));
}

uint16_t get16(const std::string& body, size_t at) {
  return static_cast<uint16_t>(static_cast<uint8_t>(body[at]) << 8 |
                               static_cast<uint8_t>(body[at + 1]));
}

uint32_t get32(const std::string& body, size_t at) {
  return uint32_t{get16(body, at)} << 16 | get16(body, at + 2);
}

}  // namespace
}  // namespace trestle::fake

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
  const trestle_backend_context* context;
  void* host_connection;
  enum { kStart, kPeersHello, kPeersCertificate, kPeersFinished, kOpen, kFailed } state = kStart;
  uint16_t version = 0;
  uint16_t suite = 0;
  bool client_certificate_wanted = false;
  std::string received;   // the beginning of a frame
  std::string plaintext;  // of a DATA frame that decrypt had no room for
};

namespace trestle::fake {
namespace {

using Connection = trestle_backend_connection;

// ---- frames ----

void push_frame(Connection* c, Frame type, const std::string& body) {
  std::string frame(1, static_cast<char>(type));
  put32(&frame, body.size());
  frame += body;
  host->push(c->host_connection, reinterpret_cast<const uint8_t*>(frame.data()), frame.size());
}

// Sends the alert and fails.
int32_t refuse(Connection* c, trestle_backend_error* error, int32_t result, uint8_t alert,
               const char* detail) {
  push_frame(c, kAlert, std::string(1, static_cast<char>(alert)));
  c->state = Connection::kFailed;
  return fail(error, result, detail, alert, TRESTLE_ALERT_DIRECTION_SENT);
}

// The next frame: OK, WANT_READ, or ERROR (also when it is an alert).
int32_t pull_frame(Connection* c, Frame* type, std::string* body, trestle_backend_error* error) {
  constexpr size_t kHeader = 5;
  for (;;) {
    if (c->received.size() >= kHeader) {
      const uint32_t length = get32(c->received, 1);
      if (c->received[0] < kHello || c->received[0] > kAlert || length > kBodyMax) {
        return refuse(c, error, TRESTLE_RESULT_PROTOCOL_VIOLATION, kUnexpectedMessage, "no frame");
      }
      if (c->received.size() - kHeader >= length) {
        *type = static_cast<Frame>(c->received[0]);
        *body = c->received.substr(kHeader, length);
        c->received.erase(0, kHeader + length);
        break;
      }
    }
    std::array<uint8_t, kDataMax> buffer;
    const int64_t count = host->pull(c->host_connection, buffer.data(), buffer.size());
    if (count == TRESTLE_PULL_WOULD_BLOCK) return TRESTLE_BACKEND_WANT_READ;
    if (count == 0) {
      c->state = Connection::kFailed;
      return fail(error, TRESTLE_RESULT_TRUNCATED, "the transport ended");
    }
    c->received.append(reinterpret_cast<const char*>(buffer.data()), static_cast<size_t>(count));
  }
  if (*type != kAlert) return TRESTLE_BACKEND_OK;
  c->state = Connection::kFailed;
  const uint8_t alert = body->empty() ? kDecodeError : static_cast<uint8_t>((*body)[0]);
  return fail(error, TRESTLE_RESULT_ALERT_RECEIVED, "alert frame", alert,
              TRESTLE_ALERT_DIRECTION_RECEIVED);
}

// ---- handshake ----

std::string encode_chain(const std::vector<std::string>& chain) {
  std::string body;
  for (const std::string& certificate : chain) {
    put32(&body, certificate.size());
    body += certificate;
  }
  return body;
}

bool decode_chain(const std::string& body, std::vector<std::string>* chain) {
  for (size_t at = 0; at < body.size();) {
    if (body.size() - at < 4) return false;
    const uint32_t length = get32(body, at);
    at += 4;
    if (length > body.size() - at) return false;
    chain->push_back(body.substr(at, length));
    at += length;
  }
  return true;
}

void push_client_hello(Connection* c) {
  std::string body;
  put16(&body, c->context->version_min);
  put16(&body, c->context->version_max);
  for (uint16_t suite : c->context->suites) put16(&body, suite);
  push_frame(c, kHello, body);
}

int32_t take_client_hello(Connection* c, const std::string& body, trestle_backend_error* error) {
  const trestle_backend_context& mine = *c->context;
  if (body.size() < 4 || body.size() % 2 != 0) {
    return refuse(c, error, TRESTLE_RESULT_PROTOCOL_VIOLATION, kDecodeError, "bad HELLO");
  }
  c->version = std::min(get16(body, 2), mine.version_max);
  if (c->version < get16(body, 0) || c->version < mine.version_min) {
    return refuse(c, error, TRESTLE_RESULT_NO_COMMON_VERSION, kProtocolVersion, "versions");
  }
  std::vector<uint16_t> offered;
  for (size_t at = 4; at < body.size(); at += 2) offered.push_back(get16(body, at));
  const auto chosen = std::find_if(mine.suites.begin(), mine.suites.end(),
                                   [&](uint16_t suite) { return contains(offered, suite); });
  if (chosen == mine.suites.end()) {
    return refuse(c, error, TRESTLE_RESULT_NO_COMMON_SUITE, kHandshakeFailure, "suites");
  }
  c->suite = *chosen;
  c->client_certificate_wanted = mine.client_auth != TRESTLE_CLIENT_AUTH_NONE;
  std::string answer;
  put16(&answer, c->version);
  put16(&answer, c->suite);
  put16(&answer, c->client_certificate_wanted);
  push_frame(c, kHello, answer);
  push_frame(c, kCertificate, encode_chain(mine.chain));
  c->state = c->client_certificate_wanted ? Connection::kPeersCertificate
                                          : Connection::kPeersFinished;
  return TRESTLE_BACKEND_OK;
}

int32_t take_server_hello(Connection* c, const std::string& body, trestle_backend_error* error) {
  if (body.size() != 6 || !contains(c->context->suites, get16(body, 2))) {
    return refuse(c, error, TRESTLE_RESULT_PROTOCOL_VIOLATION, kDecodeError, "bad HELLO");
  }
  c->version = get16(body, 0);
  c->suite = get16(body, 2);
  c->client_certificate_wanted = get16(body, 4) != 0;
  c->state = Connection::kPeersCertificate;
  return TRESTLE_BACKEND_OK;
}

// True if the program wants to talk to a peer with this chain. May take minutes.
bool ask(Connection* c, const std::vector<std::string>& chain) {
  std::vector<trestle_bytes> lent;
  for (const std::string& certificate : chain) {
    lent.push_back({reinterpret_cast<const uint8_t*>(certificate.data()), certificate.size()});
  }
  trestle_ask question = {};
  question.size = sizeof question;
  question.kind = TRESTLE_ASK_VERIFY_PEER;
  question.certificates = lent.data();
  question.certificate_count = static_cast<uint32_t>(lent.size());
  script().count_ask();
  return host->ask(c->host_connection, &question) == TRESTLE_ANSWER_YES;
}

int32_t take_certificate(Connection* c, const std::string& body, trestle_backend_error* error) {
  const bool client = c->context->role == TRESTLE_ROLE_CLIENT;
  std::vector<std::string> chain;
  if (!decode_chain(body, &chain)) {
    return refuse(c, error, TRESTLE_RESULT_PROTOCOL_VIOLATION, kDecodeError, "bad CERTIFICATE");
  }
  const bool optional = !client && c->context->client_auth == TRESTLE_CLIENT_AUTH_REQUEST;
  if (chain.empty() && !optional) {
    return refuse(c, error, TRESTLE_RESULT_PEER_HAS_NO_CERTIFICATE, kCertificateRequired,
                  "no certificate");
  }
  if (!chain.empty() && !ask(c, chain)) {
    return refuse(c, error, TRESTLE_RESULT_CERT_REJECTED, TRESTLE_ALERT_BAD_CERTIFICATE,
                  "the answer was no");
  }
  if (client) {
    if (c->client_certificate_wanted) {
      push_frame(c, kCertificate, encode_chain(c->context->chain));
    }
    push_frame(c, kFinished, "");
  }
  c->state = Connection::kPeersFinished;
  return TRESTLE_BACKEND_OK;
}

int32_t take_finished(Connection* c) {
  if (c->context->role == TRESTLE_ROLE_SERVER) push_frame(c, kFinished, "");
  c->state = Connection::kOpen;
  return TRESTLE_BACKEND_OK;
}

int32_t take_handshake_frame(Connection* c, Frame type, const std::string& body,
                             trestle_backend_error* error) {
  const bool client = c->context->role == TRESTLE_ROLE_CLIENT;
  if (c->state == Connection::kPeersHello && type == kHello) {
    return client ? take_server_hello(c, body, error) : take_client_hello(c, body, error);
  }
  if (c->state == Connection::kPeersCertificate && type == kCertificate) {
    return take_certificate(c, body, error);
  }
  if (c->state == Connection::kPeersFinished && type == kFinished) return take_finished(c);
  return refuse(c, error, TRESTLE_RESULT_PROTOCOL_VIOLATION, kUnexpectedMessage, "order");
}

int32_t handshake_step(Connection* c, trestle_backend_error* error) {
  if (c->state == Connection::kFailed) {
    return fail(error, TRESTLE_RESULT_HANDSHAKE_FAILED, "failed before");
  }
  if (c->state == Connection::kStart) {
    const std::string junk = script().junk();
    host->push(c->host_connection, reinterpret_cast<const uint8_t*>(junk.data()), junk.size());
    if (c->context->role == TRESTLE_ROLE_CLIENT) push_client_hello(c);
    c->state = Connection::kPeersHello;
  }
  while (c->state != Connection::kOpen) {
    Frame type;
    std::string body;
    int32_t status = pull_frame(c, &type, &body, error);
    if (status == TRESTLE_BACKEND_OK) status = take_handshake_frame(c, type, body, error);
    if (status != TRESTLE_BACKEND_OK) return status;
  }
  return TRESTLE_BACKEND_OK;
}

// ---- the table's slots ----

// No exception leaves a slot: memory is all that can run out here.
template <typename Function>
int32_t guarded(trestle_backend_error* error, Function function) {
  try {
    return function();
  } catch (const std::bad_alloc&) {
    return fail(error, TRESTLE_RESULT_OUT_OF_MEMORY, "no memory");
  }
}

int32_t process_init(const trestle_host* the_host, trestle_backend_error* error) {
  if (scripted_to_fail(Slot::kProcessInit, error)) return TRESTLE_BACKEND_ERROR;
  host = the_host;
  return TRESTLE_BACKEND_OK;
}

const char* library_version() { return "no library 1.0"; }

void thread_detach() { script().enter(Slot::kThreadDetach); }

int32_t capability(uint32_t capability, uint32_t argument) {
  script().enter(Slot::kCapability);
  switch (capability) {
    case TRESTLE_CAPABILITY_SUITE:
      return contains(kSuites, argument);
    case TRESTLE_CAPABILITY_VERSION:
      return argument == TRESTLE_VERSION_TLS12 || argument == TRESTLE_VERSION_TLS13;
    case TRESTLE_CAPABILITY_GROUP:
      return contains(kGroups, argument);
    case TRESTLE_CAPABILITY_SIGNATURE_SCHEME:
      return contains(kSchemes, argument);
    case TRESTLE_CAPABILITY_ALERT_SEND:
      return 1;
    default:
      return 0;
  }
}

int32_t verify_signature(uint16_t scheme, const trestle_bytes*, const trestle_bytes*,
                         const trestle_bytes* signature) {
  script().enter(Slot::kVerifySignature);
  int32_t answer;
  if (script().signature_answer(&answer)) return answer;
  if (!contains(kSchemes, scheme)) return TRESTLE_BACKEND_ERROR;
  return signature->length == sizeof kSignature &&
         std::memcmp(signature->data, kSignature, sizeof kSignature) == 0;
}

int32_t identity_new(const trestle_backend_identity_source* source,
                     trestle_backend_identity** identity, trestle_backend_error* error) {
  if (scripted_to_fail(Slot::kIdentityNew, error)) return TRESTLE_BACKEND_ERROR;
  if (source->pkcs12.length != 0) return fail(error, TRESTLE_RESULT_NOT_SUPPORTED, "PKCS#12");
  if (source->certificate_count == 0) {
    return fail(error, TRESTLE_RESULT_BAD_CERTIFICATE, "no certificate");
  }
  if (source->key_format == TRESTLE_KEY_NONE) {
    return fail(error, TRESTLE_RESULT_NO_IDENTITY, "no key");
  }
  return guarded(error, [&] {
    auto made = std::make_unique<trestle_backend_identity>();
    for (uint32_t i = 0; i < source->certificate_count; ++i) {
      const trestle_bytes& der = source->certificates[i];
      made->chain.emplace_back(reinterpret_cast<const char*>(der.data), der.length);
    }
    *identity = made.release();
    script().count_identity(+1);
    return TRESTLE_BACKEND_OK;
  });
}

void identity_free(trestle_backend_identity* identity) {
  script().enter(Slot::kIdentityFree);
  if (identity != nullptr) script().count_identity(-1);
  delete identity;
}

int32_t context_new(const trestle_backend_config* config, trestle_backend_context** context,
                    trestle_backend_error* error) {
  if (scripted_to_fail(Slot::kContextNew, error)) return TRESTLE_BACKEND_ERROR;
  if (config->psk.length != 0) return fail(error, TRESTLE_RESULT_NOT_SUPPORTED, "PSK");
  for (uint32_t i = 0; i < config->suite_count; ++i) {
    if (contains(kSuites, config->suites[i])) continue;
    char name[16];
    std::snprintf(name, sizeof name, "suite 0x%04X", unsigned{config->suites[i]});
    return fail(error, TRESTLE_RESULT_SUITE_NOT_SUPPORTED, name);
  }
  if (config->role == TRESTLE_ROLE_SERVER && config->identity == nullptr) {
    return fail(error, TRESTLE_RESULT_NO_IDENTITY, "a server needs one");
  }
  return guarded(error, [&] {
    auto made = std::make_unique<trestle_backend_context>();
    made->role = config->role;
    made->version_min = config->version_min;
    made->version_max = config->version_max;
    made->client_auth = config->client_auth;
    made->suites.assign(config->suites, config->suites + config->suite_count);
    if (config->identity != nullptr) made->chain = config->identity->chain;
    *context = made.release();
    script().count_context(+1);
    return TRESTLE_BACKEND_OK;
  });
}

void context_free(trestle_backend_context* context) {
  script().enter(Slot::kContextFree);
  if (context != nullptr) script().count_context(-1);
  delete context;
}

int32_t connection_new(trestle_backend_context* context, void* host_connection,
                       trestle_backend_connection** connection, trestle_backend_error* error) {
  if (scripted_to_fail(Slot::kConnectionNew, error)) return TRESTLE_BACKEND_ERROR;
  return guarded(error, [&] {
    auto made = std::make_unique<Connection>();
    made->context = context;
    made->host_connection = host_connection;
    *connection = made.release();
    script().count_connection(+1);
    return TRESTLE_BACKEND_OK;
  });
}

void connection_free(trestle_backend_connection* connection) {
  script().enter(Slot::kConnectionFree);
  if (connection != nullptr) script().count_connection(-1);
  delete connection;
}

int32_t handshake(trestle_backend_connection* c, trestle_backend_error* error) {
  if (scripted_to_fail(Slot::kHandshake, error)) return TRESTLE_BACKEND_ERROR;
  return guarded(error, [&] { return handshake_step(c, error); });
}

int32_t encrypt(trestle_backend_connection* c, const uint8_t* data, uint64_t length,
                trestle_backend_error* error) {
  if (scripted_to_fail(Slot::kEncrypt, error)) return TRESTLE_BACKEND_ERROR;
  return guarded(error, [&] {
    for (uint64_t at = 0; at < length; at += kDataMax) {
      const uint64_t count = std::min(kDataMax, length - at);
      push_frame(c, kData, std::string(reinterpret_cast<const char*>(data + at), count));
    }
    return TRESTLE_BACKEND_OK;
  });
}

int32_t decrypt(trestle_backend_connection* c, uint8_t* buffer, uint64_t capacity,
                uint64_t* length, trestle_backend_error* error) {
  if (scripted_to_fail(Slot::kDecrypt, error)) return TRESTLE_BACKEND_ERROR;
  return guarded(error, [&] {
    while (c->plaintext.empty()) {
      Frame type;
      const int32_t status = pull_frame(c, &type, &c->plaintext, error);
      if (status != TRESTLE_BACKEND_OK) return status;
      if (type == kClose) return TRESTLE_BACKEND_CLOSED;
      if (type != kData) {
        return refuse(c, error, TRESTLE_RESULT_PROTOCOL_VIOLATION, kUnexpectedMessage, "order");
      }
    }
    *length = std::min<uint64_t>(capacity, c->plaintext.size());
    std::memcpy(buffer, c->plaintext.data(), *length);
    c->plaintext.erase(0, *length);
    return TRESTLE_BACKEND_OK;
  });
}

int32_t close(trestle_backend_connection* c, trestle_backend_error* error) {
  if (scripted_to_fail(Slot::kClose, error)) return TRESTLE_BACKEND_ERROR;
  return guarded(error, [&] {
    push_frame(c, kClose, "");
    return TRESTLE_BACKEND_OK;
  });
}

int32_t abort(trestle_backend_connection* c, uint8_t alert, trestle_backend_error* error) {
  if (scripted_to_fail(Slot::kAbort, error)) return TRESTLE_BACKEND_ERROR;
  return guarded(error, [&] {
    push_frame(c, kAlert, std::string(1, static_cast<char>(alert)));
    c->state = Connection::kFailed;
    return TRESTLE_BACKEND_OK;
  });
}

void info(const trestle_backend_connection* c, trestle_backend_connection_info* info) {
  script().enter(Slot::kInfo);
  info->version = c->version;
  info->suite = c->suite;
}

// The library that this backend binds is libc alone.
const trestle_backend_canary kCanaries[] = {
    {"gettid", reinterpret_cast<const void*>(&gettid), "libc.so"}};

const trestle_backend kTable = {
    sizeof(trestle_backend), TRESTLE_BACKEND_ABI, "fake",          "1.0.0",         kCanaries,
    1,                       0,                   process_init,    library_version, thread_detach,
    capability,              verify_signature,    identity_new,    identity_free,   context_new,
    context_free,            connection_new,      connection_free, handshake,       encrypt,
    decrypt,                 close,               abort,           info,
};

}  // namespace
}  // namespace trestle::fake

const trestle_backend* trestle_backend_entry(uint32_t host_abi) {
  return host_abi / 1000 == TRESTLE_BACKEND_ABI_MAJOR ? &trestle::fake::kTable : nullptr;
}
