// SPDX-License-Identifier: Apache-2.0
// CONFIG_CERT_CLIENT: every form of an identity, proved by handshakes with real peers as server and
// as client, and the exact code for each that is none.
#include <gtest/gtest.h>

#include <stdexcept>

#include "abi_tests/configuration/sides.h"
#include "abi_tests/conformance/known_differences.h"

namespace trestle::testing {
namespace {

using conformance::expect_same;

const std::string kPassword = "correct horse battery staple";

// One request.
struct Step {
  uint8_t type;
  std::string bytes;
  std::string password;
};
using Steps = std::vector<Step>;

Step certificate(const std::string& bytes, const std::string& password = "") {
  return {TRESTLE_CERTIFICATE, bytes, password};
}

Step private_key(const std::string& bytes, const std::string& password = "") {
  return {TRESTLE_PRIVATE_KEY, bytes, password};
}

// A root, two intermediates and leaves, for a server and a client at once.
struct Material {
  Identity root = Certificate::root("Identity Root").issue();
  Identity policy_ca = Certificate::intermediate("Identity Policy CA").signed_by(root).issue();
  Identity intermediate = Certificate::intermediate("Identity CA").signed_by(policy_ca).issue();
  Identity rsa_leaf = leaf("rsa.test", rsa(), intermediate);
  Identity ec_leaf = leaf("ec.test", ec(), intermediate);
  // What DER of one certificate can prove: nothing lies between.
  Identity rsa_under_root = leaf("rsa under root", rsa(), root);
  Identity ec_under_root = leaf("ec under root", ec(), root);

  static Identity leaf(const char* name, KeySpec key, const Identity& issuer) {
    return Certificate::leaf(name)
        .dns("localhost")
        .key(key)
        .key_usage("digitalSignature")
        .signed_by(issuer)
        .issue();
  }
};

const Material& material() {
  static const Material made;
  return made;
}

std::string as_on_another_system(const std::string& pem) {
  std::string text = "Bag Attributes\r\n    friendlyName: leaf\r\n";
  for (char c : pem) text += c == '\n' ? std::string("\r\n") : std::string(1, c);
  return text;
}

struct Form {
  std::string name;
  Steps steps;
  std::vector<std::string> chain;  // what a peer gets
};

std::vector<Form> forms_of(const std::string& kind, const Identity& leaf,
                           const Identity& under_root) {
  const std::string chain = leaf.chain_pem();
  const Key& key = leaf.key();
  const std::vector<std::string> sent = leaf.chain_der();
  const std::vector<std::string> alone = {under_root.cert_der()};
  const Key& other_key = under_root.key();
  return {
      {kind + ": PEM, key behind the chain", {certificate(chain + key.pkcs8_pem())}, sent},
      {kind + ": PEM, key before the chain", {certificate(key.pkcs8_pem() + chain)}, sent},
      {kind + ": PEM, key as C orders", {certificate(chain), private_key(key.pkcs8_pem())}, sent},
      {kind + ": PEM with words and other ends of lines",
       {certificate(as_on_another_system(chain + key.pkcs8_pem()))},
       sent},
      {kind + ": PEM, a password that isn't needed",
       {certificate(chain + key.pkcs8_pem(), kPassword)},
       sent},
      {kind + ": PEM, encrypted key in the buffer",
       {certificate(chain + key.encrypted_pkcs8_pem(kPassword), kPassword)},
       sent},
      {kind + ": PEM, encrypted key as C orders",
       {certificate(chain), private_key(key.encrypted_pkcs8_pem(kPassword), kPassword)},
       sent},
      {kind + ": PEM, traditional key in the buffer",
       {certificate(chain + key.traditional_pem())},
       sent},
      {kind + ": PEM, traditional key as C orders",
       {certificate(chain), private_key(key.traditional_pem())},
       sent},
      {kind + ": chain in PEM, key in DER", {certificate(chain), private_key(key.pkcs8_der())},
       sent},
      {kind + ": DER", {certificate(alone[0]), private_key(other_key.pkcs8_der())}, alone},
      {kind + ": DER, encrypted key",
       {certificate(alone[0]), private_key(other_key.encrypted_pkcs8_der(kPassword), kPassword)},
       alone},
      {kind + ": DER, traditional key",
       {certificate(alone[0]), private_key(other_key.traditional_der())},
       alone},
      {kind + ": DER, key in PEM", {certificate(alone[0]), private_key(other_key.pkcs8_pem())},
       alone},
      {kind + ": PKCS#12", {certificate(leaf.pkcs12(kPassword), kPassword)}, sent},
      {kind + ": PKCS#12 with 3DES",
       {certificate(leaf.pkcs12(kPassword, Pkcs12Cipher::kTripleDes), kPassword)},
       sent},
      {kind + ": PKCS#12 without a password", {certificate(leaf.pkcs12(""))}, sent},
  };
}

std::vector<Form> make_forms() {
  const Material& m = material();
  std::vector<Form> forms = forms_of("RSA", m.rsa_leaf, m.rsa_under_root);
  for (const Form& form : forms_of("EC", m.ec_leaf, m.ec_under_root)) forms.push_back(form);
  for (KeySpec key : {ec(384), ec(521), ed25519(), rsa(3072)}) {
    const std::string name = (key.kind == KeyKind::kRsa  ? "RSA "
                              : key.kind == KeyKind::kEc ? "P-"
                                                         : "Ed25519 ") +
                             std::to_string(key.bits);
    const Identity leaf = Material::leaf(name.c_str(), key, m.intermediate);
    forms.push_back({name, {certificate(leaf.chain_pem() + leaf.key().pkcs8_pem())},
                     leaf.chain_der()});
  }
  return forms;
}

const std::vector<Form>& all_forms() {
  static const std::vector<Form> forms = make_forms();
  return forms;
}

// The result of the last step, or of the first that fails.
Message apply(Session& session, const Steps& steps) {
  Message cfm;
  for (const Step& step : steps) {
    cfm = session.cert_client(step.type, step.bytes, step.password);
    if (cfm->result != TRESTLE_RESULT_SUCCESS) break;
  }
  return cfm;
}

class CertClient : public ::testing::TestWithParam<std::string> {
 protected:
  const std::string& backend() const { return GetParam(); }

  void expect_result(const std::string& what, const char* expected, const Message& cfm) {
    expect_same({backend(), "-", "*"}, "CONFIG_CERT_CLIENT: " + what, expected,
                api().result_name(cfm->result), cfm.text());
    EXPECT_EQ(cfm.text().find(kPassword), std::string::npos) << "a secret in an error text";
  }

  // Serves s_client, which trusts the root alone: the intermediates must have been sent.
  void serve(uint16_t port) {
    ClientOptions options;
    options.port = port;
    options.trusted = {material().root};
    OpenSslClient client(options);
    Connection connection = accept_next(program_);
    Message end = connection.finish_connect();
    ASSERT_EQ(end->result, TRESTLE_RESULT_SUCCESS) << end << client.log();
    client.send("seen\n");
    program_.expect(TRESTLE_PRIM_CONNECTION_DATA_IND);
    connection.destroy();
  }

  // Fetches a page, which a server gives only to who has a certificate under the root.
  void fetch(Session& session, const Server& server) {
    Connection connection = session.connect_to(server.address(), server.port());
    Message end = connection.finish_connect();
    ASSERT_EQ(end->result, TRESTLE_RESULT_SUCCESS) << end << server.log();
    connection.send("GET " + Server::path() + " HTTP/1.0\r\n\r\n");
    EXPECT_NE(connection.receive_all(&end).find(ServerOptions().page), std::string::npos)
        << end << server.log();
    session.destroy();
  }

  // The certificates that a server sends.
  std::vector<std::string> chain_sent(uint16_t port) {
    Session client = sides_.client(backend());
    Connection calling = client.connect_to("127.0.0.1", port);
    Connection called = accept_next(program_);
    Message question = sides_.client_program().expect(TRESTLE_PRIM_CONNECTION_CERT_IND);
    std::vector<std::string> chain;
    for (uint32_t i = 0; i < question->certificate_count; ++i) {
      const trestle_bytes& one = question->certificates[i];
      chain.emplace_back(reinterpret_cast<const char*>(one.data), one.length);
    }
    EXPECT_EQ(calling.cert_res(1), TRESTLE_RESULT_SUCCESS);
    Meeting meeting = {calling, called, calling.finish_connect(), called.finish_connect()};
    EXPECT_TRUE(meeting.established()) << meeting.text();
    sides_.part(meeting);
    return chain;
  }

  Sides sides_;
  Program& program_ = sides_.server_program();
};

TEST_P(CertClient, EachFormServes) {
  for (const Form& form : all_forms()) {
    SCOPED_TRACE(form.name);
    Session session = program_.server(backend());
    Message cfm = apply(session, form.steps);
    expect_result(form.name, "SUCCESS", cfm);
    if (cfm->result != TRESTLE_RESULT_SUCCESS) continue;
    const uint16_t port = listen_on(session);
    ASSERT_NO_FATAL_FAILURE(serve(port));
    EXPECT_TRUE(chain_sent(port) == form.chain);
    session.destroy();
  }
}

// GnuTLS writes the certificates of a PKCS#12 in another order, and asks for far more rounds of the
// key derivation. The root in it is sent with the rest.
std::string pkcs12_by_gnutls(const Identity& leaf, const Identity& root) {
  TempDir directory;
  const std::string file = directory.path() + "/out.p12";
  const RunResult made =
      run({"certtool", "--to-p12", "--outder", "--p12-name=leaf",
           "--load-certificate=" + directory.write("c.pem", leaf.chain_pem() + root.cert_pem()),
           "--load-privkey=" + directory.write("k.pem", leaf.key().pkcs8_pem()),
           "--password=" + kPassword, "--outfile=" + file});
  if (made.exit.code != 0) throw std::runtime_error(made.err);
  return read_file(file);
}

TEST_P(CertClient, Pkcs12OfAnotherWriterWithTheRoot) {
  const Identity& leaf = material().ec_leaf;
  static const std::string pfx = pkcs12_by_gnutls(leaf, material().root);
  Session session = program_.server(backend());
  expect_result("PKCS#12 by GnuTLS", "SUCCESS", apply(session, {certificate(pfx, kPassword)}));
  std::vector<std::string> expected = leaf.chain_der();
  expected.push_back(material().root.cert_der());
  EXPECT_TRUE(chain_sent(listen_on(session)) == expected);
}

TEST_P(CertClient, CurlFetchesAPage) {
  for (const Identity& leaf : {material().rsa_leaf, material().ec_leaf}) {
    Session session = program_.server(backend());
    session.identity(leaf);
    ClientOptions options;
    options.port = listen_on(session);
    options.trusted = {material().root};
    Curl curl(options);
    Connection connection = accept_next(program_);
    Message end = connection.finish_connect();
    ASSERT_EQ(end->result, TRESTLE_RESULT_SUCCESS) << end << curl.log();
    program_.expect(TRESTLE_PRIM_CONNECTION_DATA_IND);
    EXPECT_EQ(connection.data_res(), TRESTLE_RESULT_SUCCESS);
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
    const std::optional<ExitStatus> exit = curl.wait_for_exit();
    ASSERT_TRUE(exit.has_value());
    EXPECT_EQ(exit->code, 0) << curl.log();
    EXPECT_EQ(curl.body(), "hello");
    program_.expect(TRESTLE_PRIM_CONNECTION_DISCONNECT_IND);
    session.destroy();
  }
}

TEST_P(CertClient, EachFormIsAClient) {
  ServerOptions options;
  options.identity = material().ec_leaf;
  options.client_auth = ClientAuth::kRequire;
  options.trusted = {material().root};
  auto openssl = start_server(ServerKind::kOpenSsl, options);
  auto gnutls = start_server(ServerKind::kGnuTls, options);
  for (const Form& form : all_forms()) {
    for (const Server* server : {openssl.get(), gnutls.get()}) {
      SCOPED_TRACE(form.name);
      Session session = program_.client(backend());
      Message cfm = apply(session, form.steps);
      expect_result(form.name, "SUCCESS", cfm);
      if (cfm->result == TRESTLE_RESULT_SUCCESS) fetch(session, *server);
    }
  }
}

// ---- what is no identity ----

struct Fault {
  std::string name;
  const char* result;
  Step step;
};

std::string first_half(const std::string& text) { return text.substr(0, text.size() / 2); }

// Well-formed PEM around bytes that are nothing.
std::string pem_of_nothing(const std::string& label) {
  return "-----BEGIN " + label + "-----\nbm90aGluZyBvZiB0aGUgc29ydA==\n-----END " + label +
         "-----\n";
}

std::string mismatched_pair(KeySpec key) {
  return Certificate::leaf("mismatched").key(key).issue().cert_pem() +
         Key::cached(key, "another").pkcs8_pem();
}

std::vector<Fault> faults_of_certificates() {
  const Identity& leaf = material().ec_leaf;
  const Key& key = leaf.key();
  const Identity& other = material().rsa_leaf;
  const std::string chain = leaf.chain_pem();
  const std::string pfx = leaf.pkcs12(kPassword);
  return {
      {"empty", "BAD_CERTIFICATE", certificate("")},
      {"a blank", "BAD_CERTIFICATE", certificate(" ")},
      {"garbage", "BAD_CERTIFICATE", certificate(std::string(500, 'g'))},
      {"zero bytes", "BAD_CERTIFICATE", certificate(std::string(500, '\0'))},
      {"PEM, cut", "BAD_CERTIFICATE", certificate(first_half(leaf.cert_pem()))},
      {"PEM without its end", "BAD_CERTIFICATE",
       certificate(leaf.cert_pem().substr(0, leaf.cert_pem().find("-----END")))},
      {"PEM of nothing", "BAD_CERTIFICATE", certificate(pem_of_nothing("CERTIFICATE"))},
      {"PEM with a foreign character", "BAD_CERTIFICATE",
       certificate(std::string(leaf.cert_pem()).replace(100, 1, "!"))},
      {"DER, cut", "BAD_CERTIFICATE", certificate(first_half(leaf.cert_der()))},
      {"DER, one byte short", "BAD_CERTIFICATE",
       certificate(leaf.cert_der().substr(0, leaf.cert_der().size() - 1))},
      {"DER, one byte too long", "BAD_CERTIFICATE", certificate(leaf.cert_der() + "x")},
      {"a key alone", "BAD_CERTIFICATE", certificate(key.pkcs8_pem())},
      {"a public key", "BAD_CERTIFICATE", certificate(key.public_key_pem())},
      {"a revocation list", "BAD_CERTIFICATE",
       certificate(RevocationList(material().intermediate).pem())},
      {"PEM of nothing behind the leaf", "BAD_CERTIFICATE",
       certificate(leaf.cert_pem() + pem_of_nothing("CERTIFICATE") + key.pkcs8_pem())},
      {"another's key", "KEY_MISMATCH", certificate(chain + material().ec_under_root.key().pkcs8_pem())},
      {"another's Ed25519 key", "KEY_MISMATCH",
       certificate(mismatched_pair(ed25519()))},
      {"another's Ed448 key", "KEY_MISMATCH", certificate(mismatched_pair(ed448()))},
      {"another's RSA key", "KEY_MISMATCH",
       certificate(other.cert_pem() + material().rsa_under_root.key().pkcs8_pem())},
      {"a key of another kind", "KEY_MISMATCH", certificate(chain + other.key().pkcs8_pem())},
      {"PEM of nothing as key", "BAD_PRIVATE_KEY",
       certificate(chain + pem_of_nothing("PRIVATE KEY"))},
      {"PEM of nothing as RSA key", "BAD_PRIVATE_KEY",
       certificate(chain + pem_of_nothing("RSA PRIVATE KEY"))},
      {"PEM of nothing as encrypted key", "BAD_PRIVATE_KEY",
       certificate(chain + pem_of_nothing("ENCRYPTED PRIVATE KEY"), kPassword)},
      {"two keys", "BAD_PRIVATE_KEY", certificate(chain + key.pkcs8_pem() + key.pkcs8_pem())},
      {"encrypted key, wrong password", "WRONG_PASSWORD",
       certificate(chain + key.encrypted_pkcs8_pem(kPassword), "wrong")},
      {"encrypted key, no password", "WRONG_PASSWORD",
       certificate(chain + key.encrypted_pkcs8_pem(kPassword))},
      {"key encrypted in OpenSSL's old way", "NOT_SUPPORTED",
       certificate(chain + key.encrypted_traditional_pem(kPassword), kPassword)},
      {"PKCS#12, wrong password", "WRONG_PASSWORD", certificate(pfx, "wrong")},
      {"PKCS#12, no password", "WRONG_PASSWORD", certificate(pfx)},
      {"PKCS#12, password with a zero byte", "NOT_SUPPORTED",
       certificate(pfx, kPassword + std::string(1, '\0'))},
      {"PKCS#12, cut", "BAD_CERTIFICATE", certificate(first_half(pfx), kPassword)},
      {"PKCS#12 with 3DES, wrong password", "WRONG_PASSWORD",
       certificate(leaf.pkcs12(kPassword, Pkcs12Cipher::kTripleDes), "wrong")},
  };
}

std::vector<Fault> faults_of_keys() {
  const Key& key = material().ec_leaf.key();
  const std::string encrypted = key.encrypted_pkcs8_der(kPassword);
  return {
      {"key: empty", "BAD_PRIVATE_KEY", private_key("")},
      {"key: garbage", "BAD_PRIVATE_KEY", private_key(std::string(500, 'g'))},
      {"key: PEM, cut", "BAD_PRIVATE_KEY", private_key(first_half(key.pkcs8_pem()))},
      {"key: DER, cut", "BAD_PRIVATE_KEY", private_key(first_half(key.pkcs8_der()))},
      {"key: DER, one byte too long", "BAD_PRIVATE_KEY", private_key(key.pkcs8_der() + "x")},
      {"key: traditional DER, cut", "BAD_PRIVATE_KEY",
       private_key(first_half(key.traditional_der()))},
      {"key: PEM of nothing", "BAD_PRIVATE_KEY", private_key(pem_of_nothing("EC PRIVATE KEY"))},
      {"key: a public one", "BAD_PRIVATE_KEY", private_key(key.public_key_pem())},
      {"key: a certificate", "BAD_PRIVATE_KEY", private_key(material().ec_leaf.cert_pem())},
      {"key: a certificate in DER", "BAD_PRIVATE_KEY", private_key(material().ec_leaf.cert_der())},
      {"key: PKCS#12", "BAD_PRIVATE_KEY",
       private_key(material().ec_leaf.pkcs12(kPassword), kPassword)},
      {"key: another's", "KEY_MISMATCH", private_key(material().ec_under_root.key().pkcs8_pem())},
      {"key: another's, in DER", "KEY_MISMATCH",
       private_key(material().ec_under_root.key().pkcs8_der())},
      {"key: of another kind", "KEY_MISMATCH", private_key(material().rsa_leaf.key().pkcs8_pem())},
      {"key: encrypted, wrong password", "WRONG_PASSWORD", private_key(encrypted, "wrong")},
      {"key: encrypted, no password", "WRONG_PASSWORD", private_key(encrypted)},
      {"key: encrypted, cut", "BAD_PRIVATE_KEY", private_key(first_half(encrypted), kPassword)},
      {"key: encrypted in OpenSSL's old way", "NOT_SUPPORTED",
       private_key(key.encrypted_traditional_pem(kPassword), kPassword)},
  };
}

TEST_P(CertClient, WhatIsNoIdentityLeavesTheOneBeforeInForce) {
  Session session = program_.server(backend());
  const Identity& before = material().rsa_leaf;
  session.identity(before);
  for (const Fault& fault : faults_of_certificates()) {
    expect_result(fault.name, fault.result, apply(session, {fault.step}));
  }
  EXPECT_TRUE(chain_sent(listen_on(session)) == before.chain_der());
}

TEST_P(CertClient, WhatIsNoKeyLeavesTheCertificateWaiting) {
  Session session = program_.server(backend());
  const Identity& leaf = material().ec_leaf;
  ASSERT_EQ(apply(session, {certificate(leaf.chain_pem())})->result, TRESTLE_RESULT_SUCCESS);
  for (const Fault& fault : faults_of_keys()) {
    expect_result(fault.name, fault.result, apply(session, {fault.step}));
  }
  ASSERT_EQ(apply(session, {private_key(leaf.key().pkcs8_pem())})->result,
            TRESTLE_RESULT_SUCCESS);
  EXPECT_TRUE(chain_sent(listen_on(session)) == leaf.chain_der());
}

TEST_P(CertClient, ALaterIdentityTakesThePlaceOfTheOneBefore) {
  Session session = program_.server(backend());
  session.identity(material().rsa_leaf);
  session.identity(material().ec_leaf);
  EXPECT_TRUE(chain_sent(listen_on(session)) == material().ec_leaf.chain_der());
}

TEST_P(CertClient, AKeyWithoutACertificateIsOutOfOrder) {
  const Step key = private_key(material().ec_leaf.key().pkcs8_pem());
  Session session = program_.client(backend());
  EXPECT_EQ(apply(session, {key})->result, TRESTLE_RESULT_WRONG_STATE);
  // The certificate has one already.
  session.identity(material().ec_leaf);
  EXPECT_EQ(apply(session, {key})->result, TRESTLE_RESULT_WRONG_STATE);
}

TEST_P(CertClient, ACertificateWithoutAKeyConnectsNothing) {
  Session server = program_.server(backend());
  ASSERT_EQ(apply(server, {certificate(material().ec_leaf.chain_pem())})->result,
            TRESTLE_RESULT_SUCCESS);
  EXPECT_EQ(server.listen()->result, TRESTLE_RESULT_NO_IDENTITY);
  Session client = program_.client(backend());
  ASSERT_EQ(apply(client, {certificate(material().ec_leaf.chain_pem())})->result,
            TRESTLE_RESULT_SUCCESS);
  ReservedPort nobody;
  client.connect_to("127.0.0.1", nobody.number());
  Message cfm = program_.expect(TRESTLE_PRIM_CONNECTION_CONNECT_CFM);
  EXPECT_EQ(cfm->result, TRESTLE_RESULT_NO_IDENTITY) << cfm;
}

std::string backend_name(const ::testing::TestParamInfo<std::string>& info) { return info.param; }

INSTANTIATE_TEST_SUITE_P(Backends, CertClient, ::testing::ValuesIn(backends()), backend_name);

}  // namespace
}  // namespace trestle::testing
