//! Rows: the values of an instrument's columns at a moment, and those of past closes for warm-up.

use std::collections::VecDeque;

use sconce_domain::time::SECOND;
use sconce_domain::{Nanos, RowBlock, TimeframeSet, Trigger};
use serde::{Deserialize, Serialize};

use super::Stream;
use crate::columns::{FlowColumn, FlowKind, Level, Source};
use crate::flow::STEP;
use crate::policy::BarPolicy;

/// Where a column's number is found, so that making a row looks no name up.
#[derive(Copy, Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Slot {
    /// Output of a track of a frame.
    Bars { frame: usize, track: usize, output: u8 },
    /// A level.
    Level(Level),
    /// An order-flow window.
    Flow(FlowColumn),
    /// A series.
    Series(usize),
    /// What a model said; the position of its column.
    Forecast(usize),
}

/// The instrument's own columns at past closes, for those columns that are set.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Past {
    kept: usize,
    sources: Vec<Source>,
    moments: VecDeque<(Nanos, Vec<f64>)>,
}

impl Past {
    pub(super) fn new(kept: usize) -> Self {
        Past { kept, sources: Vec::new(), moments: VecDeque::new() }
    }

    /// Remembers exactly these columns from now on; the past of a new one is absent.
    fn set(&mut self, sources: Vec<Source>) {
        if sources == self.sources {
            return;
        }
        let before: Vec<Option<usize>> =
            sources.iter().map(|source| self.sources.iter().position(|known| known == source)).collect();
        for (_, values) in &mut self.moments {
            let moved = before.iter().map(|at| at.and_then(|at| values.get(at)).copied().unwrap_or(f64::NAN));
            *values = moved.collect();
        }
        self.sources = sources;
    }

    fn push(&mut self, ts: Nanos, values: Vec<f64>) {
        if self.moments.len() == self.kept {
            self.moments.pop_front();
        }
        self.moments.push_back((ts, values));
    }

    fn at(&self, ts: Nanos, source: &Source) -> f64 {
        let found = self.moments.binary_search_by_key(&ts, |(moment, _)| *moment).ok();
        let column = self.sources.iter().position(|known| known == source);
        let value = found.zip(column).and_then(|(row, column)| self.moments.get(row)?.1.get(column).copied());
        value.unwrap_or(f64::NAN)
    }
}

impl Stream {
    /// Gives rows exactly these columns, in this order.
    pub(crate) fn set_columns(&mut self, sources: Vec<Source>) {
        for frame in &mut self.frames {
            let mine = |source: &Source| match source {
                Source::Bars(timeframe, column) if *timeframe == frame.timeframe => Some(column.0),
                _ => None,
            };
            let wanted: Vec<_> = sources.iter().filter_map(mine).collect();
            frame.set_columns(&wanted);
        }
        let longest = sources.iter().map(|source| match source {
            Source::Flow(flow) => i64::from(flow.minutes) * 60 * SECOND,
            _ => 0,
        });
        self.flow.keep_at_least(longest.max().unwrap_or(0));
        self.slots = sources.iter().enumerate().map(|(at, source)| self.slot(at, source)).collect();
        let own = sources.iter().filter(|source| matches!(source, Source::Level(_) | Source::Flow(_)));
        self.past.set(own.cloned().collect());
        self.columns = sources;
    }

    fn slot(&mut self, at: usize, source: &Source) -> Slot {
        match source {
            Source::Bars(timeframe, column) => {
                let frame = timeframe.index();
                let track = self.frames[frame].position(column.0).unwrap_or(usize::MAX);
                Slot::Bars { frame, track, output: column.0.output() }
            }
            Source::Level(level) => Slot::Level(*level),
            Source::Flow(flow) => Slot::Flow(*flow),
            Source::Series(name) => Slot::Series(self.series.position(name).unwrap_or(usize::MAX)),
            Source::Forecast(_) => Slot::Forecast(at),
        }
    }

    pub(crate) fn values_into(&self, policy: &BarPolicy, ts: Nanos, out: &mut Vec<f64>) {
        out.clear();
        out.extend(self.slots.iter().map(|slot| match slot {
            Slot::Bars { frame, track, output } => {
                self.frames[*frame].track(*track).map_or(f64::NAN, |track| track.value(*output))
            }
            Slot::Level(level) => self.level(*level, ts),
            Slot::Flow(flow) => self.flow_sum(policy, *flow, ts),
            Slot::Series(at) => self.series.newest(*at),
            Slot::Forecast(at) => match self.columns.get(*at) {
                Some(Source::Forecast(column)) => self.answers.value(column, ts),
                _ => f64::NAN,
            },
        }));
    }

    fn level(&self, level: Level, ts: Nanos) -> f64 {
        let quote = |read: fn(&sconce_domain::Quote) -> f64| self.quote.as_ref().map_or(f64::NAN, |(_, q)| read(q));
        let newest = self.tape.newest();
        match level {
            Level::Bid => quote(|q| q.bid),
            Level::Ask => quote(|q| q.ask),
            Level::BidSize => quote(|q| q.bid_size),
            Level::AskSize => quote(|q| q.ask_size),
            Level::Mid => quote(|q| (q.bid + q.ask) / 2.0),
            Level::SpreadBps => quote(|q| 10_000.0 * (q.ask - q.bid) / ((q.bid + q.ask) / 2.0)),
            Level::LastPrice => self.last_price().map_or(f64::NAN, |(_, price)| price),
            Level::LastSize => newest.map_or(f64::NAN, |(_, trade)| trade.size),
            Level::Age => self.last_price().map_or(f64::NAN, |(at, _)| (ts - at) as f64 / SECOND as f64),
        }
    }

    /// A sum or the lowest price over the window that ends with the newest final internal bar; absent where the stream began inside it.
    fn flow_sum(&self, policy: &BarPolicy, flow: FlowColumn, ts: Nanos) -> f64 {
        let to = (ts - policy.grace).floor_to(STEP);
        let from = to - i64::from(flow.minutes) * 60 * SECOND;
        let seen = self.coverage.live_from.is_some_and(|live| live <= from) && !self.coverage.is_holed(from, to);
        if !self.coverage.building || !seen {
            return f64::NAN;
        }
        let sums = self.flow.sums(from.0, to.0);
        match flow.kind {
            FlowKind::Volume => sums.volume,
            FlowKind::Buy => sums.buy,
            FlowKind::Sell => sums.sell,
            FlowKind::Delta => sums.buy - sums.sell,
            FlowKind::Trades => sums.trades as f64,
            FlowKind::Low => sums.low,
        }
    }

    /// Keeps the instrument's own columns at a close, for warm-up rows.
    pub(super) fn remember_levels(&mut self, policy: &BarPolicy, ts: Nanos) {
        if self.past.sources.is_empty() || self.past.moments.back().is_some_and(|(last, _)| *last >= ts) {
            return;
        }
        let value = |source: &Source| match source {
            Source::Level(level) => self.level(*level, ts),
            Source::Flow(flow) => self.flow_sum(policy, *flow, ts),
            Source::Bars(..) | Source::Series(_) | Source::Forecast(_) => f64::NAN,
        };
        let values = self.past.sources.iter().map(value).collect();
        self.past.push(ts, values);
    }

    /// The rows of the newest `count` closes of `timeframes`, oldest first, as live operation made or would have made them.
    pub(crate) fn warm_up_rows(
        &self,
        policy: &BarPolicy,
        sources: &[Source],
        timeframes: TimeframeSet,
        count: usize,
    ) -> RowBlock {
        let mut block = RowBlock::with_width(sources.len());
        let mut values = Vec::with_capacity(sources.len());
        for (close, closed) in self.closes(timeframes, count) {
            let ts = close + policy.grace;
            values.clear();
            values.extend(sources.iter().map(|source| self.past_value(source, close, ts)));
            block.push(ts, Trigger::closed(closed).with(Trigger::WARM_UP), 0, &values);
        }
        block
    }

    /// The newest `count` moments at which bars of `timeframes` closed, oldest first.
    fn closes(&self, timeframes: TimeframeSet, count: usize) -> Vec<(Nanos, TimeframeSet)> {
        let frames = self.frames.iter().filter(|frame| timeframes.contains(frame.timeframe));
        let newest = frames.flat_map(|frame| {
            let marks = frame.marks();
            marks.range(marks.len().saturating_sub(count)..).map(|close| (*close, frame.timeframe))
        });
        let mut by_time = std::collections::BTreeMap::<Nanos, TimeframeSet>::new();
        for (close, timeframe) in newest {
            by_time.entry(close).or_default().insert(timeframe);
        }
        let skipped = by_time.len().saturating_sub(count);
        by_time.into_iter().skip(skipped).collect()
    }

    fn past_value(&self, source: &Source, close: Nanos, ts: Nanos) -> f64 {
        match source {
            Source::Bars(timeframe, column) => {
                let frame = &self.frames[timeframe.index()];
                let known = frame.marks().partition_point(|mark| *mark <= close);
                let track = frame.position(column.0).and_then(|at| frame.track(at));
                let value = track.zip(known.checked_sub(1)).map(|(track, at)| track.past(column.0.output(), at));
                value.unwrap_or(f64::NAN)
            }
            Source::Series(name) => self.series.named(name).map_or(f64::NAN, |at| self.series.at(at, ts)),
            Source::Forecast(column) => self.answers.value(column, ts),
            Source::Level(_) | Source::Flow(_) => self.past.at(ts, source),
        }
    }

    /// Whether rows have this column.
    pub(crate) fn has_column(&self, source: &Source) -> bool {
        self.columns.contains(source)
    }
}
