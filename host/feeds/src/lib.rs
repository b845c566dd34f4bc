//! Market data in: one folder per provider, each of them a [`sconce_domain::ports::Feed`].
//!
//! A feed reads its source, puts it in order and pushes it; it judges nothing and stores nothing. Pacing happens here,
//! outside the input log, so that the log of a replay is the same at any speed. Live providers share their plumbing in
//! [`live`].

mod binance;
mod coinbase;
mod coincap;
mod coingecko;
pub mod demo;
pub mod live;
pub mod replay;
pub mod telemetry;

mod merge;
mod pace;
#[cfg(test)]
mod testing;

pub use demo::{DemoError, DemoFeed, DemoOptions};
pub use live::{LiveError, LiveFeed, LiveOptions};
pub use replay::{ReplayError, ReplayFeed, ReplayFile, ReplayOptions, ReplayProgress, Speed};
