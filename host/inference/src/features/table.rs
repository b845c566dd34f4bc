//! Feature rows out of the columns of several coins, aligned by the close of their bars.

use std::collections::BTreeMap;

use sconce_domain::{Nanos, Timeframe};

use super::plan::{Feature, FeaturePlan};

/// Rows of one coin's columns by the close of their bar, in the order in which the plan names the columns.
pub type ColumnRows = BTreeMap<Nanos, Vec<f64>>;

/// What a model sees of one bar.
#[derive(Clone, Debug, PartialEq)]
pub struct FeatureRow {
    /// Close of the bar.
    pub ts: Nanos,
    /// Its closing price; NaN where it is absent.
    pub close: f64,
    /// Features in order; NaN is absent.
    pub values: Vec<f64>,
}

/// Feature rows, oldest first.
pub type FeatureTable = Vec<FeatureRow>;

/// The close of the bar at which a market made a row: `grace` nanoseconds before it, or the last close before that.
#[must_use]
pub fn close_of_row(timeframe: Timeframe, grace: i64, ts: Nanos) -> Nanos {
    timeframe.bucket(ts - grace - 1) + timeframe.nanos()
}

impl FeaturePlan {
    /// The features at every close of the instrument. A coin without a bar of that close leaves its features absent.
    #[must_use]
    pub fn table(&self, own: &ColumnRows, others: &BTreeMap<String, ColumnRows>) -> FeatureTable {
        let row = |(ts, columns): (&Nanos, &Vec<f64>)| FeatureRow {
            ts: *ts,
            close: at(Some(columns), 0),
            values: self.features.iter().map(|feature| value(feature, *ts, columns, others)).collect(),
        };
        own.iter().map(row).collect()
    }
}

fn value(feature: &Feature, ts: Nanos, own: &Vec<f64>, others: &BTreeMap<String, ColumnRows>) -> f64 {
    match feature {
        Feature::Own(place) => at(Some(own), *place),
        Feature::Of(base, place) => at(others.get(base).and_then(|rows| rows.get(&ts)), *place),
        Feature::Calendar(calendar) => calendar.at(ts),
    }
}

fn at(columns: Option<&Vec<f64>>, place: usize) -> f64 {
    columns.and_then(|columns| columns.get(place)).copied().unwrap_or(f64::NAN)
}
