// SPDX-License-Identifier: Apache-2.0

//! Fetches a page over TLS by one of Trestle's backends: fetch BACKEND HOST PORT CA.pem [NAME]
//! Built on trestle.h for Rust, which is lib.rs. TRESTLE_LIBRARY says where the library is.

use std::io::{stdout, Write};
use std::{ffi::CString, fmt::Display, net::ToSocketAddrs, os::unix::io::RawFd, ptr::null};
use tokio::io::{unix::AsyncFd, Interest};
use trestle::*;

struct Client<'a> {
    engine: &'a OwnedEngine<'a>,
    queue: u64,
    fd: AsyncFd<RawFd>,
}

impl Client<'_> {
    /// Waits in tokio until the queue's descriptor says that there is a message.
    async unsafe fn next(&self) -> Outcome<Received<'_>> {
        loop {
            let mut ready = self.fd.readable().await?;
            match self.engine.take(self.queue)? {
                Some(message) => return Ok(message),
                None => ready.clear_ready(),
            }
        }
    }

    /// Waits for the answer to a request.
    async unsafe fn confirmed(&self, asked: i32) -> Outcome<Received<'_>> {
        self.engine.api.check(asked, null())?;
        let message = self.next().await?;
        self.engine.api.check(message.result, message.error)?;
        Ok(message)
    }
}

/// The result, with an error that says what it is about.
fn about<T, E: Display>(what: &str, result: Result<T, E>) -> Result<T, String> {
    result.map_err(|error| format!("{what}: {error}"))
}

async unsafe fn fetch(arguments: &[String]) -> Outcome<()> {
    let (backend, host, port, ca, name) = match arguments {
        [backend, host, port, ca] => (backend, host, port, ca, host),
        [backend, host, port, ca, name] => (backend, host, port, ca, name),
        _ => return Err("usage: fetch BACKEND HOST PORT CA.pem [NAME]".into()),
    };
    let port: u16 = about(port, port.parse())?;
    let peer = about(host, (&**host, port).to_socket_addrs())?.next().ok_or("no address")?;
    let (ip, family) = address(peer.ip());
    let (backend, ca) = (CString::new(&**backend)?, about(ca, std::fs::read(ca))?);
    let get = "GET / HTTP/1.0\r\n\r\n";
    let api = &Functions::load(std::env::var("TRESTLE_LIBRARY").ok())?;
    let owner = OwnedEngine::new(api)?;
    let (engine, backend, mut queue, mut fd) = (owner.handle, backend.as_ptr(), 0, 0);
    api.check(api.queue_create(engine, 0, &mut queue), null())?;
    api.check(api.queue_fd(engine, queue, &mut fd), null())?;
    let c = Client { engine: &owner, queue, fd: AsyncFd::with_interest(fd, Interest::READABLE)? };
    let session = c.confirmed(api.session_create_req(engine, queue, ROLE_CLIENT, backend, 0)).await?.session;
    let (bytes, length) = (ca.as_ptr(), ca.len() as u64);
    c.confirmed(api.config_cert_verify_req(engine, session, bytes, length, 0)).await?;
    let (bytes, length) = (name.as_ptr(), name.len() as u64);
    c.confirmed(api.config_option_req(engine, session, OPTION_SERVER_NAME, 0, bytes, length, 0)).await?;
    let connection = c.confirmed(api.connection_create_req(engine, session, family, 0, 0)).await?.connection;
    api.check(api.connection_connect_req(engine, connection, &ip, port, 0), null())?;
    loop {
        let m = c.next().await?;
        match m.primitive {
            PRIM_CONNECTION_CERT_IND => {
                let [verdict, name] = [m.result, m.name_result].map(|r| text(api.result_name(r)));
                eprintln!("certificate: {verdict}, name: {name}");
                let accepted = (m.result, m.name_result) == (RESULT_SUCCESS, RESULT_SUCCESS);
                api.check(api.connection_cert_res(engine, connection, accepted.into()), null())?;
            }
            _ if m.result != RESULT_SUCCESS => api.check(m.result, m.error)?,
            PRIM_CONNECTION_CONNECT_CFM => {
                eprintln!("version: {:#x}, suite: {}", m.version, text(api.suite_name(m.suite)));
                let (bytes, length) = (get.as_ptr(), get.len() as u64);
                api.check(api.connection_data_req(engine, connection, bytes, length, DATA_COPY, 0), null())?;
            }
            PRIM_CONNECTION_DATA_IND => {
                about("stdout", stdout().write_all(m.bytes()).and_then(|()| stdout().flush()))?;
                api.check(api.connection_data_res(engine, connection), null())?;
            }
            PRIM_CONNECTION_DISCONNECT_IND => return Ok(()),
            _ => {}
        }
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let tokio = tokio::runtime::Builder::new_current_thread().enable_io().build().expect("tokio's runtime");
    if let Err(error) = tokio.block_on(unsafe { fetch(&arguments) }) {
        eprintln!("{error}");
        std::process::exit(1);
    }
}
