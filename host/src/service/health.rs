//! The health report.

use sconce_domain::ports::service::{
    FeedState, HealthReport, LedgerStatus, ProjectionState, ProjectorStatus, WorkerStatus,
};

use super::HostService;

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
            workers: Vec::new(),
        };
        let reached = self.parts.engine.market_time();
        for index in 0..u32::try_from(workers).unwrap_or(u32::MAX) {
            report.workers.push(WorkerStatus { index, alive, backlog: self.parts.engine.backlog(index), reached });
        }
        if !self.is_ready() {
            report.not_ready.push("the deployments are not in force yet".to_owned());
        }
        if !alive {
            report.not_ready.push("a worker has stopped".to_owned());
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
        let refused = self.refused.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        report.warnings.extend(refused.iter().map(|refused| refused.reason.clone()));
        report
    }
}
