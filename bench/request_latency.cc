// SPDX-License-Identifier: Apache-2.0
// How long the request functions take on the caller's thread while every worker is busy and peers are
// silent: p50, p99 and the longest, in microseconds. Promise 1 says that it doesn't depend on them;
// what it does depend on is the processor, which the workers leave to this thread only in turn.
//
//   request_latency [BACKEND] [SECONDS]
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <thread>

#include "abi_tests/harness/program.h"
#include "abi_tests/harness/relay.h"

namespace trestle::testing {
namespace {

using Clock = std::chrono::steady_clock;

class Latencies {
 public:
  template <typename F>
  int32_t measure(const char* name, F&& call) {
    auto begin = Clock::now();
    int32_t result = call();
    samples_[name].push_back(
        std::chrono::duration<double, std::micro>(Clock::now() - begin).count());
    return result;
  }
  void print(const char* title) {
    std::printf("\n%s\n%-28s %8s %9s %9s %9s\n", title, "request", "calls", "p50 us", "p99 us",
                "max us");
    for (auto& [name, values] : samples_) {
      std::sort(values.begin(), values.end());
      std::printf("%-28s %8zu %9.2f %9.2f %9.2f\n", name.c_str(), values.size(),
                  values[values.size() / 2], values[values.size() * 99 / 100], values.back());
    }
  }

 private:
  std::map<std::string, std::vector<double>> samples_;
};

// Keeps the workers of an engine busy: those for handshakes with full ones on RSA-3072, over and
// over, those for data with connections that never stop sending.
class Storm {
 public:
  Storm(Program* program, const std::string& backend, uint16_t port)
      : program_(program), queue_(program->new_queue()) {
    api().session_create_req(program->engine(), queue_, TRESTLE_ROLE_CLIENT, backend.c_str(), 1);
    session_ = program->expect(TRESTLE_PRIM_SESSION_CREATE_CFM, queue_)->session;
    thread_ = std::thread([this, port] { run(port); });
  }
  ~Storm() {
    stop_ = true;
    thread_.join();
  }
  long handshakes() const { return handshakes_; }
  double mebibytes() const { return static_cast<double>(sent_) * sizeof kData / (1024 * 1024); }

 private:
  static constexpr uint8_t kData[16384] = {};
  static constexpr int kSenders = 32;

  void send(uint64_t connection) {
    api().connection_data_req(program_->engine(), connection, kData, sizeof kData,
                              TRESTLE_DATA_COPY, 1);
  }

  void run(uint16_t port) {
    std::vector<uint8_t> address = ip_bytes("127.0.0.1");
    trestle_engine* engine = program_->engine();
    auto create = [&] {
      api().connection_create_req(engine, session_, TRESTLE_FAMILY_IP4, 0, 1);
    };
    for (int i = 0; i < 64; ++i) create();
    int senders = 0;
    const trestle_message* messages[32];
    uint32_t count = 0;
    while (!stop_) {
      if (api().queue_get(engine, queue_, messages, 32, 20, &count) != TRESTLE_RESULT_SUCCESS)
        continue;
      for (uint32_t i = 0; i < count; ++i) {
        Message m(engine, messages[i]);
        switch (m->primitive) {
          case TRESTLE_PRIM_CONNECTION_CREATE_CFM:
            api().connection_connect_req(engine, m->connection, address.data(), port, 1);
            break;
          case TRESTLE_PRIM_CONNECTION_CERT_IND:
            api().connection_cert_res(engine, m->connection, 1);
            break;
          case TRESTLE_PRIM_CONNECTION_CONNECT_CFM:
            ++handshakes_;
            if (senders++ < kSenders) {
              send(m->connection);
            } else {
              api().connection_destroy_req(engine, m->connection, 1);
            }
            break;
          case TRESTLE_PRIM_CONNECTION_DATA_CFM:
            ++sent_;
            send(m->connection);
            break;
          case TRESTLE_PRIM_CONNECTION_DESTROY_CFM:
            create();
            break;
        }
      }
    }
  }

  Program* program_;
  uint64_t queue_, session_ = 0;
  std::atomic<bool> stop_{false};
  std::atomic<long> handshakes_{0};
  std::atomic<long> sent_{0};
  std::thread thread_;
};

// Accepts everything on its own thread and engine.
void serve(Program* program, std::atomic<bool>* stop) {
  while (!*stop) {
    const trestle_message* m = nullptr;
    uint32_t count = 0;
    if (api().queue_get(program->engine(), program->queue(), &m, 1, 20, &count) !=
        TRESTLE_RESULT_SUCCESS) {
      continue;
    }
    Message message(program->engine(), m);
    if (message->primitive == TRESTLE_PRIM_ACCEPT_IND)
      Connection(program, message->connection).accept_res(1);
    if (message->primitive == TRESTLE_PRIM_CONNECTION_DATA_IND)
      Connection(program, message->connection).data_res();
    if (message->primitive == TRESTLE_PRIM_CONNECTION_DISCONNECT_IND)
      Connection(program, message->connection).disconnect_res();
    if (message->primitive == TRESTLE_PRIM_CONNECTION_CONNECT_IND &&
        message->result != TRESTLE_RESULT_SUCCESS)
      Connection(program, message->connection).destroy_req();
  }
}

// What the rounds are made with.
struct Setting {
  Program& program;
  const std::string& backend;
  const TestPki& pki;
  Connection established;
  uint16_t silent_port;
};

// The configuration of a session; each confirm is awaited outside of the measurement.
void configure(const Setting& with, uint64_t session, Latencies* out) {
  trestle_engine* engine = with.program.engine();
  const auto bytes = [](const std::string& text) {
    return reinterpret_cast<const uint8_t*>(text.data());
  };
  const auto measure = [&](const char* name, auto call) {
    out->measure(name, call);
    with.program.next();
  };
  const uint16_t suites[] = {TRESTLE_TLS_AES_128_GCM_SHA256, TRESTLE_TLS_AES_256_GCM_SHA384};
  const std::string identity = with.pki.client.chain_pem() + with.pki.client.key().pkcs8_pem();
  const std::string root = with.pki.root.cert_pem();
  const std::string name = "localhost";
  measure("CONFIG_CIPHER_REQ",
          [&] { return api().config_cipher_req(engine, session, suites, 2, 0, 0, 1); });
  measure("CONFIG_CERT_CLIENT_REQ", [&] {
    return api().config_cert_client_req(engine, session, TRESTLE_CERTIFICATE, bytes(identity),
                                        identity.size(), nullptr, 0, 1);
  });
  measure("CONFIG_CERT_VERIFY_REQ", [&] {
    return api().config_cert_verify_req(engine, session, bytes(root), root.size(), 1);
  });
  measure("CONFIG_OPTION_REQ", [&] {
    return api().config_option_req(engine, session, TRESTLE_OPTION_SERVER_NAME, 0, bytes(name),
                                   name.size(), 1);
  });
  measure("CONFIG_COMPRESSION_REQ",
          [&] { return api().config_compression_req(engine, session, 0, 1); });
}

// The life of a connection whose peer says nothing, and data on another one.
void connect(const Setting& with, uint64_t session, Latencies* out) {
  static const uint8_t kData[1024] = {};
  trestle_engine* engine = with.program.engine();
  const std::vector<uint8_t> address = ip_bytes("127.0.0.1");
  out->measure("CONNECTION_CREATE_REQ", [&] {
    return api().connection_create_req(engine, session, TRESTLE_FAMILY_IP4, 0, 1);
  });
  const uint64_t c = with.program.expect(TRESTLE_PRIM_CONNECTION_CREATE_CFM)->connection;
  out->measure("CONNECTION_BIND_REQ",
               [&] { return api().connection_bind_req(engine, c, address.data(), 0, 1); });
  with.program.expect(TRESTLE_PRIM_CONNECTION_BIND_CFM);
  out->measure("CONNECTION_CONNECT_REQ", [&] {
    return api().connection_connect_req(engine, c, address.data(), with.silent_port, 1);
  });
  out->measure("CONNECTION_DATA_REQ (1 KiB)", [&] {
    return api().connection_data_req(engine, with.established.handle(), kData, sizeof kData,
                                     TRESTLE_DATA_COPY, 1);
  });
  out->measure("CONNECTION_DISCONNECT_REQ",
               [&] { return api().connection_disconnect_req(engine, c, 1); });
  out->measure("CONNECTION_DESTROY_REQ",
               [&] { return api().connection_destroy_req(engine, c, 1); });
  for (int confirms = 0; confirms < 4; ++confirms) with.program.next();
}

void round(const Setting& with, Latencies* out) {
  trestle_engine* engine = with.program.engine();
  out->measure("SESSION_CREATE_REQ", [&] {
    return api().session_create_req(engine, with.program.queue(), TRESTLE_ROLE_CLIENT,
                                    with.backend.c_str(), 1);
  });
  const uint64_t session = with.program.expect(TRESTLE_PRIM_SESSION_CREATE_CFM)->session;
  configure(with, session, out);
  connect(with, session, out);
  out->measure("SESSION_DESTROY_REQ",
               [&] { return api().session_destroy_req(engine, session, 1); });
  with.program.expect(TRESTLE_PRIM_SESSION_DESTROY_CFM);
}

int measure(const std::string& backend, int seconds) {
  TestPki pki(rsa(3072));
  Program server_program, program;
  Session server = server_program.server(backend);
  server.identity(pki.server);
  server.set(TRESTLE_OPTION_ACCEPT_WINDOW, int64_t{1024});
  uint16_t port = server.listen()->port;
  std::atomic<bool> stop{false};
  std::thread serving([&] { serve(&server_program, &stop); });
  Relay silent(0);

  Session session = program.client(backend);
  Connection established = session.connect_to("127.0.0.1", port);
  established.finish_connect();
  const Setting setting = {program, backend, pki, established, silent.port()};
  auto phase = [&](const char* title) {
    Latencies latencies;
    auto end = Clock::now() + std::chrono::seconds(seconds);
    while (Clock::now() < end) round(setting, &latencies);
    latencies.print(title);
  };
  phase((backend + ", idle workers, silent peer").c_str());
  {
    Storm storm(&program, backend, port);
    phase((backend + ", every worker busy with handshakes and data, silent peer").c_str());
    std::printf("(%ld handshakes and %.0f MiB of other connections meanwhile)\n",
                storm.handshakes(), storm.mebibytes());
  }
  stop = true;
  serving.join();
  return 0;
}

}  // namespace
}  // namespace trestle::testing

int main(int argc, char** argv) try {
  int seconds = argc > 2 ? std::max(1, atoi(argv[2])) : 5;
  if (argc > 1) return trestle::testing::measure(argv[1], seconds);
  for (const std::string& backend : trestle::testing::backends())
    trestle::testing::measure(backend, seconds);
} catch (const std::exception& exception) {
  std::fprintf(stderr, "%s\nstart it with: bazel run //bench:request_latency\n", exception.what());
  return 1;
}
