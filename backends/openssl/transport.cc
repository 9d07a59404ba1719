// SPDX-License-Identifier: Apache-2.0
#include "backends/openssl/transport.h"

#include "backends/openssl/connection.h"

namespace trestle::openssl {
namespace {

trestle_backend_connection *owner(BIO *bio) {
  return static_cast<trestle_backend_connection *>(BIO_get_data(bio));
}

int read_from_host(BIO *bio, char *buffer, size_t capacity, size_t *read) {
  trestle_backend_connection *connection = owner(bio);
  BIO_clear_retry_flags(bio);
  *read = 0;
  const int64_t got = host().pull(connection->host_connection,
                                  reinterpret_cast<uint8_t *>(buffer), capacity);
  if (got > 0) {
    *read = static_cast<size_t>(got);
    return 1;
  }
  if (got == 0) {
    connection->transport_ended = true;
    return 0;
  }
  connection->pull_ran_dry = true;
  BIO_set_retry_read(bio);
  return 0;
}

int write_to_host(BIO *bio, const char *data, size_t length, size_t *written) {
  BIO_clear_retry_flags(bio);
  host().push(owner(bio)->host_connection, reinterpret_cast<const uint8_t *>(data), length);
  *written = length;
  return 1;
}

// Flushing succeeds, since push has taken everything. BIO_CTRL_EOF is denied like all the rest: the
// library would answer a peer that is gone with a decode_error.
long control(BIO *, int command, long, void *) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

}  // namespace

BioMethodPtr make_transport_method() {
  // No index of its own: the library has room for 127 of them in the whole process.
  BioMethodPtr method(BIO_meth_new(BIO_TYPE_SOURCE_SINK, "trestle"));
  if (!method || BIO_meth_set_read_ex(method.get(), read_from_host) != 1 ||
      BIO_meth_set_write_ex(method.get(), write_to_host) != 1 ||
      BIO_meth_set_ctrl(method.get(), control) != 1) {
    return nullptr;
  }
  return method;
}

}  // namespace trestle::openssl
