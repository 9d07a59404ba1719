// SPDX-License-Identifier: Apache-2.0
// A program that uses every kind of primitive of one backend, as client and as server, with
// certificates and with a pre-shared key, and then tells what the preloaded recorders saw. Arguments:
// the backend, and --trespass for some cryptography on the caller's thread, so that a recorder can
// prove that it would see it.
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

void must_be(const Message& message, int32_t result) {
  if (message->result != result) throw std::runtime_error(message.text());
}

void must_be_taken(int32_t result) {
  if (result != TRESTLE_RESULT_SUCCESS) throw std::runtime_error(name_of(result));
}

// Everything that can be asked of a backend.
void query(Program& program, const std::string& backend) {
  trestle_engine* engine = program.engine();
  must_be_taken(api().backend_query_req(engine, program.queue(), nullptr, 1));
  must_be(program.expect(TRESTLE_PRIM_BACKEND_QUERY_CFM), TRESTLE_RESULT_SUCCESS);
  const std::pair<uint32_t, uint32_t> questions[] = {
      {TRESTLE_CAPABILITY_SUITE, TRESTLE_TLS_AES_128_GCM_SHA256},
      {TRESTLE_CAPABILITY_VERSION, TRESTLE_VERSION_TLS13},
      {TRESTLE_CAPABILITY_GROUP, 0x0017},             // secp256r1
      {TRESTLE_CAPABILITY_SIGNATURE_SCHEME, 0x0804},  // rsa_pss_rsae_sha256
      {TRESTLE_CAPABILITY_PSK_TLS13, 0},
      {TRESTLE_CAPABILITY_PKCS12, 0},
      {TRESTLE_CAPABILITY_ENCRYPTED_PKCS8, 0},
      {TRESTLE_CAPABILITY_ALERT_SEND, 0},
  };
  for (auto [capability, argument] : questions) {
    must_be_taken(api().backend_capability_req(engine, program.queue(), backend.c_str(), capability,
                                               argument, 1));
    Message cfm = program.expect(TRESTLE_PRIM_BACKEND_CAPABILITY_CFM);
    if (cfm->result != TRESTLE_RESULT_NOT_SUPPORTED) must_be(cfm, TRESTLE_RESULT_SUCCESS);
  }
}

// Data, and the end of both.
void talk(Program& program, Connection client, Connection peer) {
  must_be_taken(client.data_req(std::string(200000, 'x')));
  size_t received = 0;
  for (bool confirmed = false; received < 200000 || !confirmed;) {
    Message message = program.next();
    confirmed |= message->primitive == TRESTLE_PRIM_CONNECTION_DATA_CFM;
    if (message->primitive == TRESTLE_PRIM_CONNECTION_DATA_IND) {
      received += message->length;
      must_be_taken(peer.data_res());
    }
  }
  must_be_taken(client.disconnect_req());
  for (int ends = 0; ends < 2; ++ends) must_be(program.next(), TRESTLE_RESULT_SUCCESS);
  must_be_taken(peer.disconnect_res());
}

Connection accept(Program& program) {
  Connection peer(&program, program.expect(TRESTLE_PRIM_ACCEPT_IND)->connection);
  must_be_taken(peer.accept_res(1));
  return peer;
}

void unlisten(Program& program, const Message& listening) {
  must_be_taken(api().unlisten_req(program.engine(), listening->listener, 1));
  must_be(program.expect(TRESTLE_PRIM_UNLISTEN_CFM), TRESTLE_RESULT_SUCCESS);
}

void live_with_certificates(Program& program, const std::string& backend, const Material& m) {
  Session server = program.server(backend);
  must_be(server.cert_client(TRESTLE_CERTIFICATE, m.server_pem), TRESTLE_RESULT_SUCCESS);
  must_be(server.cert_client(TRESTLE_PRIVATE_KEY, m.encrypted_key, "wrong"),
          TRESTLE_RESULT_WRONG_PASSWORD);
  must_be(server.cert_client(TRESTLE_PRIVATE_KEY, m.encrypted_key, "secret"),
          TRESTLE_RESULT_SUCCESS);
  server.trust(m.root);
  server.set(TRESTLE_OPTION_CLIENT_AUTH, int64_t{TRESTLE_CLIENT_AUTH_REQUIRE});
  server.set(TRESTLE_OPTION_CERT_DECISION, int64_t{TRESTLE_CERT_DECISION_AUTO});
  Message listening = server.listen();

  Session client = program.client(backend);
  must_be(client.cipher({TRESTLE_TLS_AES_128_GCM_SHA256}), TRESTLE_RESULT_SUCCESS);
  must_be(client.cert_client(TRESTLE_CERTIFICATE, m.client_p12, "secret"), TRESTLE_RESULT_SUCCESS);
  client.trust(m.root);
  must_be(client.compression(0), TRESTLE_RESULT_SUCCESS);
  for (uint8_t accepted : {0, 1}) {
    Connection connection = client.create_connection();
    must_be_taken(connection.bind_req("127.0.0.1", 0));
    must_be(program.expect(TRESTLE_PRIM_CONNECTION_BIND_CFM), TRESTLE_RESULT_SUCCESS);
    must_be_taken(connection.connect_req("127.0.0.1", listening->port));
    Connection peer = accept(program);
    program.expect(TRESTLE_PRIM_CONNECTION_CERT_IND);
    must_be_taken(connection.cert_res(accepted));
    for (int ends = 0; ends < 2; ++ends) {
      Message end = program.next();
      if (accepted) must_be(end, TRESTLE_RESULT_SUCCESS);
    }
    if (accepted) {
      talk(program, connection, peer);
    } else {
      must_be(peer.destroy(), TRESTLE_RESULT_SUCCESS);
    }
    must_be(connection.destroy(), TRESTLE_RESULT_SUCCESS);
  }
  unlisten(program, listening);
  must_be(server.destroy(), TRESTLE_RESULT_SUCCESS);
  must_be(client.destroy(), TRESTLE_RESULT_SUCCESS);
}

void live_with_a_psk(Program& program, const std::string& backend, uint16_t version) {
  const uint16_t suite = version == TRESTLE_VERSION_TLS13
                             ? TRESTLE_TLS_AES_128_GCM_SHA256
                             : TRESTLE_TLS_PSK_WITH_CHACHA20_POLY1305_SHA256;
  Session sides[] = {program.server(backend), program.client(backend)};
  for (Session& side : sides) {
    side.versions(version, version);
    must_be(side.cipher({suite}), TRESTLE_RESULT_SUCCESS);
    side.psk({"somebody", std::string(32, 'k')});
  }
  Message listening = sides[0].listen();
  must_be(listening, TRESTLE_RESULT_SUCCESS);
  Connection connection = sides[1].connect_to("127.0.0.1", listening->port);
  Connection peer = accept(program);
  for (int ends = 0; ends < 2; ++ends) must_be(program.next(), TRESTLE_RESULT_SUCCESS);
  talk(program, connection, peer);
  unlisten(program, listening);
  for (Session& side : sides) must_be(side.destroy(), TRESTLE_RESULT_SUCCESS);
}

void live(const std::string& backend, const Material& m) {
  Program program;
  query(program, backend);
  live_with_certificates(program, backend, m);
  for (uint16_t version : {TRESTLE_VERSION_TLS12, TRESTLE_VERSION_TLS13})
    live_with_a_psk(program, backend, version);
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
