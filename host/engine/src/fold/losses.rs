//! Instances that end between two rows: told by a control event, so that every later fold ends them at the same place.

use sconce_domain::{Control, DeploymentId, FaultRecord, InstrumentIndex, Nanos, Record};

use super::Fold;
use super::stream::{Reader, Stream};
use crate::effects::Effects;
use crate::instance::{Instance, Loss};

/// Set in the number of a stop that was no call: asking for the snapshot was the end. The rest is the newest row.
const A_SNAPSHOT: u64 = 1 << 62;
/// Set in the number of a stop that was no call: a start of the host could not make the instance again.
const A_RESTART: u64 = 1 << 61;

impl Fold {
    /// Asks every instance for its state. What is returned must go onto the log and through [`Fold::step`] at once.
    pub(crate) fn take_snapshots(&mut self) -> Vec<Control> {
        let row_seq = self.row_seq | A_SNAPSHOT;
        self.each_lost(row_seq, |instance| instance.take_snapshot().is_err())
    }

    /// Gives up the instances that could not be made again. What is returned must go onto the log and through
    /// [`Fold::step`] at once.
    pub(crate) fn give_up_absent(&mut self) -> Vec<Control> {
        let row_seq = self.row_seq | A_RESTART;
        self.each_lost(row_seq, |instance| instance.is_absent())
    }

    /// Whether what a deployment says about an instrument stands in columns of others or may move its posture.
    pub(crate) fn is_heard(&self, index: InstrumentIndex, deployment: &DeploymentId) -> bool {
        let is_own = |reader: &&Reader| reader.deployed.spec.id == *deployment;
        let reader = self.streams.get(&index).and_then(|stream| stream.readers.iter().find(is_own));
        let drives = self.posture_rule.as_ref().is_some_and(|rule| rule.driver == *deployment);
        reader.is_some_and(|reader| reader.feeds || reader.has_a_say() && (drives || reader.proposes))
    }

    fn each_lost(&mut self, row_seq: u64, is_lost: impl Fn(&mut Instance) -> bool) -> Vec<Control> {
        let mut lost = Vec::new();
        for (index, stream) in &mut self.streams {
            for instance in stream.instances_mut().filter_map(|own| is_lost(own).then_some(own)) {
                let deployment = instance.deployed().spec.id.clone();
                lost.push(Control::Kill { deployment, instrument: *index, row_seq });
            }
        }
        lost
    }

    /// Obeys a stop that was no call.
    pub(super) fn lose(
        &mut self,
        deployment: &DeploymentId,
        index: InstrumentIndex,
        row_seq: u64,
        now: Nanos,
        effects: &mut Effects,
    ) {
        let stream = self.streams.get_mut(&index);
        let mut own = stream.into_iter().flat_map(Stream::instances_mut);
        let Some(instance) = own.find(|instance| instance.deployed().spec.id == *deployment) else { return };
        if row_seq & super::deploy::A_START != 0 {
            return;
        }
        if row_seq & A_SNAPSHOT != 0 {
            instance.lose(Loss::Snapshot);
            effects.records.push(snapshot_fault(instance, now));
        } else if row_seq & A_RESTART != 0 {
            instance.lose(Loss::Restart);
        }
    }
}

/// What the ledger is told of an instance that died of being asked for its state.
pub(crate) fn snapshot_fault(instance: &Instance, now: Nanos) -> Record {
    Record::Fault(FaultRecord {
        deployment: instance.deployed().spec.id.clone(),
        instrument: instance.instrument().cloned(),
        generation: instance.generation(),
        as_of: now,
        class: "snapshot".to_owned(),
        message: "it ended when it was asked for its snapshot, and is asked for none any more".to_owned(),
    })
}
