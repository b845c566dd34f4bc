//! Guests that mean harm, each put beside honest ones in a live engine, and what came of it.
//!
//! [`cases::CASES`] is the list: a new way to misbehave is one row there. The same rows run in the tests of this crate,
//! without the clock, and in `cargo xtask evil`, with it.

pub mod addition;
pub mod cases;
pub mod guests;
pub mod loads;
pub mod machine;
pub mod market;
pub mod stage;
pub mod timed;
pub mod verdict;
