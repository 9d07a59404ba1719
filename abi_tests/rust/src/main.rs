// SPDX-License-Identifier: Apache-2.0

//! A program that loads Trestle at run time and goes through every primitive of trestle.h, as client
//! and as server, and through every other function.
//!
//!     primitives CONSTANTS CERTIFICATES BACKEND...
//!
//! CONSTANTS lists the constants of trestle.h with their values, CERTIFICATES is a folder made by
//! make_chain.sh, and TRESTLE_LIBRARY names the library. C and Go have the same scenario.

mod host;

use host::Host;
use std::ffi::CString;
use std::mem::size_of;
use std::ptr::{null, null_mut};
use std::slice::from_raw_parts;
use trestle::*;

const LOOPBACK: [u8; 16] = [127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
const ABSENT: u64 = u64::MAX;

/// A request that must be accepted: engine and tag are given by themselves. Returns the tag.
macro_rules! ask {
    ($host:ident, $primitive:ident, $function:ident($($argument:expr),*)) => {{
        let tag = $host.new_tag();
        let result = $host.api.$function($host.engine, $($argument,)* tag);
        $host.ask($primitive, result)
    }};
}

/// A response that must be accepted.
macro_rules! answer {
    ($host:ident, $primitive:ident, $function:ident($($argument:expr),*)) => {{
        let result = $host.api.$function($host.engine, $($argument),*);
        $host.ask($primitive, result);
    }};
}

/// A call that must return this; the engine is given by itself.
macro_rules! returns {
    ($host:ident, $expected:ident, $function:ident($($argument:expr),*)) => {{
        let result = $host.api.$function($host.engine, $($argument),*);
        $host.returned(result, $expected);
    }};
}

/// The certificates of a server, and whom to trust.
struct Material {
    chain: Vec<u8>,
    leaf_key: Vec<u8>,
    root: Vec<u8>,
}

/// What is in use of one engine. Client and server have a queue each, so that the order of messages is
/// known.
struct Parties {
    backend: CString,
    client_queue: u64,
    server_queue: u64,
    client: u64, // sessions
    server: u64,
    listener: u64,
    port: u16,
    version: u16,
    suite: u16,
}

unsafe fn check_names(h: &mut Host) {
    let mut value = 0;
    h.scenario = "names".to_string();
    h.check(h.api.version() >= 1000);
    h.check(h.api.abi() == ABI_MAJOR * 1000 + ABI_MINOR);
    h.check(text(h.api.version_text()) == "0.1.0");
    h.check(text(h.api.result_name(RESULT_BAD_HANDLE)) == "BAD_HANDLE");
    h.check(text(h.api.result_name(99999)) == "UNKNOWN");
    h.check(h.api.result_category(RESULT_FAILURE) == CATEGORY_OTHER);
    h.check(h.api.result_category(RESULT_CERT_REJECTED) == CATEGORY_CERTIFICATE);
    h.check(h.api.result_category(799) == CATEGORY_BACKEND); // newer than this program
    h.check(h.api.result_category(-1) == CATEGORY_OTHER);
    h.check(text(h.api.primitive_name(PRIM_ACCEPT_RES)) == "ACCEPT_RES");
    h.check(text(h.api.primitive_name(0)) == "UNKNOWN");
    h.check(text(h.api.suite_name(TLS_AES_128_GCM_SHA256)) == "TLS_AES_128_GCM_SHA256");
    h.check(text(h.api.suite_name(0xFFFF)) == "UNKNOWN");
    let unknown = CString::new("TRESTLE_NO_SUCH_CONSTANT").unwrap();
    let known = CString::new("TRESTLE_PSK").unwrap();
    h.returned(h.api.constant(unknown.as_ptr(), &mut value), RESULT_UNKNOWN_NAME);
    h.returned(h.api.constant(null(), &mut value), RESULT_NULL_ARGUMENT);
    h.returned(h.api.constant(known.as_ptr(), null_mut()), RESULT_NULL_ARGUMENT);
}

/// Every constant by its name.
unsafe fn check_constants(h: &mut Host, list: &str) {
    h.scenario = "constants".to_string();
    for line in list.lines() {
        let (name, expected) = line.split_once(' ').unwrap();
        let (c_name, mut value) = (CString::new(name).unwrap(), 0);
        let result = h.api.constant(c_name.as_ptr(), &mut value);
        if !h.check(result == RESULT_SUCCESS && value == expected.parse::<i64>().unwrap()) {
            println!("{line}: {value}");
        }
    }
}

unsafe fn create_engine(h: &mut Host, backend: &CString) {
    let mut none = null_mut();
    let mut config = EngineConfig {
        size: 4,
        flags: 0,
        handshake_workers: 2,
        data_workers: 2,
        connections_max: 100,
        sessions_max: 10,
        backend_directory: null(),
        default_backend: backend.as_ptr(),
    };
    h.returned(h.api.engine_create(&config, &mut none), RESULT_BAD_STRUCT_SIZE);
    config.size = size_of::<EngineConfig>() as u32;
    config.flags = 1;
    h.returned(h.api.engine_create(&config, &mut none), RESULT_UNKNOWN_FLAG);
    config.flags = 0;
    config.data_workers = WORKERS_MAX as u32 + 1;
    h.returned(h.api.engine_create(&config, &mut none), RESULT_BAD_ARGUMENT);
    config.data_workers = 2;
    h.returned(h.api.engine_create(&config, null_mut()), RESULT_NULL_ARGUMENT);
    h.check(none.is_null());
    let mut engine = null_mut();
    h.returned(h.api.engine_create(&config, &mut engine), RESULT_SUCCESS);
    h.check(!engine.is_null());
    h.engine = engine;
}

/// Whether the queue's descriptor says that there is a message.
unsafe fn readable(h: &mut Host, queue: u64) -> bool {
    let mut ready = libc::pollfd { fd: -1, events: libc::POLLIN, revents: 0 };
    returns!(h, RESULT_SUCCESS, queue_fd(queue, &mut ready.fd));
    libc::poll(&mut ready, 1, 0) == 1
}

unsafe fn create_queues(h: &mut Host, p: &mut Parties) {
    let (mut message, mut count) = (null(), 7);
    h.returned(h.api.queue_create(null_mut(), 0, &mut p.client_queue), RESULT_NULL_ARGUMENT);
    returns!(h, RESULT_SUCCESS, queue_create(0, &mut p.client_queue));
    returns!(h, RESULT_SUCCESS, queue_create(1000, &mut p.server_queue));
    h.check(p.client_queue != 0 && p.client_queue != p.server_queue);
    let ready = readable(h, p.client_queue);
    h.check(!ready);
    returns!(h, RESULT_TIMEOUT, queue_get(p.client_queue, &mut message, 1, 0, &mut count));
    returns!(h, RESULT_BAD_ARGUMENT, queue_get(p.client_queue, &mut message, 0, 0, &mut count));
    returns!(h, RESULT_BAD_HANDLE, queue_get(ABSENT, &mut message, 1, 0, &mut count));
    h.check(message.is_null() && count == 7);
}

unsafe fn query_backends(h: &mut Host, p: &Parties) {
    let (queue, name) = (p.client_queue, p.backend.to_str().unwrap());
    let tag = ask!(h, PRIM_BACKEND_QUERY_REQ, backend_query_req(queue, p.backend.as_ptr()));
    let m = h.confirmed(queue, PRIM_BACKEND_QUERY_CFM, tag, RESULT_SUCCESS);
    let ready = readable(h, queue);
    h.check(!ready);
    if h.check((*m).backend_count == 1) {
        let info = &*(*m).backends;
        h.check(info.size as usize >= size_of::<BackendInfo>());
        h.check(info.result == RESULT_SUCCESS);
        h.check(text(info.name) == name);
        h.check(text(info.path).contains(name));
        h.check(!text(info.plugin_version).is_empty() && !text(info.library_version).is_empty());
        h.check(text(info.detail).is_empty());
    }
    h.done(m);
    let tag = ask!(h, PRIM_BACKEND_QUERY_REQ, backend_query_req(queue, null()));
    let m = h.confirmed(queue, PRIM_BACKEND_QUERY_CFM, tag, RESULT_SUCCESS);
    h.check((*m).backend_count >= 1);
    h.done(m);
    let absent = CString::new("absent").unwrap();
    let tag = ask!(h, PRIM_BACKEND_QUERY_REQ, backend_query_req(queue, absent.as_ptr()));
    let m = h.confirmed(queue, PRIM_BACKEND_QUERY_CFM, tag, RESULT_BACKEND_NOT_FOUND);
    h.check(text((*(*m).error).detail).contains("absent.so"));
    h.done(m);
}

unsafe fn ask_capabilities(h: &mut Host, p: &Parties) {
    let (queue, backend) = (p.client_queue, p.backend.as_ptr());
    let (version, suite) = (CAPABILITY_VERSION, CAPABILITY_SUITE);
    let request = PRIM_BACKEND_CAPABILITY_REQ;
    let tag = ask!(h, request, backend_capability_req(queue, null(), version, p.version.into()));
    let m = h.confirmed(queue, PRIM_BACKEND_CAPABILITY_CFM, tag, RESULT_SUCCESS);
    h.done(m);
    let tag = ask!(h, request, backend_capability_req(queue, backend, suite, 0xFFFF));
    let m = h.confirmed(queue, PRIM_BACKEND_CAPABILITY_CFM, tag, RESULT_NOT_SUPPORTED);
    h.done(m);
    returns!(h, RESULT_BAD_ARGUMENT, backend_capability_req(queue, null(), 9999, 0, 0));
}

unsafe fn create_session(h: &mut Host, queue: u64, role: u32, backend: Option<&CString>) -> u64 {
    let name = backend.map_or(null(), |b| b.as_ptr());
    let tag = ask!(h, PRIM_SESSION_CREATE_REQ, session_create_req(queue, role, name));
    let m = h.confirmed(queue, PRIM_SESSION_CREATE_CFM, tag, RESULT_SUCCESS);
    let session = (*m).session;
    h.check(session != 0);
    h.done(m);
    session
}

unsafe fn create_sessions(h: &mut Host, p: &mut Parties) {
    returns!(h, RESULT_BAD_ARGUMENT, session_create_req(p.client_queue, 9, null(), 0));
    returns!(h, RESULT_BAD_HANDLE, session_create_req(ABSENT, ROLE_CLIENT, null(), 0));
    p.client = create_session(h, p.client_queue, ROLE_CLIENT, None);
    p.server = create_session(h, p.server_queue, ROLE_SERVER, Some(&p.backend));
    h.check(p.client != p.server);
}

unsafe fn set_option(h: &mut Host, queue: u64, session: u64, option: u32, number: i64, bytes: &[u8]) {
    let (data, length) = (if bytes.is_empty() { null() } else { bytes.as_ptr() }, bytes.len() as u64);
    let tag = ask!(h, PRIM_CONFIG_OPTION_REQ, config_option_req(session, option, number, data, length));
    let m = h.confirmed(queue, PRIM_CONFIG_OPTION_CFM, tag, RESULT_SUCCESS);
    h.check((*m).session == session);
    h.done(m);
}

/// One version and one suite on both sides, so that the outcome is known.
unsafe fn configure_both(h: &mut Host, p: &Parties) {
    let suite = &p.suite;
    for (queue, session) in [(p.client_queue, p.client), (p.server_queue, p.server)] {
        set_option(h, queue, session, OPTION_VERSION_MIN, p.version.into(), &[]);
        set_option(h, queue, session, OPTION_VERSION_MAX, p.version.into(), &[]);
        let tag = ask!(h, PRIM_CONFIG_CIPHER_REQ, config_cipher_req(session, suite, 1, 0, 0));
        let m = h.confirmed(queue, PRIM_CONFIG_CIPHER_CFM, tag, RESULT_SUCCESS);
        h.done(m);
        let tag = ask!(h, PRIM_CONFIG_COMPRESSION_REQ, config_compression_req(session, 0));
        let m = h.confirmed(queue, PRIM_CONFIG_COMPRESSION_CFM, tag, RESULT_SUCCESS);
        h.done(m);
    }
    let tag = ask!(h, PRIM_CONFIG_COMPRESSION_REQ, config_compression_req(p.client, 1));
    let m = h.confirmed(p.client_queue, PRIM_CONFIG_COMPRESSION_CFM, tag, RESULT_NOT_SUPPORTED);
    h.done(m);
    returns!(h, RESULT_BAD_ARGUMENT, config_cipher_req(p.client, suite, 0, 0, 0, 0));
    returns!(h, RESULT_BAD_ARGUMENT, config_cipher_req(p.client, suite, 1, 3072, 2048, 0));
    returns!(h, RESULT_UNKNOWN_OPTION, config_option_req(p.client, 9999, 0, null(), 0, 0));
}

unsafe fn configure_client(h: &mut Host, p: &Parties, root: &[u8]) {
    let garbage = b"no certificate";
    for (bytes, expected) in [(&garbage[..], RESULT_BAD_CERTIFICATE), (root, RESULT_SUCCESS)] {
        let (data, length) = (bytes.as_ptr(), bytes.len() as u64);
        let tag = ask!(h, PRIM_CONFIG_CERT_VERIFY_REQ, config_cert_verify_req(p.client, data, length));
        let m = h.confirmed(p.client_queue, PRIM_CONFIG_CERT_VERIFY_CFM, tag, expected);
        h.done(m);
    }
    set_option(h, p.client_queue, p.client, OPTION_SERVER_NAME, 0, b"localhost");
}

unsafe fn configure_server(h: &mut Host, p: &Parties, material: &Material) {
    let chain = (material.chain.as_ptr(), material.chain.len() as u64);
    let key = (material.leaf_key.as_ptr(), material.leaf_key.len() as u64);
    let too_long = CERTIFICATE_LENGTH_MAX + 1;
    returns!(h, RESULT_BAD_ARGUMENT, config_cert_client_req(p.server, 9, chain.0, chain.1, null(), 0, 0));
    returns!(
        h,
        RESULT_TOO_LARGE,
        config_cert_client_req(p.server, CERTIFICATE, chain.0, too_long, null(), 0, 0)
    );
    for (kind, (data, length)) in [(CERTIFICATE, chain), (PRIVATE_KEY, key)] {
        let request = PRIM_CONFIG_CERT_CLIENT_REQ;
        let tag = ask!(h, request, config_cert_client_req(p.server, kind, data, length, null(), 0));
        let m = h.confirmed(p.server_queue, PRIM_CONFIG_CERT_CLIENT_CFM, tag, RESULT_SUCCESS);
        h.done(m);
    }
}

unsafe fn listen_on_loopback(h: &mut Host, p: &mut Parties) {
    returns!(h, RESULT_BAD_ARGUMENT, listen_req(p.server, 5, &LOOPBACK, 0, 0));
    let tag = ask!(h, PRIM_LISTEN_REQ, listen_req(p.client, FAMILY_IP4, &LOOPBACK, 0));
    let m = h.confirmed(p.client_queue, PRIM_LISTEN_CFM, tag, RESULT_WRONG_STATE);
    h.done(m);
    let tag = ask!(h, PRIM_LISTEN_REQ, listen_req(p.server, FAMILY_IP4, &LOOPBACK, 0));
    let message = h.confirmed(p.server_queue, PRIM_LISTEN_CFM, tag, RESULT_SUCCESS);
    let m = &*message;
    p.listener = m.listener;
    p.port = m.port;
    h.check(m.session == p.server && m.listener != 0);
    h.check(u32::from(m.family) == FAMILY_IP4 && m.port != 0);
    h.check(m.address == LOOPBACK);
    h.done(message);
}

unsafe fn create_connection(h: &mut Host, p: &Parties) -> u64 {
    let tag = ask!(h, PRIM_CONNECTION_CREATE_REQ, connection_create_req(p.client, FAMILY_IP4, 0));
    let m = h.confirmed(p.client_queue, PRIM_CONNECTION_CREATE_CFM, tag, RESULT_SUCCESS);
    h.done_with_connection(m)
}

unsafe fn bind_connection(h: &mut Host, p: &Parties, connection: u64) {
    let tag = ask!(h, PRIM_CONNECTION_BIND_REQ, connection_bind_req(connection, &LOOPBACK, 0));
    let m = h.confirmed(p.client_queue, PRIM_CONNECTION_BIND_CFM, tag, RESULT_SUCCESS);
    h.check((*m).connection == connection);
    h.done(m);
}

unsafe fn destroy_connection(h: &mut Host, queue: u64, connection: u64) {
    let tag = ask!(h, PRIM_CONNECTION_DESTROY_REQ, connection_destroy_req(connection));
    let m = h.confirmed(queue, PRIM_CONNECTION_DESTROY_CFM, tag, RESULT_SUCCESS);
    h.done(m);
    returns!(h, RESULT_BAD_HANDLE, connection_disconnect_req(connection, 0));
}

/// What a second answer meets: nothing to answer, or no connection any more, since a worker may have
/// ended it in the meantime.
fn is_answered(result: i32) -> bool {
    [RESULT_NOTHING_TO_ANSWER, RESULT_BAD_HANDLE].contains(&result)
}

/// Connects, up to the server's answer. Returns the server's side, and the tag of the request.
unsafe fn connect(h: &mut Host, p: &Parties, connection: u64, accepted: u8) -> (u64, u64) {
    let request = PRIM_CONNECTION_CONNECT_REQ;
    let connecting = ask!(h, request, connection_connect_req(connection, &LOOPBACK, p.port));
    let message = h.next(p.server_queue, PRIM_ACCEPT_IND);
    let m = &*message;
    h.check(m.listener == p.listener && u32::from(m.family) == FAMILY_IP4 && m.port != 0);
    h.check(m.address == LOOPBACK);
    let served = h.done_with_connection(message);
    returns!(h, RESULT_BAD_ARGUMENT, accept_res(served, 2, 0));
    answer!(h, PRIM_ACCEPT_RES, accept_res(served, accepted, 0));
    h.check(is_answered(h.api.accept_res(h.engine, served, accepted, 0)));
    (served, connecting)
}

/// The question whether to trust the server, and the answer.
unsafe fn decide(h: &mut Host, p: &Parties, connection: u64, accepted: u8) {
    let message = h.next(p.client_queue, PRIM_CONNECTION_CERT_IND);
    let m = &*message;
    h.check(m.connection == connection);
    h.check((m.result, m.name_result) == (RESULT_SUCCESS, RESULT_SUCCESS));
    h.check(m.bytes().starts_with(b"-----BEGIN CERTIFICATE-----"));
    h.check(m.certificate_count == 2);
    for certificate in from_raw_parts(m.certificates, m.certificate_count as usize) {
        h.check(certificate.length > 100 && *certificate.data == 0x30);
    }
    h.done(message);
    returns!(h, RESULT_BAD_ARGUMENT, connection_cert_res(connection, 2));
    answer!(h, PRIM_CONNECTION_CERT_RES, connection_cert_res(connection, accepted));
    returns!(h, RESULT_NOTHING_TO_ANSWER, connection_cert_res(connection, accepted));
}

unsafe fn check_established(h: &mut Host, p: &Parties, message: *const Message, connection: u64) {
    let m = &*message;
    h.check(m.connection == connection);
    h.check((m.version, m.suite) == (p.version, p.suite));
    h.done(message);
}

/// Returns the server's side of a connection that is established.
unsafe fn establish(h: &mut Host, p: &Parties, connection: u64) -> u64 {
    let (served, connecting) = connect(h, p, connection, 1);
    decide(h, p, connection, 1);
    let m = h.confirmed(p.client_queue, PRIM_CONNECTION_CONNECT_CFM, connecting, RESULT_SUCCESS);
    check_established(h, p, m, connection);
    let m = h.next(p.server_queue, PRIM_CONNECTION_CONNECT_IND);
    check_established(h, p, m, served);
    served
}

unsafe fn configure_too_late(h: &mut Host, p: &Parties) {
    let (client, option) = (p.client, OPTION_SEND_WINDOW);
    let tag = ask!(h, PRIM_CONFIG_OPTION_REQ, config_option_req(client, option, 2, null(), 0));
    let m = h.confirmed(p.client_queue, PRIM_CONFIG_OPTION_CFM, tag, RESULT_WRONG_STATE);
    h.done(m);
}

/// Takes what the other side sent, which may come in pieces.
unsafe fn receive(h: &mut Host, queue: u64, connection: u64, expected: &[u8]) {
    let mut received = 0;
    while received < expected.len() {
        let message = h.next(queue, PRIM_CONNECTION_DATA_IND);
        let m = &*message;
        h.check(m.connection == connection && m.length > 0);
        if !h.check(m.length as usize <= expected.len() - received) {
            break;
        }
        let end = received + m.length as usize;
        h.check(m.bytes() == &expected[received..end]);
        received = end;
        h.done(message);
        answer!(h, PRIM_CONNECTION_DATA_RES, connection_data_res(connection));
    }
    returns!(h, RESULT_NOTHING_TO_ANSWER, connection_data_res(connection));
}

/// A connection, and the queue of its messages.
type Side = (u64, u64);

/// Sends from one side to the other.
unsafe fn transfer(h: &mut Host, from: Side, to: Side, data: *const u8, expected: &[u8], flags: u32) {
    let length = expected.len() as u64;
    let sending = ask!(h, PRIM_CONNECTION_DATA_REQ, connection_data_req(from.0, data, length, flags));
    receive(h, to.1, to.0, expected);
    let m = h.confirmed(from.1, PRIM_CONNECTION_DATA_CFM, sending, RESULT_SUCCESS);
    h.check((*m).connection == from.0);
    h.done(m);
}

unsafe fn exchange_data(h: &mut Host, p: &Parties, client: Side, server: Side) {
    let bytes: Vec<u8> = (0..100000).map(|i| (i * 7 + i / 256) as u8).collect();
    let (data, mut buffer) = (bytes.as_ptr(), null_mut());
    transfer(h, client, server, data, &bytes[..11], DATA_COPY);
    transfer(h, server, client, data, &bytes, DATA_BORROW);
    returns!(h, RESULT_SUCCESS, buffer_allocate(5000, &mut buffer));
    std::ptr::copy_nonoverlapping(data, buffer, 5000);
    transfer(h, client, server, buffer, &bytes[..5000], DATA_HANDOVER);
    returns!(h, RESULT_SUCCESS, buffer_allocate(1, &mut buffer));
    returns!(h, RESULT_SUCCESS, buffer_free(buffer));
    returns!(h, RESULT_BAD_ARGUMENT, buffer_allocate(0, &mut buffer));
    returns!(h, RESULT_TOO_LARGE, buffer_allocate(DATA_LENGTH_MAX + 1, &mut buffer));
    returns!(h, RESULT_UNKNOWN_FLAG, connection_data_req(client.0, data, 1, 8, 0));
    returns!(h, RESULT_NULL_ARGUMENT, connection_data_req(client.0, null(), 1, 0, 0));
    returns!(h, RESULT_BAD_HANDLE, connection_data_req(0, data, 1, 0, 0));
    returns!(h, RESULT_BAD_HANDLE, connection_data_req(p.client, data, 1, 0, 0));
}

/// One side disconnects; the other is told, and answers, which ends its connection.
unsafe fn disconnect(h: &mut Host, from: Side, peer: Side) {
    returns!(h, RESULT_NOTHING_TO_ANSWER, connection_disconnect_res(from.0));
    let leaving = ask!(h, PRIM_CONNECTION_DISCONNECT_REQ, connection_disconnect_req(from.0));
    let m = h.next(peer.1, PRIM_CONNECTION_DISCONNECT_IND);
    h.check(((*m).connection, (*m).result) == (peer.0, RESULT_SUCCESS));
    h.done(m);
    answer!(h, PRIM_CONNECTION_DISCONNECT_RES, connection_disconnect_res(peer.0));
    h.check(is_answered(h.api.connection_disconnect_res(h.engine, peer.0)));
    let m = h.confirmed(from.1, PRIM_CONNECTION_DISCONNECT_CFM, leaving, RESULT_SUCCESS);
    h.done(m);
}

unsafe fn check_alert(h: &mut Host, p: &Parties, message: *const Message, direction: u32) {
    let error = &*(*message).error;
    h.check(error.alert == ALERT_BAD_CERTIFICATE);
    h.check(error.alert_direction == direction);
    h.check(text(error.backend) == p.backend.to_str().unwrap());
    h.done(message);
}

/// The program does not trust the server: bad_certificate goes over the wire, and the connection is of
/// no use on either side.
unsafe fn reject_certificate(h: &mut Host, p: &Parties, connection: u64) {
    let (served, connecting) = connect(h, p, connection, 1);
    decide(h, p, connection, 0);
    let cfm = PRIM_CONNECTION_CONNECT_CFM;
    let m = h.confirmed(p.client_queue, cfm, connecting, RESULT_CERT_REJECTED);
    check_alert(h, p, m, ALERT_DIRECTION_SENT);
    let m = h.next(p.server_queue, PRIM_CONNECTION_CONNECT_IND);
    h.check(((*m).connection, (*m).result) == (served, RESULT_ALERT_RECEIVED));
    check_alert(h, p, m, ALERT_DIRECTION_RECEIVED);
    let request = PRIM_CONNECTION_CONNECT_REQ;
    let tag = ask!(h, request, connection_connect_req(connection, &LOOPBACK, p.port));
    let m = h.confirmed(p.client_queue, cfm, tag, RESULT_INVALIDATED);
    h.done(m);
    destroy_connection(h, p.server_queue, served);
}

/// The server does not want the connection.
unsafe fn reject_connection(h: &mut Host, p: &Parties) {
    let connection = create_connection(h, p);
    let (_, connecting) = connect(h, p, connection, 0);
    let m = h.next(p.client_queue, PRIM_CONNECTION_CONNECT_CFM);
    h.check(((*m).tag, (*m).connection) == (connecting, connection));
    h.check(h.api.result_category((*m).result) == CATEGORY_TRANSPORT);
    h.done(m);
    destroy_connection(h, p.client_queue, connection);
}

unsafe fn live_on_connections(h: &mut Host, p: &Parties) {
    let connection = create_connection(h, p);
    bind_connection(h, p, connection);
    let served = establish(h, p, connection);
    let (client, server) = ((connection, p.client_queue), (served, p.server_queue));
    configure_too_late(h, p);
    exchange_data(h, p, client, server);
    disconnect(h, client, server);
    reject_certificate(h, p, connection);
    destroy_connection(h, p.client_queue, connection);
    reject_connection(h, p);

    let second = create_connection(h, p);
    let served = establish(h, p, second);
    disconnect(h, (served, p.server_queue), (second, p.client_queue));
    destroy_connection(h, p.server_queue, served);
}

unsafe fn end_sessions(h: &mut Host, p: &Parties) {
    let tag = ask!(h, PRIM_UNLISTEN_REQ, unlisten_req(p.listener));
    let m = h.confirmed(p.server_queue, PRIM_UNLISTEN_CFM, tag, RESULT_SUCCESS);
    h.check((*m).listener == p.listener);
    h.done(m);
    returns!(h, RESULT_BAD_HANDLE, unlisten_req(p.listener, 0));
    returns!(h, RESULT_BUSY, queue_destroy(p.client_queue));
    let tag = ask!(h, PRIM_SESSION_DESTROY_REQ, session_destroy_req(p.client));
    let m = h.confirmed(p.client_queue, PRIM_SESSION_DESTROY_CFM, tag, RESULT_SUCCESS);
    h.check((*m).session == p.client);
    h.done(m);
    returns!(h, RESULT_BAD_HANDLE, session_destroy_req(p.client, 0));
    returns!(h, RESULT_SUCCESS, queue_destroy(p.client_queue));
    returns!(h, RESULT_BAD_HANDLE, queue_destroy(p.client_queue));
}

unsafe fn end_engine(h: &mut Host, p: &Parties) {
    let (queue, mut message, mut count) = (p.server_queue, null(), 0);
    let tag = ask!(h, PRIM_ENGINE_SHUTDOWN_REQ, engine_shutdown_req(queue));
    let m = h.confirmed(queue, PRIM_ENGINE_SHUTDOWN_CFM, tag, RESULT_SUCCESS);
    h.done(m);
    returns!(h, RESULT_SHUT_DOWN, engine_shutdown_req(queue, 0));
    returns!(h, RESULT_SHUT_DOWN, session_create_req(queue, ROLE_CLIENT, null(), 0));
    returns!(h, RESULT_SHUT_DOWN, queue_get(queue, &mut message, 1, WAIT_FOREVER, &mut count));
    returns!(h, RESULT_SUCCESS, engine_destroy());
    h.returned(h.api.engine_destroy(null_mut()), RESULT_NULL_ARGUMENT);
}

/// The whole life of an engine, with sessions of one version.
unsafe fn live(h: &mut Host, material: &Material, backend: &str, version: u16, suite: u16) {
    h.scenario = format!("{backend}, TLS 1.{}", version - 0x0301);
    let mut parties = Parties {
        backend: CString::new(backend).unwrap(),
        client_queue: 0,
        server_queue: 0,
        client: 0,
        server: 0,
        listener: 0,
        port: 0,
        version,
        suite,
    };
    let p = &mut parties;
    create_engine(h, &p.backend);
    create_queues(h, p);
    query_backends(h, p);
    ask_capabilities(h, p);
    create_sessions(h, p);
    configure_both(h, p);
    configure_client(h, p, &material.root);
    configure_server(h, p, material);
    listen_on_loopback(h, p);
    live_on_connections(h, p);
    end_sessions(h, p);
    end_engine(h, p);
    h.check_that_all_were_seen();
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.len() < 3 {
        return Err("usage: primitives CONSTANTS CERTIFICATES BACKEND...".into());
    }
    let file = |name| std::fs::read(format!("{}/{name}", arguments[1]));
    let (chain, leaf_key, root) = (file("chain.pem")?, file("leaf.key")?, file("root.pem")?);
    let material = Material { chain, leaf_key, root };
    let constants = std::fs::read_to_string(&arguments[0])?;
    let mut host = Host::new(Functions::load(std::env::var("TRESTLE_LIBRARY").ok())?);
    // SAFETY: every pointer of the scenario is what trestle.h says of it.
    unsafe {
        check_names(&mut host);
        check_constants(&mut host, &constants);
        let modern = (VERSION_TLS13, TLS_AES_256_GCM_SHA384);
        let classic = (VERSION_TLS12, TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256);
        for backend in &arguments[2..] {
            for (version, suite) in [modern, classic] {
                live(&mut host, &material, backend, version, suite);
            }
        }
    }
    std::process::exit(host.report())
}
