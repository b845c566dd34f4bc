//! The given columns of one stream: they stand behind those of the market, and are filled while its readers are called.

use std::sync::Arc;

use sconce_domain::time::SECOND;
use sconce_domain::{ColumnName, DeploymentId, Layout, Nanos, Said};
use serde::{Deserialize, Serialize};

use crate::checkpoint::AsJson;
use crate::given::{GivenColumn, GivenPast, NewestSignals, PostureColumn};
use crate::posture::PostureState;

/// What stands in given columns, and what stood there.
#[derive(Debug, Default)]
pub(super) struct Given {
    /// How many columns of the market come before.
    first: usize,
    columns: Vec<GivenColumn>,
    newest: NewestSignals,
    past: GivenPast,
}

/// What a checkpoint keeps of it: which columns they are stands in the layout.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct GivenState {
    newest: AsJson<Arc<NewestSignals>>,
    past: GivenPast,
}

impl Given {
    /// What a checkpoint keeps.
    pub(super) fn state(&self) -> GivenState {
        GivenState { newest: AsJson(Arc::new(self.newest.clone())), past: self.past.clone() }
    }

    /// That of a checkpoint, for rows of `layout`.
    pub(super) fn resume(state: GivenState, layout: &Layout, feeds: impl Fn(&DeploymentId) -> bool) -> Self {
        let given = layout.columns.iter().filter_map(|column| GivenColumn::parse(&column.0).ok().flatten());
        let columns: Vec<GivenColumn> = given.collect();
        let mut own = Given { newest: Arc::unwrap_or_clone(state.newest.0), past: state.past, ..Given::default() };
        own.set(layout.columns.len() - columns.len(), columns, feeds);
        own
    }

    /// Gives rows exactly these columns behind the first `first`, from the words of those who feed.
    pub(super) fn set(&mut self, first: usize, columns: Vec<GivenColumn>, feeds: impl Fn(&DeploymentId) -> bool) {
        self.first = first;
        self.newest.retain(feeds);
        self.past.set(columns.iter().map(|column| ColumnName(column.to_string())).collect());
        self.columns = columns;
    }

    /// Puts the given columns behind the values of the market, as they are before anybody speaks at `ts`. Without a
    /// posture, none is kept.
    pub(super) fn begin(&self, posture: Option<&PostureState>, ts: Nanos, values: &mut Vec<f64>) {
        values.extend(self.columns.iter().map(|column| match column {
            GivenColumn::Posture(column) => posture.map_or(f64::NAN, |posture| of_posture(*column, posture, ts)),
            GivenColumn::Output(source, field) => self.newest.value(source, field, ts),
        }));
    }

    /// Takes what a source said at `ts` and shows it to those who are called after it.
    pub(super) fn hear(&mut self, source: &DeploymentId, ts: Nanos, said: &[Said], values: &mut [f64]) {
        self.newest.hear(source, ts, said);
        for (column, value) in self.columns.iter().zip(values.iter_mut().skip(self.first)) {
            if let GivenColumn::Output(of, field) = column
                && of == source
            {
                *value = self.newest.value(source, field, ts);
            }
        }
    }

    /// Notes what the row of a close held.
    pub(super) fn remember(&mut self, ts: Nanos, values: &[f64]) {
        self.past.push(ts, values.get(self.first..).unwrap_or_default());
    }

    /// What a given column held at a past close; NaN is absent.
    pub(super) fn past(&self, ts: Nanos, column: &ColumnName) -> f64 {
        self.past.at(ts, column)
    }
}

fn of_posture(column: PostureColumn, posture: &PostureState, ts: Nanos) -> f64 {
    let leg = posture.leg();
    let value = match column {
        PostureColumn::Posture => Some(posture.posture().number()),
        PostureColumn::EntryPrice => leg.and_then(|leg| leg.entry).map(|entry| entry.price),
        PostureColumn::Age => leg.map(|leg| (ts - leg.started_at) as f64 / SECOND as f64),
        PostureColumn::Peak => leg.and_then(|leg| leg.peak),
        PostureColumn::BaseLow => leg.and_then(|leg| leg.base_low),
    };
    value.unwrap_or(f64::NAN)
}
