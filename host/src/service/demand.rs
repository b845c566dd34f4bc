//! Calls on demand: who may be called, one after the other, within a time that callers can wait for.

use std::time::Duration;

use sconce_domain::error::Failure;
use sconce_domain::ports::{RunFailure, RunOutcome, RunRequest, ServiceResult};
use sconce_domain::{DeploymentId, ErrorKind, InstrumentId, Output};

use super::HostService;

/// What one call may take. A fork of an instance that remembers everything sees all its rows again in this time.
const ONE: Duration = Duration::from_secs(5);
/// What all calls of one request may take together.
const ALL: Duration = Duration::from_secs(20);

impl HostService {
    /// Calls each in turn. A request beyond the queue is refused at once.
    pub(super) async fn call_on_demand(&self, request: RunRequest) -> ServiceResult<Vec<RunOutcome>> {
        let busy = || Failure::new(ErrorKind::Busy, "too many calls on demand are waiting; try again in a moment");
        let place = self.parts.engine.forks().place().ok_or_else(busy)?;
        let end = tokio::time::sleep(ALL);
        tokio::pin!(end);
        let mut outcomes = Vec::with_capacity(request.deployments.len());
        for deployment in request.deployments {
            let answer = tokio::select! {
                biased;
                () = &mut end => Err(RunFailure::Timeout),
                answer = self.call_one(&deployment, &request.instrument, request.insert) => answer,
            };
            outcomes.push(RunOutcome { deployment, answer });
        }
        drop(place);
        Ok(outcomes)
    }

    async fn call_one(
        &self,
        deployment: &DeploymentId,
        instrument: &InstrumentId,
        insert: bool,
    ) -> Result<Vec<Output>, RunFailure> {
        let engine = &self.parts.engine;
        let answer = async {
            if insert {
                engine.insert_now(deployment, instrument).await
            } else {
                engine.fork(deployment, instrument).await
            }
        };
        tokio::time::timeout(ONE, answer).await.unwrap_or(Err(RunFailure::Timeout))
    }
}
