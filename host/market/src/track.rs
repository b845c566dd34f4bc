//! One indicator over one stream of bars, with the past values of those outputs that columns show.

use std::collections::VecDeque;

use sconce_domain::{Bar, BarSource, Timeframe};
use sconce_indicators::{BarInput, ColumnSpec, Indicator};
use serde::{Deserialize, Serialize};

use crate::columns::BarColumn;

/// Past values of one output, one per bar that was fed, oldest first.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Lane {
    output: u8,
    values: VecDeque<f64>,
}

/// An indicator that is computed once, whoever reads it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Track {
    /// Any of the columns that it serves; its indicator is the identity of the track.
    column: BarColumn,
    indicator: Indicator,
    lanes: Vec<Lane>,
}

impl Track {
    /// A track that has seen `bars` and shows no output yet.
    pub(crate) fn warmed<'a>(spec: ColumnSpec, timeframe: Timeframe, bars: impl Iterator<Item = &'a Bar>) -> Self {
        let mut indicator = spec.indicator().build(timeframe.seconds());
        bars.for_each(|bar| indicator.update(&input(bar)));
        Track { column: BarColumn(spec), indicator, lanes: Vec::new() }
    }

    pub(crate) fn serves(&self, spec: ColumnSpec) -> bool {
        self.column.0.indicator() == spec.indicator()
    }

    pub(crate) fn has_lane(&self, output: u8) -> bool {
        self.lanes.iter().any(|lane| lane.output == output)
    }

    /// Shows one more output; its past is computed aside, so the running state stays as it is.
    pub(crate) fn add_lane<'a>(&mut self, output: u8, timeframe: Timeframe, bars: impl Iterator<Item = &'a Bar>) {
        let mut aside = self.column.0.indicator().build(timeframe.seconds());
        let past = bars.map(|bar| {
            aside.update(&input(bar));
            aside.value(output)
        });
        self.lanes.push(Lane { output, values: past.collect() });
    }

    /// Forgets outputs that nobody reads.
    pub(crate) fn keep_lanes(&mut self, wanted: impl Fn(u8) -> bool) {
        self.lanes.retain(|lane| wanted(lane.output));
    }

    pub(crate) fn update(&mut self, bar: &BarInput) {
        self.indicator.update(bar);
        for lane in &mut self.lanes {
            lane.values.push_back(self.indicator.value(lane.output));
        }
    }

    pub(crate) fn forget_oldest(&mut self) {
        for lane in &mut self.lanes {
            lane.values.pop_front();
        }
    }

    /// The newest value of an output.
    pub(crate) fn value(&self, output: u8) -> f64 {
        self.indicator.value(output)
    }

    /// The value of an output after the `at`-th of the bars still kept.
    pub(crate) fn past(&self, output: u8, at: usize) -> f64 {
        let lane = self.lanes.iter().find(|lane| lane.output == output);
        lane.and_then(|lane| lane.values.get(at)).copied().unwrap_or(f64::NAN)
    }
}

/// A bar as indicators take it; counts that the source does not give are absent.
pub(crate) fn input(bar: &Bar) -> BarInput {
    let counted = bar.trades > 0 || bar.source != BarSource::History;
    BarInput {
        ts_open: bar.ts_open.0,
        open: bar.open,
        high: bar.high,
        low: bar.low,
        close: bar.close,
        volume: bar.volume,
        turnover: bar.turnover,
        trades: if counted { bar.trades as f64 } else { f64::NAN },
        buy_volume: bar.buy_volume,
        sell_volume: bar.sell_volume,
    }
}
