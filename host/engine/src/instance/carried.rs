//! What a checkpoint keeps of an instance, and how the instance comes back: from its snapshot, from the rows that it
//! remembers, or from every row since its start. One that comes back in none of these ways is absent until it is given up.

use std::collections::BTreeMap;
use std::sync::Arc;

use sconce_domain::ports::{Fault, Plugins, RowCall};
use sconce_domain::{Deployed, InstrumentId, Nanos, RowBlock, Said};
use serde::{Deserialize, Serialize};

use super::Instance;
use super::poison::Poison;
use crate::breaker::Breaker;
use crate::rate::Rate;
use crate::recipe::{Delivered, start};
use crate::status::{InstanceState, InstanceStatus};

/// Where a generation begins on the tape.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Generation {
    /// First and last position of its warm-up rows; absent: it started from nothing.
    pub(crate) warm_up: Option<(u64, u64)>,
    /// Rows behind this position are its own.
    pub(crate) after: u64,
    /// Its breaker before the start.
    pub(super) breaker: Breaker,
    /// What it had said before the start.
    pub(super) rate: Rate,
}

/// What is inside an instance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Body {
    /// Nothing: it waits for its rebuild.
    Dead,
    /// This state, in the plugin's own form.
    Snapshot(Vec<u8>),
    /// What its rows made of it.
    Rows,
}

/// An instance in a checkpoint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Carried {
    generation: u32,
    breaker: Breaker,
    rate: Rate,
    poison: Poison,
    last_labels: Vec<(Option<InstrumentId>, String)>,
    begun: Generation,
    skipped: Option<u64>,
    no_snapshots: bool,
    lost: bool,
    status: InstanceStatus,
    history: Option<Vec<Delivered>>,
    pub(crate) body: Body,
}

/// Why an instance ends between two rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Loss {
    /// Asking for its snapshot killed it.
    Snapshot,
    /// It could not be made again at a start of the host.
    Restart,
}

/// Faults of an absent instance that the ledger knows, by row: class and message.
pub(super) type Absence = BTreeMap<Nanos, (String, String)>;

impl Instance {
    /// Asks for the state, for the next [`Instance::carried`]. An error is the end of the instance; nothing is noted yet.
    pub(crate) fn take_snapshot(&mut self) -> Result<(), Fault> {
        self.snapshot = None;
        let Some(started) = self.started.as_mut().filter(|_| !self.no_snapshots) else { return Ok(()) };
        match started.strategy.snapshot() {
            Ok(state) => self.snapshot = state,
            Err(fault) if fault.kills_instance() => return Err(fault),
            Err(fault) => {
                let deployment = &self.deployed.spec.id;
                tracing::warn!(%deployment, %fault, "gives no snapshot; a restart makes it again from its rows");
            }
        }
        Ok(())
    }

    /// What a checkpoint keeps. Takes the snapshot that was asked for before.
    pub(crate) fn carried(&mut self) -> Carried {
        let body = match (&self.started, self.snapshot.take()) {
            (None, _) => Body::Dead,
            (Some(_), Some(state)) => Body::Snapshot(state),
            (Some(_), None) => Body::Rows,
        };
        let ring = self.started.as_ref().and_then(|started| started.history.as_ref());
        Carried {
            generation: self.generation,
            breaker: self.breaker.clone(),
            rate: self.rate.clone(),
            poison: self.poison.clone(),
            last_labels: self.last_labels.clone().into_iter().collect(),
            begun: self.begun.clone(),
            skipped: self.skipped,
            no_snapshots: self.no_snapshots,
            lost: self.lost,
            status: self.status.clone(),
            history: ring.map(|ring| ring.kept()),
            body,
        }
    }

    /// The instance of a checkpoint, dead until its body is back.
    pub(crate) fn from_carried(deployed: Arc<Deployed>, instrument: Option<InstrumentId>, carried: &Carried) -> Self {
        let mut instance = Instance::new(deployed, instrument, carried.generation);
        instance.breaker = carried.breaker.clone();
        instance.rate = carried.rate.clone();
        instance.poison = carried.poison.clone();
        instance.last_labels = carried.last_labels.iter().cloned().collect();
        instance.begun = carried.begun.clone();
        instance.skipped = carried.skipped;
        instance.no_snapshots = carried.no_snapshots;
        instance.lost = carried.lost;
        instance.status = carried.status.clone();
        instance
    }

    /// Goes on from a snapshot.
    pub(crate) fn resume_snapshot(
        &mut self,
        plugins: &dyn Plugins,
        state: Vec<u8>,
        carried: &Carried,
    ) -> Result<(), Fault> {
        let instrument = self.instrument.as_ref();
        let started = start(plugins, &self.deployed, instrument, self.generation, Some(state))?;
        self.started = Some(started);
        self.refill(carried);
        Ok(())
    }

    /// Goes on from the rows that it remembers.
    pub(crate) fn resume_memory(
        &mut self,
        plugins: &dyn Plugins,
        rows: &RowBlock,
        carried: &Carried,
    ) -> Result<(), Fault> {
        let mut started = start(plugins, &self.deployed, self.instrument.as_ref(), self.generation, None)?;
        if !rows.is_empty() {
            started.strategy.warm_up(rows)?;
        }
        self.started = Some(started);
        self.refill(carried);
        Ok(())
    }

    /// Starts the generation that it is in once more, so that it can be shown all its rows again.
    pub(crate) fn begin_again(&mut self, plugins: &dyn Plugins, warm_up: &RowBlock) -> Result<(), Fault> {
        let mut started = start(plugins, &self.deployed, self.instrument.as_ref(), self.generation, None)?;
        if !warm_up.is_empty() {
            started.strategy.warm_up(warm_up)?;
        }
        if let Some(history) = &started.history {
            history.extend(warm_up);
        }
        self.started = Some(started);
        self.breaker = self.begun.breaker.clone();
        self.rate = self.begun.rate.clone();
        Ok(())
    }

    /// Whether all its rows led it to where the checkpoint has it; takes on the rest of the checkpoint.
    pub(crate) fn end_again(&mut self, carried: &Carried) -> bool {
        let arrived = self.started.is_some() && self.breaker == carried.breaker;
        let again = Instance::from_carried(Arc::clone(&self.deployed), self.instrument.clone(), carried);
        *self = Instance { started: self.started.take(), ..again };
        self.refill(carried);
        arrived
    }

    /// Notes that it cannot be made again: until it is given up, `faults` tells how its calls went.
    pub(crate) fn make_absent(&mut self, faults: BTreeMap<Nanos, (String, String)>) {
        self.absent = Some(faults);
    }

    /// Whether it runs as far as the log knows, and not here.
    pub(crate) fn is_absent(&self) -> bool {
        self.absent.is_some()
    }

    /// Ends it between two rows; its next row brings a new generation.
    pub(crate) fn lose(&mut self, loss: Loss) {
        self.started = None;
        self.absent = None;
        self.changed = true;
        match loss {
            Loss::Snapshot => {
                self.no_snapshots = true;
                self.status.faults += 1;
                self.status.last_error = Some("ended when it was asked for its snapshot".to_owned());
            }
            Loss::Restart => {
                self.lost = true;
                // How it went lately is known here by hearsay only.
                self.breaker = Breaker::default();
                self.last_labels.clear();
            }
        }
    }

    /// Whether it was given up at a start of the host and has not been started since.
    pub(crate) fn is_lost(&self) -> bool {
        self.lost
    }

    /// Where its generation begins.
    pub(crate) fn begun(&self) -> &Generation {
        &self.begun
    }

    /// Notes where the generation that starts next begins.
    pub(crate) fn begin_at(&mut self, warm_up: Option<(u64, u64)>, after: u64) {
        self.begun = Generation { warm_up, after, breaker: self.breaker.clone(), rate: self.rate.clone() };
    }

    /// Notes that its breaker kept a row from it.
    pub(crate) fn note_skipped(&mut self, row_seq: u64) {
        self.skipped = Some(row_seq);
    }

    /// Position of the newest row that its breaker kept from it in this generation.
    pub(crate) fn skipped(&self) -> Option<u64> {
        self.skipped
    }

    /// A call of an instance that is not here, as the ledger tells that it went. What it said is in the ledger.
    pub(super) fn call_absent(&mut self, row: &RowCall<'_>) -> Result<Vec<Said>, Fault> {
        let at = row.ts;
        self.changed = true;
        self.status.last_run = Some(at);
        self.status.calls += 1;
        let Some((class, message)) = self.absent.as_ref().and_then(|faults| faults.get(&at)).cloned() else {
            self.breaker.success();
            self.status.state = InstanceState::Running;
            return Ok(Vec::new());
        };
        let fault = match class.as_str() {
            "internal" => Fault::Internal(message),
            "bad_output" | "output_rate" => Fault::BadOutput(message),
            _ => Fault::Trap(message),
        };
        self.note_fault(&fault, at, row.instrument);
        Err(fault)
    }

    fn refill(&self, carried: &Carried) {
        let ring = self.started.as_ref().and_then(|started| started.history.as_ref());
        if let (Some(ring), Some(kept)) = (ring, &carried.history) {
            ring.refill(kept.clone());
        }
    }
}
