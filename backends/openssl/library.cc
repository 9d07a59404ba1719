// SPDX-License-Identifier: Apache-2.0
#include "backends/openssl/library.h"

#include <openssl/provider.h>

#include "backends/openssl/suites.h"
#include "backends/openssl/transport.h"

namespace trestle::openssl {
namespace {

// Never freed: worker threads may outlive every other user of the plugin, and it stays loaded.
const trestle_host *the_host = nullptr;
OSSL_LIB_CTX *the_context = nullptr;
BIO_METHOD *the_transport_method = nullptr;

}  // namespace

const trestle_host &host() { return *the_host; }
OSSL_LIB_CTX *library_context() { return the_context; }
const BIO_METHOD *transport_method() { return the_transport_method; }

bool library_init(const trestle_host *host) {
  // No atexit handler: it would free the library's tables while a worker still uses them.
  // OPENSSL_INIT_NO_LOAD_CONFIG is not given although we want nothing of openssl.cnf: it would keep
  // the program's own use of the library from ever reading it. Contexts settle everything instead.
  if (OPENSSL_init_ssl(OPENSSL_INIT_NO_ATEXIT, nullptr) != 1) return false;
  LibraryContextPtr context(OSSL_LIB_CTX_new());
  if (!context || OSSL_PROVIDER_load(context.get(), "default") == nullptr) return false;
  BioMethodPtr method = make_transport_method();
  if (!method) return false;
  if (!load_suites(context.get())) return false;
  the_host = host;
  the_context = context.release();
  the_transport_method = method.release();
  return true;
}

}  // namespace trestle::openssl
