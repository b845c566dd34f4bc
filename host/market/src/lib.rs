//! The market fold: trades, quotes, series, imported bars and answers of models in; bars, feature columns and rows out.
//!
//! It is pure: no clock, no I/O, no threads. Time is what the events say, so the same events give the same bars and
//! rows to the last bit, however they are split into batches and however often a tick comes in between. It leaves to
//! others where events come from, which deployments exist, and what is done with a row.
//!
//! - A bucket that ends at T is closed at T + grace, before any event of that moment. All timeframes that end at T close
//!   together, shortest first, then one row is made. A trade is late when its minute is final; until then it is merged.
//! - Before the first trade of an instrument its bars are imported. Buckets of longer timeframes are then closed by the
//!   imported bars themselves and not by time, so bars that come later than the grace lose nothing; their row stands at
//!   their `ts_init` and is delivered when that moment is over, since several bars may come in it.
//! - A timer looks back to its own last time: it makes a row when anything came in since then.
//! - Open and close of a bar are those of its first and last trade by (event time, trade id), whatever the arrival.

mod answers;
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
mod tile;
mod timers;
mod track;

pub use answers::{AnswerBook, Standing};
pub use columns::{ColumnEntry, ColumnError, ForecastColumn, catalogue, qualify};
pub use counters::Counters;
pub use market::Market;
pub use policy::{BarPolicy, FirstPartial};
pub use sink::{Discard, MarketSink};
pub use tile::Tile;
