//! Artefacts leave memory when nobody refers to them any more: no deployment, no trial, no listing. Their bytes stay in the
//! data directory, and an artefact that is asked for again comes back from there.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError};

use sconce_domain::error::Failure;
use sconce_domain::{Deployed, Digest};

use super::Reconciler;
use super::desired::Desired;

impl Reconciler {
    /// Has the artefact that a deployment names by digest in memory, where the data directory has it. One that is not
    /// there is missed later, in words.
    pub(super) async fn recall(&self, plugin: &str) {
        if let Ok(digest) = plugin.parse::<Digest>()
            && let Err(reason) = self.load_kept(digest).await
        {
            tracing::debug!(plugin, reason, "an artefact is not in the data directory");
        }
    }

    /// Unloads what was idle after this change and after the one before: what is on its way to a listing, and what a row that
    /// is still on its way may ask to be rebuilt, has that long.
    pub(super) async fn unload_idle(&self, desired: &Desired) -> Result<(), Failure> {
        let running = self.engine.deployments().await?;
        let in_use = self.in_use(desired, running.iter().map(AsRef::as_ref));
        let wanted = {
            let mut before = self.in_use_before.lock().unwrap_or_else(PoisonError::into_inner);
            let wanted = before.union(&in_use).copied().collect();
            *before = in_use;
            wanted
        };
        let plugins = Arc::clone(&self.plugins);
        let unload = tokio::task::spawn_blocking(move || plugins.retain(&wanted));
        unload.await.map_err(|error| Failure::internal(error.to_string()))
    }

    fn in_use<'a>(&self, desired: &Desired, running: impl Iterator<Item = &'a Deployed>) -> BTreeSet<Digest> {
        let asked = desired.specs.iter().chain(desired.probations.values().map(|probation| &probation.back));
        let mut in_use: BTreeSet<Digest> = asked.filter_map(|spec| spec.plugin.parse().ok()).collect();
        in_use.extend(&desired.kept);
        in_use.extend(self.folder().digests());
        in_use.extend(running.map(|deployed| deployed.plugin));
        in_use
    }
}
