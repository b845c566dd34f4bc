//! The universe fold as a checkpoint keeps it, and the fold that goes on from there.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use sconce_domain::ports::Plugins;
use sconce_domain::{Deployed, DeploymentId, Digest, InstrumentId, InstrumentIndex, Nanos, StartCause, Trigger};
use serde::{Deserialize, Serialize};

use super::{Life, Member, UniverseFold};
use crate::chain::Chain;
use crate::checkpoint::AsJson;
use crate::effects::UniverseRow;
use crate::fold::KillKey;
use crate::instance::{Carried, Instance};
use crate::status::StatusBoard;

/// Everything that the universe fold is made of, apart from what is given to it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct UniverseState {
    ids: BTreeMap<InstrumentIndex, InstrumentId>,
    members: Vec<(Life, MemberState)>,
    generations: BTreeMap<DeploymentId, u32>,
    /// Rows that wait for the lowest watermark.
    waiting: Vec<UniverseRow>,
    watermarks: Vec<Nanos>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct MemberState {
    deployed: AsJson<Arc<Deployed>>,
    instance: Carried,
    chain: Digest,
    positions: BTreeMap<InstrumentIndex, u32>,
    warm_up: Vec<UniverseRow>,
    recent: VecDeque<UniverseRow>,
    open_cohort: Option<(Nanos, Trigger)>,
    first: Option<StartCause>,
    until: Option<Nanos>,
    spoken: (Nanos, u32),
}

/// A member that waits for its body.
#[derive(Debug)]
pub(crate) struct BodilessMember {
    pub(crate) life: Life,
    pub(crate) deployed: Arc<Deployed>,
    pub(crate) carried: Carried,
}

impl UniverseFold {
    /// What a checkpoint keeps; snapshots are those that were taken last.
    pub(crate) fn state(&mut self) -> UniverseState {
        UniverseState {
            ids: self.ids.clone(),
            members: self.members.iter_mut().map(|(life, member)| (life.clone(), member.state())).collect(),
            generations: self.generations.clone(),
            waiting: self.buffer.values().flatten().cloned().collect(),
            watermarks: self.watermarks.clone(),
        }
    }

    /// The fold of a checkpoint. Its members are dead until their bodies, which are named besides, are back.
    pub(crate) fn resume(
        plugins: Arc<dyn Plugins>,
        board: StatusBoard,
        worker: u32,
        kills: BTreeSet<KillKey>,
        state: UniverseState,
    ) -> (Self, Vec<BodilessMember>) {
        let mut fold = UniverseFold::new(plugins, board, state.watermarks.len(), worker, kills);
        fold.ids = state.ids;
        fold.generations = state.generations;
        fold.watermarks = state.watermarks;
        for row in state.waiting {
            fold.buffer.entry((row.ts, row.instrument)).or_default().push(row);
        }
        let mut bodies = Vec::new();
        for (life, own) in state.members {
            let AsJson(deployed) = own.deployed;
            bodies.push(BodilessMember {
                life: life.clone(),
                deployed: Arc::clone(&deployed),
                carried: own.instance.clone(),
            });
            let member = Member {
                instance: Instance::from_carried(Arc::clone(&deployed), None, &own.instance),
                deployed,
                chain: Chain::from_digest(own.chain),
                positions: own.positions,
                warm_up: own.warm_up,
                recent: own.recent,
                open_cohort: own.open_cohort,
                first: own.first,
                until: own.until,
                spoken: own.spoken,
            };
            fold.members.insert(life, member);
        }
        (fold, bodies)
    }

    pub(crate) fn instance_mut(&mut self, life: &Life) -> Option<&mut Instance> {
        self.members.get_mut(life).map(|member| &mut member.instance)
    }
}

impl Member {
    fn state(&mut self) -> MemberState {
        MemberState {
            deployed: AsJson(Arc::clone(&self.deployed)),
            instance: self.instance.carried(),
            chain: self.chain.digest(),
            positions: self.positions.clone(),
            warm_up: self.warm_up.clone(),
            recent: self.recent.clone(),
            open_cohort: self.open_cohort,
            first: self.first,
            until: self.until,
            spoken: self.spoken,
        }
    }
}
