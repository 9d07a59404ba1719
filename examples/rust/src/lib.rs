// SPDX-License-Identifier: Apache-2.0

//! trestle.h for Rust: the same functions, structs and numbers. The header tells what each does.

#[allow(non_upper_case_globals)]
mod constants;

pub use constants::*;
use libloading::Library;
use std::ffi::CStr;
use std::mem::ManuallyDrop;
use std::net::IpAddr;
use std::ops::Deref;
use std::os::raw::c_char;
use std::ptr::{null, null_mut};

/// What can fail for more than one reason.
pub type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

macro_rules! functions {
    ($($name:ident($($argument:ident: $kind:ty),*) -> $result:ty;)*) => {
        /// The functions of trestle.h, found at run time.
        pub struct Functions {
            $($name: unsafe extern "C" fn($($kind),*) -> $result,)*
        }

        impl Functions {
            unsafe fn find(library: Library) -> Result<Self, libloading::Error> {
                // Never unloaded: dlopen.h tells why.
                let library = ManuallyDrop::new(library);
                $(let $name = *library.get(concat!("trestle_", stringify!($name), "\0").as_bytes())?;)*
                Ok(Functions { $($name,)* })
            }

            $(
                /// # Safety
                /// Pointers are what trestle.h says of this function.
                #[allow(clippy::too_many_arguments)]
                pub unsafe fn $name(&self, $($argument: $kind),*) -> $result {
                    (self.$name)($($argument),*)
                }
            )*
        }
    };
}

type Text = *const c_char;
type Bytes = *const u8;
type Handle = *mut Engine;

functions! {
    version() -> u32;
    abi() -> u32;
    version_text() -> Text;
    result_name(result: i32) -> Text;
    result_category(result: i32) -> i32;
    primitive_name(primitive: u32) -> Text;
    suite_name(suite: u16) -> Text;
    constant(name: Text, value: *mut i64) -> i32;

    engine_create(config: *const EngineConfig, engine: *mut Handle) -> i32;
    engine_shutdown_req(engine: Handle, queue: u64, tag: u64) -> i32;
    engine_destroy(engine: Handle) -> i32;

    queue_create(engine: Handle, capacity: u32, queue: *mut u64) -> i32;
    queue_destroy(engine: Handle, queue: u64) -> i32;
    queue_get(engine: Handle, queue: u64, messages: *mut *const Message, capacity: u32,
              timeout_ms: i32, count: *mut u32) -> i32;
    queue_fd(engine: Handle, queue: u64, fd: *mut i32) -> i32;
    message_release(engine: Handle, message: *const Message) -> i32;

    backend_query_req(engine: Handle, queue: u64, name: Text, tag: u64) -> i32;
    backend_capability_req(engine: Handle, queue: u64, name: Text, capability: u32, argument: u32,
                           tag: u64) -> i32;

    session_create_req(engine: Handle, queue: u64, role: u32, backend: Text, tag: u64) -> i32;
    session_destroy_req(engine: Handle, session: u64, tag: u64) -> i32;
    config_cipher_req(engine: Handle, session: u64, suites: *const u16, suite_count: u32,
                      keybits_min: u16, keybits_max: u16, tag: u64) -> i32;
    config_cert_client_req(engine: Handle, session: u64, certificate_type: u8, certificate: Bytes,
                           certificate_length: u64, password: Bytes, password_length: u64,
                           tag: u64) -> i32;
    config_cert_verify_req(engine: Handle, session: u64, ca: Bytes, ca_length: u64, tag: u64) -> i32;
    config_compression_req(engine: Handle, session: u64, compression: u8, tag: u64) -> i32;
    config_option_req(engine: Handle, session: u64, option: u32, number: i64, bytes: Bytes,
                      length: u64, tag: u64) -> i32;

    connection_create_req(engine: Handle, session: u64, family: u32, queue: u64, tag: u64) -> i32;
    connection_destroy_req(engine: Handle, connection: u64, tag: u64) -> i32;
    connection_bind_req(engine: Handle, connection: u64, ip_address: *const [u8; 16], port: u16,
                        tag: u64) -> i32;
    connection_connect_req(engine: Handle, connection: u64, ip_address: *const [u8; 16], port: u16,
                           tag: u64) -> i32;
    connection_disconnect_req(engine: Handle, connection: u64, tag: u64) -> i32;
    connection_disconnect_res(engine: Handle, connection: u64) -> i32;
    connection_cert_res(engine: Handle, connection: u64, accepted: u8) -> i32;
    connection_data_req(engine: Handle, connection: u64, data: Bytes, length: u64, flags: u32,
                        tag: u64) -> i32;
    connection_data_res(engine: Handle, connection: u64) -> i32;
    buffer_allocate(engine: Handle, length: u64, buffer: *mut *mut u8) -> i32;
    buffer_free(engine: Handle, buffer: *mut u8) -> i32;

    listen_req(engine: Handle, session: u64, family: u32, ip_address: *const [u8; 16], port: u16,
               tag: u64) -> i32;
    unlisten_req(engine: Handle, listener: u64, tag: u64) -> i32;
    accept_res(engine: Handle, connection: u64, accepted: u8, queue: u64) -> i32;
}

impl Functions {
    /// Opens the library (`None`: the installed one), checks that it is of this ABI or a later one
    /// that includes it, and finds every function.
    pub fn load(path: Option<String>) -> Outcome<Self> {
        let path = path.unwrap_or_else(|| "libtrestle.so.1".to_string());
        // SAFETY: the library's initialisers are libtrestle's, and the signatures are its header's.
        let functions = unsafe { Self::find(Library::new(&path)?)? };
        let abi = unsafe { functions.abi() };
        if abi / 1000 != ABI_MAJOR || abi < ABI_MAJOR * 1000 + ABI_MINOR {
            return Err(format!("{path} has ABI {abi}, and {ABI_MAJOR}.{ABI_MINOR} is needed").into());
        }
        Ok(functions)
    }

    /// A result as Rust has it, with the words of the library and of the backend, and the alert.
    ///
    /// # Safety
    /// The error is NULL or a message's that is not released yet.
    pub unsafe fn check(&self, result: i32, error: *const Error) -> Result<(), String> {
        if result == RESULT_SUCCESS {
            return Ok(());
        }
        let name = text(self.result_name(result));
        Err(match error.as_ref() {
            None => name,
            Some(error) => {
                let words = format!("{name}: {} {}", text(error.detail), text(error.library_text));
                match error.alert_direction {
                    ALERT_DIRECTION_NONE => words,
                    _ => format!("{words} (alert {})", error.alert),
                }
            }
        })
    }
}

/// trestle_engine
#[repr(C)]
pub struct Engine {
    _private: [u8; 0],
}

/// trestle_engine_config
#[repr(C)]
pub struct EngineConfig {
    pub size: u32,
    pub flags: u32,
    pub handshake_workers: u32,
    pub data_workers: u32,
    pub connections_max: u32,
    pub sessions_max: u32,
    pub backend_directory: Text,
    pub default_backend: Text,
}

/// trestle_bytes
#[repr(C)]
pub struct Slice {
    pub data: Bytes,
    pub length: u64,
}

/// trestle_error
#[repr(C)]
pub struct Error {
    pub size: u32,
    pub code: i32,
    pub alert: u32,
    pub alert_direction: u32,
    pub library_code: i64,
    pub certificate_index: i32,
    pub reserved: u32,
    pub backend: Text,
    pub library_text: Text,
    pub detail: Text,
    pub subject: Text,
}

/// trestle_backend_info
#[repr(C)]
pub struct BackendInfo {
    pub size: u32,
    pub result: i32,
    pub name: Text,
    pub path: Text,
    pub plugin_version: Text,
    pub library_version: Text,
    pub detail: Text,
}

/// trestle_message: lent, and read only where it is, since a later library's may be longer.
#[repr(C)]
pub struct Message {
    pub size: u32,
    pub primitive: u32,
    pub result: i32,
    pub name_result: i32,
    pub tag: u64,
    pub session: u64,
    pub connection: u64,
    pub listener: u64,
    pub data: Bytes,
    pub length: u64,
    pub certificates: *const Slice,
    pub backends: *const BackendInfo,
    pub error: *const Error,
    pub certificate_count: u32,
    pub backend_count: u32,
    pub version: u16,
    pub suite: u16,
    pub family: u16,
    pub port: u16,
    pub address: [u8; 16],
}

impl Message {
    /// # Safety
    /// The message is not released while the bytes are in use.
    pub unsafe fn bytes(&self) -> &[u8] {
        std::slice::from_raw_parts(self.data, self.length as usize)
    }
}

/// An engine that is destroyed when this goes out of scope.
pub struct OwnedEngine<'a> {
    pub api: &'a Functions,
    pub handle: Handle,
}

impl<'a> OwnedEngine<'a> {
    pub fn new(api: &'a Functions) -> Result<Self, String> {
        let mut handle = null_mut();
        // SAFETY: NULL stands for the defaults.
        unsafe { api.check(api.engine_create(null(), &mut handle), null())? };
        Ok(OwnedEngine { api, handle })
    }

    /// The next message of a queue, without waiting for one.
    pub fn take(&self, queue: u64) -> Result<Option<Received<'_>>, String> {
        let (mut message, mut count) = (null(), 0);
        // SAFETY: there is room for one message, and for the count.
        match unsafe { self.api.queue_get(self.handle, queue, &mut message, 1, 0, &mut count) } {
            RESULT_TIMEOUT => Ok(None),
            // SAFETY: there is no error to read.
            result => {
                unsafe { self.api.check(result, null()) }.map(|()| Some(Received { engine: self, message }))
            }
        }
    }
}

impl Drop for OwnedEngine<'_> {
    fn drop(&mut self) {
        // SAFETY: its messages, which borrow it, are gone.
        unsafe { self.api.engine_destroy(self.handle) };
    }
}

/// A message from a queue, given back when this goes out of scope.
pub struct Received<'a> {
    engine: &'a OwnedEngine<'a>,
    message: *const Message,
}

impl Deref for Received<'_> {
    type Target = Message;
    fn deref(&self) -> &Message {
        // SAFETY: it isn't released before drop().
        unsafe { &*self.message }
    }
}

impl Drop for Received<'_> {
    fn drop(&mut self) {
        // SAFETY: nobody else releases it.
        unsafe { self.engine.api.message_release(self.engine.handle, self.message) };
    }
}

/// A copy of a NUL-terminated text; of NULL, an empty one.
///
/// # Safety
/// The text is valid.
pub unsafe fn text(c: Text) -> String {
    if c.is_null() {
        return String::new();
    }
    CStr::from_ptr(c).to_string_lossy().into_owned()
}

/// An address in the form in which requests take it, and its family.
pub fn address(ip: IpAddr) -> ([u8; 16], u32) {
    match ip {
        IpAddr::V4(v4) => {
            let mut bytes = [0; 16];
            bytes[..4].copy_from_slice(&v4.octets());
            (bytes, FAMILY_IP4)
        }
        IpAddr::V6(v6) => (v6.octets(), FAMILY_IP6),
    }
}
