// SPDX-License-Identifier: Apache-2.0
// Messages larger than any honest one, declared and then really sent: refused with a TLS result,
// long before they are in memory as a whole.
#include <functional>
#include <optional>

#include "abi_tests/support/memory.h"
#include "abi_tests/hostile/records.h"
#include "abi_tests/hostile/tls_peer.h"
#include "abi_tests/hostile/victim.h"

namespace trestle::testing {
namespace {

constexpr uint32_t kGiant = 0xFFFFFF;
constexpr size_t kGrowthMax = 4 << 20;

constexpr uint16_t kPadding = 21;          // RFC 7685
constexpr uint16_t kUnknownExtension = 0xFAFA;

// A record at a time, in the clear or sealed.
using Pack = std::function<std::string(std::string_view)>;

Pack in_the_clear() {
  return [](std::string_view fragment) { return record(kHandshake, fragment); };
}
Pack sealed(Seal seal) {
  return [seal](std::string_view fragment) mutable { return seal.seal(kHandshake, fragment); };
}

// The beginning of a message that declares 16 MiB, and then all of it, as long as somebody reads.
void stream(Wire& wire, const Pack& pack, uint8_t type, std::string beginning) {
  std::string next = handshake_header(type, kGiant) + beginning;
  uint64_t left = kGiant - beginning.size();
  while (wire.send(pack(next)) && left > 0) {
    const size_t n = std::min<uint64_t>(left, kFragmentMax);
    next.assign(n, '\0');
    left -= n;
  }
  wire.wait_for_end();
}

// A message of its real length, and behind it one that nobody knows: whoever took the first and
// waits for the next gets that.
void send_whole(Wire& wire, const Pack& pack, const std::string& message) {
  for (size_t at = 0; at < message.size(); at += kFragmentMax)
    wire.send(pack(message.substr(at, kFragmentMax)));
  wire.send(pack(handshake_message(99, "")));
  wire.wait_for_end();
}

// The body of a Certificate message: a list, each entry with its length and, in TLS 1.3, its
// extensions.
std::string certificate_body(const Identity& identity, size_t count, bool tls13) {
  const std::string der = identity.cert_der();
  std::string list;
  for (size_t i = 0; i < count; ++i)
    list += number(der.size(), 3) + der + (tls13 ? number(0, 2) : "");
  return (tls13 ? number(0, 1) : "") + number(list.size(), 3) + list;
}

// One certificate that claims all of a giant list.
std::string certificate_beginning(bool tls13) {
  const uint32_t head = tls13 ? 4 : 3;
  return (tls13 ? number(0, 1) : "") + number(kGiant - head, 3) + number(kGiant - head - 3, 3);
}

// A hello with one extension more, of so many bytes.
std::string with_extension(const std::string& hello_record, size_t at, uint16_t type,
                           size_t length) {
  // The message without the record's header, then its parts before and behind the list's length.
  std::string body = hello_record.substr(kRecordHeader + 4);
  const size_t old = static_cast<uint8_t>(body.at(at)) * size_t{256} +
                     static_cast<uint8_t>(body.at(at + 1));
  const std::string extension = number(type, 2) + number(length, 2) + std::string(length, '\0');
  body = body.substr(0, at) + number(old + extension.size(), 2) + extension +
         body.substr(at + 2, old);
  return handshake_message(static_cast<uint8_t>(hello_record.at(kRecordHeader)), body);
}

// Where the length of the extensions stands in a hello's body (RFC 8446, 4.1.2 and 4.1.3).
size_t extensions_of_client_hello(const std::string& hello_record) {
  const std::string body = hello_record.substr(kRecordHeader + 4);
  size_t at = 34;
  at += 1 + static_cast<uint8_t>(body.at(at));
  at += 2 + static_cast<uint8_t>(body.at(at)) * size_t{256} + static_cast<uint8_t>(body.at(at + 1));
  return at + 1 + static_cast<uint8_t>(body.at(at));
}
size_t extensions_of_server_hello(const std::string& hello_record) {
  const std::string body = hello_record.substr(kRecordHeader + 4);
  return 34 + 1 + static_cast<uint8_t>(body.at(34)) + 3;
}

class Giants : public Victim {
 protected:
  // What a library allocates once doesn't count.
  Giants() {
    Bystander(&program_, GetParam(), pki_).round();
    growth_.emplace();
  }

  void expect_refused(std::chrono::steady_clock::time_point begin) {
    Message end = end_of_handshake();
    const int64_t ms = milliseconds_since(begin);
    growth_->note();
    figures_.note(ms, 0, growth_->most());
    const int32_t family = api().result_category(end->result);
    EXPECT_TRUE(family == TRESTLE_CATEGORY_TLS || family == TRESTLE_CATEGORY_CERTIFICATE) << end;
    EXPECT_NE(end->result, TRESTLE_RESULT_HELLO_TIMEOUT) << end;
    EXPECT_LT(ms, kSlackMs) << end;
    EXPECT_LT(growth_->most(), kGrowthMax) << end;
  }

  // A client meets a server that has read its ClientHello and made its flight.
  using ServerScript = std::function<void(Wire&, TlsPeer&, const std::string& flight)>;
  void refuse_server(uint16_t version, const ServerScript& script) {
    Session session = client_session();
    RawServer server([&](Wire& wire) {
      TlsPeer peer = TlsPeer::server(version, pki_.server);
      const std::string flight = peer.step(wire.receive_record());
      script(wire, peer, flight);
    });
    const auto begin = std::chrono::steady_clock::now();
    session.connect_to("127.0.0.1", server.port(), queue_);
    expect_refused(begin);
    session.destroy();
  }

  void refuse_client(const RawPeer::Script& script, int64_t client_auth = 0) {
    Session session = server_session();
    session.set(TRESTLE_OPTION_CLIENT_AUTH, client_auth);
    const uint16_t port = session.listen()->port;
    const auto begin = std::chrono::steady_clock::now();
    RawClient client(port, script);
    accept();
    expect_refused(begin);
    session.destroy();
  }

  std::optional<Growth> growth_;
  Figures figures_;
};

TEST_P(Giants, ServerHello) {
  refuse_server(TRESTLE_VERSION_TLS12, [](Wire& wire, TlsPeer&, const std::string&) {
    stream(wire, in_the_clear(), kServerHello, "");
  });
}

TEST_P(Giants, ServerHelloWithAnExtensionOf64KiB) {
  for (uint16_t version : {TRESTLE_VERSION_TLS12, TRESTLE_VERSION_TLS13}) {
    refuse_server(version, [](Wire& wire, TlsPeer&, const std::string& flight) {
      const std::string hello = first_record(flight);
      send_whole(wire, in_the_clear(),
                      with_extension(hello, extensions_of_server_hello(hello), kUnknownExtension,
                                     65'000));
    });
  }
}

TEST_P(Giants, CertificateOfAServer) {
  refuse_server(TRESTLE_VERSION_TLS12, [](Wire& wire, TlsPeer&, const std::string& flight) {
    wire.send(first_record(flight));
    stream(wire, in_the_clear(), kCertificate, certificate_beginning(false));
  });
  refuse_server(TRESTLE_VERSION_TLS13, [](Wire& wire, TlsPeer& peer, const std::string& flight) {
    wire.send(first_record(flight));
    Seal seal = peer.handshake_seal();
    wire.send(seal.seal(kHandshake, handshake_message(kEncryptedExtensions, number(0, 2))));
    stream(wire, sealed(seal), kCertificate, certificate_beginning(true));
  });
}

TEST_P(Giants, EncryptedExtensions) {
  refuse_server(TRESTLE_VERSION_TLS13, [](Wire& wire, TlsPeer& peer, const std::string& flight) {
    wire.send(first_record(flight));
    stream(wire, sealed(peer.handshake_seal()), kEncryptedExtensions, "");
  });
}

TEST_P(Giants, AChainOf255Certificates) {
  refuse_server(TRESTLE_VERSION_TLS12, [this](Wire& wire, TlsPeer&, const std::string& flight) {
    wire.send(first_record(flight));
    send_whole(wire, in_the_clear(),
                    handshake_message(kCertificate, certificate_body(pki_.server, 255, false)));
  });
  refuse_server(TRESTLE_VERSION_TLS13,
                [this](Wire& wire, TlsPeer& peer, const std::string& flight) {
    wire.send(first_record(flight));
    Seal seal = peer.handshake_seal();
    wire.send(seal.seal(kHandshake, handshake_message(kEncryptedExtensions, number(0, 2))));
    send_whole(wire, sealed(seal),
                    handshake_message(kCertificate, certificate_body(pki_.server, 255, true)));
  });
}

TEST_P(Giants, ClientHello) {
  refuse_client([](Wire& wire) { stream(wire, in_the_clear(), kClientHello, ""); });
}

// The largest extension that there can be: read and passed over, or refused; never kept.
TEST_P(Giants, ClientHelloWithAnExtensionOf64KiB) {
  for (uint16_t version : {TRESTLE_VERSION_TLS12, TRESTLE_VERSION_TLS13}) {
    refuse_client([version](Wire& wire) {
      const std::string hello = TlsPeer::client(version).step("");
      const std::string large =
          with_extension(hello, extensions_of_client_hello(hello), kPadding, 65'000);
      send_whole(wire, in_the_clear(), large);
    });
  }
}

TEST_P(Giants, CertificateOfAClient) {
  refuse_client(
      [](Wire& wire) {
        TlsPeer peer = TlsPeer::client(TRESTLE_VERSION_TLS12);
        wire.send(peer.step(""));
        wire.receive_record();
        stream(wire, in_the_clear(), kCertificate, certificate_beginning(false));
      },
      TRESTLE_CLIENT_AUTH_REQUEST);
  refuse_client(
      [](Wire& wire) {
        TlsPeer peer = TlsPeer::client(TRESTLE_VERSION_TLS13);
        wire.send(peer.step(""));
        // Its own answer stays here.
        while (!peer.established()) peer.step(wire.receive_record());
        stream(wire, sealed(peer.handshake_seal()), kCertificate, certificate_beginning(true));
      },
      TRESTLE_CLIENT_AUTH_REQUEST);
}

// On an established connection, where a library gathers a message for as long as it is allowed to.
TEST_P(Giants, NewSessionTicket) {
  Session session = client_session();
  RawServer server([&](Wire& wire) {
    TlsPeer peer = TlsPeer::server(TRESTLE_VERSION_TLS13, pki_.server);
    if (peer.handshake(wire))
      stream(wire, sealed(peer.application_seal()), kNewSessionTicket, "");
  });
  session.connect_to("127.0.0.1", server.port(), queue_);
  Message connected = end_of_handshake();
  ASSERT_EQ(connected->result, TRESTLE_RESULT_SUCCESS) << connected;
  const auto begin = std::chrono::steady_clock::now();
  Message end = program_.expect(TRESTLE_PRIM_CONNECTION_DISCONNECT_IND, queue_);
  growth_->note();
  figures_.note(milliseconds_since(begin), 0, growth_->most());
  EXPECT_EQ(api().result_category(end->result), TRESTLE_CATEGORY_TLS) << end;
  EXPECT_LT(growth_->most(), kGrowthMax);
}

TRESTLE_ON_EACH_BACKEND(Giants);

}  // namespace
}  // namespace trestle::testing
