//! One stream: an instrument's rows, their layout and chain, and the instances that read them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use sconce_domain::{Deployed, DeploymentId, Digest, InstrumentId, Layout, Scope, Stage};
use sconce_market::ForecastColumn;

use super::given::Given;
use crate::chain::Chain;
use crate::graph::{Reading, order, sources};
use crate::instance::Instance;
use crate::posture::PostureState;
use crate::recipe::{POSTURE, is_granted};
use crate::row_models::forecasts;

/// An instance, or a universe deployment elsewhere, that reads this stream.
#[derive(Debug)]
pub(super) struct Reader {
    /// What is in force.
    pub(super) deployed: Arc<Deployed>,
    /// Whose words it reads.
    pub(super) sources: BTreeSet<DeploymentId>,
    /// Whether what it says stands in columns of others.
    pub(super) feeds: bool,
    /// Whether it may propose a posture.
    pub(super) proposes: bool,
    /// Those of the deployment's columns that show what models say.
    pub(super) forecasts: Vec<ForecastColumn>,
    /// Where the deployment's columns stand in the row.
    pub(super) projection: Vec<usize>,
    /// The instance; absent for universe scope, whose instance lives on the universe worker.
    pub(super) instance: Option<Instance>,
}

impl Reader {
    /// A reader of a stream whose layout is not known yet.
    pub(super) fn new(deployed: Arc<Deployed>, instance: Option<Instance>) -> Self {
        Reader {
            sources: sources(&deployed),
            feeds: false,
            proposes: is_granted(&deployed, POSTURE),
            forecasts: forecasts(&deployed.needs.columns),
            projection: Vec::new(),
            deployed,
            instance,
        }
    }

    /// Whether it has a say: only the active ones feed others or move a posture, and only with a word that is there before
    /// the row is over.
    pub(super) fn has_a_say(&self) -> bool {
        self.deployed.spec.stage == Stage::Active && self.deployed.scope == Scope::Instrument
    }
}

/// State of one stream.
#[derive(Debug)]
pub(super) struct Stream {
    pub(super) instrument: InstrumentId,
    pub(super) chain: Chain,
    pub(super) layout: Layout,
    pub(super) layout_digest: Digest,
    /// In the order in which they are called: everybody after whom it reads, the smallest id first.
    pub(super) readers: Vec<Reader>,
    pub(super) given: Given,
    pub(super) posture: PostureState,
}

impl Stream {
    pub(super) fn new(instrument: InstrumentId) -> Self {
        let layout = Layout::of(Vec::new());
        Stream {
            chain: Chain::of_instrument(&instrument),
            layout_digest: layout.digest(),
            layout,
            instrument,
            readers: Vec::new(),
            given: Given::default(),
            posture: PostureState::default(),
        }
    }

    pub(super) fn instances_mut(&mut self) -> impl Iterator<Item = &mut Instance> {
        self.readers.iter_mut().filter_map(|reader| reader.instance.as_mut())
    }

    /// Puts everybody after whom it reads, and tells whose words are columns. Who waits for himself reads nothing.
    pub(super) fn order_readers(&mut self) {
        let id = |reader: &Reader| reader.deployed.spec.id.clone();
        let reading: Reading = self.readers.iter().map(|reader| (id(reader), reader.sources.clone())).collect();
        let (ordered, circular) = order(&reading);
        let places: BTreeMap<DeploymentId, usize> =
            ordered.into_iter().chain(circular.iter().cloned()).zip(0..).collect();
        self.readers.sort_by_key(|reader| places.get(&reader.deployed.spec.id).copied());
        let read: BTreeSet<&DeploymentId> = reading.values().flatten().collect();
        for reader in &mut self.readers {
            let own = &reader.deployed.spec.id;
            reader.feeds = reader.has_a_say() && read.contains(own) && !circular.contains(own);
        }
    }

    /// Adopts a layout and finds every reader's columns in it.
    pub(super) fn set_layout(&mut self, layout: Layout) {
        self.layout_digest = layout.digest();
        let places: HashMap<&str, usize> = layout.columns.iter().map(|column| column.0.as_str()).zip(0..).collect();
        for reader in &mut self.readers {
            reader.projection = projection(&places, &reader.deployed);
        }
        drop(places);
        self.layout = layout;
    }
}

/// Where the deployment's columns stand in rows, given where each column does.
fn projection(places: &HashMap<&str, usize>, deployed: &Deployed) -> Vec<usize> {
    let place = |column: &String| places.get(column.as_str()).copied().unwrap_or(usize::MAX);
    deployed.needs.columns.iter().map(place).collect()
}
