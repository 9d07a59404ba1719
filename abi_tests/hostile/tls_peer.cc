// SPDX-License-Identifier: Apache-2.0
#include "abi_tests/hostile/tls_peer.h"

#include <openssl/err.h>

#include <sstream>
#include <stdexcept>

namespace trestle::testing {
namespace {

void check(bool ok, const char* what) {
  if (!ok) throw std::runtime_error(what);
}

std::string from_hexadecimal(const std::string& text) {
  std::string bytes;
  for (size_t i = 0; i + 1 < text.size(); i += 2)
    bytes += static_cast<char>(std::stoi(text.substr(i, 2), nullptr, 16));
  return bytes;
}

void use_identity(SSL_CTX* context, const Identity& identity) {
  const std::string key_der = identity.key().pkcs8_der();
  const auto* at = reinterpret_cast<const unsigned char*>(key_der.data());
  EVP_PKEY* key = d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(key_der.size()));
  bool leaf = true;
  for (const std::string& der : identity.chain_der()) {
    at = reinterpret_cast<const unsigned char*>(der.data());
    X509* certificate = d2i_X509(nullptr, &at, static_cast<long>(der.size()));
    if (leaf) {
      check(SSL_CTX_use_certificate(context, certificate) == 1, "leaf");
    } else {
      check(SSL_CTX_add1_chain_cert(context, certificate) == 1, "chain");
    }
    X509_free(certificate);
    leaf = false;
  }
  check(SSL_CTX_use_PrivateKey(context, key) == 1, "key");
  EVP_PKEY_free(key);
}

}  // namespace

TlsPeer TlsPeer::client(uint16_t version) { return TlsPeer(false, version, nullptr); }

TlsPeer TlsPeer::server(uint16_t version, const Identity& identity) {
  return TlsPeer(true, version, &identity);
}

TlsPeer::TlsPeer(bool server, uint16_t version, const Identity* identity)
    : server_(server),
      secrets_(std::make_unique<std::map<std::string, std::string>>()),
      context_(SSL_CTX_new(TLS_method()), SSL_CTX_free),
      ssl_(nullptr, SSL_free) {
  SSL_CTX* context = context_.get();
  SSL_CTX_set_min_proto_version(context, version);
  SSL_CTX_set_max_proto_version(context, version);
  check(SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256") == 1 &&
            SSL_CTX_set_cipher_list(context, "ECDHE-ECDSA-AES128-GCM-SHA256") == 1,
        "suites");
  // So that the first record after the handshake is the test's.
  SSL_CTX_set_num_tickets(context, 0);
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
  SSL_CTX_set_keylog_callback(context, note_secret);
  if (identity) use_identity(context, *identity);
  ssl_.reset(SSL_new(context));
  check(ssl_ != nullptr, "SSL_new");
  SSL_set_app_data(ssl_.get(), secrets_.get());
  SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  server ? SSL_set_accept_state(ssl_.get()) : SSL_set_connect_state(ssl_.get());
}

// "LABEL client_random secret", in hexadecimal.
void TlsPeer::note_secret(const SSL* ssl, const char* line) {
  std::istringstream words(line);
  std::string label, random, secret;
  words >> label >> random >> secret;
  auto* secrets = static_cast<std::map<std::string, std::string>*>(SSL_get_app_data(ssl));
  (*secrets)[label] = from_hexadecimal(secret);
}

std::string TlsPeer::step(std::string_view received) {
  BIO_write(SSL_get_rbio(ssl_.get()), received.data(), static_cast<int>(received.size()));
  ERR_clear_error();
  SSL_do_handshake(ssl_.get());
  std::string sent;
  char buffer[16384];
  int n;
  while ((n = BIO_read(SSL_get_wbio(ssl_.get()), buffer, sizeof buffer)) > 0)
    sent.append(buffer, static_cast<size_t>(n));
  return sent;
}

bool TlsPeer::handshake(Wire& wire) {
  wire.send(step(""));
  while (!established()) {
    const std::string received = wire.receive_record();
    if (received.empty() || !wire.send(step(received))) return false;
  }
  return true;
}

Seal TlsPeer::handshake_seal() const {
  return Seal::tls13(secrets_->at(server_ ? "SERVER_HANDSHAKE_TRAFFIC_SECRET"
                                          : "CLIENT_HANDSHAKE_TRAFFIC_SECRET"));
}

Seal TlsPeer::application_seal() const {
  if (SSL_version(ssl_.get()) == TLS1_3_VERSION) {
    return Seal::tls13(
        secrets_->at(server_ ? "SERVER_TRAFFIC_SECRET_0" : "CLIENT_TRAFFIC_SECRET_0"));
  }
  constexpr size_t kRandom = 32, kKey = 16, kSalt = 4;
  std::string client(kRandom, '\0'), server(kRandom, '\0');
  SSL_get_client_random(ssl_.get(), reinterpret_cast<unsigned char*>(client.data()), kRandom);
  SSL_get_server_random(ssl_.get(), reinterpret_cast<unsigned char*>(server.data()), kRandom);
  // Two keys, two salts, the client's first (RFC 5246, 6.3; RFC 5288, 3).
  const std::string block = prf_sha256(secrets_->at("CLIENT_RANDOM"),
                                       "key expansion" + server + client, 2 * (kKey + kSalt));
  const size_t own = server_ ? 1 : 0;
  // Finished was the first record under this key.
  return Seal::tls12(block.substr(own * kKey, kKey), block.substr(2 * kKey + own * kSalt, kSalt),
                     1);
}

}  // namespace trestle::testing
