//! Tables of features that somebody else computed: whether each can be read, and how far it reaches.

use super::Finding;
use crate::commands::file_market::moment;
use crate::config::Settings;
use crate::feature_tables::FeatureTables;

/// Looks at every table of the folder, where one is named.
pub(super) fn look(settings: &Settings) -> Vec<Finding> {
    let Some(folder) = &settings.feature_tables else { return Vec::new() };
    let subject = format!("feature tables {}", folder.display());
    let tables = FeatureTables::new(folder.clone());
    match tables.coins() {
        Ok(coins) if coins.is_empty() => vec![Finding::note(subject, "no table in it")],
        Ok(coins) => coins.iter().map(|coin| table(&tables, coin)).collect(),
        Err(error) => vec![Finding::wrong(subject, error, "name a folder that is there in `feature_tables`")],
    }
}

fn table(tables: &FeatureTables, coin: &str) -> Finding {
    let subject = format!("feature table of {coin}");
    let look = tables.look(coin);
    match (look.reason, look.table) {
        (Some(reason), _) => Finding::wrong(subject, reason, "write it again"),
        (None, None) => Finding::wrong(subject, "there is no such file", "put a file there, no folder"),
        (None, Some(table)) => match table.newest() {
            Some((ts, close)) => {
                Finding::fine(subject, format!("{} rows up to {}, at {close}", table.len(), moment(ts)))
            }
            None => Finding::wrong(subject, format!("{} rows without a price", table.len()), "write it again"),
        },
    }
}
