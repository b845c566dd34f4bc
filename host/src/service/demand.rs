//! Calls on demand: who may be called, one after the other, within a time that callers can wait for.

use std::sync::Arc;
use std::time::Duration;

use sconce_domain::error::Failure;
use sconce_domain::ports::{RunFailure, RunOutcome, RunRequest, ServiceResult};
use sconce_domain::{DeploymentId, ErrorKind, InstrumentId, Output};
use tokio::sync::OwnedSemaphorePermit;

use super::HostService;

/// What one call may take. A fork of an instance that remembers everything sees all its rows again in this time.
const ONE: Duration = Duration::from_secs(5);
/// What all calls of one request may take together.
const ALL: Duration = Duration::from_secs(20);

impl HostService {
    /// Calls each in turn. A request beyond the queue is refused at once.
    pub(super) async fn call_on_demand(&self, request: RunRequest) -> ServiceResult<Vec<RunOutcome>> {
        let busy = || Failure::new(ErrorKind::Busy, "too many calls on demand are waiting; try again in a moment");
        let place = Arc::new(self.parts.engine.forks().place().ok_or_else(busy)?);
        if request.insert {
            let names: Vec<&str> = request.deployments.iter().map(DeploymentId::as_str).collect();
            self.note_change("run_now", &format!("{} on {}", names.join(","), request.instrument), request.by).await?;
        }
        let end = tokio::time::sleep(ALL);
        tokio::pin!(end);
        let mut outcomes = Vec::with_capacity(request.deployments.len());
        for deployment in request.deployments {
            let call = async {
                let (deployment, instrument) = (deployment.clone(), request.instrument.clone());
                match request.insert {
                    false => self.parts.engine.fork(&deployment, &instrument).await,
                    true => self.insert(deployment, instrument, Arc::clone(&place)).await,
                }
            };
            let answer = tokio::select! {
                biased;
                () = &mut end => Err(RunFailure::Timeout),
                answer = tokio::time::timeout(ONE, call) => answer.unwrap_or(Err(RunFailure::Timeout)),
            };
            outcomes.push(RunOutcome { deployment, answer });
        }
        Ok(outcomes)
    }

    /// In a task of its own, which keeps its place in the queue: whoever waits here may go away, and a control event goes
    /// to every worker or to none.
    async fn insert(
        &self,
        deployment: DeploymentId,
        instrument: InstrumentId,
        place: Arc<OwnedSemaphorePermit>,
    ) -> Result<Vec<Output>, RunFailure> {
        let engine = Arc::clone(&self.parts.engine);
        let task = tokio::spawn(async move {
            let answer = engine.insert_now(&deployment, &instrument).await;
            drop(place);
            answer
        });
        task.await.unwrap_or_else(|error| {
            tracing::error!(%error, "a call on demand broke off");
            Err(RunFailure::Failed("it could not be called".to_owned()))
        })
    }
}
