//! Universe instances that end between two rows. The universe's log does not hold the order of its rows, so the chain
//! names the place: every later fold ends the instance after the same row.

use std::collections::BTreeSet;

use sconce_domain::{Control, InstrumentIndex, Nanos};

use super::{Member, UniverseFold, chain_number};
use crate::effects::Effects;
use crate::fold::{KillKey, snapshot_fault};
use crate::instance::{Instance, Loss};

/// What is added to the chain's number, behind the numbers of calls and starts.
const OFFSETS: [(Loss, u64); 2] = [(Loss::Snapshot, 16), (Loss::Restart, 18)];

impl UniverseFold {
    /// Asks every instance for its state; those that this kills are lost, and the control events say so.
    pub(crate) fn take_snapshots(&mut self, now: Nanos, effects: &mut Effects) {
        self.lose_each(Loss::Snapshot, now, |instance| instance.take_snapshot().is_err(), effects);
    }

    /// Gives up the instances that could not be made again; the control events say so.
    pub(crate) fn give_up_absent(&mut self, now: Nanos, effects: &mut Effects) {
        self.lose_each(Loss::Restart, now, |instance| instance.is_absent(), effects);
    }

    fn lose_each(&mut self, loss: Loss, now: Nanos, is_lost: impl Fn(&mut Instance) -> bool, effects: &mut Effects) {
        for ((deployment, _), member) in &mut self.members {
            if !is_lost(&mut member.instance) {
                continue;
            }
            let row_seq = number(member, loss);
            effects.kills.push(Control::Kill {
                deployment: deployment.clone(),
                instrument: InstrumentIndex::NONE,
                row_seq,
            });
            member.instance.lose(loss);
            if loss == Loss::Snapshot {
                effects.records.push(snapshot_fault(&member.instance, now));
            }
        }
    }
}

/// Names the place between two calls: after the newest row, before or after the call that ends its moment.
fn number(member: &Member, loss: Loss) -> u64 {
    let offset = OFFSETS.iter().find(|(other, _)| *other == loss).map_or(0, |(_, offset)| *offset);
    chain_number(member.chain.digest()).wrapping_add(offset + u64::from(member.open_cohort.is_none()))
}

/// Ends a member that ended here when its rows were delivered first.
pub(super) fn lose_if_known(member: &mut Member, kills: &BTreeSet<KillKey>) {
    if kills.is_empty() || member.instance.is_dead() {
        return;
    }
    for (loss, _) in OFFSETS {
        let key = (member.deployed.spec.id.clone(), InstrumentIndex::NONE, number(member, loss));
        if kills.contains(&key) {
            member.instance.lose(loss);
        }
    }
}
