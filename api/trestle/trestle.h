/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trestle.h - TLS as messages.
 *
 * A program asks (REQ) and each request returns at once; worker threads of the library do the
 * crypto; each answer (CFM) and each event (IND) arrives as a message on a queue; the program
 * answers an event with a response (RES). Which TLS library does the crypto is decided per session,
 * at run time.
 *
 * Rules that hold for every function of this header, unless its comment says otherwise:
 *
 *   threads     Callable from any thread, concurrently. No function waits, except
 *               trestle_queue_get (as long as its timeout says) and trestle_engine_destroy.
 *               No function does cryptography or network I/O on the caller's thread. A thread that
 *               holds the dynamic linker's lock (a library's constructor or destructor) must not
 *               wait for an answer: the worker that loads a backend needs that lock.
 *   results     The value returned is a TRESTLE_RESULT_*. An output is written only on success.
 *   requests    When a *_req function returns TRESTLE_RESULT_SUCCESS, the request is accepted and
 *               exactly one CFM will follow on the queue, carrying the request's tag. When it
 *               returns anything else, nothing was accepted and no CFM follows. Any CFM may be
 *               CANCELLED: the object was destroyed, or the engine shut down, before its turn came.
 *   order       Messages of one connection arrive in the order in which things happened.
 *   pointers    An argument is borrowed for the duration of the call. What a message points to is
 *               valid until trestle_message_release of that message.
 *   NULL        Is refused with TRESTLE_RESULT_NULL_ARGUMENT where a pointer is needed.
 *   structs     Begin with `size`, the size in bytes that the writer knew. They only grow at the
 *               end. Read a field only if `size` covers it.
 *   fork        A child of fork() gets TRESTLE_RESULT_FORKED from every function that takes an
 *               engine, and must not use or destroy the parent's engines.
 *   any request may return: NULL_ARGUMENT, BAD_HANDLE, FORKED, SHUT_DOWN, QUEUE_FULL,
 *               OUT_OF_MEMORY; any RES: NULL_ARGUMENT, BAD_HANDLE, FORKED, OUT_OF_MEMORY; any other
 *               function that takes an engine: NULL_ARGUMENT, FORKED, and BAD_HANDLE if it takes a
 *               handle. Function comments list only what comes on top of these; BAD_ARGUMENT and
 *               TOO_LARGE stand where a range does.
 *
 * "C" names the CSR Synergy TLS API, whose primitives are realised here; "N" names NanoSSL.
 */
#ifndef TRESTLE_TRESTLE_H_
#define TRESTLE_TRESTLE_H_

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(TRESTLE_BUILDING_LIBRARY)
#define TRESTLE_API __attribute__((visibility("default")))
#else
#define TRESTLE_API
#endif

/* ---------------------------------------------------------------------------------------------
 * Version
 * ------------------------------------------------------------------------------------------- */

#define TRESTLE_VERSION_MAJOR 0
#define TRESTLE_VERSION_MINOR 1
#define TRESTLE_VERSION_PATCH 0
/* One number that compares as versions do: major * 1000000 + minor * 1000 + patch. */
#define TRESTLE_VERSION \
  (TRESTLE_VERSION_MAJOR * 1000000 + TRESTLE_VERSION_MINOR * 1000 + TRESTLE_VERSION_PATCH)

/* The ABI of this header. The major number changes only with the soname; the minor number grows
 * with each addition. A program needs a library of the same major and at least its own minor. */
#define TRESTLE_ABI_MAJOR 1
#define TRESTLE_ABI_MINOR 0
#define TRESTLE_ABI (TRESTLE_ABI_MAJOR * 1000 + TRESTLE_ABI_MINOR)

/* The library's TRESTLE_VERSION. */
TRESTLE_API uint32_t trestle_version(void);
/* The library's TRESTLE_ABI. */
TRESTLE_API uint32_t trestle_abi(void);
/* The library's version as text, e.g. "0.1.0". Static, never NULL. */
TRESTLE_API const char *trestle_version_text(void);

/* ---------------------------------------------------------------------------------------------
 * Results. Families by hundreds; a number is never reused. A program meets codes that it does not
 * know when the library is newer: trestle_result_category tells their family.
 * ------------------------------------------------------------------------------------------- */

#define TRESTLE_RESULT_SUCCESS 0 /* C: CSR_RESULT_SUCCESS */
#define TRESTLE_RESULT_FAILURE 1 /* C: CSR_RESULT_FAILURE; the error record tells more */

/* 1xx: the call's own arguments */
#define TRESTLE_RESULT_NULL_ARGUMENT 101   /* a pointer that is needed is NULL */
#define TRESTLE_RESULT_BAD_ARGUMENT 102    /* a value outside its documented range */
#define TRESTLE_RESULT_BAD_HANDLE 103      /* zero, stale, foreign, or of another kind */
#define TRESTLE_RESULT_BAD_STRUCT_SIZE 104 /* `size` smaller than the first release's, or absurd */
#define TRESTLE_RESULT_UNKNOWN_FLAG 105    /* a flag bit that this library does not know */
#define TRESTLE_RESULT_TOO_LARGE 106       /* a length above its documented limit */
#define TRESTLE_RESULT_UNKNOWN_OPTION 107  /* CONFIG_OPTION: no such option */
#define TRESTLE_RESULT_UNKNOWN_NAME 108    /* trestle_constant: no such name */

/* 2xx: state and order */
#define TRESTLE_RESULT_WRONG_STATE 201         /* not possible in the object's present state */
#define TRESTLE_RESULT_NOT_CONNECTED 202       /* needs an established connection */
#define TRESTLE_RESULT_WINDOW_FULL 203         /* as many DATA_REQ are unconfirmed as are allowed */
#define TRESTLE_RESULT_NOTHING_TO_ANSWER 204   /* a RES without a fetched, unanswered IND */
#define TRESTLE_RESULT_CANCELLED 205           /* ended by DISCONNECT, DESTROY or SHUTDOWN */
#define TRESTLE_RESULT_SHUT_DOWN 206           /* the engine is shutting down */
#define TRESTLE_RESULT_FORKED 207              /* the engine belongs to the parent process */
#define TRESTLE_RESULT_INVALIDATED 208         /* it failed: only DESTROY is left (C 4.10) */
#define TRESTLE_RESULT_BUSY 209                /* still in use */

/* 3xx: resources */
#define TRESTLE_RESULT_OUT_OF_MEMORY 301 /* also: no stack for a handshake, see CERT_IND */
#define TRESTLE_RESULT_TOO_MANY 302   /* the engine's limit of sessions, connections, ... */
#define TRESTLE_RESULT_QUEUE_FULL 303 /* the queue's capacity is taken by unread answers */
#define TRESTLE_RESULT_SYSTEM 304     /* a system call failed; library_code of the error is errno */
#define TRESTLE_RESULT_TIMEOUT 305    /* trestle_queue_get: no message within the timeout */

/* 4xx: transport */
#define TRESTLE_RESULT_CONNECT_REFUSED 401
#define TRESTLE_RESULT_CONNECT_UNREACHABLE 402
#define TRESTLE_RESULT_CONNECT_TIMEOUT 403
#define TRESTLE_RESULT_IP6_NOT_SUPPORTED 404 /* C: CSR_TLS_RESULT_IP6_NOT_SUPPORTED */
#define TRESTLE_RESULT_ADDRESS_IN_USE 405
#define TRESTLE_RESULT_ADDRESS_NOT_AVAILABLE 406
#define TRESTLE_RESULT_TRUNCATED 407        /* ended without close_notify (RFC 8446, 6.1) */
#define TRESTLE_RESULT_CONNECTION_RESET 408 /* TCP RST */
#define TRESTLE_RESULT_TRANSPORT 409        /* any other of the transport; library_code is errno */
#define TRESTLE_RESULT_CLOSE_TIMEOUT 410    /* disconnected, but the peer did not close in time */

/* 5xx: TLS */
#define TRESTLE_RESULT_HANDSHAKE_FAILED 501   /* see the error record */
#define TRESTLE_RESULT_ALERT_RECEIVED 502     /* the peer sent the fatal alert named in the error */
#define TRESTLE_RESULT_PROTOCOL_VIOLATION 503 /* by the peer; the alert sent is in the error */
#define TRESTLE_RESULT_HELLO_TIMEOUT 504      /* the handshake took longer than HELLO_TIMEOUT (N) */
#define TRESTLE_RESULT_RECEIVE_TIMEOUT 505    /* the peer was silent for RECEIVE_TIMEOUT (N) */
#define TRESTLE_RESULT_NO_COMMON_SUITE 506
#define TRESTLE_RESULT_NO_COMMON_VERSION 507
#define TRESTLE_RESULT_PEER_HAS_NO_CERTIFICATE 508 /* required of a client that sent none */

/* 6xx: the peer's certificate. 601..606 are C's pre-verification results, besides SUCCESS and
 * FAILURE; 610.. are the precise findings behind a FAILURE, found in the error record's code. */
#define TRESTLE_RESULT_CERT_NOT_YET_VALID 601
#define TRESTLE_RESULT_CERT_HAS_EXPIRED 602
#define TRESTLE_RESULT_CERT_SELF_SIGNED 603
#define TRESTLE_RESULT_CERT_MISSING_ISSUER_CERT 604
#define TRESTLE_RESULT_CERT_UNABLE_TO_VERIFY_NO_SELF_SIGNED_CERT 605
#define TRESTLE_RESULT_CERT_CA_INVALID 606
#define TRESTLE_RESULT_CERT_REJECTED 610      /* the program answered CERT_IND with a no */
#define TRESTLE_RESULT_CERT_NO_TRUST_ANCHOR 611
#define TRESTLE_RESULT_CERT_SIGNATURE 612     /* a signature in the chain is wrong */
#define TRESTLE_RESULT_CERT_UNSUPPORTED_ALGORITHM 613
#define TRESTLE_RESULT_CERT_WEAK_SIGNATURE 614 /* SHA-1, MD5 */
#define TRESTLE_RESULT_CERT_KEY_TOO_SMALL 615  /* below the library's own minimum (RSA 2048) */
#define TRESTLE_RESULT_CERT_KEY_SIZE 616       /* not keybits_min..keybits_max of CONFIG_CIPHER */
#define TRESTLE_RESULT_CERT_PURPOSE 617        /* extended key usage forbids the role */
#define TRESTLE_RESULT_CERT_KEY_USAGE 618
#define TRESTLE_RESULT_CERT_UNKNOWN_CRITICAL_EXTENSION 619
#define TRESTLE_RESULT_CERT_PATH_LENGTH 620
#define TRESTLE_RESULT_CERT_NAME_CONSTRAINT 621
#define TRESTLE_RESULT_CERT_MALFORMED 622
#define TRESTLE_RESULT_CERT_CHAIN_TOO_LONG 623
#define TRESTLE_RESULT_CERT_POLICY 624         /* a policy constraint that is not met */
#define TRESTLE_RESULT_CERT_NAME_MISMATCH 630  /* not the certificate of SERVER_NAME (RFC 9525) */
#define TRESTLE_RESULT_CERT_NAME_NOT_CHECKED 631 /* no SERVER_NAME was configured */

/* 7xx: loading a backend */
#define TRESTLE_RESULT_BACKEND_NOT_FOUND 701 /* detail: each path tried, with the linker's text */
#define TRESTLE_RESULT_BACKEND_BAD_NAME 702  /* not 1 to 32 of a-z, 0-9 and _ */
#define TRESTLE_RESULT_BACKEND_REFUSED 703   /* owner or mode of the file or its directory */
#define TRESTLE_RESULT_BACKEND_BAD_ABI 704   /* no entry function, another ABI, a bad table */
#define TRESTLE_RESULT_BACKEND_CAPTURED 705  /* its library's symbols resolve elsewhere */
#define TRESTLE_RESULT_BACKEND_INIT 706      /* its initialisation failed */

/* 8xx: configuration */
#define TRESTLE_RESULT_NOT_SUPPORTED 801       /* this backend or this library cannot do it */
#define TRESTLE_RESULT_SUITE_NOT_SUPPORTED 802 /* error detail names the suite */
#define TRESTLE_RESULT_BAD_CERTIFICATE 803     /* empty, garbage, or not a certificate */
#define TRESTLE_RESULT_BAD_PRIVATE_KEY 804     /* empty, garbage, or not a private key */
#define TRESTLE_RESULT_KEY_MISMATCH 805        /* the private key is not the certificate's */
#define TRESTLE_RESULT_WRONG_PASSWORD 806      /* wrong, or missing where one is needed */
#define TRESTLE_RESULT_NO_IDENTITY 807         /* a server without one; a certificate without key */
#define TRESTLE_RESULT_BAD_PSK 808             /* empty, or longer than TRESTLE_PSK_MAX */

/* Families, as trestle_result_category returns them. */
#define TRESTLE_CATEGORY_SUCCESS 0
#define TRESTLE_CATEGORY_ARGUMENT 1
#define TRESTLE_CATEGORY_STATE 2
#define TRESTLE_CATEGORY_RESOURCE 3
#define TRESTLE_CATEGORY_TRANSPORT 4
#define TRESTLE_CATEGORY_TLS 5
#define TRESTLE_CATEGORY_CERTIFICATE 6
#define TRESTLE_CATEGORY_BACKEND 7
#define TRESTLE_CATEGORY_CONFIGURATION 8
#define TRESTLE_CATEGORY_OTHER 9 /* FAILURE, and numbers outside every family */

/* "SUCCESS", "BAD_HANDLE", ... ; "UNKNOWN" for a number without a name. Static, never NULL. */
TRESTLE_API const char *trestle_result_name(int32_t result);
/* The TRESTLE_CATEGORY_* of a code, also of one that is newer than the program. */
TRESTLE_API int32_t trestle_result_category(int32_t result);

/* ---------------------------------------------------------------------------------------------
 * Primitives. A message's `primitive` is one of these. REQ and RES are functions and never arrive
 * as messages; their numbers serve logs.
 * ------------------------------------------------------------------------------------------- */

/* The 30 primitives of C (C 4.1 to 4.13) */
#define TRESTLE_PRIM_SESSION_CREATE_REQ 1
#define TRESTLE_PRIM_SESSION_CREATE_CFM 2
#define TRESTLE_PRIM_SESSION_DESTROY_REQ 3
#define TRESTLE_PRIM_SESSION_DESTROY_CFM 4
#define TRESTLE_PRIM_CONFIG_CIPHER_REQ 5
#define TRESTLE_PRIM_CONFIG_CIPHER_CFM 6
#define TRESTLE_PRIM_CONFIG_CERT_CLIENT_REQ 7
#define TRESTLE_PRIM_CONFIG_CERT_CLIENT_CFM 8
#define TRESTLE_PRIM_CONFIG_CERT_VERIFY_REQ 9
#define TRESTLE_PRIM_CONFIG_CERT_VERIFY_CFM 10
#define TRESTLE_PRIM_CONFIG_COMPRESSION_REQ 11
#define TRESTLE_PRIM_CONFIG_COMPRESSION_CFM 12
#define TRESTLE_PRIM_CONNECTION_CREATE_REQ 13
#define TRESTLE_PRIM_CONNECTION_CREATE_CFM 14
#define TRESTLE_PRIM_CONNECTION_DESTROY_REQ 15
#define TRESTLE_PRIM_CONNECTION_DESTROY_CFM 16
#define TRESTLE_PRIM_CONNECTION_BIND_REQ 17
#define TRESTLE_PRIM_CONNECTION_BIND_CFM 18
#define TRESTLE_PRIM_CONNECTION_CONNECT_REQ 19
#define TRESTLE_PRIM_CONNECTION_CONNECT_CFM 20
#define TRESTLE_PRIM_CONNECTION_DISCONNECT_REQ 21
#define TRESTLE_PRIM_CONNECTION_DISCONNECT_CFM 22
#define TRESTLE_PRIM_CONNECTION_DISCONNECT_IND 23
#define TRESTLE_PRIM_CONNECTION_DISCONNECT_RES 24
#define TRESTLE_PRIM_CONNECTION_CERT_IND 25
#define TRESTLE_PRIM_CONNECTION_CERT_RES 26
#define TRESTLE_PRIM_CONNECTION_DATA_REQ 27
#define TRESTLE_PRIM_CONNECTION_DATA_CFM 28
#define TRESTLE_PRIM_CONNECTION_DATA_IND 29
#define TRESTLE_PRIM_CONNECTION_DATA_RES 30
/* Beyond C: options and servers (N) */
#define TRESTLE_PRIM_CONFIG_OPTION_REQ 31
#define TRESTLE_PRIM_CONFIG_OPTION_CFM 32
#define TRESTLE_PRIM_LISTEN_REQ 33
#define TRESTLE_PRIM_LISTEN_CFM 34
#define TRESTLE_PRIM_UNLISTEN_REQ 35
#define TRESTLE_PRIM_UNLISTEN_CFM 36
#define TRESTLE_PRIM_ACCEPT_IND 37
#define TRESTLE_PRIM_ACCEPT_RES 38
#define TRESTLE_PRIM_CONNECTION_CONNECT_IND 39
/* Engine and backends */
#define TRESTLE_PRIM_ENGINE_SHUTDOWN_REQ 40
#define TRESTLE_PRIM_ENGINE_SHUTDOWN_CFM 41
#define TRESTLE_PRIM_BACKEND_QUERY_REQ 42
#define TRESTLE_PRIM_BACKEND_QUERY_CFM 43
#define TRESTLE_PRIM_BACKEND_CAPABILITY_REQ 44
#define TRESTLE_PRIM_BACKEND_CAPABILITY_CFM 45

/* "SESSION_CREATE_REQ", ... ; "UNKNOWN" for a number without a name. Static, never NULL. */
TRESTLE_API const char *trestle_primitive_name(uint32_t primitive);

/* ---------------------------------------------------------------------------------------------
 * Cipher suites, by IANA's numbers. Those that C names come first (C 4.3, C's `CSR_TLS_X` is
 * `TRESTLE_TLS_X`); whether a backend has one is told by TRESTLE_CAPABILITY_SUITE.
 * ------------------------------------------------------------------------------------------- */

#define TRESTLE_TLS_NULL_WITH_NULL_NULL 0x0000
#define TRESTLE_TLS_RSA_WITH_NULL_MD5 0x0001
#define TRESTLE_TLS_RSA_WITH_NULL_SHA 0x0002
#define TRESTLE_TLS_RSA_WITH_NULL_SHA256 0x003B
#define TRESTLE_TLS_RSA_WITH_RC4_128_MD5 0x0004
#define TRESTLE_TLS_RSA_WITH_RC4_128_SHA 0x0005
#define TRESTLE_TLS_RSA_WITH_3DES_EDE_CBC_SHA 0x000A
#define TRESTLE_TLS_RSA_WITH_AES_128_CBC_SHA 0x002F
#define TRESTLE_TLS_RSA_WITH_AES_128_CBC_SHA256 0x003C
#define TRESTLE_TLS_RSA_WITH_AES_256_CBC_SHA 0x0035
#define TRESTLE_TLS_RSA_WITH_AES_256_CBC_SHA256 0x003D
#define TRESTLE_TLS_DH_DSS_WITH_3DES_EDE_CBC_SHA 0x000D
#define TRESTLE_TLS_DH_DSS_WITH_AES_128_CBC_SHA 0x0030
#define TRESTLE_TLS_DH_DSS_WITH_AES_128_CBC_SHA256 0x003E
#define TRESTLE_TLS_DH_DSS_WITH_AES_256_CBC_SHA 0x0036
#define TRESTLE_TLS_DH_DSS_WITH_AES_256_CBC_SHA256 0x0068
#define TRESTLE_TLS_DH_RSA_WITH_3DES_EDE_CBC_SHA 0x0010
#define TRESTLE_TLS_DH_RSA_WITH_AES_128_CBC_SHA 0x0031
#define TRESTLE_TLS_DH_RSA_WITH_AES_128_CBC_SHA256 0x003F
#define TRESTLE_TLS_DH_RSA_WITH_AES_256_CBC_SHA 0x0037
#define TRESTLE_TLS_DH_RSA_WITH_AES_256_CBC_SHA256 0x0069
#define TRESTLE_TLS_DHE_DSS_WITH_3DES_EDE_CBC_SHA 0x0013
#define TRESTLE_TLS_DHE_DSS_WITH_AES_128_CBC_SHA 0x0032
#define TRESTLE_TLS_DHE_DSS_WITH_AES_128_CBC_SHA256 0x0040
#define TRESTLE_TLS_DHE_DSS_WITH_AES_256_CBC_SHA 0x0038
#define TRESTLE_TLS_DHE_DSS_WITH_AES_256_CBC_SHA256 0x006A
#define TRESTLE_TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA 0x0016
#define TRESTLE_TLS_DHE_RSA_WITH_AES_128_CBC_SHA 0x0033
#define TRESTLE_TLS_DHE_RSA_WITH_AES_128_CBC_SHA256 0x0067
#define TRESTLE_TLS_DHE_RSA_WITH_AES_256_CBC_SHA 0x0039
#define TRESTLE_TLS_DHE_RSA_WITH_AES_256_CBC_SHA256 0x006B
#define TRESTLE_TLS_DH_anon_WITH_3DES_EDE_CBC_SHA 0x001B
#define TRESTLE_TLS_DH_anon_WITH_AES_128_CBC_SHA 0x0034
#define TRESTLE_TLS_DH_anon_WITH_AES_128_CBC_SHA256 0x006C
#define TRESTLE_TLS_DH_anon_WITH_AES_256_CBC_SHA 0x003A
#define TRESTLE_TLS_DH_anon_WITH_AES_256_CBC_SHA256 0x006D
#define TRESTLE_TLS_DH_anon_WITH_RC4_128_MD5 0x0018
#define TRESTLE_TLS_PSK_WITH_RC4_128_SHA 0x008A
#define TRESTLE_TLS_PSK_WITH_3DES_EDE_CBC_SHA 0x008B
#define TRESTLE_TLS_PSK_WITH_AES_128_CBC_SHA 0x008C
#define TRESTLE_TLS_PSK_WITH_AES_256_CBC_SHA 0x008D
#define TRESTLE_TLS_DHE_PSK_WITH_RC4_128_SHA 0x008E
#define TRESTLE_TLS_DHE_PSK_WITH_3DES_EDE_CBC_SHA 0x008F
#define TRESTLE_TLS_DHE_PSK_WITH_AES_128_CBC_SHA 0x0090
#define TRESTLE_TLS_DHE_PSK_WITH_AES_256_CBC_SHA 0x0091
#define TRESTLE_TLS_RSA_PSK_WITH_RC4_128_SHA 0x0092
#define TRESTLE_TLS_RSA_PSK_WITH_3DES_EDE_CBC_SHA 0x0093
#define TRESTLE_TLS_RSA_PSK_WITH_AES_128_CBC_SHA 0x0094
#define TRESTLE_TLS_RSA_PSK_WITH_AES_256_CBC_SHA 0x0095
/* TLS 1.3 (RFC 8446, B.4) */
#define TRESTLE_TLS_AES_128_GCM_SHA256 0x1301
#define TRESTLE_TLS_AES_256_GCM_SHA384 0x1302
#define TRESTLE_TLS_CHACHA20_POLY1305_SHA256 0x1303
#define TRESTLE_TLS_AES_128_CCM_SHA256 0x1304
#define TRESTLE_TLS_AES_128_CCM_8_SHA256 0x1305
/* TLS 1.2: ECDHE (RFC 5289, RFC 7905, RFC 8422, RFC 7251) */
#define TRESTLE_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 0xC02B
#define TRESTLE_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384 0xC02C
#define TRESTLE_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 0xC02F
#define TRESTLE_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384 0xC030
#define TRESTLE_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256 0xCCA9
#define TRESTLE_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256 0xCCA8
#define TRESTLE_TLS_ECDHE_ECDSA_WITH_AES_128_CCM 0xC0AC
#define TRESTLE_TLS_ECDHE_ECDSA_WITH_AES_256_CCM 0xC0AD
#define TRESTLE_TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA 0xC009
#define TRESTLE_TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA 0xC00A
#define TRESTLE_TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA 0xC013
#define TRESTLE_TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA 0xC014
#define TRESTLE_TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256 0xC023
#define TRESTLE_TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384 0xC024
#define TRESTLE_TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256 0xC027
#define TRESTLE_TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384 0xC028
/* TLS 1.2: DHE and RSA with AEAD (RFC 5288, RFC 6655, RFC 7905) */
#define TRESTLE_TLS_DHE_RSA_WITH_AES_128_GCM_SHA256 0x009E
#define TRESTLE_TLS_DHE_RSA_WITH_AES_256_GCM_SHA384 0x009F
#define TRESTLE_TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256 0xCCAA
#define TRESTLE_TLS_DHE_RSA_WITH_AES_128_CCM 0xC09E
#define TRESTLE_TLS_DHE_RSA_WITH_AES_256_CCM 0xC09F
#define TRESTLE_TLS_RSA_WITH_AES_128_GCM_SHA256 0x009C
#define TRESTLE_TLS_RSA_WITH_AES_256_GCM_SHA384 0x009D
/* TLS 1.2: PSK with AEAD (RFC 5487, RFC 7905) */
#define TRESTLE_TLS_PSK_WITH_AES_128_GCM_SHA256 0x00A8
#define TRESTLE_TLS_PSK_WITH_AES_256_GCM_SHA384 0x00A9
#define TRESTLE_TLS_DHE_PSK_WITH_AES_128_GCM_SHA256 0x00AA
#define TRESTLE_TLS_DHE_PSK_WITH_AES_256_GCM_SHA384 0x00AB
#define TRESTLE_TLS_PSK_WITH_CHACHA20_POLY1305_SHA256 0xCCAB

/* IANA's name, e.g. "TLS_AES_128_GCM_SHA256"; "UNKNOWN" for a suite without a constant above.
 * Static, never NULL. */
TRESTLE_API const char *trestle_suite_name(uint16_t suite);

/* Protocol versions, as on the wire. */
#define TRESTLE_VERSION_TLS12 0x0303
#define TRESTLE_VERSION_TLS13 0x0304

/* Alert descriptions (RFC 8446, 6) that have a meaning of their own in this API. */
#define TRESTLE_ALERT_CLOSE_NOTIFY 0
#define TRESTLE_ALERT_BAD_CERTIFICATE 42
#define TRESTLE_ALERT_NONE 255 /* no alert took part; 255 is unassigned by IANA */

/* The value of any integer constant of this header by its name, for languages without a C
 * preprocessor: trestle_constant("TRESTLE_PRIM_CONNECTION_DATA_IND", &v).
 *   name   NUL-terminated.      value  written on success.
 * NULL_ARGUMENT. UNKNOWN_NAME: this library has no such constant. */
TRESTLE_API int32_t trestle_constant(const char *name, int64_t *value);

/* ---------------------------------------------------------------------------------------------
 * Messages
 * ------------------------------------------------------------------------------------------- */

/* Bytes lent. */
typedef struct trestle_bytes {
  const uint8_t *data;
  uint64_t length;
} trestle_bytes;

#define TRESTLE_ALERT_DIRECTION_NONE 0
#define TRESTLE_ALERT_DIRECTION_SENT 1
#define TRESTLE_ALERT_DIRECTION_RECEIVED 2

/* What went wrong, in full. Lives as long as its message. No text contains a secret. */
typedef struct trestle_error {
  uint32_t size;
  int32_t code;               /* TRESTLE_RESULT_*, the most precise one known */
  uint32_t alert;             /* alert description, or TRESTLE_ALERT_NONE */
  uint32_t alert_direction;   /* TRESTLE_ALERT_DIRECTION_*; NONE exactly if no alert took part: a
                                 peer may send the number of TRESTLE_ALERT_NONE */
  int64_t library_code;       /* the TLS library's own code, or errno; 0 if none */
  int32_t certificate_index;  /* place in the peer's chain of the one at fault, leaf 0; else -1 */
  uint32_t reserved;          /* 0 */
  const char *backend;        /* name of the backend, or "" */
  const char *library_text;   /* the TLS library's or the system's own words, or "" */
  const char *detail;         /* our words, one or more lines, or "" */
  const char *subject;        /* subject of the certificate at fault (RFC 4514 style), or "" */
} trestle_error;

/* One backend, as BACKEND_QUERY_CFM tells of it. */
typedef struct trestle_backend_info {
  uint32_t size;
  int32_t result;              /* SUCCESS: loaded and usable; else why not */
  const char *name;            /* e.g. "openssl" */
  const char *path;            /* file it was loaded from, or "" */
  const char *plugin_version;  /* or "" */
  const char *library_version; /* of the TLS library really loaded, e.g. "OpenSSL 3.0.22", or "" */
  const char *detail;          /* on failure: every path tried and why it did not do; else "" */
} trestle_backend_info;

/* A message. Fields that a primitive does not name are zero. Every CFM carries tag, session or
 * connection (where there is one), result, and error if the result is not SUCCESS. */
typedef struct trestle_message {
  uint32_t size;
  uint32_t primitive;  /* TRESTLE_PRIM_* */
  int32_t result;      /* CFM, CERT_IND, DISCONNECT_IND, CONNECT_IND: TRESTLE_RESULT_* */
  int32_t name_result; /* CERT_IND: SUCCESS, CERT_NAME_MISMATCH or CERT_NAME_NOT_CHECKED */
  uint64_t tag;        /* CFM: as given with the request */
  uint64_t session;
  uint64_t connection;
  uint64_t listener;   /* LISTEN_CFM, UNLISTEN_CFM, ACCEPT_IND */
  const uint8_t *data; /* DATA_IND: the bytes. CERT_IND: the peer's certificate as PEM (C 4.12) */
  uint64_t length;     /* of data, in bytes */
  const trestle_bytes *certificates; /* CERT_IND: the chain as sent, leaf first, each as DER */
  const trestle_backend_info *backends; /* BACKEND_QUERY_CFM */
  const trestle_error *error;        /* NULL if there is none, or no memory for it */
  uint32_t certificate_count;        /* CERT_IND */
  uint32_t backend_count;            /* BACKEND_QUERY_CFM */
  uint16_t version;    /* CONNECT_CFM and _IND on success: TRESTLE_VERSION_TLS12 or _TLS13 */
  uint16_t suite;      /* CONNECT_CFM and _IND on success: IANA number */
  uint16_t family;     /* LISTEN_CFM, ACCEPT_IND: TRESTLE_FAMILY_* */
  uint16_t port;       /* LISTEN_CFM: the port listened on. ACCEPT_IND: the peer's */
  uint8_t address[16]; /* as port; network order; IPv4 uses the first four bytes */
} trestle_message;

/* ---------------------------------------------------------------------------------------------
 * Engines
 * ------------------------------------------------------------------------------------------- */

/* The root of everything: worker threads, backends, queues. Several may live in a process. */
typedef struct trestle_engine trestle_engine;

#define TRESTLE_WORKERS_MAX 64

typedef struct trestle_engine_config {
  uint32_t size;              /* sizeof(trestle_engine_config) */
  uint32_t flags;             /* 0 */
  uint32_t handshake_workers; /* threads for handshakes and configuration; 0: 2; at most 64 */
  uint32_t data_workers;      /* threads for established connections; 0: 2; at most 64 */
  uint32_t connections_max;   /* 0: 65,536; at most 1,048,576 */
  uint32_t sessions_max;      /* 0: 4,096; at most 65,536. Also the limit of listeners */
  const char *backend_directory; /* absolute; searched first; NULL: none */
  const char *default_backend;   /* 1 to 63 characters; NULL: TRESTLE_BACKEND of the environment,
                                    else "openssl" */
} trestle_engine_config;

/* Starts an engine and its worker threads. All signals are blocked in them. Backends load later,
 * when a session or a query first names them.
 *   config  NULL: all defaults.
 *   engine  written on success; end it with trestle_engine_destroy.
 * NULL_ARGUMENT, BAD_STRUCT_SIZE, UNKNOWN_FLAG, BAD_ARGUMENT (a number, path or name out of its
 * range), SYSTEM (no thread, no descriptor), OUT_OF_MEMORY (also: 4,096 engines live), FORKED (in a
 * child of a process that had engines). */
TRESTLE_API int32_t trestle_engine_create(const trestle_engine_config *config,
                                          trestle_engine **engine);

/* Ends every session (each outstanding request is confirmed first, as CANCELLED where it did not
 * come to its end), then answers ENGINE_SHUTDOWN_CFM, the engine's last message. Further requests
 * are refused with SHUT_DOWN; queues can still be read.
 *   queue   where the CFM goes.      tag  given back in it.
 * SHUT_DOWN: was asked before. ENGINE_SHUTDOWN_CFM: SUCCESS. */
TRESTLE_API int32_t trestle_engine_shutdown_req(trestle_engine *engine, uint64_t queue,
                                                uint64_t tag);

/* Frees the engine. Waits for its worker threads: no longer than one cryptographic operation after
 * ENGINE_SHUTDOWN_CFM; without a shutdown before, it shuts down itself and unread messages are
 * lost. Release fetched messages before: nothing can afterwards, and they leak. No other thread may
 * be in a call with this engine. To be called before the process exits: exit handlers of TLS
 * libraries (libwolfssl has one) run beside the workers otherwise. NULL_ARGUMENT, FORKED. */
TRESTLE_API int32_t trestle_engine_destroy(trestle_engine *engine);

/* ---------------------------------------------------------------------------------------------
 * Queues (C's qid)
 * ------------------------------------------------------------------------------------------- */

#define TRESTLE_WAIT_FOREVER (-1)
#define TRESTLE_QUEUES_MAX 1024

/* Makes a queue.
 *   capacity  requests whose CFM has not been fetched yet, at most; none beyond that is accepted.
 *             0: 65,536; at most 1,048,576, else BAD_ARGUMENT. Indications are bounded by the
 *             connections' windows and always find room.
 *   queue     written on success.
 * TOO_MANY: TRESTLE_QUEUES_MAX of the engine. SYSTEM: no descriptor. SHUT_DOWN. */
TRESTLE_API int32_t trestle_queue_create(trestle_engine *engine, uint32_t capacity,
                                         uint64_t *queue);
/* Frees a queue and the indications in it. BUSY: sessions, connections (each from the call that
 * named the queue for it), outstanding requests or confirms that were not fetched still belong to
 * it, or a thread is in a call with it. */
TRESTLE_API int32_t trestle_queue_destroy(trestle_engine *engine, uint64_t queue);

/* Fetches messages, oldest first.
 *   messages    array of `capacity` pointers; `*count` of them are written (1..capacity).
 *   timeout_ms  0: do not wait. TRESTLE_WAIT_FOREVER: wait. Else milliseconds.
 * Each message is to be released with trestle_message_release.
 * Several threads may wait on one queue. BAD_ARGUMENT: capacity 0, or timeout below -1.
 * TIMEOUT: there was none. SHUT_DOWN: none is left after ENGINE_SHUTDOWN_CFM. */
TRESTLE_API int32_t trestle_queue_get(trestle_engine *engine, uint64_t queue,
                                      const trestle_message **messages, uint32_t capacity,
                                      int32_t timeout_ms, uint32_t *count);

/* A descriptor that is readable exactly while messages wait (and for good after
 * ENGINE_SHUTDOWN_CFM), for epoll, kqueue-like loops, tokio or Go's poller.
 *   fd  written on success. Owned by the queue: do not read, write or close it. */
TRESTLE_API int32_t trestle_queue_fd(trestle_engine *engine, uint64_t queue, int32_t *fd);

/* Gives a message back; all that it points to becomes invalid. A message must be released once, to
 * the engine that it came from, before that is destroyed. NULL_ARGUMENT, FORKED. */
TRESTLE_API int32_t trestle_message_release(trestle_engine *engine, const trestle_message *message);

/* ---------------------------------------------------------------------------------------------
 * Backends
 * ------------------------------------------------------------------------------------------- */

/* Loads one backend, or each that can be found, and tells about it.
 *   name   e.g. "openssl", 1 to 63 characters, else BAD_ARGUMENT; NULL: every plugin in the
 *          searched directories.
 * BACKEND_QUERY_CFM has one entry per backend in `backends`, each with a result of its own (SUCCESS
 * or BACKEND_*). Its own result: SUCCESS if at least one can be used; the one's BACKEND_* if there
 * is but one; else BACKEND_NOT_FOUND. */
TRESTLE_API int32_t trestle_backend_query_req(trestle_engine *engine, uint64_t queue,
                                              const char *name, uint64_t tag);

#define TRESTLE_CAPABILITY_SUITE 1            /* argument: IANA cipher suite */
#define TRESTLE_CAPABILITY_VERSION 2          /* argument: TRESTLE_VERSION_TLS* */
#define TRESTLE_CAPABILITY_GROUP 3            /* argument: IANA named group */
#define TRESTLE_CAPABILITY_SIGNATURE_SCHEME 4 /* argument: IANA signature scheme; to verify with */
#define TRESTLE_CAPABILITY_PSK_TLS13 5        /* argument 0: external PSK in TLS 1.3 */
#define TRESTLE_CAPABILITY_PKCS12 6           /* argument 0: CONFIG_CERT_CLIENT takes PKCS#12 */
#define TRESTLE_CAPABILITY_ENCRYPTED_PKCS8 7  /* argument 0: ... EncryptedPrivateKeyInfo (PBES2) */
#define TRESTLE_CAPABILITY_ALERT_SEND 8       /* argument 0: any alert can be sent at any time */

/* Asks whether a backend can do a thing.
 *   name        1 to 63 characters, else BAD_ARGUMENT; NULL: the default backend.
 *   capability  TRESTLE_CAPABILITY_*; BAD_ARGUMENT for an unknown one.
 * BACKEND_CAPABILITY_CFM: SUCCESS, NOT_SUPPORTED, or why the backend did not load: BACKEND_*. */
TRESTLE_API int32_t trestle_backend_capability_req(trestle_engine *engine, uint64_t queue,
                                                   const char *name, uint32_t capability,
                                                   uint32_t argument, uint64_t tag);

/* ---------------------------------------------------------------------------------------------
 * Sessions (C 4.1, 4.2)
 * ------------------------------------------------------------------------------------------- */

#define TRESTLE_ROLE_CLIENT 1
#define TRESTLE_ROLE_SERVER 2

/* C: SESSION_CREATE. A session holds a configuration, and connections that use it.
 *   queue    where the session's messages go, and its connections' unless they name their own.
 *   role     TRESTLE_ROLE_*; BAD_ARGUMENT otherwise.
 *   backend  name, 1 to 63 characters, else BAD_ARGUMENT; NULL: the default.
 * SESSION_CREATE_CFM: `session`; TOO_MANY, OUT_OF_MEMORY, or why the backend did not load:
 * BACKEND_NOT_FOUND, BACKEND_BAD_NAME, BACKEND_REFUSED, BACKEND_BAD_ABI, BACKEND_CAPTURED,
 * BACKEND_INIT. */
TRESTLE_API int32_t trestle_session_create_req(trestle_engine *engine, uint64_t queue,
                                               uint32_t role, const char *backend, uint64_t tag);

/* C: SESSION_DESTROY, C's "dirty" close: every connection (as by CONNECTION_DESTROY) and listener
 * of the session ends, every outstanding request is confirmed, as CANCELLED where it did not come
 * to its end, then SESSION_DESTROY_CFM: SUCCESS; CANCELLED for a second one. The handles of all of
 * them are stale from then on. */
TRESTLE_API int32_t trestle_session_destroy_req(trestle_engine *engine, uint64_t session,
                                                uint64_t tag);

/* ---------------------------------------------------------------------------------------------
 * Configuration (C 4.3 to 4.6). Possible until the session's first accepted CONNECT_REQ (a
 * client's) or LISTEN_REQ (a server's), whatever becomes of that one; after it the CFM is
 * WRONG_STATE. Nobody needs to wait: what was asked for before takes part. A configuration that
 * fails leaves the one before in force.
 * ------------------------------------------------------------------------------------------- */

#define TRESTLE_SUITES_MAX 128

/* C: CONFIG_CIPHER. Exactly these suites are offered or accepted, most preferred first. A session
 * that never asks has TLS 1.3's and ECDHE's suites with AES-GCM and ChaCha20-Poly1305. Anonymous,
 * NULL, RC4, 3DES and PSK suites take part only when named here. A list without a TLS 1.3 suite
 * excludes TLS 1.3, and one without a TLS 1.2 suite excludes TLS 1.2.
 *   suites       IANA numbers; suite_count of them, 1 to TRESTLE_SUITES_MAX (else BAD_ARGUMENT).
 *   keybits_min  the peer's certificate must have a public key of at least so many bits (RSA and
 *                DSA: the modulus, EC: the order); 0: no limit of yours. C left both reserved.
 *   keybits_max  and at most so many; 0: no limit; BAD_ARGUMENT if below keybits_min.
 * A peer outside of the limits ends the handshake: CONNECT_CFM with CERT_KEY_SIZE.
 * CONFIG_CIPHER_CFM: SUITE_NOT_SUPPORTED, naming the first suite that the backend lacks;
 * WRONG_STATE. */
TRESTLE_API int32_t trestle_config_cipher_req(trestle_engine *engine, uint64_t session,
                                              const uint16_t *suites, uint32_t suite_count,
                                              uint16_t keybits_min, uint16_t keybits_max,
                                              uint64_t tag);

#define TRESTLE_CERTIFICATE 1
#define TRESTLE_PRIVATE_KEY 2
#define TRESTLE_PSK 3

#define TRESTLE_CERTIFICATE_LENGTH_MAX 1048576 /* bytes in one CONFIG_CERT_* request */
#define TRESTLE_PASSWORD_MAX 1024              /* bytes */
#define TRESTLE_PSK_MAX 64                     /* bytes of a key */
#define TRESTLE_PSK_IDENTITY_MAX 128           /* bytes */

/* C: CONFIG_CERT_CLIENT. The session's own identity; a server's, too.
 *   certificate_type  TRESTLE_CERTIFICATE: the certificate, leaf first, followed by intermediates:
 *                       PEM (with the private key in the same buffer, or without), DER (one
 *                       certificate), or PKCS#12 with key and chain.
 *                     TRESTLE_PRIVATE_KEY, after a TRESTLE_CERTIFICATE without key: PEM or DER;
 *                       PKCS#8, PKCS#8 encrypted, or the traditional RSA and EC forms.
 *                     TRESTLE_PSK: a pre-shared key of 1 to TRESTLE_PSK_MAX bytes. Serves the PSK
 *                       suites of TLS 1.2 and, as an external PSK with SHA-256, TLS 1.3 (RFC 8446,
 *                       4.2.11). Its identity: TRESTLE_OPTION_PSK_IDENTITY.
 *                     BAD_ARGUMENT otherwise.
 *   certificate       `certificate_length` bytes, copied, wiped after use. TOO_LARGE above
 *                     TRESTLE_CERTIFICATE_LENGTH_MAX. NULL only with length 0.
 *   password          of the private key or the PKCS#12; NULL and 0 if there is none (C 4.4).
 *                     Copied, wiped after use. TOO_LARGE above TRESTLE_PASSWORD_MAX. BAD_ARGUMENT
 *                     if given for a PSK.
 * CONFIG_CERT_CLIENT_CFM: BAD_CERTIFICATE, BAD_PRIVATE_KEY, WRONG_PASSWORD, KEY_MISMATCH,
 * NO_IDENTITY (a PKCS#12 without key), BAD_PSK, NOT_SUPPORTED (by the backend; a password with a
 * zero byte), WRONG_STATE (also: a key that no certificate awaits), OUT_OF_MEMORY, FAILURE (of the
 * backend). */
TRESTLE_API int32_t trestle_config_cert_client_req(trestle_engine *engine, uint64_t session,
                                                   uint8_t certificate_type,
                                                   const uint8_t *certificate,
                                                   uint64_t certificate_length,
                                                   const uint8_t *password,
                                                   uint64_t password_length, uint64_t tag);

/* C: CONFIG_CERT_VERIFY. Trusted CAs, added to those of earlier requests.
 *   trusted_ca_certificate  one or several certificates: PEM, or DER one after the other; copied. A
 *                           self-signed server certificate is its own CA (C 3.4.3). TOO_LARGE above
 *                           TRESTLE_CERTIFICATE_LENGTH_MAX bytes. NULL only with length 0.
 * CONFIG_CERT_VERIFY_CFM: BAD_CERTIFICATE, naming the one that does not parse; then none is added.
 * WRONG_STATE. A session without any CA never pre-verifies a peer with SUCCESS. */
TRESTLE_API int32_t trestle_config_cert_verify_req(trestle_engine *engine, uint64_t session,
                                                   const uint8_t *trusted_ca_certificate,
                                                   uint64_t trusted_ca_certificate_length,
                                                   uint64_t tag);

/* C: CONFIG_COMPRESSION.
 *   compression  0: none.
 * CONFIG_COMPRESSION_CFM: 0 is SUCCESS, anything else NOT_SUPPORTED: TLS compression is gone from
 * TLS 1.3 and unsafe before (RFC 7457, 2.6). WRONG_STATE. */
TRESTLE_API int32_t trestle_config_compression_req(trestle_engine *engine, uint64_t session,
                                                   uint8_t compression, uint64_t tag);

/* Options. I: `number`; T: `bytes`, `length` of text without NUL; B: bytes. */
#define TRESTLE_OPTION_VERSION_MIN 1     /* I  TRESTLE_VERSION_TLS12 (default) or _TLS13; never
                                               above VERSION_MAX (the CFM is BAD_ARGUMENT) */
#define TRESTLE_OPTION_VERSION_MAX 2     /* I  TRESTLE_VERSION_TLS12 or _TLS13 (default) */
#define TRESTLE_OPTION_SERVER_NAME 3     /* T  client: DNS name or IP literal, up to 253 bytes: sent
                                               as SNI if a DNS name (RFC 6066, 3) and compared with
                                               the certificate (RFC 9525). Length 0: none,
                                               the default */
#define TRESTLE_OPTION_CERT_DECISION 4   /* I  TRESTLE_CERT_DECISION_* */
#define TRESTLE_OPTION_CLIENT_AUTH 5     /* I  server: TRESTLE_CLIENT_AUTH_* */
#define TRESTLE_OPTION_PSK_IDENTITY 6    /* B  1 to TRESTLE_PSK_IDENTITY_MAX bytes;
                                               default "Client_identity" */
#define TRESTLE_OPTION_SEND_WINDOW 7     /* I  unconfirmed DATA_REQ per connection: 1 (default, C's)
                                               to 1,024 */
#define TRESTLE_OPTION_RECEIVE_WINDOW 8  /* I  unanswered DATA_IND per connection: 1 (default, C's)
                                               to 1,024 */
#define TRESTLE_OPTION_CONNECT_TIMEOUT 9 /* I  ms for TCP to connect; default 15,000 */
#define TRESTLE_OPTION_HELLO_TIMEOUT 10  /* I  ms for the whole handshake (N: sslTimeOutHello);
                                               default 15,000. Stands still while the program
                                               thinks about CERT_IND */
#define TRESTLE_OPTION_RECEIVE_TIMEOUT 11 /* I ms of silence of the peer within a handshake (N:
                                               sslTimeOutReceive); default 15,000 */
#define TRESTLE_OPTION_CLOSE_TIMEOUT 12  /* I  ms for the peer to close after DISCONNECT_REQ; counts
                                               anew whenever TCP takes more of what is still being
                                               sent; default 5,000 */
#define TRESTLE_OPTION_ACCEPT_WINDOW 13  /* I  server: unanswered ACCEPT_IND per listener, beyond
                                               which connections wait in the kernel: 1 to 4,096;
                                               default 16 */
/* Timeouts: 0 is "no limit"; at most 86,400,000 (a day). */

#define TRESTLE_CERT_DECISION_ASK 0  /* CERT_IND, and wait for CERT_RES (C; default) */
#define TRESTLE_CERT_DECISION_AUTO 1 /* accept exactly what verifies; a client needs SERVER_NAME and
                                        a match. No CERT_IND */
#define TRESTLE_CLIENT_AUTH_NONE 0    /* default */
#define TRESTLE_CLIENT_AUTH_REQUEST 1 /* ask; a client without certificate passes, without
                                         CERT_IND */
#define TRESTLE_CLIENT_AUTH_REQUIRE 2 /* ask; a client without certificate is refused. Not together
                                         with a PSK or an anonymous suite: LISTEN_CFM is then
                                         NOT_SUPPORTED */

/* N: settings and flags. Sets one option of a session.
 *   option  TRESTLE_OPTION_*; UNKNOWN_OPTION otherwise.
 *   number  for I; must be 0 for T and B.
 *   bytes, length  for T and B, copied; must be NULL and 0 for I.
 * BAD_ARGUMENT: out of its range. CONFIG_OPTION_CFM: BAD_ARGUMENT (not for this role, no name that
 * can be one, or VERSION_MIN above VERSION_MAX), WRONG_STATE. */
TRESTLE_API int32_t trestle_config_option_req(trestle_engine *engine, uint64_t session,
                                              uint32_t option, int64_t number,
                                              const uint8_t *bytes, uint64_t length, uint64_t tag);

/* ---------------------------------------------------------------------------------------------
 * Connections (C 4.7 to 4.13)
 *
 * States:  idle -CONNECT_REQ-> connecting -CONNECT_CFM-> established
 *          established -DISCONNECT_REQ-> closing -DISCONNECT_CFM-> idle (may connect again)
 *          established -DISCONNECT_IND-> closed by the peer -DISCONNECT_RES-> gone
 *          connecting -CONNECT_CFM with a failure-> invalid: only DESTROY is left
 *          accepted connections of a server: ACCEPT_IND -ACCEPT_RES-> connecting -CONNECT_IND-> ...
 *          (CONNECT_CFM and CONNECT_IND, and the DISCONNECT_CFM of what was established, outdate
 *          the indications before them: once fetched, a RES for those is NOTHING_TO_ANSWER)
 * ------------------------------------------------------------------------------------------- */

#define TRESTLE_FAMILY_IP4 4
#define TRESTLE_FAMILY_IP6 6

/* C: CONNECTION_CREATE. Makes an idle connection in a client session. Several may be created, and
 * be in use, at once.
 *   family  TRESTLE_FAMILY_*; BAD_ARGUMENT otherwise.
 *   queue   for this connection's messages, claimed from this call on: trestle_queue_destroy says
 *           BUSY; 0: the session's. The CFM goes to the session's in any case.
 * CONNECTION_CREATE_CFM: `connection`; IP6_NOT_SUPPORTED, SYSTEM (no descriptor), TOO_MANY,
 * WRONG_STATE (server session). */
TRESTLE_API int32_t trestle_connection_create_req(trestle_engine *engine, uint64_t session,
                                                  uint32_t family, uint64_t queue, uint64_t tag);

/* C: CONNECTION_DESTROY. In any state, at once. Outstanding requests are confirmed first, as
 * CANCELLED where they did not come to their end. An established connection sends close_notify if
 * all that DATA_REQ was given is in the hands of TCP; otherwise the peer sees a truncation, as it
 * should. A handshake that waits for CERT_RES is answered with a no, so the peer is told
 * bad_certificate. CONNECTION_DESTROY_CFM: SUCCESS, and the handle is stale; CANCELLED for a second
 * one. */
TRESTLE_API int32_t trestle_connection_destroy_req(trestle_engine *engine, uint64_t connection,
                                                   uint64_t tag);

/* C: CONNECTION_BIND. Binds the local address of an idle connection of a client; stays in force
 * over disconnecting and connecting again. With a port of its own, connecting again to the same
 * peer and port can meet what TCP keeps of the last connection (TIME_WAIT, a minute, other than on
 * loopback): CONNECT_CFM is then ADDRESS_NOT_AVAILABLE, and invalidates.
 *   ip_address  4 readable bytes for IPv4, 16 for IPv6, network order.     port  0: any.
 * CONNECTION_BIND_CFM: ADDRESS_IN_USE, ADDRESS_NOT_AVAILABLE, SYSTEM (also: a port that needs a
 * privilege), TRANSPORT (such as a link-local address, which has no zone here), IP6_NOT_SUPPORTED;
 * WRONG_STATE, INVALIDATED. A failure changes nothing: an earlier BIND stays in force. */
TRESTLE_API int32_t trestle_connection_bind_req(trestle_engine *engine, uint64_t connection,
                                                const uint8_t *ip_address, uint16_t port,
                                                uint64_t tag);

/* C: CONNECTION_CONNECT. Connects TCP and does the handshake; CERT_IND comes in between.
 *   ip_address  the peer's: 4 readable bytes for IPv4, 16 for IPv6, network order.
 *   port        1..65535; BAD_ARGUMENT for 0.
 * CONNECTION_CONNECT_CFM: with SUCCESS, `version` and `suite`. Each failure invalidates it:
 *   TCP            CONNECT_REFUSED, CONNECT_UNREACHABLE, CONNECT_TIMEOUT, ADDRESS_IN_USE,
 *                  ADDRESS_NOT_AVAILABLE, IP6_NOT_SUPPORTED, CONNECTION_RESET, TRUNCATED, TRANSPORT
 *   TLS            ALERT_RECEIVED, HANDSHAKE_FAILED, PROTOCOL_VIOLATION, NO_COMMON_SUITE,
 *                  NO_COMMON_VERSION, HELLO_TIMEOUT, RECEIVE_TIMEOUT
 *   certificate    CERT_REJECTED, CERT_KEY_SIZE; with TRESTLE_CERT_DECISION_AUTO any CERT_*;
 *                  without it, before the question or after a yes, what a TLS library insists on
 *                  itself: CERT_MALFORMED, CERT_UNKNOWN_CRITICAL_EXTENSION, CERT_NAME_CONSTRAINT,
 *                  CERT_CHAIN_TOO_LONG, CERT_UNSUPPORTED_ALGORITHM
 *   configuration  NOT_SUPPORTED, NO_IDENTITY (a certificate still without its key)
 *   resources      SYSTEM, OUT_OF_MEMORY (also: 16,384 handshakes of the process wait for
 *                  CERT_RES), FAILURE (of the backend)
 *   the program    CANCELLED (by DISCONNECT or DESTROY)
 * A refusal leaves the connection as it is: WRONG_STATE (not idle, or a server's), INVALIDATED. */
TRESTLE_API int32_t trestle_connection_connect_req(trestle_engine *engine, uint64_t connection,
                                                   const uint8_t *ip_address, uint16_t port,
                                                   uint64_t tag);

/* C: CONNECTION_DISCONNECT. Established: what was accepted by DATA_REQ is sent, then close_notify,
 * then the peer's close is awaited; DATA_IND can still come before the CFM. Connecting: cancels;
 * CONNECT_CFM (CONNECT_IND of a server's) comes first, CANCELLED, then this CFM, SUCCESS; a
 * handshake that waits for CERT_RES is answered with a no.
 * CONNECTION_DISCONNECT_CFM tells how the peer closed, as DISCONNECT_IND does: SUCCESS: with
 * close_notify, so its data was complete; TRUNCATED, ALERT_RECEIVED, PROTOCOL_VIOLATION,
 * CONNECTION_RESET, TRANSPORT; or why it was not heard: CLOSE_TIMEOUT (also if a DATA_RES was
 * owed, for nothing is read then), OUT_OF_MEMORY, SYSTEM, FAILURE (of the backend). The connection
 * is disconnected in any case. A refusal leaves it as it is: NOT_CONNECTED, INVALIDATED,
 * WRONG_STATE (it is closing already). After a cancel the connection is invalid; otherwise it is
 * idle, and a client's may connect again. */
TRESTLE_API int32_t trestle_connection_disconnect_req(trestle_engine *engine, uint64_t connection,
                                                      uint64_t tag);

/* C: answers DISCONNECT_IND and, as C 3.3 has it, destroys the connection: the handle becomes
 * stale. NOTHING_TO_ANSWER: no DISCONNECT_IND was fetched.
 *
 * CONNECTION_DISCONNECT_IND tells in `result` how an established connection ended: SUCCESS: the
 * peer closed with close_notify; TRUNCATED: without; ALERT_RECEIVED: by the alert in the error;
 * PROTOCOL_VIOLATION, CONNECTION_RESET, TRANSPORT; or what was lacking here: OUT_OF_MEMORY, SYSTEM,
 * FAILURE (of the backend). Outstanding DATA_REQ are confirmed before it (NOT_CONNECTED). */
TRESTLE_API int32_t trestle_connection_disconnect_res(trestle_engine *engine, uint64_t connection);

/* C: CONNECTION_CERT. Answers CERT_IND: accepted 1 goes on, 0 rejects (`bad_certificate` is sent,
 * CONNECT_CFM is CERT_REJECTED); BAD_ARGUMENT otherwise.
 *
 * CONNECTION_CERT_IND has the chain, the pre-verification in `result` (C's eight values; the
 * precise finding is error->code) and the name check in `name_result`. Until the answer, nothing
 * that depends on it is sent, and no thread waits. It may wait in 16,384 handshakes of a process;
 * further handshakes then end with OUT_OF_MEMORY. NOTHING_TO_ANSWER: no CERT_IND of this connection
 * was fetched, or it was answered already, or its handshake has ended. */
TRESTLE_API int32_t trestle_connection_cert_res(trestle_engine *engine, uint64_t connection,
                                                uint8_t accepted);

#define TRESTLE_DATA_LENGTH_MAX 16777216 /* bytes in one DATA_REQ */
#define TRESTLE_DATA_COPY 0     /* the bytes are copied before the call returns */
#define TRESTLE_DATA_BORROW 1   /* they are used in place and must not change until DATA_CFM */
#define TRESTLE_DATA_HANDOVER 2 /* `data` came from trestle_buffer_allocate and is handed over */

/* C: CONNECTION_DATA. Encrypts and sends.
 *   data    `length` bytes (0..TRESTLE_DATA_LENGTH_MAX, else TOO_LARGE); NULL only with length 0.
 *   flags   TRESTLE_DATA_*: one of them; UNKNOWN_FLAG otherwise. BAD_ARGUMENT: a handover of what
 *           trestle_buffer_allocate never gave (as far as the bytes before it tell), or of more
 *           than it has. On refusal, the buffer of a handover stays the caller's.
 * WINDOW_FULL: TRESTLE_OPTION_SEND_WINDOW requests are unconfirmed; wait for a CFM.
 * CONNECTION_DATA_CFM: SUCCESS when everything is encrypted and in the hands of TCP; NOT_CONNECTED
 * (not yet, not any more, or the connection ended first), CANCELLED (by DESTROY, or not sent when
 * DISCONNECT came to its end), INVALIDATED, WRONG_STATE (after DISCONNECT_REQ). */
TRESTLE_API int32_t trestle_connection_data_req(trestle_engine *engine, uint64_t connection,
                                                const uint8_t *data, uint64_t length,
                                                uint32_t flags, uint64_t tag);

/* C: answers the oldest unanswered DATA_IND and thereby asks for more data. The message's bytes
 * stay valid until its release. With a window of 1, the peer is read no further until this answer.
 * NOTHING_TO_ANSWER: every DATA_IND that was fetched is answered, or came before a DISCONNECT_CFM
 * that was fetched, too. */
TRESTLE_API int32_t trestle_connection_data_res(trestle_engine *engine, uint64_t connection);

/* A buffer to fill and hand over with TRESTLE_DATA_HANDOVER, without a copy; or to free.
 *   length  1..TRESTLE_DATA_LENGTH_MAX bytes; BAD_ARGUMENT for 0, TOO_LARGE above.
 *   buffer  written on success; the caller's until it is handed over or freed.
 * OUT_OF_MEMORY. */
TRESTLE_API int32_t trestle_buffer_allocate(trestle_engine *engine, uint64_t length,
                                            uint8_t **buffer);
/* Frees a buffer that was not handed over. BAD_ARGUMENT: not from trestle_buffer_allocate, as far
 * as the bytes before it tell. */
TRESTLE_API int32_t trestle_buffer_free(trestle_engine *engine, uint8_t *buffer);

/* ---------------------------------------------------------------------------------------------
 * Servers (N: SSL_acceptConnection, SSL_ASYNC_acceptConnection)
 * ------------------------------------------------------------------------------------------- */

/* Listens with a server session.
 *   family      TRESTLE_FAMILY_*; BAD_ARGUMENT otherwise.
 *   ip_address  4 readable bytes for IPv4, 16 for IPv6, network order.
 *   port        0: any, told in the CFM.
 * LISTEN_CFM: `listener`, `family`, `address`, `port`; ADDRESS_IN_USE, ADDRESS_NOT_AVAILABLE,
 * IP6_NOT_SUPPORTED, SYSTEM (also: a port that needs a privilege), TRANSPORT, TOO_MANY; what the
 * configuration lacks: NO_IDENTITY, NOT_SUPPORTED; OUT_OF_MEMORY, FAILURE (of the backend);
 * WRONG_STATE: a client session, which it leaves as it is. */
TRESTLE_API int32_t trestle_listen_req(trestle_engine *engine, uint64_t session, uint32_t family,
                                       const uint8_t *ip_address, uint16_t port, uint64_t tag);

/* Stops listening; connections that were indicated live on. UNLISTEN_CFM: SUCCESS, and the handle
 * is stale; CANCELLED for a second one. */
TRESTLE_API int32_t trestle_unlisten_req(trestle_engine *engine, uint64_t listener, uint64_t tag);

/* Answers ACCEPT_IND (`listener`, the new `connection`, the peer's `address` and `port`), which
 * comes on the session's queue.
 *   accepted  1: the handshake begins, and CONNECTION_CONNECT_IND will tell its end, with the
 *             results of CONNECT_CFM, or PEER_HAS_NO_CERTIFICATE (TRESTLE_CLIENT_AUTH_REQUIRE); if
 *             it failed, the connection is invalid and is to be destroyed. 0: the connection is
 *             closed, the handle stale. BAD_ARGUMENT otherwise.
 *   queue     for this connection's messages, from this call on; 0: the session's.
 * At most TRESTLE_OPTION_ACCEPT_WINDOW are unanswered at once. NOTHING_TO_ANSWER: no ACCEPT_IND was
 * fetched, or it is answered. */
TRESTLE_API int32_t trestle_accept_res(trestle_engine *engine, uint64_t connection,
                                       uint8_t accepted, uint64_t queue);

#ifdef __cplusplus
}
#endif

#endif /* TRESTLE_TRESTLE_H_ */
