// SPDX-License-Identifier: Apache-2.0

//! Fetches a page over TLS by one of Trestle's backends: fetch BACKEND HOST PORT CA.pem [NAME]

use std::os::unix::io::RawFd;
use std::ptr::{null, null_mut};
use std::{ffi::CString, io::Write, net::ToSocketAddrs};
use tokio::io::{unix::AsyncFd, Interest};
use trestle::*;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

struct Client<'a> {
    api: &'a Functions,
    engine: *mut Engine,
    queue: u64,
    fd: AsyncFd<RawFd>,
}

impl Client<'_> {
    /// Waits in tokio until the queue's descriptor says that there is a message.
    async unsafe fn next(&self) -> Outcome<&Message> {
        loop {
            let mut ready = self.fd.readable().await?;
            let (mut message, mut count) = (null(), 0);
            match self.api.queue_get(self.engine, self.queue, &mut message, 1, 0, &mut count) {
                RESULT_TIMEOUT => ready.clear_ready(),
                result => return Ok(self.api.check(result, null()).map(|_| &*message)?),
            }
        }
    }

    /// Waits for the answer to a request.
    async unsafe fn confirmed(&self, asked: i32) -> Outcome<Message> {
        self.api.check(asked, null())?;
        let message = self.next().await?;
        self.api.check(message.result, message.error)?;
        let copy = *message;
        self.api.message_release(self.engine, message);
        Ok(copy)
    }
}

async unsafe fn fetch(api: &Functions, arguments: &[String]) -> Outcome<()> {
    let peer = (&*arguments[1], arguments[2].parse()?).to_socket_addrs()?.next().ok_or("no address")?;
    let (ip, family) = address(peer.ip());
    let (name_of_backend, ca) = (CString::new(&*arguments[0])?, std::fs::read(&arguments[3])?);
    let backend = name_of_backend.as_ptr();
    let name = arguments.get(4).unwrap_or(&arguments[1]);
    let get = "GET / HTTP/1.0\r\n\r\n";
    let (mut engine, mut queue, mut fd) = (null_mut(), 0, 0);
    api.check(api.engine_create(null(), &mut engine), null())?;
    api.check(api.queue_create(engine, 0, &mut queue), null())?;
    api.check(api.queue_fd(engine, queue, &mut fd), null())?;
    let c = Client { api, engine, queue, fd: AsyncFd::with_interest(fd, Interest::READABLE)? };
    let session = c.confirmed(api.session_create_req(engine, queue, ROLE_CLIENT, backend, 0)).await?.session;
    let (bytes, length) = (ca.as_ptr(), ca.len() as u64);
    c.confirmed(api.config_cert_verify_req(engine, session, bytes, length, 0)).await?;
    let (bytes, length) = (name.as_ptr(), name.len() as u64);
    c.confirmed(api.config_option_req(engine, session, OPTION_SERVER_NAME, 0, bytes, length, 0)).await?;
    let connection = c.confirmed(api.connection_create_req(engine, session, family, 0, 0)).await?.connection;
    api.check(api.connection_connect_req(engine, connection, &ip, peer.port(), 0), null())?;
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
                std::io::stdout().write_all(m.bytes())?;
                api.check(api.connection_data_res(engine, connection), null())?;
            }
            PRIM_CONNECTION_DISCONNECT_IND => break,
            _ => {}
        }
        api.message_release(engine, m);
    }
    drop(c.fd);
    Ok(api.check(api.engine_destroy(engine), null())?)
}

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if !(4..=5).contains(&arguments.len()) {
        return Err("usage: fetch BACKEND HOST PORT CA.pem [NAME]".into());
    }
    let api = Functions::load(std::env::var("TRESTLE_LIBRARY").ok())?;
    let tokio = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    tokio.block_on(unsafe { fetch(&api, &arguments) })
}
