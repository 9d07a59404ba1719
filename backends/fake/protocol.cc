// SPDX-License-Identifier: Apache-2.0
#include "backends/fake/protocol.h"

#include <array>
#include <cstdio>

#include "backends/fake/control.h"

namespace trestle::fake {
namespace {

constexpr uint64_t kBodyMax = 1 << 20;

// Alerts (RFC 8446, 6)
constexpr uint8_t kUnexpectedMessage = 10;
constexpr uint8_t kHandshakeFailure = 40;
constexpr uint8_t kDecodeError = 50;
constexpr uint8_t kProtocolVersion = 70;
constexpr uint8_t kCertificateRequired = 116;

const trestle_host* the_host;

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
    const int64_t count = the_host->pull(c->host_connection, buffer.data(), buffer.size());
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

}  // namespace

void set_host(const trestle_host* host) { the_host = host; }

int32_t fail(trestle_backend_error* error, int32_t result, const char* detail,
             uint32_t alert,
             uint32_t direction) {
  error->result = result;
  error->alert = alert;
  error->alert_direction = direction;
  std::snprintf(error->detail, sizeof error->detail, "%s", detail);
  return TRESTLE_BACKEND_ERROR;
}

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
  if (script().has(Vice::kAsksAboutNothing)) question.certificate_count = 0;
  script().count_ask();
  const bool yes = the_host->ask(c->host_connection, &question) == TRESTLE_ANSWER_YES;
  return yes || script().has(Vice::kIgnoresAnswers);
}

void push_frame(Connection* c, Frame type, const std::string& body) {
  std::string frame(1, static_cast<char>(type));
  put32(&frame, body.size());
  frame += body;
  the_host->push(c->host_connection, reinterpret_cast<const uint8_t*>(frame.data()), frame.size());
}

int32_t shake_hands(Connection* c, trestle_backend_error* error) {
  if (c->state == Connection::kFailed) {
    return fail(error, TRESTLE_RESULT_HANDSHAKE_FAILED, "failed before");
  }
  if (c->state == Connection::kStart) {
    const std::string junk = script().junk();
    the_host->push(c->host_connection, reinterpret_cast<const uint8_t*>(junk.data()), junk.size());
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

int32_t pull_data(Connection* c, std::string* data, trestle_backend_error* error) {
  if (c->state == Connection::kClosed) return TRESTLE_BACKEND_CLOSED;
  if (c->state != Connection::kOpen) {
    return fail(error, TRESTLE_RESULT_PROTOCOL_VIOLATION, "failed before");
  }
  Frame type;
  const int32_t status = pull_frame(c, &type, data, error);
  if (status != TRESTLE_BACKEND_OK) return status;
  if (type == kClose) {
    c->state = Connection::kClosed;
    return TRESTLE_BACKEND_CLOSED;
  }
  if (type == kData && !data->empty()) return TRESTLE_BACKEND_OK;
  return refuse(c, error, TRESTLE_RESULT_PROTOCOL_VIOLATION, kUnexpectedMessage, "order");
}

}  // namespace trestle::fake
