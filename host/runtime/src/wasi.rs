//! The part of WASI 0.2 that plugins are linked with: everything that the usual tools import, granting nothing.
//!
//! No arguments, environment, files or network. The clock shows the row's time, randomness comes from the instance's
//! seed, what is printed goes to the instance's log, and nothing ever waits: a poll answers at once, so a guest cannot
//! park a worker thread in the host where neither fuel nor the brake can reach it.

pub(crate) mod clock;
pub(crate) mod io;
pub(crate) mod print;
pub(crate) mod random;
mod sockets;

use wasmtime::component::{HasSelf, Linker};
use wasmtime_wasi::WasiCtx;
use wasmtime_wasi::cli::{WasiCli, WasiCliView};
use wasmtime_wasi::filesystem::{WasiFilesystem, WasiFilesystemView};
use wasmtime_wasi::p2::bindings::{
    cli, clocks, filesystem, io as base_io, random as wasi_random, sockets as wasi_sockets, sync,
};
use wasmtime_wasi::sockets::{WasiSockets, WasiSocketsView};

use crate::state::GuestState;

/// Interfaces that are linked, without their version.
pub(crate) const LINKED: [&str; 27] = [
    "wasi:cli/environment",
    "wasi:cli/exit",
    "wasi:cli/stderr",
    "wasi:cli/stdin",
    "wasi:cli/stdout",
    "wasi:cli/terminal-input",
    "wasi:cli/terminal-output",
    "wasi:cli/terminal-stderr",
    "wasi:cli/terminal-stdin",
    "wasi:cli/terminal-stdout",
    "wasi:clocks/monotonic-clock",
    "wasi:clocks/wall-clock",
    "wasi:filesystem/preopens",
    "wasi:filesystem/types",
    "wasi:io/error",
    "wasi:io/poll",
    "wasi:io/streams",
    "wasi:random/insecure",
    "wasi:random/insecure-seed",
    "wasi:random/random",
    "wasi:sockets/instance-network",
    "wasi:sockets/ip-name-lookup",
    "wasi:sockets/network",
    "wasi:sockets/tcp",
    "wasi:sockets/tcp-create-socket",
    "wasi:sockets/udp",
    "wasi:sockets/udp-create-socket",
];

/// A context that grants nothing.
pub(crate) fn context() -> WasiCtx {
    let mut builder = WasiCtx::builder();
    builder.allow_tcp(false).allow_udp(false).allow_ip_name_lookup(false);
    builder.build()
}

/// Links all of [`LINKED`].
pub(crate) fn link(linker: &mut Linker<GuestState>) -> wasmtime::Result<()> {
    link_ours(linker)?;
    link_cli(linker)?;
    link_files_and_sockets(linker)
}

fn link_ours(linker: &mut Linker<GuestState>) -> wasmtime::Result<()> {
    type Own = HasSelf<GuestState>;
    clocks::wall_clock::add_to_linker::<_, Own>(linker, |state| state)?;
    clocks::monotonic_clock::add_to_linker::<_, Own>(linker, |state| state)?;
    wasi_random::random::add_to_linker::<_, Own>(linker, |state| state)?;
    wasi_random::insecure::add_to_linker::<_, Own>(linker, |state| state)?;
    wasi_random::insecure_seed::add_to_linker::<_, Own>(linker, |state| state)?;
    cli::stdout::add_to_linker::<_, Own>(linker, |state| state)?;
    cli::stderr::add_to_linker::<_, Own>(linker, |state| state)?;
    wasi_sockets::tcp_create_socket::add_to_linker::<_, Own>(linker, |state| state)?;
    sync::sockets::udp_create_socket::add_to_linker::<_, Own>(linker, |state| state)?;
    sync::io::poll::add_to_linker::<_, Own>(linker, |state| state)?;
    sync::io::streams::add_to_linker::<_, Own>(linker, |state| state)?;
    base_io::error::add_to_linker::<_, io::Errors>(linker, |state| &mut state.table)
}

fn link_cli(linker: &mut Linker<GuestState>) -> wasmtime::Result<()> {
    cli::exit::add_to_linker::<_, WasiCli>(linker, GuestState::cli)?;
    cli::environment::add_to_linker::<_, WasiCli>(linker, GuestState::cli)?;
    cli::stdin::add_to_linker::<_, WasiCli>(linker, GuestState::cli)?;
    cli::terminal_input::add_to_linker::<_, WasiCli>(linker, GuestState::cli)?;
    cli::terminal_output::add_to_linker::<_, WasiCli>(linker, GuestState::cli)?;
    cli::terminal_stdin::add_to_linker::<_, WasiCli>(linker, GuestState::cli)?;
    cli::terminal_stdout::add_to_linker::<_, WasiCli>(linker, GuestState::cli)?;
    cli::terminal_stderr::add_to_linker::<_, WasiCli>(linker, GuestState::cli)
}

fn link_files_and_sockets(linker: &mut Linker<GuestState>) -> wasmtime::Result<()> {
    filesystem::preopens::add_to_linker::<_, WasiFilesystem>(linker, GuestState::filesystem)?;
    sync::filesystem::types::add_to_linker::<_, WasiFilesystem>(linker, GuestState::filesystem)?;
    wasi_sockets::network::add_to_linker::<_, WasiSockets>(
        linker,
        &wasi_sockets::network::LinkOptions::default(),
        GuestState::sockets,
    )?;
    wasi_sockets::instance_network::add_to_linker::<_, WasiSockets>(linker, GuestState::sockets)?;
    wasi_sockets::ip_name_lookup::add_to_linker::<_, WasiSockets>(linker, GuestState::sockets)?;
    sync::sockets::tcp::add_to_linker::<_, WasiSockets>(linker, GuestState::sockets)?;
    sync::sockets::udp::add_to_linker::<_, WasiSockets>(linker, GuestState::sockets)
}
