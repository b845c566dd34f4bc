//! The engine from outside, on plugins that are written in Rust: whatever the order, the split and the crash, the same.

mod double;
mod guest;
mod host;
mod market;
mod recorder;
mod seer;
mod sim;

mod asking;
mod batches;
mod beginnings;
mod checkpoints;
mod faults;
mod judging;
mod killed;
mod look_ahead;
mod odd;
mod on_demand;
mod outputs;
mod postures;
mod reconciling;
mod restart;
mod swaps;
mod verifying;
