//! Whether the query tables answer: one look for every view that tells it.

use std::time::Duration;

use sconce_domain::Nanos;
use sconce_domain::time::SECOND;
use tokio::sync::Mutex;

use super::HostService;

/// A look is believed so long.
const BELIEVED: i64 = SECOND;
/// Tables that take longer than this to answer are away.
const PATIENCE: Duration = Duration::from_secs(1);

/// The newest look. Whoever comes while one is under way waits for it.
#[derive(Debug, Default)]
pub(super) struct Probe(Mutex<Option<(Nanos, bool)>>);

impl HostService {
    pub(super) async fn is_database_reachable(&self) -> bool {
        let mut newest = self.probe.0.lock().await;
        let now = self.parts.clock.now();
        if let Some((at, reachable)) = *newest
            && (0..BELIEVED).contains(&(now - at))
        {
            return reachable;
        }
        let answer = tokio::time::timeout(PATIENCE, self.parts.store.ping()).await;
        let reachable = matches!(answer, Ok(Ok(())));
        *newest = Some((now, reachable));
        reachable
    }
}
