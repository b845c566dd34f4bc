//! What the API of agents asks of the running host beside [`super::Service`]'s other answers: the present of one
//! instrument, calls on demand.

use super::service::Asker;
use crate::bar::Bar;
use crate::deployment::DeploymentId;
use crate::event::{Quote, Trade};
use crate::instrument::InstrumentId;
use crate::output::Output;
use crate::time::Nanos;
use crate::timeframe::Timeframe;

/// One instrument as it stands at this moment, read in one go.
#[derive(Debug, Clone, PartialEq)]
pub struct Present {
    /// Whose.
    pub instrument: InstrumentId,
    /// How far market time has come.
    pub market_time: Option<Nanos>,
    /// Market time is the wall clock; else ages count from `market_time`.
    pub wall_clock: bool,
    /// Trades held.
    pub trades_cached: u64,
    /// The newest trade, with its event time.
    pub last_trade: Option<(Nanos, Trade)>,
    /// The newest quote, with its event time.
    pub quote: Option<(Nanos, Quote)>,
    /// Trades that came after their bar was final.
    pub late_trades: u64,
    /// 1m, 5m, 15m.
    pub frames: [PresentFrame; 3],
}

/// A timeframe at this moment. Its numbers count the forming bar in; absent where there are too few bars.
#[derive(Debug, Clone, PartialEq)]
pub struct PresentFrame {
    /// Which.
    pub timeframe: Timeframe,
    /// Bars held, the forming one included.
    pub bars: u64,
    /// The newest few, oldest first, the forming one last and flagged by `complete`.
    pub tail: Vec<Bar>,
    /// Close of the newest final bar.
    pub final_until: Option<Nanos>,
    /// Buckets without trades between bars.
    pub gaps: u64,
    /// Change since the bar before, basis points.
    pub mom_bps: Option<f64>,
    /// Against the volume-weighted price of up to 20 bars, basis points.
    pub px_vs_vwap_bps: Option<f64>,
    /// Mean volume of 5 bars over that of the 20 before.
    pub rvol: Option<f64>,
    /// Mean of up to 14 true ranges.
    pub atr: Option<f64>,
}

/// Calls on demand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunRequest {
    /// Who is called, in order.
    pub deployments: Vec<DeploymentId>,
    /// About what.
    pub instrument: InstrumentId,
    /// False: forks answer, and nothing of the live instances changes. True: the live instances are called by a control
    /// event, and what they say is recorded.
    pub insert: bool,
    /// Who asks.
    pub by: Asker,
}

/// What came of one call on demand.
#[derive(Debug, Clone, PartialEq)]
pub struct RunOutcome {
    /// Who was called.
    pub deployment: DeploymentId,
    /// What it said, which may be nothing; or why it was not called, or did not answer.
    pub answer: Result<Vec<Output>, RunFailure>,
}

/// Why a call on demand has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RunFailure {
    /// Nothing of this id is in force.
    #[error("no such agent is in force")]
    Unknown,
    /// Its deployment is paused.
    #[error("it is paused")]
    Paused,
    /// Its breaker is open.
    #[error("it is quarantined: {0}")]
    Quarantined(String),
    /// Its instance died and is rebuilt at its next row.
    #[error("it waits for its rebuild")]
    Rebuilding,
    /// It does not cover the instrument.
    #[error("it does not run on this symbol")]
    Elsewhere,
    /// It sees all instruments at once, of which no fork can be made.
    #[error("it sees all symbols at once and has no fork; ask with insert=true")]
    Universe,
    /// It needs more rows before it can say anything.
    #[error("{0}")]
    NotReady(String),
    /// The call failed.
    #[error("{0}")]
    Failed(String),
    /// What it needs of the past is beyond retention.
    #[error("what it needs of the past is beyond retention")]
    Expired,
    /// It took longer than it may.
    #[error("it took longer than it may")]
    Timeout,
}

impl RunFailure {
    /// A short stable word for programs.
    pub fn word(&self) -> &'static str {
        match self {
            RunFailure::Unknown => "unknown",
            RunFailure::Paused => "paused",
            RunFailure::Quarantined(_) => "quarantined",
            RunFailure::Rebuilding => "rebuilding",
            RunFailure::Elsewhere => "symbol",
            RunFailure::Universe => "universe",
            RunFailure::NotReady(_) => "not_ready",
            RunFailure::Failed(_) => "failed",
            RunFailure::Expired => "expired",
            RunFailure::Timeout => "timeout",
        }
    }
}
