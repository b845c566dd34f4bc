//! Every column pattern with its definition, for listings.

use super::level::{FLOWS, LEVELS};
use super::spec::{SERIES, SERIES_PREFIX};

/// One column pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnEntry {
    /// The name with its parameters in angle brackets, such as `sma_<n>@<timeframe>`.
    pub pattern: String,
    /// A complete usable name.
    pub example: String,
    /// One sentence, with the unit where it has one.
    pub definition: String,
}

/// Every column pattern: indicators over bars first, then the instrument's own, then order flow and series.
#[must_use]
pub fn catalogue() -> Vec<ColumnEntry> {
    let bars = sconce_indicators::catalogue().iter().map(|entry| ColumnEntry {
        pattern: format!("{}@<timeframe>", entry.pattern()),
        example: format!("{}@1h", entry.example),
        definition: format!("{} ({})", entry.definition, entry.unit),
    });
    let levels = LEVELS.iter().map(|(_, name, definition)| entry(name, name, definition));
    let flows =
        FLOWS.iter().map(|(_, stem, definition)| entry(&format!("{stem}_<n>m"), &format!("{stem}_5m"), definition));
    let series = SERIES.iter().map(|(name, definition)| entry(name, name, definition));
    let any = entry(
        &format!("{SERIES_PREFIX}<name>"),
        &format!("{SERIES_PREFIX}active_addresses"),
        "Newest point of any other series",
    );
    bars.chain(levels).chain(flows).chain(series).chain([any]).collect()
}

fn entry(pattern: &str, example: &str, definition: &str) -> ColumnEntry {
    ColumnEntry { pattern: pattern.to_owned(), example: example.to_owned(), definition: definition.to_owned() }
}
