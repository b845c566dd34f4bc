//! Streams and polls that never wait: each operation is tried once, and one that would have to wait is a trap.
//!
//! wasmtime-wasi's own synchronous glue blocks on an executor here; a guest could then sleep in the host for as long
//! as it likes. Every stream and poll that a plugin can reach is ready at once, so one try is enough.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use wasmtime::component::{HasData, Resource, ResourceTable};
use wasmtime_wasi::p2::bindings::io::{poll as waiting_poll, streams as waiting};
use wasmtime_wasi::p2::bindings::sync::io::{poll, streams};
use wasmtime_wasi::p2::{DynInputStream, DynOutputStream, DynPollable, StreamError, StreamResult};

use crate::state::GuestState;

/// Gives `wasi:io/error` the table of a store.
pub(crate) struct Errors;

impl HasData for Errors {
    type Data<'a> = &'a mut ResourceTable;
}

fn once<T>(future: impl Future<Output = T>) -> wasmtime::Result<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Ok(value),
        Poll::Pending => Err(wasmtime::Error::msg("a plugin may not wait")),
    }
}

fn once_stream<T>(future: impl Future<Output = StreamResult<T>>) -> StreamResult<T> {
    once(future).map_err(StreamError::Trap)?
}

impl poll::Host for GuestState {
    fn poll(&mut self, pollables: Vec<Resource<DynPollable>>) -> wasmtime::Result<Vec<u32>> {
        once(waiting_poll::Host::poll(&mut self.table, pollables))?
    }
}

impl poll::HostPollable for GuestState {
    fn ready(&mut self, pollable: Resource<DynPollable>) -> wasmtime::Result<bool> {
        once(waiting_poll::HostPollable::ready(&mut self.table, pollable))?
    }

    fn block(&mut self, pollable: Resource<DynPollable>) -> wasmtime::Result<()> {
        once(waiting_poll::HostPollable::block(&mut self.table, pollable))?
    }

    fn drop(&mut self, pollable: Resource<DynPollable>) -> wasmtime::Result<()> {
        waiting_poll::HostPollable::drop(&mut self.table, pollable)
    }
}

impl streams::Host for GuestState {
    fn convert_stream_error(&mut self, error: StreamError) -> wasmtime::Result<streams::StreamError> {
        Ok(waiting::Host::convert_stream_error(&mut self.table, error)?.into())
    }
}

impl GuestState {
    fn owe_print(&mut self, bytes: u64) {
        self.owe(0, self.prices.print_byte, bytes);
    }
}

impl streams::HostOutputStream for GuestState {
    fn drop(&mut self, stream: Resource<DynOutputStream>) -> wasmtime::Result<()> {
        once(waiting::HostOutputStream::drop(&mut self.table, stream))?
    }

    fn check_write(&mut self, stream: Resource<DynOutputStream>) -> StreamResult<u64> {
        waiting::HostOutputStream::check_write(&mut self.table, stream)
    }

    fn write(&mut self, stream: Resource<DynOutputStream>, bytes: Vec<u8>) -> StreamResult<()> {
        self.owe_print(bytes.len() as u64);
        waiting::HostOutputStream::write(&mut self.table, stream, bytes)
    }

    fn blocking_write_and_flush(&mut self, stream: Resource<DynOutputStream>, bytes: Vec<u8>) -> StreamResult<()> {
        self.owe_print(bytes.len() as u64);
        once_stream(waiting::HostOutputStream::blocking_write_and_flush(&mut self.table, stream, bytes))
    }

    fn blocking_write_zeroes_and_flush(&mut self, stream: Resource<DynOutputStream>, len: u64) -> StreamResult<()> {
        self.owe_print(len);
        once_stream(waiting::HostOutputStream::blocking_write_zeroes_and_flush(&mut self.table, stream, len))
    }

    fn subscribe(&mut self, stream: Resource<DynOutputStream>) -> wasmtime::Result<Resource<DynPollable>> {
        waiting::HostOutputStream::subscribe(&mut self.table, stream)
    }

    fn write_zeroes(&mut self, stream: Resource<DynOutputStream>, len: u64) -> StreamResult<()> {
        self.owe_print(len);
        waiting::HostOutputStream::write_zeroes(&mut self.table, stream, len)
    }

    fn flush(&mut self, stream: Resource<DynOutputStream>) -> StreamResult<()> {
        waiting::HostOutputStream::flush(&mut self.table, stream)
    }

    fn blocking_flush(&mut self, stream: Resource<DynOutputStream>) -> StreamResult<()> {
        once_stream(waiting::HostOutputStream::blocking_flush(&mut self.table, stream))
    }

    fn splice(&mut self, to: Resource<DynOutputStream>, from: Resource<DynInputStream>, len: u64) -> StreamResult<u64> {
        waiting::HostOutputStream::splice(&mut self.table, to, from, len)
    }

    fn blocking_splice(
        &mut self,
        to: Resource<DynOutputStream>,
        from: Resource<DynInputStream>,
        len: u64,
    ) -> StreamResult<u64> {
        once_stream(waiting::HostOutputStream::blocking_splice(&mut self.table, to, from, len))
    }
}

impl streams::HostInputStream for GuestState {
    fn drop(&mut self, stream: Resource<DynInputStream>) -> wasmtime::Result<()> {
        once(waiting::HostInputStream::drop(&mut self.table, stream))?
    }

    fn read(&mut self, stream: Resource<DynInputStream>, len: u64) -> StreamResult<Vec<u8>> {
        waiting::HostInputStream::read(&mut self.table, stream, len)
    }

    fn blocking_read(&mut self, stream: Resource<DynInputStream>, len: u64) -> StreamResult<Vec<u8>> {
        once_stream(waiting::HostInputStream::blocking_read(&mut self.table, stream, len))
    }

    fn skip(&mut self, stream: Resource<DynInputStream>, len: u64) -> StreamResult<u64> {
        waiting::HostInputStream::skip(&mut self.table, stream, len)
    }

    fn blocking_skip(&mut self, stream: Resource<DynInputStream>, len: u64) -> StreamResult<u64> {
        once_stream(waiting::HostInputStream::blocking_skip(&mut self.table, stream, len))
    }

    fn subscribe(&mut self, stream: Resource<DynInputStream>) -> wasmtime::Result<Resource<DynPollable>> {
        waiting::HostInputStream::subscribe(&mut self.table, stream)
    }
}
