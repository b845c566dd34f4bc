//! The runtime against real components: well-behaved, hostile and cheating ones.

mod brake;
mod cheats;
mod frozen;
mod guests;
mod hostile_calls;
mod hostile_loads;
mod indicators;
mod later;
mod limits;
mod native;
mod ports;
mod repeatable;
mod support;
