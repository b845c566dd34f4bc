//! Every column pattern with its definition, unit and look-back, for listings.

use sconce_indicators::{CatalogueEntry, ColumnSpec};

use super::forecast::FORECAST_PREFIX;
use super::level::{FLOWS, LEVELS};
use super::spec::{OWN_UNITS, SERIES, SERIES_PREFIX};

/// One column pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnEntry {
    /// The name with its parameters in angle brackets, such as `sma_<n>@<timeframe>`.
    pub pattern: String,
    /// A complete usable name.
    pub example: String,
    /// One sentence.
    pub definition: String,
    /// Unit of the values.
    pub unit: &'static str,
    /// Bars that determine a value, the newest included; absent where that depends on parameters, or all bars do.
    pub look_back: Option<usize>,
}

/// Every column pattern: indicators over bars first, then the instrument's own, then order flow, series and models.
#[must_use]
pub fn catalogue() -> Vec<ColumnEntry> {
    let bars = sconce_indicators::catalogue().iter().map(|entry| ColumnEntry {
        pattern: format!("{}@<timeframe>", entry.pattern()),
        example: format!("{}@1h", entry.example),
        definition: entry.definition.to_owned(),
        unit: entry.unit,
        look_back: look_back(entry),
    });
    let levels = LEVELS.iter().map(|(_, name, definition, unit)| of_no_bars(name, name, definition, unit));
    let flows = FLOWS.iter().map(|(_, stem, definition, unit)| ColumnEntry {
        look_back: None,
        ..of_no_bars(&format!("{stem}_<n>m"), &format!("{stem}_5m"), definition, unit)
    });
    let series = SERIES.iter().map(|(name, definition, unit)| of_no_bars(name, name, definition, unit));
    let any = of_no_bars(
        &format!("{SERIES_PREFIX}<name>"),
        &format!("{SERIES_PREFIX}active_addresses"),
        "Newest point of any other series",
        OWN_UNITS,
    );
    let forecast = of_no_bars(
        &format!("{FORECAST_PREFIX}<model>/h<n>"),
        &format!("{FORECAST_PREFIX}lstm/h7"),
        "ln(expected close / close) n bars ahead, of the newest answer that a model gave before the row; absent where it gave \
         none, or none for two of its bars",
        "ratio",
    );
    bars.chain(levels).chain(flows).chain(series).chain([any, forecast]).collect()
}

fn look_back(entry: &CatalogueEntry) -> Option<usize> {
    let fixed = entry.params.is_empty().then(|| ColumnSpec::parse(entry.example).ok()).flatten()?;
    fixed.memory()
}

fn of_no_bars(pattern: &str, example: &str, definition: &str, unit: &'static str) -> ColumnEntry {
    ColumnEntry {
        pattern: pattern.to_owned(),
        example: example.to_owned(),
        definition: definition.to_owned(),
        unit,
        look_back: Some(0),
    }
}
