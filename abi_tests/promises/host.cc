// SPDX-License-Identifier: Apache-2.0
// A program that uses every kind of primitive of one backend, as client and as server, and then tells
// what the preloaded recorders saw. Arguments: the backend, and --trespass for some cryptography on
// the caller's thread, so that a recorder can prove that it would see it.
#include <dlfcn.h>

#include <cstdio>
#include <thread>

#include "abi_tests/harness/program.h"
#include "abi_tests/promises/recorder.h"

namespace trestle::testing {
namespace {

recorder* recorders() {
  auto** list = static_cast<recorder**>(dlsym(RTLD_DEFAULT, "trestle_recorders"));
  return list ? *list : nullptr;
}

struct Material {
  std::string server_pem, encrypted_key, client_p12, root;
};

// The test's own cryptography, on a thread that nobody watches.
Material make_material() {
  Material m;
  std::thread([&m] {
    TestPki pki(rsa());
    m.server_pem = pki.server.chain_pem();
    m.encrypted_key = pki.server.key().encrypted_pkcs8_pem("secret");
    m.client_p12 = pki.client.pkcs12("secret");
    m.root = pki.root.cert_pem();
  }).join();
  return m;
}

void live(const std::string& backend, const Material& m) {
  Program program;
  Session server = program.server(backend);
  server.cert_client(TRESTLE_CERTIFICATE, m.server_pem);
  Message wrong = server.cert_client(TRESTLE_PRIVATE_KEY, m.encrypted_key, "wrong");
  if (wrong->result != TRESTLE_RESULT_WRONG_PASSWORD) throw std::runtime_error(wrong.text());
  Message right = server.cert_client(TRESTLE_PRIVATE_KEY, m.encrypted_key, "secret");
  if (right->result != TRESTLE_RESULT_SUCCESS) throw std::runtime_error(right.text());
  server.trust(m.root);
  server.set(TRESTLE_OPTION_CLIENT_AUTH, int64_t{TRESTLE_CLIENT_AUTH_REQUIRE});
  server.set(TRESTLE_OPTION_CERT_DECISION, int64_t{TRESTLE_CERT_DECISION_AUTO});
  Message listening = server.listen();

  Session client = program.client(backend);
  client.cipher({TRESTLE_TLS_AES_128_GCM_SHA256});
  client.cert_client(TRESTLE_CERTIFICATE, m.client_p12, "secret");
  client.trust(m.root);
  client.compression(0);
  api().backend_query_req(program.engine(), program.queue(), nullptr, 1);
  program.expect(TRESTLE_PRIM_BACKEND_QUERY_CFM);
  for (uint8_t accepted : {0, 1}) {
    Connection connection = client.connect_to("127.0.0.1", listening->port);
    Message accept = program.expect(TRESTLE_PRIM_ACCEPT_IND);
    Connection peer(&program, accept->connection);
    peer.accept_res(1);
    program.expect(TRESTLE_PRIM_CONNECTION_CERT_IND);
    connection.cert_res(accepted);
    for (int ends = 0; ends < 2; ++ends) {
      Message end = program.next();
      if (accepted && end->result != TRESTLE_RESULT_SUCCESS) throw std::runtime_error(end.text());
    }
    if (!accepted) {
      connection.destroy();
      peer.destroy();
      continue;
    }
    connection.data_req(std::string(200000, 'x'));
    size_t received = 0;
    for (bool confirmed = false; received < 200000 || !confirmed;) {
      Message message = program.next();
      confirmed |= message->primitive == TRESTLE_PRIM_CONNECTION_DATA_CFM;
      if (message->primitive == TRESTLE_PRIM_CONNECTION_DATA_IND) {
        received += message->length;
        peer.data_res();
      }
    }
    connection.disconnect_req();
    for (int ends = 0; ends < 2; ++ends) program.next();
    peer.disconnect_res();
  }
  server.destroy();
  program.shut_down();
}

int observe(const std::string& backend, bool trespass) {
  if (!recorders()) {
    std::fprintf(stderr, "no recorder is preloaded\n");
    return 2;
  }
  Material material = make_material();
  backend_directory();
  for (recorder* r = recorders(); r; r = r->next) r->forbid_this_thread();
  live(backend, material);
  if (trespass) TestPki here;
  for (recorder* r = recorders(); r; r = r->next) {
    recorder_report report;
    r->report(&report);
    std::printf("%s: %ld calls, %ld on the caller's thread%s%s\n", report.library, report.calls,
                report.forbidden_calls, report.first_forbidden ? ", first " : "",
                report.first_forbidden ? report.first_forbidden : "");
  }
  return 0;
}

}  // namespace
}  // namespace trestle::testing

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  bool trespass = argc == 3 && std::string(argv[2]) == "--trespass";
  return trestle::testing::observe(argv[1], trespass);
}
