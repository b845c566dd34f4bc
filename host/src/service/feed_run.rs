//! How the feed's run stands, and its status as served.

use std::sync::{PoisonError, RwLock};

use sconce_domain::ports::service::{FeedState, FeedStatus};
use sconce_domain::ports::{FeedEnd, FeedError};

use super::HostService;

/// The run of one feed.
#[derive(Debug)]
pub(crate) struct FeedRun {
    state: RwLock<(FeedState, Option<String>)>,
    /// Its market time is the wall clock.
    pub(crate) wall_clock: bool,
}

impl FeedRun {
    pub(crate) fn new(wall_clock: bool) -> Self {
        FeedRun { state: RwLock::new((FeedState::Starting, None)), wall_clock }
    }

    pub(crate) fn begin(&self) {
        self.set(FeedState::Running, None);
    }

    pub(crate) fn end(&self, outcome: &Result<FeedEnd, FeedError>) {
        match outcome {
            Ok(FeedEnd::Exhausted) => self.set(FeedState::Exhausted, None),
            Ok(FeedEnd::Stopped) | Err(FeedError::Closed) => self.set(FeedState::Stopped, None),
            Err(FeedError::Source(reason)) => self.set(FeedState::Failed, Some(reason.clone())),
        }
    }

    pub(crate) fn read(&self) -> (FeedState, Option<String>) {
        self.state.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, state: FeedState, error: Option<String>) {
        *self.state.write().unwrap_or_else(PoisonError::into_inner) = (state, error);
    }
}

impl HostService {
    pub(super) async fn feed_status(&self) -> FeedStatus {
        let (state, error) = self.parts.feed_run.read();
        let mut status = FeedStatus {
            info: self.parts.feed.info(),
            state,
            error,
            instruments: self.parts.feed.instruments().iter().map(sconce_domain::Instrument::id).collect(),
            wall_clock: self.parts.feed_run.wall_clock,
            market_time: self.parts.engine.market_time(),
            last_event: None,
            last_received: None,
            events: 0,
            late_trades: 0,
            refused: 0,
            sources: self.parts.feed.sources(),
        };
        for id in status.instruments.clone() {
            let activity = self.parts.engine.activity(&id);
            status.events += activity.events;
            status.last_event = status.last_event.max(activity.last_event);
            status.last_received = status.last_received.max(activity.last_received);
            if let Ok(view) = self.parts.engine.market_view(&id, None).await {
                status.late_trades += view.late_trades;
                status.refused += view.refused;
            }
        }
        status
    }
}
