//! The operators' door: each change runs in a task of its own, so that a caller who goes away leaves no half of one.

use std::sync::Arc;

use sconce_domain::error::Failure;
use sconce_domain::ports::operations::{InForce, Operations, Preflight, PreflightRule, Revision, Rollout, Uploaded};
use sconce_domain::ports::service::{Asker, DeploymentStatus, ServiceResult};
use sconce_domain::ports::{Begun, BoxFuture, ChangeStatus, LoadedPlugin, Plugins, Step};
use sconce_domain::{Control, Deployed, DeploymentId, DeploymentSpec, Digest, ErrorKind, Record, Stage};
use sconce_engine::Prepared;

use super::HostService;
use super::change_log::Progress;
use crate::reconciler::Reconciled;

/// Entries that are read from the ledger at once.
const PAGE: u32 = 1_000;
/// Rows of each instrument that a candidate is shown.
const PREFLIGHT_ROWS: usize = 256;

impl HostService {
    /// Runs a change to its end, whoever waits for it.
    pub(super) fn whole<T, F>(&self, change: impl FnOnce(Arc<Self>) -> F) -> BoxFuture<'static, ServiceResult<T>>
    where
        T: Send + 'static,
        F: Future<Output = ServiceResult<T>> + Send + 'static,
    {
        let Some(host) = self.me.upgrade() else {
            return Box::pin(std::future::ready(Err(Failure::internal("the host has ended"))));
        };
        let change = tokio::spawn(change(host));
        let broke_off = |error| Failure::internal(format!("a change broke off: {error}"));
        Box::pin(async move { change.await.map_err(broke_off)? })
    }

    /// Begins a change that is made to its end, whoever waits for it, and that tells how far it is.
    pub(super) fn begin<T, F>(
        &self,
        action: &'static str,
        target: String,
        change: impl FnOnce(Arc<Self>, Arc<Progress>) -> F,
    ) -> Begun<T>
    where
        T: Send + 'static,
        F: Future<Output = ServiceResult<T>> + Send + 'static,
    {
        let progress = Arc::new(self.changes.begin(action, target));
        let end = self.whole(|host| {
            let change = change(host, Arc::clone(&progress));
            let progress = Arc::clone(&progress);
            async move {
                let end = change.await;
                progress.end(&end);
                end
            }
        });
        Begun { change: progress.id(), end }
    }

    /// Shows what runs now, and has those that are new in force say their first words where there is a market.
    pub(super) async fn settle(&self, reconciled: Reconciled) -> ServiceResult<()> {
        let running = self.parts.engine.deployments().await?;
        self.set_deployments(running, reconciled.refused);
        self.show(self.parts.ledger.status().last_seq).await;
        if self.parts.engine.market_time().is_none() {
            return Ok(());
        }
        let first = reconciled.controls.iter().filter_map(|control| match control {
            Control::Deploy(deployed) => Some(deployed.spec.id.clone()),
            _ => None,
        });
        let first = first.map(|deployment| Control::RunNow { deployment, instrument: None }).collect();
        Ok(self.parts.engine.apply(first).await?)
    }

    fn status_of(&self, id: &DeploymentId) -> ServiceResult<DeploymentStatus> {
        let all = self.deployment_statuses();
        all.into_iter()
            .find(|status| status.spec.id == *id)
            .ok_or_else(|| Failure::not_found(format!("no deployment `{id}`")))
    }

    async fn take_in(
        &self,
        bytes: Vec<u8>,
        signature: Option<&str>,
        by: Asker,
        progress: &Progress,
    ) -> ServiceResult<Uploaded> {
        let digest = Digest::of(&bytes);
        self.parts.trust.take(digest, &bytes, signature)?;
        let known = self.parts.plugins.get(digest);
        let listed =
            self.parts.reconciler.statuses().iter().any(|one| one.plugin.as_ref().is_some_and(|p| p.digest == digest));
        if let Some(plugin) = known.filter(|_| listed) {
            return Ok(Uploaded { plugin, fresh: false });
        }
        let plugin = self.compiled(bytes, progress).await?;
        let line = self.line("upload_plugin", &digest.to_string(), "ok", by);
        self.parts.reconciler.keep(digest, vec![line]).await?;
        self.show(self.parts.ledger.status().last_seq).await;
        Ok(Uploaded { plugin, fresh: true })
    }

    /// Takes what lies in the folder of plugins under a name now. Whatever is wrong with it is noted, and the artefact that
    /// the name meant before stays in force. False: there is no time for it just now.
    pub(crate) async fn take_file(&self, name: &str, bytes: Vec<u8>, signature: Option<String>) -> bool {
        if self.parts.reconciler.holds(name, Digest::of(&bytes)) {
            return true;
        }
        let progress = self.changes.begin("load_plugin", name.to_owned());
        let end = self.replace(name, bytes, signature.as_deref(), &progress).await;
        progress.end(&end);
        match end {
            Ok(()) => tracing::info!(plugin = name, "a plugin of the folder is in force"),
            Err(failure) if matches!(failure.kind, ErrorKind::Busy | ErrorKind::Unavailable) => return false,
            Err(failure) => {
                tracing::error!(plugin = name, reason = failure.message, "plugin refused");
                self.parts.reconciler.note_refusal(name, failure.message);
                self.parts.views.touch();
            }
        }
        true
    }

    async fn replace(
        &self,
        name: &str,
        bytes: Vec<u8>,
        signature: Option<&str>,
        progress: &Progress,
    ) -> ServiceResult<()> {
        self.parts.trust.take(Digest::of(&bytes), &bytes, signature)?;
        let plugin = self.compiled(bytes, progress).await?;
        for (candidate, present) in self.parts.reconciler.candidates_of(name, &plugin).await? {
            self.try_out(&candidate, present, PreflightRule::Require, progress).await?;
        }
        progress.step(Step::Swapping);
        let by = Asker { actor: "host".to_owned(), request_id: None };
        let line = self.line("load_plugin", name, &plugin.digest.to_string(), by);
        let reconciled = self.parts.reconciler.replace(name, plugin, vec![line]).await?;
        self.settle(reconciled).await
    }

    /// Compiles, keeps and loads an artefact.
    async fn compiled(&self, bytes: Vec<u8>, progress: &Progress) -> ServiceResult<LoadedPlugin> {
        self.parts.compiler.compile(&bytes, || progress.step(Step::Compiling)).await?;
        progress.step(Step::Fitting);
        let (ledger, plugins) = (self.parts.ledger.clone(), Arc::clone(&self.parts.plugins));
        let add = move || add(&ledger, plugins.as_ref(), &bytes);
        tokio::task::spawn_blocking(add).await.map_err(|error| Failure::internal(error.to_string()))?
    }

    /// Puts into force what was asked for, if its pre-flight does not speak against it.
    async fn roll_out(
        &self,
        spec: DeploymentSpec,
        how: Rollout,
        by: Asker,
        progress: &Progress,
    ) -> ServiceResult<InForce> {
        progress.step(Step::Fitting);
        let (candidate, present) = self.parts.reconciler.candidate(&spec).await?;
        let preflight = self.try_out(&candidate, present, how.preflight, progress).await?;
        progress.step(Step::Swapping);
        let status = self.put(spec, how.probation, "deploy", by).await?;
        Ok(InForce { status, preflight })
    }

    /// Shows a candidate rows of the past, and refuses it where they speak against it.
    async fn try_out(
        &self,
        candidate: &Prepared,
        present: Option<Arc<Deployed>>,
        rule: PreflightRule,
        progress: &Progress,
    ) -> ServiceResult<Option<Preflight>> {
        if rule == PreflightRule::Skip {
            return Ok(None);
        }
        progress.step(Step::Preflight);
        let preflight = self.parts.engine.preflight(candidate, present, PREFLIGHT_ROWS).await?;
        progress.preflight(&preflight);
        match preflight.objection().filter(|_| rule == PreflightRule::Require) {
            None => Ok(Some(preflight)),
            Some(objection) => {
                let id = &candidate.deployed().spec.id;
                Err(Failure::new(ErrorKind::Conflict, format!("`{id}` stays as it is: {objection}")))
            }
        }
    }

    async fn put(
        &self,
        spec: DeploymentSpec,
        probation: Option<u32>,
        action: &str,
        by: Asker,
    ) -> ServiceResult<DeploymentStatus> {
        let id = spec.id.clone();
        let line = self.line(action, id.as_str(), "ok", by);
        let reconciled = self.parts.reconciler.deploy(spec, probation, vec![line]).await?;
        self.settle(reconciled).await?;
        self.status_of(&id)
    }

    async fn earlier(&self, id: &DeploymentId, to: Option<u32>) -> ServiceResult<DeploymentSpec> {
        let present = self.status_of(id)?;
        let revisions = self.revisions_of(id).await?;
        let missing = || match to {
            Some(to) => Failure::not_found(format!("`{id}` has no revision {to}; see its revisions")),
            None => Failure::new(ErrorKind::Conflict, format!("`{id}` has no earlier revision to go back to")),
        };
        let is_wanted = |revision: &&Revision| match to {
            Some(to) => revision.revision == to,
            None => revision.plugin != present.plugin || !is_alike(&revision.spec, &present.spec),
        };
        let wanted = revisions.iter().find(is_wanted).ok_or_else(missing)?;
        // By digest: the name may mean another artefact by now.
        let spec =
            DeploymentSpec { plugin: wanted.plugin.to_string(), stage: present.spec.stage, ..wanted.spec.clone() };
        Ok(spec)
    }

    async fn revisions_of(&self, id: &DeploymentId) -> ServiceResult<Vec<Revision>> {
        let mut revisions: Vec<Revision> = Vec::new();
        let mut after = 0;
        loop {
            let page = self.parts.ledger.entries_of_kind("generation", Some(id.clone()), after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = last.seq;
            for entry in page {
                let Record::Generation(start) = entry.record else { continue };
                let deployed = *start.deployed;
                if revisions.iter().any(|one| one.revision == deployed.revision && one.since == deployed.at) {
                    continue;
                }
                revisions.push(Revision {
                    revision: deployed.revision,
                    plugin: deployed.plugin,
                    since: deployed.at,
                    recorded_at: entry.recorded_at,
                    spec: deployed.spec,
                });
            }
        }
        revisions.reverse();
        Ok(revisions)
    }
}

/// Whether both ask for the same, whatever they call it and how far its word reaches.
fn is_alike(left: &DeploymentSpec, right: &DeploymentSpec) -> bool {
    let bare = |spec: &DeploymentSpec| DeploymentSpec {
        plugin: String::new(),
        name: String::new(),
        description: String::new(),
        category: String::new(),
        stage: Stage::Active,
        shadow_of: None,
        ..spec.clone()
    };
    bare(left) == bare(right)
}

/// Keeps the bytes, then loads what the compiler left for them.
fn add(ledger: &sconce_ledger::Ledger, plugins: &dyn Plugins, bytes: &[u8]) -> ServiceResult<LoadedPlugin> {
    ledger.put_artifact(bytes)?;
    plugins.add(bytes).map_err(|error| Failure::new(ErrorKind::Invalid, error.to_string()))
}

impl Operations for HostService {
    fn upload(&self, bytes: Vec<u8>, signature: Option<String>, by: Asker) -> Begun<Uploaded> {
        let target = Digest::of(&bytes).to_string();
        self.begin("upload_plugin", target, |host, progress| async move {
            host.take_in(bytes, signature.as_deref(), by, &progress).await
        })
    }

    fn remove(&self, plugin: Digest, by: Asker) -> BoxFuture<'_, ServiceResult<()>> {
        self.whole(|host| async move {
            let line = host.line("remove_plugin", &plugin.to_string(), "ok", by);
            host.parts.reconciler.remove(plugin, vec![line]).await?;
            host.show(host.parts.ledger.status().last_seq).await;
            Ok(())
        })
    }

    fn preflight(&self, spec: DeploymentSpec) -> BoxFuture<'_, ServiceResult<Preflight>> {
        Box::pin(async move {
            // Of the places for calls on demand: it is one.
            let busy = || Failure::new(ErrorKind::Busy, "too many calls on demand are waiting; try again in a moment");
            let _place = self.parts.engine.forks().place().ok_or_else(busy)?;
            let (candidate, present) = self.parts.reconciler.candidate(&spec).await?;
            Ok(self.parts.engine.preflight(&candidate, present, PREFLIGHT_ROWS).await?)
        })
    }

    fn deploy(&self, spec: DeploymentSpec, how: Rollout, by: Asker) -> Begun<InForce> {
        self.begin("deploy", spec.id.to_string(), |host, progress| async move {
            host.roll_out(spec, how, by, &progress).await
        })
    }

    fn changes(&self) -> Vec<ChangeStatus> {
        self.changes.all()
    }

    fn retire<'a>(&'a self, id: &'a DeploymentId, by: Asker) -> BoxFuture<'a, ServiceResult<()>> {
        let id = id.clone();
        self.whole(|host| async move {
            let line = host.line("retire", id.as_str(), "ok", by);
            let reconciled = host.parts.reconciler.retire(&id, vec![line]).await?;
            host.settle(reconciled).await
        })
    }

    fn promote<'a>(
        &'a self,
        id: &'a DeploymentId,
        probation: Option<u32>,
        by: Asker,
    ) -> BoxFuture<'a, ServiceResult<DeploymentStatus>> {
        let id = id.clone();
        self.whole(|host| async move {
            let line = host.line("promote", id.as_str(), "ok", by);
            let (promoted, reconciled) = host.parts.reconciler.promote(&id, probation, vec![line]).await?;
            host.settle(reconciled).await?;
            host.status_of(&promoted)
        })
    }

    fn roll_back<'a>(
        &'a self,
        id: &'a DeploymentId,
        to: Option<u32>,
        by: Asker,
    ) -> BoxFuture<'a, ServiceResult<DeploymentStatus>> {
        let id = id.clone();
        self.whole(|host| async move {
            let spec = host.earlier(&id, to).await?;
            host.put(spec, None, "roll_back", by).await
        })
    }

    fn release<'a>(&'a self, id: &'a DeploymentId, by: Asker) -> BoxFuture<'a, ServiceResult<DeploymentStatus>> {
        let id = id.clone();
        self.whole(|host| async move {
            let line = host.line("release", id.as_str(), "ok", by);
            host.parts.reconciler.renew(&id, vec![line]).await?;
            let refused = host.refused.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
            host.settle(Reconciled { controls: Vec::new(), refused }).await?;
            host.status_of(&id)
        })
    }

    fn revisions<'a>(&'a self, id: &'a DeploymentId) -> BoxFuture<'a, ServiceResult<Vec<Revision>>> {
        Box::pin(async move {
            self.status_of(id)?;
            self.revisions_of(id).await
        })
    }
}
