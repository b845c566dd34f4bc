//! What a model is fed: feature names, their meaning, and rows of them from the host's own columns. Pure: who computes the
//! columns, and from which bars, is the caller's business. Training tables and live windows come out of the same
//! [`FeaturePlan::table`].
//!
//! A name is a column of the instrument at the model's timeframe (`rsi_14`), the same of another coin of the venue at the
//! bar with the same close (`BTC:log_return_1`), or a number of the calendar (`cal:month_sin`).

mod calendar;
mod error;
mod plan;
mod table;

pub use error::FeatureError;
pub use plan::{FeaturePlan, MOST_FEATURES};
pub use table::{ColumnRows, FeatureRow, FeatureTable, close_of_row};

#[cfg(test)]
mod tests;
