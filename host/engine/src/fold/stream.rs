//! One stream: an instrument's rows, their layout and chain, and the instances that read them.

use std::sync::Arc;

use sconce_domain::{ColumnName, Deployed, Digest, InstrumentId, Layout};

use crate::chain::Chain;
use crate::instance::Instance;

/// An instance, or a universe deployment elsewhere, that reads this stream.
#[derive(Debug)]
pub(super) struct Reader {
    /// What is in force.
    pub(super) deployed: Arc<Deployed>,
    /// Where the deployment's columns stand in the row.
    pub(super) projection: Vec<usize>,
    /// The instance; absent for universe scope, whose instance lives on the universe worker.
    pub(super) instance: Option<Instance>,
}

/// State of one stream.
#[derive(Debug)]
pub(super) struct Stream {
    pub(super) instrument: InstrumentId,
    pub(super) chain: Chain,
    pub(super) layout: Layout,
    pub(super) layout_digest: Digest,
    /// In order of deployment id.
    pub(super) readers: Vec<Reader>,
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
        }
    }

    pub(super) fn instances_mut(&mut self) -> impl Iterator<Item = &mut Instance> {
        self.readers.iter_mut().filter_map(|reader| reader.instance.as_mut())
    }

    /// Adopts a layout and finds every reader's columns in it.
    pub(super) fn set_layout(&mut self, layout: Layout) {
        self.layout_digest = layout.digest();
        for reader in &mut self.readers {
            reader.projection = projection(&layout, &reader.deployed);
        }
        self.layout = layout;
    }
}

/// Where the deployment's columns stand in rows of `layout`.
pub(super) fn projection(layout: &Layout, deployed: &Deployed) -> Vec<usize> {
    let position = |column: &String| layout.position(&ColumnName(column.clone()));
    deployed.needs.columns.iter().map(|column| position(column).unwrap_or(usize::MAX)).collect()
}
