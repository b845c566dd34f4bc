//! The runtime against real components: well-behaved, hostile and cheating ones.

#![expect(clippy::print_stdout, reason = "tests say aloud that they are skipped")]

mod brake;
mod cheats;
mod guests;
mod hostile_calls;
mod hostile_loads;
mod indicators;
mod native;
mod ports;
mod repeatable;
mod support;
