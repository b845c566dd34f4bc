//! The runtime against real components: well-behaved, hostile and cheating ones.

#![expect(clippy::print_stdout, reason = "tests say aloud that they are skipped")]

mod guests;
mod smoke;
mod support;
