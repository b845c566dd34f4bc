//! Column names of the fold: which exist, what they mean, and why a name is refused. It computes nothing.

mod catalogue;
mod error;
mod forecast;
mod level;
mod nearest;
mod spec;

pub use catalogue::{ColumnEntry, catalogue};
pub use error::ColumnError;
pub use forecast::ForecastColumn;

use sconce_domain::{ColumnName, Timeframe};

pub(crate) use level::{FlowColumn, FlowKind, Level};
pub(crate) use spec::{BarColumn, Source, is_series_name};

/// The most columns that one instrument may have: a row of them is 16 KiB.
pub(crate) const MOST_COLUMNS: usize = 2_048;

/// The full, canonical name of a column as a deployment names it: without `@`, an indicator is of `primary`.
///
/// # Errors
/// When no such column exists.
pub fn qualify(column: &str, primary: Timeframe) -> Result<ColumnName, ColumnError> {
    let as_named = Source::parse(&ColumnName(column.to_owned()));
    let source = match as_named {
        Err(ColumnError::NeedsTimeframe { .. }) => Source::parse(&ColumnName(format!("{column}@{primary}")))?,
        other => other?,
    };
    Ok(ColumnName(source.to_string()))
}

/// A text from outside, short enough for an error message.
fn capped(text: &str) -> String {
    text.chars().take(80).collect()
}
