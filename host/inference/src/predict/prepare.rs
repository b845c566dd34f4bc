//! The window as the graph takes it, and what can be told of it before any run.

use sconce_domain::Nanos;

use super::PredictError;
use super::answer::Drift;
use crate::features::FeatureRow;
use crate::manifest::{Entry, Input};

/// Scaled features end here: what lies further out says nothing more to a model.
const FURTHEST: f64 = 10.0;

/// A checked window.
#[derive(Clone, Debug)]
pub(crate) struct Prepared {
    pub(crate) as_of: Nanos,
    pub(crate) close: f64,
    /// What the graph is given, one row of its batch.
    pub(crate) tensor: Vec<f32>,
    /// Features with a value in the window that training never saw.
    pub(crate) out_of_range: Vec<String>,
    pub(crate) drift: Vec<Drift>,
}

impl Prepared {
    pub(crate) fn of(entry: &Entry, rows: &[FeatureRow]) -> Result<Self, PredictError> {
        let begin = rows.len().checked_sub(entry.window);
        let too_few = PredictError::TooFew { found: rows.len(), needed: entry.window };
        let rows = &rows[begin.ok_or_else(|| too_few.clone())?..];
        let newest = rows.last().ok_or(too_few)?;
        check(entry, rows)?;
        if !(newest.close.is_finite() && newest.close > 0.0) {
            return Err(PredictError::NoPrice);
        }
        let scaler = &entry.feature_scaler;
        let scale = |at: usize| divisor(scaler.scale[at]);
        let scaled = |row: &FeatureRow| {
            let one = |(at, x): (usize, &f64)| ((x - scaler.center[at]) / scale(at)).clamp(-FURTHEST, FURTHEST);
            row.values.iter().enumerate().map(one).collect::<Vec<f64>>()
        };
        let scaled: Vec<Vec<f64>> = rows.iter().map(scaled).collect();
        let tensor = match entry.input {
            Input::Window => scaled.iter().flatten().map(|x| *x as f32).collect(),
            Input::Summary => summary(&scaled),
        };
        let names = entry.features.iter().enumerate();
        let outside = |at: usize| {
            let range = scaler.low[at]..=scaler.high[at];
            rows.iter().any(|row| !range.contains(&row.values[at]))
        };
        let out_of_range = names.clone().filter(|(at, _)| outside(*at)).map(|(_, name)| name.clone()).collect();
        let drift = names.map(|(at, name)| {
            let median = median(rows.iter().map(|row| row.values[at]).collect());
            Drift { feature: name.clone(), drift: (median - scaler.center[at]) / scale(at) }
        });
        Ok(Prepared { as_of: newest.ts, close: newest.close, tensor, out_of_range, drift: drift.collect() })
    }
}

/// A scale of 0 counts as 1.
pub(super) fn divisor(scale: f64) -> f64 {
    if scale == 0.0 { 1.0 } else { scale }
}

fn check(entry: &Entry, rows: &[FeatureRow]) -> Result<(), PredictError> {
    let width = entry.features.len();
    if let Some(row) = rows.iter().find(|row| row.values.len() != width) {
        return Err(PredictError::Width { found: row.values.len(), needed: width });
    }
    for (at, feature) in entry.features.iter().enumerate() {
        let absent = rows.iter().filter(|row| !row.values[at].is_finite()).count();
        if absent > 0 {
            return Err(PredictError::Absent { feature: feature.clone(), rows: absent, window: rows.len() });
        }
    }
    Ok(())
}

/// Last, mean, population standard deviation, last − first and last − fifth from the end of each feature, block after block.
fn summary(scaled: &[Vec<f64>]) -> Vec<f32> {
    let (Some(first), Some(last)) = (scaled.first(), scaled.last()) else { return Vec::new() };
    let fifth = &scaled[scaled.len().saturating_sub(5)];
    let n = scaled.len() as f64;
    let column = |at: usize| scaled.iter().map(move |row| row[at]);
    let mean = |at: usize| column(at).sum::<f64>() / n;
    let deviation = |at: usize| {
        let mean = mean(at);
        (column(at).map(|x| (x - mean) * (x - mean)).sum::<f64>() / n).sqrt()
    };
    let blocks: [&dyn Fn(usize) -> f64; 5] =
        [&|at| last[at], &mean, &deviation, &|at| last[at] - first[at], &|at| last[at] - fifth[at]];
    blocks.iter().flat_map(|block| (0..last.len()).map(move |at| block(at) as f32)).collect()
}

/// The middle value; of an even number the mean of the two in the middle.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    match values.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => values[half],
        _ => f64::midpoint(values[half - 1], values[half]),
    }
}
