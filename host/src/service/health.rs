//! The health report.

use sconce_domain::ports::service::{
    FeedState, HealthReport, LedgerStatus, ProjectionState, ProjectorStatus, WorkerStatus,
};

use sconce_domain::Nanos;
use sconce_domain::ports::{BreakerState, Connection, SourceStatus};

use super::HostService;

/// A clock that is off by more than this, in nanoseconds, makes trades late or misdated.
const MOST_SKEW: i64 = 2 * sconce_domain::time::SECOND;

impl HostService {
    pub(super) async fn health_report(&self) -> HealthReport {
        let ledger = self.parts.ledger.status();
        let projected = self.parts.projector.state();
        let probed = self.parts.probe.state();
        let (workers, alive) = self.parts.engine.workers();
        let mut report = HealthReport {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started_at: self.parts.started_at,
            paused: self.parts.paused,
            not_ready: Vec::new(),
            warnings: Vec::new(),
            ledger: LedgerStatus { position: ledger.last_seq, stalled: ledger.stalled.is_some(), reason: None },
            projector: ProjectorStatus {
                position: projected.position,
                lag: projected.lag,
                reachable: probed.reachable,
                backend: self.parts.store.backend().to_owned(),
                latency: probed.latency,
                schema_version: self.parts.store.schema_version(),
                state: projected.state,
            },
            workers: self.worker_statuses(workers, alive),
            brake: self.brake.look(self.parts.plugins.brake_ticks(), self.parts.clock.now()),
        };
        if !self.is_ready() {
            report.not_ready.push("the deployments are not in force yet".to_owned());
        }
        if !alive {
            report.not_ready.push("a worker has stopped".to_owned());
        }
        if !report.brake.alive {
            report.not_ready.push("the clock of the plugins' emergency brake stands still".to_owned());
        }
        if let Some(reason) = ledger.stalled {
            tracing::warn!(reason, "the ledger does not take records");
            let plain = "the ledger takes no records at present; it goes on by itself when the disk has room";
            report.ledger.reason = Some(plain.to_owned());
            report.warnings.push(plain.to_owned());
        }
        match projected.state {
            ProjectionState::Refused => report.warnings.push(
                "the query tables belong to another data directory or a newer version and are left alone; give this host \
                 a database of its own"
                    .to_owned(),
            ),
            _ if !probed.reachable => {
                report.warnings.push("the query tables cannot be reached; they will catch up".to_owned());
            }
            _ => {}
        }
        if let (FeedState::Failed, Some(error)) = self.parts.feed_run.read() {
            report.warnings.push(format!("the feed has failed: {error}"));
        }
        let now = self.parts.clock.now();
        report.warnings.extend(self.parts.feed.sources().iter().flat_map(|source| trouble(source, now)));
        let refused = self.refused.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        report.warnings.extend(refused.iter().map(|refused| refused.reason.clone()));
        report
    }

    fn worker_statuses(&self, workers: usize, alive: bool) -> Vec<WorkerStatus> {
        let reached = self.parts.engine.market_time();
        let status = |index| WorkerStatus { index, alive, backlog: self.parts.engine.backlog(index), reached };
        (0..u32::try_from(workers).unwrap_or(u32::MAX)).map(status).collect()
    }
}

/// What an operator should know of a source.
fn trouble(source: &SourceStatus, now: Nanos) -> Vec<String> {
    let name = &source.name;
    let mut lines = Vec::new();
    let why = source.error.as_deref().map(|error| format!(": {error}")).unwrap_or_default();
    match source.connection {
        Connection::Down => match source.fallback.as_ref().filter(|fallback| fallback.in_use) {
            Some(fallback) => {
                lines.push(format!("{name} is not reached{why}; {} gives the prices instead", fallback.name))
            }
            None => lines.push(format!("{name} is not reached{why}")),
        },
        Connection::CatchingUp => lines.push(format!("{name} is reached; what was missed is being fetched{why}")),
        Connection::Up if source.is_stale(now) => lines.push(format!("{name} has been silent for too long{why}")),
        Connection::Up => {}
    }
    if source.breaker != BreakerState::Closed {
        lines.push(format!("{name}: requests failed too often and are held back for a while"));
    }
    let interrupted: Vec<&str> =
        source.streams.iter().filter(|stream| stream.interrupted).map(|stream| stream.instrument.as_str()).collect();
    if source.connection == Connection::Up && !interrupted.is_empty() {
        lines.push(format!("{name}: trades of {} are missing for now{why}", interrupted.join(", ")));
    }
    if let Some(skew) = source.clock_skew.filter(|skew| skew.abs() > MOST_SKEW) {
        let (seconds, side) = (skew.abs() / sconce_domain::time::SECOND, if skew > 0 { "behind" } else { "ahead of" });
        lines.push(format!("the clock of this machine is about {seconds} s {side} that of {name}"));
    }
    lines
}
