/* SPDX-License-Identifier: Apache-2.0 */
/*
 * backend.h - the plugin ABI: what a TLS library's wrapper (a backend) gives to Trestle.
 *
 * A backend is a shared object NAME.so that exports one function, trestle_backend_entry. It does
 * TLS on bytes: it pulls ciphertext from the host, pushes ciphertext to the host, and returns
 * plaintext. It never decides about a peer; it asks the host.
 *
 * Rules for a backend:
 *   - It opens no socket, file or environment variable, starts no thread, installs no handler, and
 *     changes no process-wide setting of its library (allocators, RNG, atexit).
 *   - It links its library so that nothing leaks: hidden symbols, `-z nodelete`; it is loaded with
 *     RTLD_NOW | RTLD_LOCAL and never unloaded.
 *   - Calls come on the host's worker threads, never on a thread of the program.
 *   - Calls about one connection never overlap, but may come on different threads one after the
 *     other. Calls about different connections do overlap. Contexts and identities are immutable
 *     once made and shared by all threads.
 *   - handshake runs on a small stack (at least 224 KiB) that `ask` can park: other connections'
 *     calls then run on the same thread before `ask` returns. So no lock may be held, and no
 *     thread-local state of the library relied on, across `ask`; state that other calls leave
 *     behind on the thread (an error queue) must be cleared by each call that uses it.
 *   - What it cannot honour it refuses; nothing in a configuration is ignored.
 *   - It wipes its copies of secrets, and never writes one into an error.
 *   - Every struct begins with `size`; a backend reads a field only if the host's `size` covers it,
 *     and the host does the same with the table.
 */
#ifndef TRESTLE_BACKEND_H_
#define TRESTLE_BACKEND_H_

#include <stdint.h>

#include "trestle/trestle.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The plugin ABI. A host loads a backend whose major number is its own; the minor number grows with
 * each slot added at the end of a table. */
#define TRESTLE_BACKEND_ABI_MAJOR 1
#define TRESTLE_BACKEND_ABI_MINOR 0
#define TRESTLE_BACKEND_ABI (TRESTLE_BACKEND_ABI_MAJOR * 1000 + TRESTLE_BACKEND_ABI_MINOR)

/* What an operation returns. */
#define TRESTLE_BACKEND_OK 0
#define TRESTLE_BACKEND_WANT_READ 1 /* all ciphertext was pulled and more is needed */
#define TRESTLE_BACKEND_CLOSED 2    /* decrypt: the peer's close_notify */
#define TRESTLE_BACKEND_ERROR (-1)  /* the error record tells */

/* Filled in by an operation that returns TRESTLE_BACKEND_ERROR; the program gets all of it. The
 * host zeroes it before the call, with alert = TRESTLE_ALERT_NONE and size set. */
#define TRESTLE_BACKEND_TEXT_MAX 256
typedef struct trestle_backend_error {
  uint32_t size;
  int32_t result;           /* TRESTLE_RESULT_*, never SUCCESS, which counts as FAILURE */
  uint32_t alert;           /* alert description pushed or received; TRESTLE_ALERT_NONE */
  uint32_t alert_direction; /* TRESTLE_ALERT_DIRECTION_*; after close, nothing counts as sent */
  int64_t library_code;     /* the library's own code */
  char library_text[TRESTLE_BACKEND_TEXT_MAX]; /* the library's own words, NUL-terminated */
  char detail[TRESTLE_BACKEND_TEXT_MAX];       /* the backend's words, NUL-terminated */
} trestle_backend_error;

/* ---------------------------------------------------------------------------------------------
 * The host's side
 * ------------------------------------------------------------------------------------------- */

#define TRESTLE_PULL_WOULD_BLOCK (-1) /* nothing more at the moment */

#define TRESTLE_ASK_VERIFY_PEER 1 /* may I talk to the peer with this certificate chain? */
#define TRESTLE_ANSWER_YES 1
#define TRESTLE_ANSWER_NO 0

typedef struct trestle_ask {
  uint32_t size;
  uint32_t kind; /* TRESTLE_ASK_* */
  /* TRESTLE_ASK_VERIFY_PEER: the certificates as the peer sent them, DER, leaf first, at least one.
   * Lent for the duration of the call. */
  const trestle_bytes *certificates;
  uint32_t certificate_count;
  uint32_t reserved; /* 0 */
} trestle_ask;

typedef struct trestle_host {
  uint32_t size;
  uint32_t abi; /* the host's TRESTLE_BACKEND_ABI */
  /* Ciphertext from the peer: up to `capacity` bytes into `buffer`. Returns how many (> 0), 0 when
   * the transport has ended for good, or TRESTLE_PULL_WOULD_BLOCK: also when the connection's turn
   * is over, by bytes or by pulls; the host then calls again by itself. Callable from handshake,
   * decrypt, encrypt and close. */
  int64_t (*pull)(void *host_connection, uint8_t *buffer, uint64_t capacity);
  /* Ciphertext to the peer: takes all `length` bytes, always. They leave in this order, also if the
   * operation then fails, so that alerts reach the peer. What is pushed after close has returned is
   * dropped: nothing follows a close_notify. */
  void (*push)(void *host_connection, const uint8_t *data, uint64_t length);
  /* Asks, and returns a TRESTLE_ANSWER_* when the answer is there. To be called from handshake
   * only. After TRESTLE_ANSWER_NO the backend fails the handshake with alert bad_certificate (42)
   * sent and result TRESTLE_RESULT_CERT_REJECTED; the host puts the reason in its place (the size
   * of the key, what was found with TRESTLE_CERT_DECISION_AUTO). A no also ends a handshake that is
   * cancelled or destroyed while it waits. */
  int32_t (*ask)(void *host_connection, const trestle_ask *ask);
} trestle_host;

/* ---------------------------------------------------------------------------------------------
 * The backend's side
 * ------------------------------------------------------------------------------------------- */

/* A symbol of the TLS library and the address that the backend's own reference to it has. The host
 * refuses a backend when an address lies in an object whose file name does not begin with
 * `object`, since then somebody else's symbols have captured the calls. */
typedef struct trestle_backend_canary {
  const char *symbol; /* e.g. "SSL_CTX_new" */
  const void *address;
  const char *object; /* e.g. "libssl.so" */
} trestle_backend_canary;

/* How the private key in an identity source is encoded (DER in each case). */
#define TRESTLE_KEY_NONE 0            /* within pkcs12 */
#define TRESTLE_KEY_PKCS8 1           /* PrivateKeyInfo (RFC 5958) */
#define TRESTLE_KEY_PKCS8_ENCRYPTED 2 /* EncryptedPrivateKeyInfo, with `password` */
#define TRESTLE_KEY_RSA 3             /* RSAPrivateKey (RFC 8017, A.1.2) */
#define TRESTLE_KEY_EC 4              /* ECPrivateKey (RFC 5915) */
#define TRESTLE_KEY_DSA 5             /* DSAPrivateKey as OpenSSL's traditional format has it */

/* Where an identity comes from: either certificates and key, or pkcs12. All lent for the call. The
 * host has seen to it that the certificates are well-formed X.509 (RFC 5280, 4.1) in DER, at least
 * one; that the key is one SEQUENCE in DER, with nothing behind it; that a PFX in DER has a MAC and
 * nothing behind it; and that no byte of the password is zero but the one behind it, which isn't
 * counted. */
typedef struct trestle_backend_identity_source {
  uint32_t size;
  uint32_t certificate_count;          /* 0 with pkcs12 */
  const trestle_bytes *certificates;   /* leaf first */
  trestle_bytes key;
  uint32_t key_format;                 /* TRESTLE_KEY_*; NONE with pkcs12 alone */
  uint32_t reserved;                   /* 0 */
  trestle_bytes pkcs12;                /* PFX (RFC 7292), MAC checked by the backend; or empty */
  trestle_bytes password;              /* or empty; a zero byte behind it in any case */
} trestle_backend_identity_source;

typedef struct trestle_backend_identity trestle_backend_identity;
typedef struct trestle_backend_context trestle_backend_context;
typedef struct trestle_backend_connection trestle_backend_connection;

/* Everything that shapes a session's handshakes. Lent for context_new. The host has seen to it that
 *   - the lists hold only what the backend's capability function affirmed, and each once;
 *   - each of the versions has a suite, and each suite's version is one of them;
 *   - the finite fields among the groups have dh_bits_min, and there is a group if a suite of TLS 1.3
 *     or with ECDHE takes part;
 *   - a server has an identity, a PSK or an anonymous suite;
 *   - some suite can use a PSK, if there is one: a PSK suite of TLS 1.2, one of TLS 1.3 with SHA-256;
 *   - client_auth is REQUIRE only with neither a PSK nor an anonymous suite. */
typedef struct trestle_backend_config {
  uint32_t size;
  uint32_t role;         /* TRESTLE_ROLE_* */
  uint16_t version_min;  /* TRESTLE_VERSION_* */
  uint16_t version_max;
  uint32_t client_auth;  /* TRESTLE_CLIENT_AUTH_*; server */
  /* IANA numbers, most preferred first. */
  const uint16_t *suites;            /* exactly these; a server follows its own order */
  const uint16_t *groups;            /* a client's first is its key share */
  const uint16_t *signature_schemes; /* for the handshake's signatures */
  uint32_t suite_count;
  uint32_t group_count;
  uint32_t signature_scheme_count;
  uint32_t dh_bits_min;  /* a finite-field group of the peer below that is refused */
  const char *server_name; /* client: DNS name for SNI; NULL: no SNI */
  const trestle_backend_identity *identity; /* or NULL; outlives the context */
  trestle_bytes psk;          /* or empty */
  trestle_bytes psk_identity; /* set if psk is */
} trestle_backend_config;

/* What is known of an established connection. Zeroed and sized by the host. */
typedef struct trestle_backend_connection_info {
  uint32_t size;
  uint16_t version; /* as on the wire */
  uint16_t suite;   /* IANA */
  /* 1: the pre-shared key took the place of certificates; 0: it did not, be it configured or
   * offered. The host goes by this, since the suites of TLS 1.3 don't tell: a peer of which no
   * certificate was put to `ask` is excused by a 1 with a PSK in the configuration, by an anonymous
   * suite that CONFIG_CIPHER named, and, being a client, unless one is required; else the host ends
   * the connection. */
  uint32_t by_psk;
} trestle_backend_connection_info;

/* The table. No slot may be NULL, except those that say so. */
typedef struct trestle_backend {
  uint32_t size;
  uint32_t abi;               /* TRESTLE_BACKEND_ABI it was built with */
  const char *name;           /* [a-z0-9_]+, equal to the file's name without .so */
  const char *plugin_version; /* e.g. "0.1.0" */
  const trestle_backend_canary *canaries;
  uint32_t canary_count;
  uint32_t reserved; /* 0 */

  /* Once per process, before anything else below, and only after the canaries held. Keeps `host`
   * (static). OK or ERROR. */
  int32_t (*process_init)(const trestle_host *host, trestle_backend_error *error);
  /* Version of the library that is really loaded, e.g. "OpenSSL 3.0.22". Static. After
   * process_init. */
  const char *(*library_version)(void);
  /* On a worker thread that is about to end: frees what the library keeps for this thread. */
  void (*thread_detach)(void);
  /* TRESTLE_CAPABILITY_* of trestle.h: 1 if it can do it, 0 if not; 0 for an unknown capability.
   * A suite counts only if a context with it really negotiates it. */
  int32_t (*capability)(uint32_t capability, uint32_t argument);

  /* One signature of X.509. `scheme` is IANA's signature scheme of the same algorithms (for ECDSA
   * by its hash, whatever the curve; DSA 0x0202 and 0x0402, as in TLS 1.2), and affirmed; spki is a
   * SubjectPublicKeyInfo. The host has seen to it that spki is DER, of a key for this scheme (for
   * RSASSA-PSS also by its own parameters, RFC 4055, 3.3), with odd numbers for RSA, and for ECDSA
   * a named curve of TLS and an uncompressed point; that the signature has 1 to 2,048 bytes, and
   * for ECDSA and DSA is DER of two positive numbers. Whether a point lies on its curve, it hasn't.
   * 1: valid; 0: not; TRESTLE_BACKEND_ERROR: algorithm or key not supported. */
  int32_t (*verify_signature)(uint16_t scheme, const trestle_bytes *spki,
                              const trestle_bytes *message, const trestle_bytes *signature);

  /* OK or ERROR with BAD_CERTIFICATE, BAD_PRIVATE_KEY, WRONG_PASSWORD, KEY_MISMATCH, NO_IDENTITY
   * (no key in it), NOT_SUPPORTED. */
  int32_t (*identity_new)(const trestle_backend_identity_source *source,
                          trestle_backend_identity **identity, trestle_backend_error *error);
  void (*identity_free)(trestle_backend_identity *identity); /* NULL is allowed */

  /* Fails with ERROR on anything that it cannot honour. */
  int32_t (*context_new)(const trestle_backend_config *config, trestle_backend_context **context,
                         trestle_backend_error *error);
  /* After the last of its connections. NULL is allowed. */
  void (*context_free)(trestle_backend_context *context);

  /* `host_connection` is what pull, push and ask get. */
  int32_t (*connection_new)(trestle_backend_context *context, void *host_connection,
                            trestle_backend_connection **connection,
                            trestle_backend_error *error);
  /* In any state; sends nothing. NULL is allowed. */
  void (*connection_free)(trestle_backend_connection *connection);

  /* Goes on with the handshake. OK: established; after a no, the host ends the connection all the
   * same. WANT_READ. ERROR, with the alert pushed.
   * Every peer certificate (a server's, and a client's if it sent one) is put to `ask` before
   * anything that depends on the verdict is pushed. */
  int32_t (*handshake)(trestle_backend_connection *connection, trestle_backend_error *error);
  /* Encrypts and pushes all of `data` (1 byte or more). OK; ERROR; or WANT_READ: nothing of it was
   * taken, since the library can't write within a message of the peer's that has come in part, and
   * all that has come was pulled. The host asks again when more has come. */
  int32_t (*encrypt)(trestle_backend_connection *connection, const uint8_t *data, uint64_t length,
                     trestle_backend_error *error);
  /* Up to `capacity` bytes (at least 16,384) of plaintext; may return less than there is. OK with
   * *length > 0; WANT_READ; CLOSED; ERROR: TRUNCATED when pull returned 0 without close_notify,
   * ALERT_RECEIVED, PROTOCOL_VIOLATION (alert pushed). Answers key updates by itself; refuses
   * renegotiation. */
  int32_t (*decrypt)(trestle_backend_connection *connection, uint8_t *buffer, uint64_t capacity,
                     uint64_t *length, trestle_backend_error *error);
  /* Pushes close_notify. Asked for once everything encrypted is with TCP, or not at all; decrypting
   * may go on, encrypting not. OK or ERROR. */
  int32_t (*close)(trestle_backend_connection *connection, trestle_backend_error *error);
  /* Pushes a fatal alert. OK or ERROR. Called by the host when handshake has returned OK although a
   * peer was refused, or was never asked about (handshake_failure, 40). NULL without
   * TRESTLE_CAPABILITY_ALERT_SEND: such a peer sees the end of the transport. */
  int32_t (*abort)(trestle_backend_connection *connection, uint8_t alert,
                   trestle_backend_error *error);
  /* After the handshake. */
  void (*info)(const trestle_backend_connection *connection,
               trestle_backend_connection_info *info);
} trestle_backend;

/* The one exported function. Returns a static table, or NULL if it cannot serve a host of this
 * TRESTLE_BACKEND_ABI. Calls nothing of its TLS library. */
#define TRESTLE_BACKEND_ENTRY "trestle_backend_entry"
typedef const trestle_backend *(*trestle_backend_entry_function)(uint32_t host_abi);
__attribute__((visibility("default"))) const trestle_backend *trestle_backend_entry(
    uint32_t host_abi);

#ifdef __cplusplus
}
#endif

#endif /* TRESTLE_BACKEND_H_ */
