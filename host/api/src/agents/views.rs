//! Tiles kept rendered, per symbol: `/signals` and `/signals_tf` are asked for often, and a market changes more often than
//! anybody can see.
//!
//! A rendering is kept for the configured pause. One request at a time makes a symbol's tiles anew, all others go on with
//! those before. When the host does not answer, the last ones are served with `degraded`.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use arc_swap::ArcSwapOption;
use sconce_domain::ports::Present;
use sconce_domain::{InstrumentId, Nanos};
use tokio::sync::Mutex;

use super::signals::SignalsTile;
use super::signals_tf::FramesTile;
use crate::error::ApiError;
use crate::render::Rendered;
use crate::state::ApiState;

/// Tiles by instrument. Only instruments of the symbol book come in here, so it stays small.
#[derive(Debug, Default)]
pub(crate) struct TileViews(RwLock<HashMap<InstrumentId, Arc<Slot>>>);

#[derive(Debug, Default)]
struct Slot {
    current: ArcSwapOption<Tiles>,
    building: Mutex<()>,
}

/// Both tiles of a symbol, made together.
#[derive(Debug)]
pub(super) struct Tiles {
    made_at: Nanos,
    present: Present,
    pub(super) signals: Rendered,
    pub(super) signals_tf: Rendered,
}

impl TileViews {
    fn slot(&self, id: &InstrumentId) -> Arc<Slot> {
        if let Some(slot) = self.0.read().unwrap_or_else(PoisonError::into_inner).get(id) {
            return Arc::clone(slot);
        }
        let mut slots = self.0.write().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(slots.entry(id.clone()).or_default())
    }
}

/// The newest tiles of an instrument, made anew when they have to be.
pub(super) async fn current(state: &ApiState, id: &InstrumentId) -> Result<Arc<Tiles>, ApiError> {
    let slot = state.tiles().slot(id);
    let kept = slot.current.load_full();
    if let Some(kept) = kept.as_ref().filter(|kept| is_fresh(kept, state)) {
        return Ok(Arc::clone(kept));
    }
    let building = match (slot.building.try_lock(), kept) {
        (Ok(guard), _) => guard,
        (Err(_), Some(kept)) => return Ok(kept),
        (Err(_), None) => slot.building.lock().await,
    };
    if let Some(kept) = slot.current.load_full().filter(|kept| is_fresh(kept, state)) {
        return Ok(kept);
    }
    let made = Arc::new(make(state, id, slot.current.load_full().as_deref()).await?);
    slot.current.store(Some(Arc::clone(&made)));
    drop(building);
    Ok(made)
}

fn is_fresh(kept: &Tiles, state: &ApiState) -> bool {
    let pause = i64::try_from(state.config().view_pause.as_nanos()).unwrap_or(i64::MAX);
    (0..pause).contains(&(state.clock().now() - kept.made_at))
}

async fn make(state: &ApiState, id: &InstrumentId, before: Option<&Tiles>) -> Result<Tiles, ApiError> {
    let asked = tokio::time::timeout(state.config().view_patience, state.service().present(id)).await;
    let (present, degraded) = match (asked.unwrap_or_else(|_| Err(ApiError::silent())), before) {
        (Ok(present), _) => (present, false),
        (Err(error), Some(before)) => {
            tracing::warn!(%error, instrument = %id, "a tile could not be made anew; the last one is shown");
            (before.present.clone(), true)
        }
        (Err(error), None) => return Err(error.into()),
    };
    let agents = &state.config().agents;
    let symbol = agents.symbols.name(id);
    Ok(Tiles {
        made_at: state.clock().now(),
        signals: Rendered::kept(&SignalsTile::new(&symbol, &present, agents.bars, degraded))?,
        signals_tf: Rendered::kept(&FramesTile::new(&symbol, &present, agents.bars, degraded))?,
        present,
    })
}
