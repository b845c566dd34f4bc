//! The column names the host and its strategies speak, with what each one means.

mod entry;
mod error;
mod momentum;
mod nearest;
mod parse;
mod prices;
mod spec;
mod trend;
mod volatility;
mod volume;

use std::sync::LazyLock;

pub use entry::{CatalogueEntry, Param};
pub use error::ParseColumnError;
pub use spec::{ColumnSpec, IndicatorSpec};

pub(crate) use spec::Kind;

static ALL: LazyLock<Vec<CatalogueEntry>> = LazyLock::new(|| {
    [prices::ENTRIES, trend::ENTRIES, momentum::ENTRIES, volatility::ENTRIES, volume::ENTRIES].concat()
});

/// Every column pattern, grouped by what it describes.
#[must_use]
pub fn catalogue() -> &'static [CatalogueEntry] {
    &ALL
}
