//! How an instance is started, the same for the live fold and for `verify`.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use sconce_domain::ports::{Fault, Plugins, RowHistory, StartInstance, Strategy};
use sconce_domain::{Deployed, Digest, InstrumentId, Nanos, RowBlock, Trigger};

/// Rows that an instance with the ability `history` can look back on. Ten days of 15-minute bars.
pub(crate) const HISTORY_ROWS: usize = 1_024;
/// The ability that gives access to them.
pub const HISTORY: &str = "history";
/// The ability to propose a posture.
pub const POSTURE: &str = "posture";

/// Whether a deployment asks for an ability and is allowed it.
pub fn is_granted(deployed: &Deployed, ability: &str) -> bool {
    let asked = deployed.needs.abilities.iter().any(|asked| asked == ability);
    asked && deployed.spec.grants.iter().any(|grant| grant == ability)
}

/// A started instance and the memory of rows that it may ask for.
#[derive(Debug)]
pub struct Started {
    /// The instance.
    pub strategy: Box<dyn Strategy>,
    /// Present where `history` was asked for and granted.
    pub history: Option<Arc<HistoryRing>>,
}

/// Starts one instance of `deployed`, for one instrument or, without one, for all: from nothing, or from a snapshot.
pub fn start(
    plugins: &dyn Plugins,
    deployed: &Deployed,
    instrument: Option<&InstrumentId>,
    generation: u32,
    snapshot: Option<Vec<u8>>,
) -> Result<Started, Fault> {
    let width = deployed.needs.columns.len();
    let history = is_granted(deployed, HISTORY).then(|| Arc::new(HistoryRing::new(width)));
    let strategy = plugins.start(StartInstance {
        plugin: deployed.plugin,
        config: deployed.spec.canonical_config(),
        instruments: instrument.map_or_else(|| deployed.instruments.clone(), |one| vec![one.clone()]),
        seed: seed(deployed, instrument, generation),
        width,
        history: history.clone().map(|ring| ring as Arc<dyn RowHistory>),
        snapshot,
        limits: deployed.limits.unwrap_or_default(),
    })?;
    Ok(Started { strategy, history })
}

/// The guest's random seed: a function of who it is and which start this is.
fn seed(deployed: &Deployed, instrument: Option<&InstrumentId>, generation: u32) -> u64 {
    let digest = Digest::of_parts(&[
        b"sconce guest random",
        deployed.spec.id.as_str().as_bytes(),
        instrument.map_or(b"".as_slice(), |id| id.as_str().as_bytes()),
        &generation.to_le_bytes(),
    ]);
    u64::from_le_bytes([
        digest.0[0],
        digest.0[1],
        digest.0[2],
        digest.0[3],
        digest.0[4],
        digest.0[5],
        digest.0[6],
        digest.0[7],
    ])
}

/// A row as it was delivered: time, trigger, position of the instrument, values.
pub(crate) type Delivered = (Nanos, Trigger, u32, Vec<f64>);

/// The newest rows of an instance, before the present one.
#[derive(Debug)]
pub struct HistoryRing {
    width: usize,
    rows: Mutex<VecDeque<Delivered>>,
}

impl HistoryRing {
    fn new(width: usize) -> Self {
        HistoryRing { width, rows: Mutex::new(VecDeque::new()) }
    }

    /// Everything that it holds, oldest first.
    pub(crate) fn kept(&self) -> Vec<Delivered> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// Holds exactly these rows from now on.
    pub(crate) fn refill(&self, kept: Vec<Delivered>) {
        *self.rows.lock().unwrap_or_else(PoisonError::into_inner) = kept.into();
    }

    /// Adds the row that was just delivered.
    pub fn push(&self, ts: Nanos, trigger: Trigger, instrument: u32, values: &[f64]) {
        let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        if rows.len() == HISTORY_ROWS {
            rows.pop_front();
        }
        rows.push_back((ts, trigger, instrument, values.to_vec()));
    }

    /// Adds every row of a warm-up block.
    pub fn extend(&self, block: &RowBlock) {
        let mut values = Vec::with_capacity(self.width);
        for index in 0..block.len() {
            block.row_into(index, &mut values);
            self.push(block.ts[index], block.trigger[index], block.instrument[index], &values);
        }
    }
}

impl RowHistory for HistoryRing {
    fn rows(&self, count: u32) -> RowBlock {
        let rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        let skip = rows.len().saturating_sub(count as usize);
        let mut block = RowBlock::with_width(self.width);
        for (ts, trigger, instrument, values) in rows.iter().skip(skip) {
            block.push(*ts, *trigger, *instrument, values);
        }
        block
    }
}
