//! Dated numbers of one instrument: the newest point of each series, and enough of the past for warm-up rows.

use std::collections::VecDeque;

use sconce_domain::{Nanos, SeriesPoint};
use serde::{Deserialize, Serialize};

use crate::columns::is_series_name;

/// The most series that one instrument may have: names come from outside.
const MOST_SERIES: usize = 256;

/// Points of one series by the time at which they were known, oldest first.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Series {
    name: String,
    newest_event: Nanos,
    points: VecDeque<(Nanos, f64)>,
}

/// All series of an instrument.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SeriesBook {
    kept: usize,
    series: Vec<Series>,
}

impl SeriesBook {
    pub(crate) fn new(kept: usize) -> Self {
        SeriesBook { kept, series: Vec::new() }
    }

    /// Position of a series, made empty where it is new; none when the name is impossible or there are too many.
    pub(crate) fn position(&mut self, name: &str) -> Option<usize> {
        if let Some(at) = self.named(name) {
            return Some(at);
        }
        if self.series.len() >= MOST_SERIES || !is_series_name(name) {
            return None;
        }
        self.series.push(Series { name: name.to_owned(), newest_event: Nanos::MIN, points: VecDeque::new() });
        Some(self.series.len() - 1)
    }

    /// Position of a series that exists.
    pub(crate) fn named(&self, name: &str) -> Option<usize> {
        self.series.iter().position(|series| series.name == name)
    }

    /// Takes a point in; false when it cannot be used. A point older than the newest one changes nothing.
    pub(crate) fn push(&mut self, ts_event: Nanos, ts_init: Nanos, point: &SeriesPoint) -> bool {
        if !point.value.is_finite() {
            return false;
        }
        let Some(at) = self.position(&point.name) else { return false };
        let kept = self.kept;
        let series = &mut self.series[at];
        if ts_event >= series.newest_event {
            series.newest_event = ts_event;
            if series.points.len() == kept {
                series.points.pop_front();
            }
            series.points.push_back((ts_init, point.value));
        }
        true
    }

    pub(crate) fn newest(&self, at: usize) -> f64 {
        self.series.get(at).and_then(|series| series.points.back()).map_or(f64::NAN, |(_, value)| *value)
    }

    /// The newest point of a series by its name, with its event time.
    pub(crate) fn newest_point(&self, name: &str) -> Option<(Nanos, f64)> {
        let series = self.series.get(self.named(name)?)?;
        series.points.back().map(|(_, value)| (series.newest_event, *value))
    }

    /// The newest point that was known at `ts`.
    pub(crate) fn at(&self, at: usize, ts: Nanos) -> f64 {
        let Some(series) = self.series.get(at) else { return f64::NAN };
        let known = series.points.partition_point(|(ts_init, _)| *ts_init <= ts);
        known.checked_sub(1).and_then(|newest| series.points.get(newest)).map_or(f64::NAN, |(_, value)| *value)
    }
}
