//! Standard output and standard error of a guest: the newest bytes of each call, for the log and for the text of a panic.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use wasmtime::component::Resource;
use wasmtime_wasi::p2::bindings::cli::{stderr, stdout};
use wasmtime_wasi::p2::{DynOutputStream, OutputStream, Pollable, StreamResult};

use crate::state::GuestState;

/// How much one write may bring; wasmtime allocates as much for `write-zeroes`.
const WRITE_BYTES: usize = 16 << 10;

/// What was printed since the last [`Printed::take`].
#[derive(Clone, Debug)]
pub(crate) struct Printed {
    out: Tail,
    err: Tail,
}

impl Printed {
    pub(crate) fn new(cap: usize) -> Self {
        Printed { out: Tail::new(cap), err: Tail::new(cap) }
    }

    /// A copy of what stands on standard error now.
    pub(crate) fn errors(&self) -> String {
        self.err.with(|held| String::from_utf8_lossy(held).into_owned())
    }

    /// Both texts, where there is any.
    pub(crate) fn take(&self) -> Option<(String, String)> {
        let [out, err] = [&self.out, &self.err].map(Tail::take);
        (!out.is_empty() || !err.is_empty()).then_some((out, err))
    }
}

/// The newest bytes written to one stream.
#[derive(Clone, Debug)]
struct Tail {
    held: Arc<Mutex<Vec<u8>>>,
    cap: usize,
}

impl Tail {
    fn new(cap: usize) -> Self {
        Tail { held: Arc::default(), cap }
    }

    fn with<T>(&self, f: impl FnOnce(&mut Vec<u8>) -> T) -> T {
        f(&mut self.held.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn take(&self) -> String {
        self.with(|held| {
            if held.is_empty() { String::new() } else { String::from_utf8_lossy(&std::mem::take(held)).into_owned() }
        })
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for Tail {
    async fn ready(&mut self) {}
}

#[wasmtime_wasi::async_trait]
impl OutputStream for Tail {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.with(|held| {
            held.extend_from_slice(&bytes);
            let surplus = held.len().saturating_sub(self.cap);
            held.drain(..surplus);
        });
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(WRITE_BYTES)
    }
}

impl stdout::Host for GuestState {
    fn get_stdout(&mut self) -> wasmtime::Result<Resource<DynOutputStream>> {
        let stream: DynOutputStream = Box::new(self.printed.out.clone());
        Ok(self.table.push(stream)?)
    }
}

impl stderr::Host for GuestState {
    fn get_stderr(&mut self) -> wasmtime::Result<Resource<DynOutputStream>> {
        let stream: DynOutputStream = Box::new(self.printed.err.clone());
        Ok(self.table.push(stream)?)
    }
}
