//! The market fold: trades, quotes, series and imported bars in; bars, feature columns and rows out.
//!
//! It is pure: no clock, no I/O, no threads. Time is what the events say, so the same events give the same bars and
//! rows to the last bit, however they are split into batches and however often a tick comes in between. It leaves to
//! others where events come from, which deployments exist, and what is done with a row.

mod cell;
mod columns;
mod counters;
mod coverage;
mod flow;
mod frame;
mod market;
mod policy;
mod ring;
mod series;
mod sink;
mod stream;
mod tape;
mod timers;
mod track;

pub use columns::{ColumnEntry, ColumnError, catalogue, qualify};
pub use counters::Counters;
pub use market::Market;
pub use policy::{BarPolicy, FirstPartial, GapPolicy, LatePolicy};
pub use sink::{Discard, MarketSink};
