// SPDX-License-Identifier: Apache-2.0
#include "abi_tests/guest/own_tls.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>

namespace trestle::guest {
namespace {

template <typename Object, void (*free_object)(Object *)>
struct Free {
  void operator()(Object *object) const { free_object(object); }
};
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY, EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Free<X509, X509_free>>;
using Context = std::unique_ptr<SSL_CTX, Free<SSL_CTX, SSL_CTX_free>>;
using Connection = std::unique_ptr<SSL, Free<SSL, SSL_free>>;

// The address as a value: in a position-dependent program, it becomes the function's address for
// every other object of the process.
SSL_CTX *(*volatile new_context)(const SSL_METHOD *);

std::string failed(const char *what) {
  char text[256] = "no reason";
  if (const unsigned long code = ERR_get_error(); code != 0) {
    ERR_error_string_n(code, text, sizeof text);
  }
  return std::string(what) + ": " + text;
}

Certificate self_signed(EVP_PKEY *key) {
  Certificate certificate(X509_new());
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
  X509_NAME *name = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char *>("host"), -1, -1, 0);
  X509_set_issuer_name(certificate.get(), name);
  X509_set_pubkey(certificate.get(), key);
  X509_sign(certificate.get(), key, EVP_sha256());
  return certificate;
}

// Each side's turn until both have finished.
bool shake_hands(SSL *client, SSL *server) {
  for (int turn = 0; turn < 10; turn++) {
    const int c = SSL_do_handshake(client);
    const int s = SSL_do_handshake(server);
    if (c == 1 && s == 1) return true;
  }
  return false;
}

bool carries(SSL *from, SSL *to) {
  char buffer[16];
  return SSL_write(from, "host's own", 10) == 10 && SSL_read(to, buffer, sizeof buffer) == 10;
}

}  // namespace

std::string own_tls() {
  new_context = SSL_CTX_new;
  const Key key(EVP_EC_gen("P-256"));
  if (key == nullptr) return failed("key");
  const Certificate certificate = self_signed(key.get());
  const Context server_context(new_context(TLS_server_method()));
  const Context client_context(new_context(TLS_client_method()));
  if (server_context == nullptr || client_context == nullptr) return failed("context");
  if (SSL_CTX_use_certificate(server_context.get(), certificate.get()) != 1 ||
      SSL_CTX_use_PrivateKey(server_context.get(), key.get()) != 1) {
    return failed("certificate");
  }
  X509_STORE_add_cert(SSL_CTX_get_cert_store(client_context.get()), certificate.get());
  SSL_CTX_set_verify(client_context.get(), SSL_VERIFY_PEER, nullptr);

  const Connection server(SSL_new(server_context.get()));
  const Connection client(SSL_new(client_context.get()));
  BIO *server_end = nullptr;
  BIO *client_end = nullptr;
  if (BIO_new_bio_pair(&server_end, 0, &client_end, 0) != 1) return failed("BIO pair");
  SSL_set_bio(server.get(), server_end, server_end);
  SSL_set_bio(client.get(), client_end, client_end);
  SSL_set_accept_state(server.get());
  SSL_set_connect_state(client.get());
  if (!shake_hands(client.get(), server.get())) return failed("handshake");
  if (!carries(client.get(), server.get()) || !carries(server.get(), client.get())) {
    return failed("data");
  }
  if (SSL_version(client.get()) != TLS1_3_VERSION) return "not TLS 1.3";
  return "";
}

}  // namespace trestle::guest
