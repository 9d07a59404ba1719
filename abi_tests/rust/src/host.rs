// SPDX-License-Identifier: Apache-2.0

//! What a scenario of requests and messages needs: requests with tags of their own, messages that are
//! waited for and checked, and counts.

use std::mem::size_of;
use std::panic::Location;
use std::ptr::{null, null_mut};
use trestle::*;

const LAST_PRIMITIVE: usize = PRIM_BACKEND_CAPABILITY_CFM as usize;
const PATIENCE_MS: i32 = 30000;

pub struct Host {
    pub api: Functions,
    pub engine: *mut Engine,
    pub tag: u64,         // of the newest request
    pub scenario: String, // said with each failure
    passed: u32,
    failed: u32,
    seen: [bool; LAST_PRIMITIVE + 1],
}

impl Host {
    pub fn new(api: Functions) -> Host {
        let (scenario, seen) = (String::new(), [false; LAST_PRIMITIVE + 1]);
        Host { api, engine: null_mut(), tag: 0, scenario, passed: 0, failed: 0, seen }
    }

    /// Counts a condition. A failure is said with its line.
    #[track_caller]
    pub fn check(&mut self, holds: bool) -> bool {
        if holds {
            self.passed += 1;
        } else {
            self.failed += 1;
            println!("FAILED: {}: {}", self.scenario, Location::caller());
        }
        holds
    }

    #[track_caller]
    pub fn give_up(&mut self, what: &str) -> ! {
        self.check(false);
        println!("{what}");
        std::process::exit(self.report())
    }

    pub fn name(&self, result: i32) -> String {
        unsafe { text(self.api.result_name(result)) }
    }

    pub fn primitive_name(&self, primitive: u32) -> String {
        unsafe { text(self.api.primitive_name(primitive)) }
    }

    /// For a request's last argument.
    pub fn new_tag(&mut self) -> u64 {
        self.tag += 1;
        self.tag
    }

    /// Takes what a request or a response returned, which must be accepted, and returns its tag.
    #[track_caller]
    pub fn ask(&mut self, primitive: u32, result: i32) -> u64 {
        self.seen[primitive as usize] = true;
        if result != RESULT_SUCCESS {
            let words = format!("{} is refused: {}", self.primitive_name(primitive), self.name(result));
            self.give_up(&words);
        }
        self.passed += 1;
        self.tag
    }

    /// Takes what a call returned that must return just that.
    #[track_caller]
    pub fn returned(&mut self, result: i32, expected: i32) {
        if !self.check(result == expected) {
            println!("came {}, expected {}", self.name(result), self.name(expected));
        }
    }

    /// The next message of a queue. It must be of this primitive, or nothing further can be said and
    /// the program ends. To be given back with done().
    #[track_caller]
    pub fn next(&mut self, queue: u64, primitive: u32) -> *const Message {
        let (mut message, mut count) = (null(), 0);
        let (api, engine) = (&self.api, self.engine);
        let result = unsafe { api.queue_get(engine, queue, &mut message, 1, PATIENCE_MS, &mut count) };
        if result != RESULT_SUCCESS {
            let words = format!("no {}: {}", self.primitive_name(primitive), self.name(result));
            self.give_up(&words);
        }
        let m = unsafe { &*message };
        self.check(count == 1);
        if m.primitive != primitive {
            let [came, expected] = [m.primitive, primitive].map(|p| self.primitive_name(p));
            let words = format!("came {came} ({}), expected {expected}", self.words(m));
            self.give_up(&words);
        }
        self.seen[primitive as usize] = true;
        self.check(m.size as usize >= size_of::<Message>());
        self.check_unnamed_fields(m);
        self.check_error(m);
        message
    }

    /// The CFM of a request, with its tag and this result.
    #[track_caller]
    pub fn confirmed(&mut self, queue: u64, primitive: u32, tag: u64, expected: i32) -> *const Message {
        let message = self.next(queue, primitive);
        let m = unsafe { &*message };
        self.check(m.tag == tag);
        if !self.check(m.result == expected) {
            println!("came {}", self.words(m));
        }
        message
    }

    fn words(&self, m: &Message) -> String {
        unsafe { self.api.check(m.result, m.error) }.err().unwrap_or_else(|| "SUCCESS".to_string())
    }

    /// A field that the header gives to other primitives alone is zero.
    #[track_caller]
    fn check_unnamed_fields(&mut self, m: &Message) {
        let name = self.primitive_name(m.primitive);
        let certificate = m.primitive == PRIM_CONNECTION_CERT_IND;
        let data = m.primitive == PRIM_CONNECTION_DATA_IND;
        let accept = m.primitive == PRIM_ACCEPT_IND;
        let connected = [PRIM_CONNECTION_CONNECT_CFM, PRIM_CONNECTION_CONNECT_IND].contains(&m.primitive);
        let of_engine = name.contains("ENGINE") || name.contains("BACKEND");
        self.check(name.ends_with("_CFM") || m.tag == 0);
        self.check(!of_engine || m.session == 0);
        self.check(name.contains("CONNECTION") || accept || m.connection == 0);
        self.check(name.contains("LISTEN") || accept || m.listener == 0);
        self.check(certificate || m.name_result == 0);
        self.check(certificate || data || (m.data.is_null() && m.length == 0));
        self.check(certificate || (m.certificates.is_null() && m.certificate_count == 0));
        let query = m.primitive == PRIM_BACKEND_QUERY_CFM;
        self.check(query || (m.backends.is_null() && m.backend_count == 0));
        self.check((connected && m.result == RESULT_SUCCESS) || (m.version, m.suite) == (0, 0));
        let address = m.primitive == PRIM_LISTEN_CFM || accept;
        self.check(address || (m.family, m.port, m.address) == (0, 0, [0; 16]));
    }

    /// A failure has an error record, complete; a success has none.
    #[track_caller]
    fn check_error(&mut self, m: &Message) {
        let error = unsafe { m.error.as_ref() };
        if m.result == RESULT_SUCCESS {
            self.check(error.is_none() || m.primitive == PRIM_CONNECTION_CERT_IND);
            return;
        }
        self.check(error.is_some());
        if let Some(e) = error {
            self.check(e.size as usize >= size_of::<Error>());
            self.check(e.code != RESULT_SUCCESS);
            self.check(e.alert <= ALERT_NONE);
            self.check((e.alert == ALERT_NONE) == (e.alert_direction == ALERT_DIRECTION_NONE));
            self.check(e.reserved == 0);
            self.check(!e.backend.is_null() && !e.library_text.is_null());
            self.check(!e.detail.is_null() && !e.subject.is_null());
        }
    }

    #[track_caller]
    pub fn done(&mut self, message: *const Message) {
        let result = unsafe { self.api.message_release(self.engine, message) };
        self.returned(result, RESULT_SUCCESS);
    }

    #[track_caller]
    pub fn done_with_connection(&mut self, message: *const Message) -> u64 {
        let connection = unsafe { (*message).connection };
        self.check(connection != 0);
        self.done(message);
        connection
    }

    /// Every primitive came by, since the start.
    #[track_caller]
    pub fn check_that_all_were_seen(&mut self) {
        for primitive in 1..=LAST_PRIMITIVE {
            if !self.check(self.seen[primitive]) {
                println!("{} was not seen", self.primitive_name(primitive as u32));
            }
        }
    }

    /// Prints the counts, and returns the program's exit code.
    pub fn report(&self) -> i32 {
        println!("{} passed, {} failed, 0 skipped", self.passed, self.failed);
        (self.failed != 0).into()
    }
}
