//! Streaming and columnar indicators for guests and host: the same bits on wasm and native.
//!
//! The crate owns formulas and column names. It does not own bars, time or storage, and it draws nothing: a neutral
//! value for "not yet" is the reader's business, a column says NaN.
#![doc = include_str!("../README.md")]

mod bar;
mod catalogue;
mod columnar;
mod indicator;
mod reduce;
mod running;
mod sliding;
pub mod streaming;
mod window;

pub use bar::BarInput;
pub use catalogue::{CatalogueEntry, ColumnSpec, IndicatorSpec, Param, ParseColumnError, catalogue};
pub use columnar::{column, columns, over_bars, over_values};
pub use columnar::{ema, roc, rsi, sma, stdev, wma};
pub use indicator::Indicator;

/// The longest period a column may ask for: a year of hourly bars has 8 760, and nobody smooths over more than half.
pub const MAX_PERIOD: usize = 5_000;
