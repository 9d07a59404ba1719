// SPDX-License-Identifier: Apache-2.0
// What the whole plugin shares: the host's table, a library context of our own, and owners for the
// library's objects.
#pragma once

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pkcs12.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>

#include "trestle/backend.h"

namespace trestle::openssl {

template <auto Free>
struct Freer {
  template <typename T>
  void operator()(T *object) const {
    Free(object);
  }
};

inline void free_certificates(STACK_OF(X509) *chain) { sk_X509_pop_free(chain, X509_free); }

using LibraryContextPtr = std::unique_ptr<OSSL_LIB_CTX, Freer<OSSL_LIB_CTX_free>>;
using BioMethodPtr = std::unique_ptr<BIO_METHOD, Freer<BIO_meth_free>>;
using SslCtxPtr = std::unique_ptr<SSL_CTX, Freer<SSL_CTX_free>>;
using SslPtr = std::unique_ptr<SSL, Freer<SSL_free>>;
using SslSessionPtr = std::unique_ptr<SSL_SESSION, Freer<SSL_SESSION_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using KeyContextPtr = std::unique_ptr<EVP_PKEY_CTX, Freer<EVP_PKEY_CTX_free>>;
using DigestContextPtr = std::unique_ptr<EVP_MD_CTX, Freer<EVP_MD_CTX_free>>;
using CertificatePtr = std::unique_ptr<X509, Freer<X509_free>>;
using CertificatesPtr = std::unique_ptr<STACK_OF(X509), Freer<free_certificates>>;

// The host's table, as process_init got it.
const trestle_host &host();

// A library context of our own: providers, properties and configuration that the program sets up
// for itself in the default one don't reach us, nor ours it.
OSSL_LIB_CTX *library_context();

// The BIO that pulls from and pushes to the host.
const BIO_METHOD *transport_method();

// Once per process. False, with the library's words in its error queue, if it can't be used.
bool library_init(const trestle_host *host);

// The error queue belongs to the thread, and SSL_get_error reads it: what another connection left
// there must not be taken for ours, nor ours for another's.
class ErrorQueueScope {
 public:
  ErrorQueueScope() { ERR_clear_error(); }
  ~ErrorQueueScope() { ERR_clear_error(); }
  ErrorQueueScope(const ErrorQueueScope &) = delete;
  ErrorQueueScope &operator=(const ErrorQueueScope &) = delete;
};

}  // namespace trestle::openssl
