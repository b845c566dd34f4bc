//! The three read-mostly answers, kept rendered.
//!
//! They are made together from one board, by one request at a time, when the rendering is a second old, or something
//! changed and it is older than the configured pause; what was posted here shows at once. All others go on with the
//! rendering before it. So a read costs two atomic loads, a clock read and a few headers however large the answer is,
//! and a market that changes hundreds of times a second is not rendered as often. When the service cannot be read, what was known is rendered again with a
//! line that says so.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::ArcSwapOption;
use axum::http::HeaderMap;
use axum::response::Response;
use sconce_domain::Nanos;
use sconce_domain::time::SECOND;
use tokio::sync::Mutex;

use super::board::{Board, Known};
use super::sheet::{ServiceStatus, Sheet};
use super::signal::Ages;
use super::signals::SignalsBody;
use super::strategies::StrategiesBody;
use super::summary::SummaryBody;
use crate::error::ApiError;
use crate::render::Rendered;
use crate::state::ApiState;

/// A rendering is kept so long at most: ages in it are whole seconds.
const RENDERING_KEPT: i64 = SECOND;

/// The newest renderings.
#[derive(Debug, Default)]
pub(crate) struct Views {
    current: ArcSwapOption<Renderings>,
    building: Mutex<()>,
    posts: AtomicU64,
}

impl Views {
    /// Something was posted here; the next read shows it.
    pub(crate) fn posted(&self) {
        self.posts.fetch_add(1, Ordering::AcqRel);
    }

    fn posts(&self) -> u64 {
        self.posts.load(Ordering::Acquire)
    }
}

/// One rendering of each view, made together.
#[derive(Debug)]
pub(crate) struct Renderings {
    revision: u64,
    posts: u64,
    rendered_at: Nanos,
    read_at: Nanos,
    board: Arc<Board>,
    /// The state that all three tell of.
    pub(crate) status: ServiceStatus,
    /// `/v1/signals`.
    pub(crate) signals: Rendered,
    /// `/v1/summary`.
    pub(crate) summary: Rendered,
    /// `/v1/strategies`.
    pub(crate) strategies: Rendered,
}

impl Renderings {
    /// What they were made of.
    pub(crate) fn board(&self) -> &Board {
        &self.board
    }
}

/// One of the views.
pub(crate) type View = fn(&Renderings) -> &Rendered;

/// The paths of the views.
pub(crate) const KEPT: [(&str, View); 3] = [
    ("/v1/signals", |renderings| &renderings.signals),
    ("/v1/summary", |renderings| &renderings.summary),
    ("/v1/strategies", |renderings| &renderings.strategies),
];

/// The answer of a view to a request with these headers.
pub(crate) async fn kept(state: &ApiState, view: View, headers: &HeaderMap) -> Result<Response, ApiError> {
    Ok(view(&*current(state).await?).reply(headers))
}

/// The newest renderings, made anew when they have to be.
pub(crate) async fn current(state: &ApiState) -> Result<Arc<Renderings>, ApiError> {
    let views = state.views();
    let kept = views.current.load_full();
    if let Some(kept) = kept.as_ref().filter(|kept| is_fresh(kept, state)) {
        return Ok(Arc::clone(kept));
    }
    let building = match (views.building.try_lock(), kept) {
        (Ok(guard), _) => guard,
        (Err(_), Some(kept)) if kept.posts == views.posts() => return Ok(kept),
        (Err(_), _) => views.building.lock().await,
    };
    if let Some(kept) = views.current.load_full().filter(|kept| is_fresh(kept, state)) {
        return Ok(kept);
    }
    let made = Arc::new(make(state).await?);
    views.current.store(Some(Arc::clone(&made)));
    drop(building);
    Ok(made)
}

fn is_fresh(kept: &Renderings, state: &ApiState) -> bool {
    let pause = i64::try_from(state.config().view_pause.as_nanos()).unwrap_or(i64::MAX);
    let kept_for = if kept.revision == state.service().revision() { RENDERING_KEPT } else { pause.min(RENDERING_KEPT) };
    let age = state.clock().now() - kept.rendered_at;
    kept.posts == state.views().posts() && (0..kept_for).contains(&age)
}

/// What need not be read again, and when it was read.
fn still_known(state: &ApiState, revision: u64, now: Nanos) -> Option<(Arc<Known>, Nanos)> {
    let kept = state.views().current.load_full()?;
    let ttl = i64::try_from(state.config().cache_ttl.as_nanos()).unwrap_or(i64::MAX);
    let good = kept.revision == revision
        && kept.posts == state.views().posts()
        && !kept.board.outdated
        && (0..ttl).contains(&(now - kept.read_at));
    good.then(|| (Arc::clone(&kept.board.known), kept.read_at))
}

async fn make(state: &ApiState) -> Result<Renderings, ApiError> {
    // Read first: a change during the gathering makes these views stale, never wrongly fresh.
    let (posts, revision) = (state.views().posts(), state.service().revision());
    let now = state.clock().now();
    let (known, read_at) = still_known(state, revision, now).map_or((None, now), |(known, at)| (Some(known), at));
    let reading = Board::gather(state.service(), known);
    let board = match tokio::time::timeout(state.config().view_patience, reading).await {
        Ok(Ok(board)) => Arc::new(board),
        Ok(Err(error)) => {
            tracing::warn!(%error, "the observational views could not be made anew");
            last_good(state.views())
        }
        Err(_) => {
            tracing::warn!("the observational views could not be made anew in time");
            last_good(state.views())
        }
    };
    let wall = state.clock().now();
    let view = &state.config().observations;
    let (sent, compared) = (Ages { wall, shown: true }, Ages { wall, shown: false });
    let (sheet, bare) = (Sheet::new(&board, view, sent), Sheet::new(&board, view, compared));
    Ok(Renderings {
        signals: Rendered::view(&SignalsBody::new(&board, &sheet), &SignalsBody::new(&board, &bare))?,
        summary: Rendered::view(&SummaryBody::new(&board, &sheet), &SummaryBody::new(&board, &bare))?,
        strategies: Rendered::view(&StrategiesBody::new(&board, sent), &StrategiesBody::new(&board, compared))?,
        status: sheet.status,
        rendered_at: wall,
        read_at,
        posts,
        revision,
        board,
    })
}

fn last_good(views: &Views) -> Arc<Board> {
    let known = views.current.load_full().map(|kept| Board::clone(&kept.board));
    Arc::new(Board { outdated: true, ..known.unwrap_or_default() })
}
