//! One side of a pre-flight: an instance that is called with rows of the past as a worker would call it.

use std::sync::Arc;

use sconce_domain::ports::{Fault, Plugins};
use sconce_domain::{Deployed, Digest, InstrumentId, Nanos, Output, Row, RowBlock, Trigger};

use crate::instance::{Instance, OwnRow, own_trigger};
use crate::rerun::Layouts;
use crate::row_models::NO_MODELS;
use crate::universe::COHORT_POSITION;

/// What instances are shown.
pub(super) enum Shown {
    /// A row of an instrument.
    Row(InstrumentId, Row),
    /// Universe scope: the moment has no more rows.
    Cohort(Nanos),
}

impl Shown {
    pub(super) fn ts(&self) -> Nanos {
        match self {
            Shown::Row(_, row) => row.ts,
            Shown::Cohort(ts) => *ts,
        }
    }
}

/// Rows of many instruments in the order in which the universe's worker releases them, and the end of each moment.
pub(super) fn released(mut rows: Vec<(InstrumentId, Row)>) -> Vec<Shown> {
    // Rows of one instrument come in their order, which the sort keeps.
    rows.sort_by_key(|(_, row)| (row.ts, row.instrument));
    let mut shown = Vec::with_capacity(rows.len() * 2);
    let mut open = None;
    for (instrument, row) in rows {
        shown.extend(open.filter(|open| *open < row.ts).map(Shown::Cohort));
        open = Some(row.ts);
        shown.push(Shown::Row(instrument, row));
    }
    shown.extend(open.map(Shown::Cohort));
    shown
}

/// An instance beside the workers.
pub(super) struct Player {
    instance: Instance,
    deployed: Arc<Deployed>,
    /// Triggers of the moment that is not over.
    open: Option<(Nanos, Trigger)>,
    calls: u64,
    fuel: u64,
}

impl Player {
    /// Starts one about an instrument, or about all of its deployment's, without rows to warm up with.
    pub(super) fn start(
        plugins: &dyn Plugins,
        deployed: &Arc<Deployed>,
        about: Option<&InstrumentId>,
        began: Nanos,
    ) -> Result<Self, Fault> {
        let mut instance = Instance::new(Arc::clone(deployed), about.cloned(), 0);
        let nothing = RowBlock::with_width(deployed.needs.columns.len());
        instance.start(plugins, &nothing, began)?;
        Ok(Player { instance, deployed: Arc::clone(deployed), open: None, calls: 0, fuel: 0 })
    }

    /// What it says to this; nothing where it is not called with it.
    pub(super) fn call(
        &mut self,
        shown: &Shown,
        layouts: &Layouts,
        engine: Digest,
    ) -> Option<Result<Vec<Output>, Fault>> {
        let columns = &self.deployed.needs.columns;
        let (ts, trigger, position, values) = match shown {
            Shown::Row(instrument, row) => {
                let position = self.position_of(instrument)?;
                let trigger = own_trigger(&self.deployed, row.ts, row.trigger)?;
                let before = self.open.map_or(Trigger(0), |(_, trigger)| trigger);
                self.open = Some((row.ts, before.with(trigger)));
                (row.ts, trigger, position, layouts.project(row, columns))
            }
            Shown::Cohort(ts) => {
                let (_, trigger) = self.open.take()?;
                (*ts, trigger.with(Trigger::COHORT), COHORT_POSITION, vec![f64::NAN; columns.len()])
            }
        };
        if !self.instance.is_callable(ts) {
            return None;
        }
        let chain = Digest::default();
        let own = OwnRow { ts, trigger, position, values: &values, chain, ordinal: 0, models: &NO_MODELS };
        let said = self.instance.call(own, engine);
        self.calls += 1;
        self.fuel = self.fuel.saturating_add(self.instance.last_fuel());
        Some(said)
    }

    /// Nobody waits for its rebuild here.
    pub(super) fn is_dead(&self) -> bool {
        self.instance.is_dead()
    }

    pub(super) fn mean_fuel(&self) -> Option<u64> {
        self.fuel.checked_div(self.calls)
    }

    fn position_of(&self, instrument: &InstrumentId) -> Option<u32> {
        if self.instance.instrument().is_some() {
            return Some(0);
        }
        let position = self.deployed.instruments.iter().position(|own| own == instrument)?;
        u32::try_from(position).ok()
    }
}
