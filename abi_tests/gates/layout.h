/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The layout of every public struct, frozen. It compiles, or the ABI is broken.
 *
 * A struct grows at its end only: then its SIZE changes here and lines are added behind the last
 * one of the struct. No other line is ever edited.
 */
#ifndef TRESTLE_ABI_TESTS_GATES_LAYOUT_H_
#define TRESTLE_ABI_TESTS_GATES_LAYOUT_H_

#include <stddef.h>
#include <trestle/backend.h>
#include <trestle/dlopen.h>
#include <trestle/trestle.h>

#if UINTPTR_MAX != UINT64_MAX
#error "layouts are frozen for 64-bit pointers; freeze the others before building for them"
#endif

#ifdef __cplusplus
#define TRESTLE_FREEZE(condition, text) static_assert(condition, text)
#else
#define TRESTLE_FREEZE(condition, text) _Static_assert(condition, text)
#endif

#define FIELD(type, field, offset, length)                                       \
  TRESTLE_FREEZE(offsetof(type, field) == (offset) &&                            \
                     sizeof(((type *)0)->field) == (length),                     \
                 #type "." #field " is not where and what it was")
#define SIZE(type, length) TRESTLE_FREEZE(sizeof(type) == (length), #type " has another size")

FIELD(trestle_bytes, data, 0, 8);
FIELD(trestle_bytes, length, 8, 8);
SIZE(trestle_bytes, 16);

FIELD(trestle_error, size, 0, 4);
FIELD(trestle_error, code, 4, 4);
FIELD(trestle_error, alert, 8, 4);
FIELD(trestle_error, alert_direction, 12, 4);
FIELD(trestle_error, library_code, 16, 8);
FIELD(trestle_error, certificate_index, 24, 4);
FIELD(trestle_error, reserved, 28, 4);
FIELD(trestle_error, backend, 32, 8);
FIELD(trestle_error, library_text, 40, 8);
FIELD(trestle_error, detail, 48, 8);
FIELD(trestle_error, subject, 56, 8);
SIZE(trestle_error, 64);

FIELD(trestle_backend_info, size, 0, 4);
FIELD(trestle_backend_info, result, 4, 4);
FIELD(trestle_backend_info, name, 8, 8);
FIELD(trestle_backend_info, path, 16, 8);
FIELD(trestle_backend_info, plugin_version, 24, 8);
FIELD(trestle_backend_info, library_version, 32, 8);
FIELD(trestle_backend_info, detail, 40, 8);
SIZE(trestle_backend_info, 48);

FIELD(trestle_message, size, 0, 4);
FIELD(trestle_message, primitive, 4, 4);
FIELD(trestle_message, result, 8, 4);
FIELD(trestle_message, name_result, 12, 4);
FIELD(trestle_message, tag, 16, 8);
FIELD(trestle_message, session, 24, 8);
FIELD(trestle_message, connection, 32, 8);
FIELD(trestle_message, listener, 40, 8);
FIELD(trestle_message, data, 48, 8);
FIELD(trestle_message, length, 56, 8);
FIELD(trestle_message, certificates, 64, 8);
FIELD(trestle_message, backends, 72, 8);
FIELD(trestle_message, error, 80, 8);
FIELD(trestle_message, certificate_count, 88, 4);
FIELD(trestle_message, backend_count, 92, 4);
FIELD(trestle_message, version, 96, 2);
FIELD(trestle_message, suite, 98, 2);
FIELD(trestle_message, family, 100, 2);
FIELD(trestle_message, port, 102, 2);
FIELD(trestle_message, address, 104, 16);
SIZE(trestle_message, 120);

FIELD(trestle_engine_config, size, 0, 4);
FIELD(trestle_engine_config, flags, 4, 4);
FIELD(trestle_engine_config, handshake_workers, 8, 4);
FIELD(trestle_engine_config, data_workers, 12, 4);
FIELD(trestle_engine_config, connections_max, 16, 4);
FIELD(trestle_engine_config, sessions_max, 20, 4);
FIELD(trestle_engine_config, backend_directory, 24, 8);
FIELD(trestle_engine_config, default_backend, 32, 8);
SIZE(trestle_engine_config, 40);

FIELD(trestle_backend_error, size, 0, 4);
FIELD(trestle_backend_error, result, 4, 4);
FIELD(trestle_backend_error, alert, 8, 4);
FIELD(trestle_backend_error, alert_direction, 12, 4);
FIELD(trestle_backend_error, library_code, 16, 8);
FIELD(trestle_backend_error, library_text, 24, 256);
FIELD(trestle_backend_error, detail, 280, 256);
SIZE(trestle_backend_error, 536);

FIELD(trestle_ask, size, 0, 4);
FIELD(trestle_ask, kind, 4, 4);
FIELD(trestle_ask, certificates, 8, 8);
FIELD(trestle_ask, certificate_count, 16, 4);
FIELD(trestle_ask, reserved, 20, 4);
SIZE(trestle_ask, 24);

FIELD(trestle_host, size, 0, 4);
FIELD(trestle_host, abi, 4, 4);
FIELD(trestle_host, pull, 8, 8);
FIELD(trestle_host, push, 16, 8);
FIELD(trestle_host, ask, 24, 8);
SIZE(trestle_host, 32);

FIELD(trestle_backend_canary, symbol, 0, 8);
FIELD(trestle_backend_canary, address, 8, 8);
FIELD(trestle_backend_canary, object, 16, 8);
SIZE(trestle_backend_canary, 24);

FIELD(trestle_backend_identity_source, size, 0, 4);
FIELD(trestle_backend_identity_source, certificate_count, 4, 4);
FIELD(trestle_backend_identity_source, certificates, 8, 8);
FIELD(trestle_backend_identity_source, key, 16, 16);
FIELD(trestle_backend_identity_source, key_format, 32, 4);
FIELD(trestle_backend_identity_source, reserved, 36, 4);
FIELD(trestle_backend_identity_source, pkcs12, 40, 16);
FIELD(trestle_backend_identity_source, password, 56, 16);
SIZE(trestle_backend_identity_source, 72);

FIELD(trestle_backend_config, size, 0, 4);
FIELD(trestle_backend_config, role, 4, 4);
FIELD(trestle_backend_config, version_min, 8, 2);
FIELD(trestle_backend_config, version_max, 10, 2);
FIELD(trestle_backend_config, client_auth, 12, 4);
FIELD(trestle_backend_config, suites, 16, 8);
FIELD(trestle_backend_config, groups, 24, 8);
FIELD(trestle_backend_config, signature_schemes, 32, 8);
FIELD(trestle_backend_config, suite_count, 40, 4);
FIELD(trestle_backend_config, group_count, 44, 4);
FIELD(trestle_backend_config, signature_scheme_count, 48, 4);
FIELD(trestle_backend_config, dh_bits_min, 52, 4);
FIELD(trestle_backend_config, server_name, 56, 8);
FIELD(trestle_backend_config, identity, 64, 8);
FIELD(trestle_backend_config, psk, 72, 16);
FIELD(trestle_backend_config, psk_identity, 88, 16);
SIZE(trestle_backend_config, 104);

FIELD(trestle_backend_connection_info, size, 0, 4);
FIELD(trestle_backend_connection_info, version, 4, 2);
FIELD(trestle_backend_connection_info, suite, 6, 2);
FIELD(trestle_backend_connection_info, by_psk, 8, 4);
SIZE(trestle_backend_connection_info, 12);

FIELD(trestle_backend, size, 0, 4);
FIELD(trestle_backend, abi, 4, 4);
FIELD(trestle_backend, name, 8, 8);
FIELD(trestle_backend, plugin_version, 16, 8);
FIELD(trestle_backend, canaries, 24, 8);
FIELD(trestle_backend, canary_count, 32, 4);
FIELD(trestle_backend, reserved, 36, 4);
FIELD(trestle_backend, process_init, 40, 8);
FIELD(trestle_backend, library_version, 48, 8);
FIELD(trestle_backend, thread_detach, 56, 8);
FIELD(trestle_backend, capability, 64, 8);
FIELD(trestle_backend, verify_signature, 72, 8);
FIELD(trestle_backend, identity_new, 80, 8);
FIELD(trestle_backend, identity_free, 88, 8);
FIELD(trestle_backend, context_new, 96, 8);
FIELD(trestle_backend, context_free, 104, 8);
FIELD(trestle_backend, connection_new, 112, 8);
FIELD(trestle_backend, connection_free, 120, 8);
FIELD(trestle_backend, handshake, 128, 8);
FIELD(trestle_backend, encrypt, 136, 8);
FIELD(trestle_backend, decrypt, 144, 8);
FIELD(trestle_backend, close, 152, 8);
FIELD(trestle_backend, abort, 160, 8);
FIELD(trestle_backend, info, 168, 8);
SIZE(trestle_backend, 176);

FIELD(trestle_functions, size, 0, 4);
FIELD(trestle_functions, reserved, 4, 4);
FIELD(trestle_functions, library, 8, 8);
FIELD(trestle_functions, version, 16, 8);
FIELD(trestle_functions, abi, 24, 8);
FIELD(trestle_functions, version_text, 32, 8);
FIELD(trestle_functions, result_name, 40, 8);
FIELD(trestle_functions, result_category, 48, 8);
FIELD(trestle_functions, primitive_name, 56, 8);
FIELD(trestle_functions, suite_name, 64, 8);
FIELD(trestle_functions, constant, 72, 8);
FIELD(trestle_functions, engine_create, 80, 8);
FIELD(trestle_functions, engine_shutdown_req, 88, 8);
FIELD(trestle_functions, engine_destroy, 96, 8);
FIELD(trestle_functions, queue_create, 104, 8);
FIELD(trestle_functions, queue_destroy, 112, 8);
FIELD(trestle_functions, queue_get, 120, 8);
FIELD(trestle_functions, queue_fd, 128, 8);
FIELD(trestle_functions, message_release, 136, 8);
FIELD(trestle_functions, backend_query_req, 144, 8);
FIELD(trestle_functions, backend_capability_req, 152, 8);
FIELD(trestle_functions, session_create_req, 160, 8);
FIELD(trestle_functions, session_destroy_req, 168, 8);
FIELD(trestle_functions, config_cipher_req, 176, 8);
FIELD(trestle_functions, config_cert_client_req, 184, 8);
FIELD(trestle_functions, config_cert_verify_req, 192, 8);
FIELD(trestle_functions, config_compression_req, 200, 8);
FIELD(trestle_functions, config_option_req, 208, 8);
FIELD(trestle_functions, connection_create_req, 216, 8);
FIELD(trestle_functions, connection_destroy_req, 224, 8);
FIELD(trestle_functions, connection_bind_req, 232, 8);
FIELD(trestle_functions, connection_connect_req, 240, 8);
FIELD(trestle_functions, connection_disconnect_req, 248, 8);
FIELD(trestle_functions, connection_disconnect_res, 256, 8);
FIELD(trestle_functions, connection_cert_res, 264, 8);
FIELD(trestle_functions, connection_data_req, 272, 8);
FIELD(trestle_functions, connection_data_res, 280, 8);
FIELD(trestle_functions, buffer_allocate, 288, 8);
FIELD(trestle_functions, buffer_free, 296, 8);
FIELD(trestle_functions, listen_req, 304, 8);
FIELD(trestle_functions, unlisten_req, 312, 8);
FIELD(trestle_functions, accept_res, 320, 8);
SIZE(trestle_functions, 328);

/* The versions are numbers that compare as versions do, wherever an expression may stand. */
TRESTLE_FREEZE(TRESTLE_VERSION / 1000000 == TRESTLE_VERSION_MAJOR, "major version");
TRESTLE_FREEZE(TRESTLE_VERSION / 1000 % 1000 == TRESTLE_VERSION_MINOR, "minor version");
TRESTLE_FREEZE(TRESTLE_VERSION % 1000 == TRESTLE_VERSION_PATCH, "patch version");
TRESTLE_FREEZE(2 * TRESTLE_VERSION == TRESTLE_VERSION + TRESTLE_VERSION, "TRESTLE_VERSION");
TRESTLE_FREEZE(TRESTLE_ABI / 1000 == TRESTLE_ABI_MAJOR, "major number of the ABI");
TRESTLE_FREEZE(TRESTLE_ABI % 1000 == TRESTLE_ABI_MINOR, "minor number of the ABI");
TRESTLE_FREEZE(2 * TRESTLE_ABI == TRESTLE_ABI + TRESTLE_ABI, "TRESTLE_ABI");
TRESTLE_FREEZE(TRESTLE_BACKEND_ABI / 1000 == TRESTLE_BACKEND_ABI_MAJOR,
               "major number of the plugin ABI");
TRESTLE_FREEZE(TRESTLE_BACKEND_ABI % 1000 == TRESTLE_BACKEND_ABI_MINOR,
               "minor number of the plugin ABI");
TRESTLE_FREEZE(2 * TRESTLE_BACKEND_ABI == TRESTLE_BACKEND_ABI + TRESTLE_BACKEND_ABI,
               "TRESTLE_BACKEND_ABI");

/* The preprocessor can compare them, too. */
#if !(TRESTLE_VERSION >= 1000 && TRESTLE_ABI >= 1000 && TRESTLE_BACKEND_ABI >= 1000)
#error "a version does not work in #if"
#endif

#endif /* TRESTLE_ABI_TESTS_GATES_LAYOUT_H_ */
