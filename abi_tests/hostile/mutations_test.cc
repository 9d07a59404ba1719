// SPDX-License-Identifier: Apache-2.0
// Real flights with something wrong in them, by a fixed list of seeds: lengths that lie, bytes
// changed, parts missing, doubled or made up. None is ever taken for a handshake.
#include <atomic>
#include <random>
#include <vector>

#include "abi_tests/support/memory.h"
#include "abi_tests/hostile/records.h"
#include "abi_tests/hostile/tls_peer.h"
#include "abi_tests/hostile/victim.h"

namespace trestle::testing {
namespace {

constexpr uint32_t kSeeds = 150;
constexpr size_t kGrowthMax = 4 << 20;

using Random = std::mt19937;

// Below `limit`; the same everywhere, other than the distributions of the library.
size_t below(Random& random, size_t limit) { return random() % limit; }

std::string noise(Random& random, size_t length) {
  std::string bytes;
  while (bytes.size() < length) bytes += static_cast<char>(random());
  return bytes;
}

// Where the records begin.
std::vector<size_t> record_starts(const std::string& flight) {
  std::vector<size_t> starts;
  for (size_t at = 0; at + kRecordHeader <= flight.size();
       at += record_size(std::string_view(flight).substr(at))) {
    starts.push_back(at);
  }
  return starts;
}

// A place whose change nobody overlooks. That isn't so for the version in a record's header, for a
// change_cipher_spec as a whole in TLS 1.3, and for the outer type of an encrypted record: GnuTLS
// authenticates it as what it has to be, whatever it is.
size_t place(Random& random, const std::string& flight) {
  std::vector<size_t> places;
  for (size_t start : record_starts(flight)) {
    if (flight[start] == kChangeCipherSpec) continue;
    const size_t end = start + record_size(std::string_view(flight).substr(start));
    if (flight[start] != kApplicationData) places.push_back(start);
    for (size_t at = start + 3; at < std::min(end, flight.size()); ++at) places.push_back(at);
  }
  return places.empty() ? 0 : places[below(random, places.size())];
}

// The start of a record that matters.
size_t some_record(Random& random, const std::string& flight) {
  const std::vector<size_t> starts = record_starts(flight);
  for (;;) {
    const size_t start = starts[below(random, starts.size())];
    if (flight[start] != kChangeCipherSpec) return start;
  }
}

std::string mutate(uint32_t seed, std::string flight) {
  Random random(seed);
  const size_t at = place(random, flight);
  const size_t start = some_record(random, flight);
  const size_t size = record_size(std::string_view(flight).substr(start));
  switch (seed % 8) {
    case 0:  // a bit
      flight[at] = static_cast<char>(flight[at] ^ 1 << below(random, 8));
      break;
    case 1:  // some bytes
      flight[at] = static_cast<char>(~flight[at]);
      for (int i = 0; i < 8; ++i) {
        const size_t another = place(random, flight);
        if (another != at) flight[another] ^= static_cast<char>(random() | 1);
      }
      break;
    case 2:  // a record's length
      flight.replace(start + 3, 2, number((size + random() % 65'000 + 1) & 0xFFFF, 2));
      break;
    case 3:  // the length of what is said to be a handshake message, or bytes of what is encrypted
      flight[start + kRecordHeader + 1 + below(random, 3)] ^= static_cast<char>(random() | 1);
      break;
    case 4:  // something between
      flight.insert(start, noise(random, 1 + below(random, 100)));
      break;
    case 5:  // something missing
      flight.erase(at, 1 + below(random, 50));
      break;
    case 6:  // a record twice, and not the last: that would come after the handshake
      flight.insert(start, start + size < flight.size() ? flight.substr(start, size)
                                                        : first_record(flight));
      break;
    default:  // nothing but noise, with a header to it or not
      flight = noise(random, 1 + below(random, 400));
      if (seed % 16 == 7) flight = record(kHandshake, flight);
  }
  return flight;
}

class Mutations : public Victim {
 protected:
  // What a library allocates once doesn't count.
  Mutations() { Bystander(&program_, GetParam(), pki_).round(); }

  void expect_refused(uint32_t seed) {
    Message end = end_of_handshake();
    const int32_t family = api().result_category(end->result);
    EXPECT_TRUE(family == TRESTLE_CATEGORY_TLS || family == TRESTLE_CATEGORY_CERTIFICATE ||
                end->result == TRESTLE_RESULT_TRUNCATED ||
                end->result == TRESTLE_RESULT_CONNECTION_RESET)
        << "seed " << seed << ": " << end;
    EXPECT_NE(end->result, TRESTLE_RESULT_HELLO_TIMEOUT) << "seed " << seed;
    EXPECT_NE(end->result, TRESTLE_RESULT_RECEIVE_TIMEOUT) << "seed " << seed;
  }

  void refuse_servers(uint16_t version) {
    std::atomic<uint32_t> seed{0};
    RawServer server([&](Wire& wire) {
      TlsPeer peer = TlsPeer::server(version, pki_.server);
      wire.send(mutate(seed, peer.step(wire.receive_record())));
      wire.half_close();
      wire.wait_for_end();
    });
    Session session = client_session();
    Growth growth;
    for (; seed < kSeeds && !HasFailure(); ++seed) {
      Connection connection = session.connect_to("127.0.0.1", server.port(), queue_);
      expect_refused(seed);
      growth.note();
      ASSERT_EQ(connection.destroy_req(), TRESTLE_RESULT_SUCCESS);
      program_.expect(TRESTLE_PRIM_CONNECTION_DESTROY_CFM, queue_);
    }
    figures_.note(0, 0, growth.most());
    EXPECT_LT(growth.most(), kGrowthMax);
  }

  void refuse_clients(uint16_t version) {
    Session session = server_session();
    const uint16_t port = session.listen()->port;
    Growth growth;
    for (uint32_t seed = 0; seed < kSeeds && !HasFailure(); ++seed) {
      RawClient client(port, [&](Wire& wire) {
        wire.send(mutate(seed, TlsPeer::client(version).step("")));
        wire.half_close();
        wire.wait_for_end();
      });
      Connection connection = accept();
      expect_refused(seed);
      growth.note();
      ASSERT_EQ(connection.destroy_req(), TRESTLE_RESULT_SUCCESS);
      program_.expect(TRESTLE_PRIM_CONNECTION_DESTROY_CFM, queue_);
    }
    figures_.note(0, 0, growth.most());
    EXPECT_LT(growth.most(), kGrowthMax);
  }

  Figures figures_;
};

TEST_P(Mutations, OfAServersFlightInTls12) { refuse_servers(TRESTLE_VERSION_TLS12); }
TEST_P(Mutations, OfAServersFlightInTls13) { refuse_servers(TRESTLE_VERSION_TLS13); }
TEST_P(Mutations, OfAClientHelloOfTls12) { refuse_clients(TRESTLE_VERSION_TLS12); }
TEST_P(Mutations, OfAClientHelloOfTls13) { refuse_clients(TRESTLE_VERSION_TLS13); }

TRESTLE_ON_EACH_BACKEND(Mutations);

}  // namespace
}  // namespace trestle::testing
