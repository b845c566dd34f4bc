//! Forecasts: who can be asked, what they are fed, and what they say; behind the ports that the API and the engine ask.
//!
//! Owns the way from bars to an answer. The formulas are those of `sconce_forecasters`, models and their folder those of
//! `sconce_inference`; bars come from the engine and, where it keeps too few, from the feed's past. Nothing is invented: who
//! has too little history says so.

mod asked;
mod backtest;
mod close;
mod directory;
mod hosted;
mod kept;
mod past;
mod statistical;
mod technical;
mod telemetry;

use std::num::NonZero;
use std::sync::Arc;
use std::time::Duration;

use sconce_domain::error::Failure;
use sconce_domain::ports::models::{ForecastAnswer, ForecastQuestion, Forecasters};
use sconce_domain::ports::{BoxFuture, Feed, Models, ServiceResult};
use sconce_domain::{Clock, ErrorKind, MarketKind, Nanos, Timeframe};
use sconce_engine::Engine;
use sconce_inference::Registry;
use tokio::sync::Semaphore;

pub(crate) use close::HOSTED;
use kept::Kept;
use past::Past;

use crate::feature_tables::FeatureTables;
pub(crate) use telemetry::describe_metrics;

/// Bars that statistical forecasters are fitted to.
pub(crate) const TIMEFRAME: Timeframe = Timeframe::D1;
/// The farthest question: as many bars ahead.
pub(crate) const MOST_STEPS: u32 = 30;
/// How long an answer is served while nothing that it rests on changes.
pub(crate) const KEPT_FOR: Duration = Duration::from_hours(1);
/// Questions that may wait for their turn; a further one is turned away.
const MOST_WAITING: usize = 64;
/// How long a price may be waited for; then the newest close has to do.
const PRICE: Duration = Duration::from_secs(5);

/// What forecasts are made with.
#[derive(Debug)]
pub(crate) struct Means {
    pub(crate) engine: Arc<Engine>,
    pub(crate) feed: Arc<dyn Feed>,
    pub(crate) registry: Arc<Registry>,
    pub(crate) clock: Arc<dyn Clock>,
    /// Features that somebody else computed.
    pub(crate) tables: Option<Arc<FeatureTables>>,
    /// Who is asked at each close.
    pub(crate) at_close: Vec<String>,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Forecasting {
    means: Means,
    market: MarketKind,
    past: Past,
    kept: Kept,
    running: Semaphore,
    queue: Semaphore,
}

impl Forecasting {
    pub(crate) fn new(means: Means) -> Arc<Self> {
        let market = MarketKind::of_feed(means.feed.info().synthetic);
        // Half of the machine at most: workers and readers need the other half.
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        Arc::new(Forecasting {
            past: Past::new(Arc::clone(&means.engine), Arc::clone(&means.feed), Arc::clone(&means.clock)),
            means,
            market,
            kept: Kept::default(),
            running: Semaphore::new((cores / 2).max(1)),
            queue: Semaphore::new(MOST_WAITING),
        })
    }

    fn now(&self) -> Nanos {
        self.means.clock.now()
    }

    /// Takes in what changed in the folder of models.
    async fn refresh(&self) {
        let registry = Arc::clone(&self.means.registry);
        let now = self.now();
        let taken = tokio::task::spawn_blocking(move || registry.refresh(now)).await;
        if let Err(error) = taken {
            tracing::error!(%error, "the folder of models could not be looked through");
        }
    }

    /// Computes for a caller, who is turned away where too many wait.
    async fn compute<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> ServiceResult<T> {
        let busy = |_| Failure::new(ErrorKind::Busy, "too many forecasts are being made; try again in a moment");
        let _place = self.queue.try_acquire().map_err(busy)?;
        self.compute_in_turn(work).await
    }

    /// Computes off the executor, a few at a time. What is said at a close waits here however many callers there are, so that
    /// they do not decide what stands on the log.
    async fn compute_in_turn<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> ServiceResult<T> {
        let _turn = self.running.acquire().await.map_err(|_| Failure::internal("the host ends"))?;
        tokio::task::spawn_blocking(work).await.map_err(|error| {
            tracing::error!(%error, "a forecast broke off");
            Failure::internal("the forecast broke off")
        })
    }
}

impl Models for Forecasting {
    fn forecasters(&self) -> BoxFuture<'_, ServiceResult<Forecasters>> {
        Box::pin(async move {
            self.refresh().await;
            Ok(self.directory())
        })
    }

    fn knows<'a>(&'a self, forecaster: &'a str) -> BoxFuture<'a, bool> {
        Box::pin(async move {
            self.refresh().await;
            self.is_known(forecaster)
        })
    }

    fn forecast(&self, question: ForecastQuestion) -> BoxFuture<'_, ServiceResult<Arc<ForecastAnswer>>> {
        Box::pin(self.ask(question))
    }
}

/// Whether a name is that of a statistical forecaster.
pub(crate) fn is_forecaster(name: &str) -> bool {
    statistical::find(name).is_some()
}
