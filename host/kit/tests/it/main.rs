//! The kit on a guest that misbehaves as its configuration says. Without the target `wasm32-wasip2` there is no guest, and
//! each test says that it is skipped.

mod guest;
mod market;
mod replayed;
