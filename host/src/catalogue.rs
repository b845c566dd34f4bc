//! The column catalogue as served.

use sconce_domain::ports::service::ColumnInfo;

/// Every column that rows can hold, by name.
pub(crate) fn columns() -> Vec<ColumnInfo> {
    let entries = sconce_engine::catalogue().into_iter().map(|entry| {
        let (name, timeframe) =
            entry.pattern.split_once('@').map_or((entry.pattern.as_str(), false), |(name, _)| (name, true));
        // Definitions end with their unit in parentheses.
        let unit = entry.definition.rsplit_once('(').and_then(|(_, rest)| rest.strip_suffix(')')).unwrap_or_default();
        ColumnInfo {
            name: name.to_owned(),
            description: entry.definition.clone(),
            unit: unit.to_owned(),
            timeframed: timeframe,
            look_back: None,
        }
    });
    let mut columns: Vec<ColumnInfo> = entries.collect();
    columns.sort_by(|left, right| left.name.cmp(&right.name));
    columns
}
