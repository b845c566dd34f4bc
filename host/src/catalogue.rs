//! The column catalogue as served.

use sconce_domain::ports::service::ColumnInfo;
use sconce_market::ColumnEntry;

/// Every column that rows can hold, by name.
pub(crate) fn columns() -> Vec<ColumnInfo> {
    let mut columns: Vec<ColumnInfo> = sconce_engine::catalogue().into_iter().map(column).collect();
    columns.sort_by(|left, right| left.name.cmp(&right.name));
    columns
}

fn column(entry: ColumnEntry) -> ColumnInfo {
    let (name, timeframed) =
        entry.pattern.split_once('@').map_or((entry.pattern.as_str(), false), |(name, _)| (name, true));
    ColumnInfo {
        name: name.to_owned(),
        description: entry.definition,
        unit: entry.unit.to_owned(),
        timeframed,
        look_back: entry.look_back.and_then(|bars| u32::try_from(bars).ok()),
    }
}
