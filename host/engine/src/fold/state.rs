//! The fold as a checkpoint keeps it, and the fold that goes on from there.

use std::collections::BTreeMap;
use std::sync::Arc;

use sconce_domain::ports::Plugins;
use sconce_domain::{Deployed, DeploymentId, Digest, InstrumentId, InstrumentIndex, Layout, Nanos, PostureOptions};
use sconce_market::Market;
use serde::{Deserialize, Serialize};

use super::given::{Given, GivenState};
use super::market_sink::Scratch;
use super::rows::Answers;
use super::stream::{Reader, Stream};
use super::{Fold, FoldOptions, Pending};
use crate::chain::Chain;
use crate::checkpoint::AsJson;
use crate::instance::{Carried, Instance};
use crate::posture::PostureState;

/// Everything that a fold is made of, apart from what is given to it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct FoldState {
    pub(crate) market: Market,
    ids: BTreeMap<InstrumentIndex, InstrumentId>,
    streams: BTreeMap<InstrumentIndex, StreamState>,
    deployed: Vec<AsJson<Arc<Deployed>>>,
    generations: BTreeMap<(DeploymentId, InstrumentIndex), u32>,
    pending: Vec<Waiting>,
    posture_rule: Option<PostureOptions>,
    pub(crate) row_seq: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct StreamState {
    instrument: InstrumentId,
    chain: Digest,
    layout: Layout,
    /// By deployment in the order of calls, with the instance where there is one.
    readers: Vec<(DeploymentId, Option<Carried>)>,
    given: GivenState,
    posture: PostureState,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
enum Waiting {
    Deploy(AsJson<Arc<Deployed>>),
    Retire(Nanos, DeploymentId),
}

/// An instance that waits for its body.
#[derive(Debug)]
pub(crate) struct Bodiless {
    pub(crate) index: InstrumentIndex,
    pub(crate) deployed: Arc<Deployed>,
    pub(crate) carried: Carried,
}

impl Fold {
    /// What a checkpoint keeps; snapshots of instances are those that were taken last.
    pub(crate) fn state(&mut self) -> FoldState {
        let reader = |reader: &mut Reader| {
            (reader.deployed.spec.id.clone(), reader.instance.as_mut().map(|instance| instance.carried()))
        };
        let stream = |stream: &mut Stream| StreamState {
            instrument: stream.instrument.clone(),
            chain: stream.chain.digest(),
            layout: stream.layout.clone(),
            readers: stream.readers.iter_mut().map(reader).collect(),
            given: stream.given.state(),
            posture: stream.posture.clone(),
        };
        FoldState {
            streams: self.streams.iter_mut().map(|(index, own)| (*index, stream(own))).collect(),
            market: self.market.clone(),
            ids: self.ids.clone(),
            deployed: self.deployed.values().map(|deployed| AsJson(Arc::clone(deployed))).collect(),
            generations: self.generations.clone(),
            pending: self.pending.iter().map(Waiting::from).collect(),
            posture_rule: self.posture_rule.clone(),
            row_seq: self.row_seq,
        }
    }

    /// The fold of a checkpoint. Its instances are dead until their bodies, which are named besides, are back.
    pub(crate) fn resume(plugins: Arc<dyn Plugins>, options: FoldOptions, state: FoldState) -> (Self, Vec<Bodiless>) {
        let deployed: BTreeMap<DeploymentId, Arc<Deployed>> =
            state.deployed.into_iter().map(|AsJson(deployed)| (deployed.spec.id.clone(), deployed)).collect();
        let mut bodies = Vec::new();
        let mut streams = BTreeMap::new();
        for (index, own) in state.streams {
            let (stream, waiting) = own.resume(index, &deployed);
            streams.insert(index, stream);
            bodies.extend(waiting);
        }
        let fold = Fold {
            worker: options.worker,
            engine: plugins.fingerprint(),
            plugins,
            market: state.market,
            kills: options.kills,
            board: options.board,
            ids: state.ids,
            streams,
            deployed,
            generations: state.generations,
            pending: state.pending.into_iter().map(Pending::from).collect(),
            posture_rule: state.posture_rule,
            row_seq: state.row_seq,
            scratch: Scratch::default(),
            answers: Answers::new(),
        };
        (fold, bodies)
    }
}

impl StreamState {
    fn resume(
        self,
        index: InstrumentIndex,
        deployed: &BTreeMap<DeploymentId, Arc<Deployed>>,
    ) -> (Stream, Vec<Bodiless>) {
        let mut bodies = Vec::new();
        let mut readers = Vec::new();
        for (id, carried) in self.readers {
            // A reader is of a deployment in force; there is no other way into a stream.
            let Some(deployed) = deployed.get(&id) else { continue };
            let instance = carried.map(|carried| {
                let instance = Instance::from_carried(Arc::clone(deployed), Some(self.instrument.clone()), &carried);
                bodies.push(Bodiless { index, deployed: Arc::clone(deployed), carried });
                instance
            });
            readers.push(Reader::new(Arc::clone(deployed), instance));
        }
        let mut stream = Stream {
            instrument: self.instrument,
            chain: Chain::from_digest(self.chain),
            readers,
            posture: self.posture,
            layout_digest: self.layout.digest(),
            layout: Layout::of(Vec::new()),
            given: Given::default(),
        };
        stream.order_readers();
        let feeds = |id: &DeploymentId| stream.readers.iter().any(|own| own.feeds && own.deployed.spec.id == *id);
        stream.given = Given::resume(self.given, &self.layout, feeds);
        stream.set_layout(self.layout);
        (stream, bodies)
    }
}

impl From<&Pending> for Waiting {
    fn from(pending: &Pending) -> Self {
        match pending {
            Pending::Deploy(deployed) => Waiting::Deploy(AsJson(Arc::clone(deployed))),
            Pending::Retire(at, deployment) => Waiting::Retire(*at, deployment.clone()),
        }
    }
}

impl From<Waiting> for Pending {
    fn from(waiting: Waiting) -> Self {
        match waiting {
            Waiting::Deploy(AsJson(deployed)) => Pending::Deploy(deployed),
            Waiting::Retire(at, deployment) => Pending::Retire(at, deployment),
        }
    }
}
