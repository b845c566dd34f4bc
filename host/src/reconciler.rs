//! What should run, and the one way from there to what runs: at boot from nothing, later change by change.
//!
//! What should run is the deployments file, changed by what operators asked for since, in the order of the ledger. Changes
//! are made one after the other; each is checked against everything else that should run before it is written down.

mod desired;
mod probation;
mod unload;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError, RwLock};

use sconce_domain::error::Failure;
use sconce_domain::ports::service::PluginStatus;
use sconce_domain::ports::{LoadedPlugin, Plugins};
use sconce_domain::record::DesiredChange;
use sconce_domain::symbol::Resolver;
use sconce_domain::{Clock, Control, Deployed, DeploymentId, DeploymentSpec, Digest, ErrorKind, Record, Stage};
use sconce_engine::{Admitted, Engine, Prepared, admit, prepare, reconcile};
use sconce_ledger::Ledger;
use tokio::sync::Mutex;

use self::desired::{Desired, Probation};
use crate::plugin_folder::PluginFolder;
use crate::service::Refused;
use crate::trust::Trust;

/// Entries that are read from the ledger at once.
const PAGE: u32 = 2_000;

/// See the module.
#[derive(Debug)]
pub(crate) struct Reconciler {
    engine: Arc<Engine>,
    ledger: Ledger,
    plugins: Arc<dyn Plugins>,
    trust: Arc<Trust>,
    folder: RwLock<PluginFolder>,
    resolver: Resolver,
    clock: Arc<dyn Clock>,
    /// Nothing is evaluated, whatever stage was asked for.
    paused: bool,
    /// Artefacts that operators brought, for listings.
    kept: RwLock<BTreeSet<Digest>>,
    /// Deployments on trial, for listings.
    on_trial: RwLock<BTreeMap<DeploymentId, Probation>>,
    /// Artefacts that were referred to after the change before this one.
    in_use_before: std::sync::Mutex<BTreeSet<Digest>>,
    /// What should run; held while a change is made.
    desired: Mutex<Desired>,
}

/// What it works with.
#[derive(Debug)]
pub(crate) struct Means {
    pub(crate) engine: Arc<Engine>,
    pub(crate) ledger: Ledger,
    pub(crate) plugins: Arc<dyn Plugins>,
    pub(crate) trust: Arc<Trust>,
    pub(crate) resolver: Resolver,
    pub(crate) clock: Arc<dyn Clock>,
    /// Nothing is evaluated, whatever stage is asked for.
    pub(crate) paused: bool,
}

/// What came of bringing everything to where it should be.
#[derive(Debug, Default)]
pub(crate) struct Reconciled {
    /// What was told to the workers.
    pub(crate) controls: Vec<Control>,
    /// What cannot run, and why.
    pub(crate) refused: Vec<Refused>,
}

/// Everything that should run, checked.
struct Checked {
    admitted: Vec<Prepared>,
    refused: Vec<Refused>,
}

impl Checked {
    fn refused_ids(&self) -> BTreeSet<DeploymentId> {
        self.refused.iter().map(|one| one.spec.id.clone()).collect()
    }
}

impl Reconciler {
    /// Knows nothing of what should run yet; see [`Reconciler::begin`].
    pub(crate) fn new(means: Means, folder: PluginFolder) -> Self {
        let Means { engine, ledger, plugins, trust, resolver, clock, paused } = means;
        let (kept, on_trial, desired) = (RwLock::default(), RwLock::default(), Mutex::default());
        let (folder, in_use_before) = (RwLock::new(folder), std::sync::Mutex::default());
        Reconciler {
            engine,
            ledger,
            plugins,
            trust,
            folder,
            resolver,
            clock,
            paused,
            kept,
            on_trial,
            in_use_before,
            desired,
        }
    }

    /// Takes over what the file asks for and what operators asked for since. Artefacts that they brought are loaded; one
    /// that cannot be is left out and reported.
    pub(crate) async fn begin(&self, file: Vec<DeploymentSpec>) -> anyhow::Result<Vec<DeploymentSpec>> {
        let mut desired = Desired { specs: file, ..Desired::default() };
        let mut after = 0;
        loop {
            let page = self.ledger.entries_of_kind("desired", None, after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = last.seq;
            for entry in page {
                let Record::Desired(change) = entry.record else { continue };
                desired.take_over(entry.seq, change);
            }
        }
        for plugin in desired.kept.clone() {
            if let Err(reason) = self.load_kept(plugin).await {
                tracing::error!(%plugin, reason, "a plugin that was brought earlier cannot be loaded");
                desired.kept.remove(&plugin);
            }
        }
        self.list(&desired);
        let specs = desired.specs.clone();
        *self.desired.lock().await = desired;
        Ok(specs)
    }

    /// Shows in listings what is in force from now on.
    fn list(&self, desired: &Desired) {
        self.kept.write().unwrap_or_else(PoisonError::into_inner).clone_from(&desired.kept);
        self.on_trial.write().unwrap_or_else(PoisonError::into_inner).clone_from(&desired.probations);
    }

    async fn load_kept(&self, plugin: Digest) -> Result<(), String> {
        if self.plugins.get(plugin).is_some() {
            return Ok(());
        }
        let (ledger, plugins) = (self.ledger.clone(), Arc::clone(&self.plugins));
        let load = move || {
            let bytes = ledger.artifact(plugin).map_err(|error| error.to_string())?;
            plugins.add(&bytes).map(drop).map_err(|error| error.to_string())
        };
        tokio::task::spawn_blocking(load).await.map_err(|error| error.to_string())?
    }

    /// Brings what runs to what should run.
    pub(crate) async fn bring_about(&self) -> anyhow::Result<Reconciled> {
        let desired = self.desired.lock().await;
        let Checked { admitted, refused } = self.check(&self.folder(), &desired.specs);
        for Refused { spec, reason } in &refused {
            tracing::warn!(deployment = %spec.id, reason, "deployment refused");
        }
        let controls = self.apply(&admitted).await?;
        Ok(Reconciled { controls, refused })
    }

    /// Puts `spec` into force in place of any of its id, on trial for so many seconds of market time. `lines` are appended
    /// with the change once everything was checked and before anything changes.
    pub(crate) async fn deploy(
        &self,
        spec: DeploymentSpec,
        probation: Option<u32>,
        lines: Vec<Record>,
    ) -> Result<Reconciled, Failure> {
        let mut desired = self.desired.lock().await;
        self.recall(&spec.plugin).await;
        desired.check_shadow(&spec)?;
        let mut changes = vec![DesiredChange::Deploy(Box::new(spec.clone()))];
        changes.extend(self.trial(&desired, &spec.id, probation).await?);
        self.change(&mut desired, changes, lines).await
    }

    /// What `spec` would be put into force as, and what is in force under its id, or under that of which it is the shadow.
    pub(crate) async fn candidate(&self, spec: &DeploymentSpec) -> Result<(Prepared, Option<Arc<Deployed>>), Failure> {
        let folder = self.folder();
        self.recall(&spec.plugin).await;
        let prepared = tokio::task::block_in_place(|| self.prepare(&folder, spec))?;
        let beside = spec.shadow_of.as_ref().unwrap_or(&spec.id);
        let running = self.engine.deployments().await?;
        Ok((prepared, running.into_iter().find(|deployed| deployed.spec.id == *beside)))
    }

    /// What each deployment that asks for `name` would be put into force as if it meant `plugin`, and what is in force.
    pub(crate) async fn candidates_of(
        &self,
        name: &str,
        plugin: &LoadedPlugin,
    ) -> Result<Vec<(Prepared, Option<Arc<Deployed>>)>, Failure> {
        let mut folder = self.folder();
        folder.put(name, Ok(plugin.clone()), self.clock.now());
        let asking = self.desired.lock().await.specs.clone();
        let running = self.engine.deployments().await?;
        let mut candidates = Vec::new();
        for spec in asking.iter().filter(|spec| spec.plugin == name) {
            // Why it does not fit is said when it is to be taken.
            let Ok(prepared) = tokio::task::block_in_place(|| self.prepare(&folder, spec)) else { continue };
            let present = running.iter().find(|deployed| deployed.spec.id == spec.id).cloned();
            candidates.push((prepared, present));
        }
        Ok(candidates)
    }

    /// Ends a deployment.
    pub(crate) async fn retire(&self, id: &DeploymentId, lines: Vec<Record>) -> Result<Reconciled, Failure> {
        let mut desired = self.desired.lock().await;
        desired.find(id)?;
        self.change(&mut desired, vec![DesiredChange::Retire { deployment: id.clone() }], lines).await
    }

    /// Makes a shadow active; gives the id under which it is.
    pub(crate) async fn promote(
        &self,
        id: &DeploymentId,
        probation: Option<u32>,
        lines: Vec<Record>,
    ) -> Result<(DeploymentId, Reconciled), Failure> {
        let mut desired = self.desired.lock().await;
        let shadow = desired.find(id)?.clone();
        if shadow.stage != Stage::Shadow {
            return Err(Failure::new(ErrorKind::Conflict, format!("`{id}` is no shadow: only shadows are promoted")));
        }
        let shadow_artefact = self.digest(&self.folder(), &shadow)?;
        let mut changes = Vec::new();
        let promoted = match &shadow.shadow_of {
            None => DeploymentSpec { stage: Stage::Active, ..shadow },
            Some(champion) => {
                let champion = desired.find(champion)?;
                changes.push(DesiredChange::Retire { deployment: shadow.id.clone() });
                DeploymentSpec {
                    id: champion.id.clone(),
                    name: champion.name.clone(),
                    description: champion.description.clone(),
                    category: champion.category.clone(),
                    // By digest: the name may mean another artefact tomorrow.
                    plugin: shadow_artefact.to_string(),
                    stage: Stage::Active,
                    shadow_of: None,
                    ..shadow
                }
            }
        };
        let promoted_id = promoted.id.clone();
        changes.push(DesiredChange::Deploy(Box::new(promoted)));
        changes.extend(self.trial(&desired, &promoted_id, probation).await?);
        let reconciled = self.change(&mut desired, changes, lines).await?;
        Ok((promoted_id, reconciled))
    }

    /// Starts a deployment again as it is, in a new revision.
    pub(crate) async fn renew(&self, id: &DeploymentId, lines: Vec<Record>) -> Result<(), Failure> {
        let _held = self.desired.lock().await;
        let running = self.engine.deployments().await?;
        let before = running.iter().find(|deployed| deployed.spec.id == *id).ok_or_else(|| desired::unknown(id))?;
        let mut renewed = Deployed::clone(before);
        renewed.revision += 1;
        renewed.at = self.engine.next_moment();
        self.ledger.append(lines).await?;
        self.engine.apply(vec![Control::Deploy(Box::new(renewed))]).await?;
        Ok(())
    }

    async fn change(
        &self,
        desired: &mut Desired,
        changes: Vec<DesiredChange>,
        lines: Vec<Record>,
    ) -> Result<Reconciled, Failure> {
        let folder = self.folder();
        let mut wanted = desired.clone();
        changes.iter().for_each(|change| wanted.take_over(0, change.clone()));
        let before = self.check(&folder, &desired.specs).refused_ids();
        let Checked { admitted, refused } = self.check(&folder, &wanted.specs);
        let changed = |id: &DeploymentId| {
            changes.iter().any(|change| matches!(change, DesiredChange::Deploy(spec) if spec.id == *id))
        };
        // Whoever could not run before is nobody's fault now.
        if let Some(one) = refused.iter().find(|one| changed(&one.spec.id) || !before.contains(&one.spec.id)) {
            let kind = if changed(&one.spec.id) { ErrorKind::Invalid } else { ErrorKind::Conflict };
            return Err(Failure::new(kind, one.reason.clone()));
        }
        self.write_down(desired, changes, lines).await?;
        let controls = self.apply(&admitted).await?;
        self.unload_idle(desired).await?;
        Ok(Reconciled { controls, refused })
    }

    /// From here on a restart brings it about.
    async fn write_down(
        &self,
        desired: &mut Desired,
        changes: Vec<DesiredChange>,
        lines: Vec<Record>,
    ) -> Result<(), Failure> {
        let records = changes.iter().cloned().map(Record::Desired).chain(lines).collect();
        let entries = self.ledger.append(records).await?;
        for (change, entry) in changes.into_iter().zip(entries) {
            desired.take_over(entry.seq, change);
        }
        self.list(desired);
        Ok(())
    }

    async fn apply(&self, admitted: &[Prepared]) -> Result<Vec<Control>, Failure> {
        let running = self.engine.deployments().await?;
        let controls = reconcile(admitted, &running, self.engine.next_moment());
        self.engine.apply(controls.clone()).await?;
        Ok(controls)
    }

    fn folder(&self) -> PluginFolder {
        self.folder.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Each plugin is asked what it needs, which may take as long as its budget: not on a thread that serves others.
    fn check(&self, folder: &PluginFolder, specs: &[DeploymentSpec]) -> Checked {
        tokio::task::block_in_place(|| self.check_all(folder, specs))
    }

    fn check_all(&self, folder: &PluginFolder, specs: &[DeploymentSpec]) -> Checked {
        let (mut prepared, mut refused) = (Vec::new(), Vec::new());
        for spec in specs {
            match self.prepare(folder, spec) {
                Ok(one) => prepared.push(one),
                Err(failure) => refused.push(Refused { spec: spec.clone(), reason: failure.message }),
            }
        }
        let Admitted { admitted, refused: unread } = admit(prepared);
        refused.extend(
            unread
                .into_iter()
                .map(|(prepared, error)| Refused { spec: prepared.deployed().spec.clone(), reason: error.to_string() }),
        );
        Checked { admitted, refused }
    }

    fn prepare(&self, folder: &PluginFolder, spec: &DeploymentSpec) -> Result<Prepared, Failure> {
        let digest = self.digest(folder, spec)?;
        let stage = if self.paused { Stage::Paused } else { spec.stage };
        let spec = DeploymentSpec { stage, ..spec.clone() };
        let one = prepare(self.plugins.as_ref(), &self.resolver, &spec, digest)
            .map_err(|error| Failure::new(ErrorKind::Invalid, error.to_string()))?;
        if !one.missing().is_empty() {
            tracing::warn!(deployment = %spec.id, missing = one.missing().join(", "), "the feed does not have these");
        }
        Ok(one)
    }

    /// The artefact that a deployment's `plugin` means: a name of the folder, or a digest.
    fn digest(&self, folder: &PluginFolder, spec: &DeploymentSpec) -> Result<Digest, Failure> {
        let unknown = || {
            let message = format!("deployment `{}` cannot start: there is no plugin `{}`", spec.id, spec.plugin);
            Failure::new(ErrorKind::Invalid, message)
        };
        let digest = folder.digest(&spec.plugin).ok_or_else(unknown)?;
        self.plugins.get(digest).ok_or_else(unknown)?;
        self.trust.admit(digest)?;
        Ok(digest)
    }

    /// Takes a loaded artefact of the folder under its name, and swaps it in wherever that name is asked for. One that
    /// some deployment which runs cannot run with is refused; the one before stays in force.
    pub(crate) async fn replace(
        &self,
        name: &str,
        plugin: LoadedPlugin,
        lines: Vec<Record>,
    ) -> Result<Reconciled, Failure> {
        let desired = self.desired.lock().await;
        self.recall(&plugin.digest.to_string()).await;
        let now = self.folder();
        if let Some(before) = now.digest(name).and_then(|digest| self.plugins.get(digest)) {
            let (ours, theirs) = (&before.description.id, &plugin.description.id);
            if ours != theirs {
                let message =
                    format!("it is the plugin `{theirs}`, and `{name}` was `{ours}`: give it a name of its own");
                return Err(Failure::new(ErrorKind::Conflict, message));
            }
        }
        let mut then = now.clone();
        then.put(name, Ok(plugin), self.clock.now());
        let before = self.check(&now, &desired.specs).refused_ids();
        let Checked { admitted, refused } = self.check(&then, &desired.specs);
        if let Some(one) = refused.iter().find(|one| !before.contains(&one.spec.id)) {
            return Err(Failure::new(ErrorKind::Conflict, one.reason.clone()));
        }
        self.ledger.append(lines).await?;
        *self.folder.write().unwrap_or_else(PoisonError::into_inner) = then;
        let controls = self.apply(&admitted).await?;
        self.unload_idle(&desired).await?;
        Ok(Reconciled { controls, refused })
    }

    /// Notes why a file of the folder is not taken.
    pub(crate) fn note_refusal(&self, name: &str, reason: String) {
        let mut folder = self.folder.write().unwrap_or_else(PoisonError::into_inner);
        folder.put(name, Err(reason), self.clock.now());
    }

    /// Whether a name of the folder means this artefact, and its newest file was taken.
    pub(crate) fn holds(&self, name: &str, plugin: Digest) -> bool {
        let folder = self.folder();
        folder.digest(name) == Some(plugin) && folder.is_well(name)
    }

    /// Offers an artefact from now on.
    pub(crate) async fn keep(&self, plugin: Digest, lines: Vec<Record>) -> Result<(), Failure> {
        let mut desired = self.desired.lock().await;
        self.recall(&plugin.to_string()).await;
        self.write_down(&mut desired, vec![DesiredChange::Keep { plugin }], lines).await
    }

    /// Offers an artefact that was brought no longer.
    pub(crate) async fn remove(&self, plugin: Digest, lines: Vec<Record>) -> Result<(), Failure> {
        let mut desired = self.desired.lock().await;
        if !desired.kept.contains(&plugin) {
            return Err(Failure::not_found(format!("no plugin {plugin} was uploaded")));
        }
        let running = self.engine.deployments().await?;
        let runs = running.iter().find(|deployed| deployed.plugin == plugin).map(|deployed| deployed.spec.id.clone());
        let asks = || desired.specs.iter().find(|spec| spec.plugin == plugin.to_string()).map(|spec| spec.id.clone());
        if let Some(id) = runs.or_else(asks) {
            let message = format!("deployment `{id}` runs it: retire that one, or give it another plugin, first");
            return Err(Failure::new(ErrorKind::Conflict, message));
        }
        self.write_down(&mut desired, vec![DesiredChange::Remove { plugin }], lines).await?;
        self.unload_idle(&desired).await
    }

    /// Artefacts of the folder by name, then those that operators brought, named by digest.
    pub(crate) fn statuses(&self) -> Vec<PluginStatus> {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner).clone();
        let brought = |plugin: LoadedPlugin| PluginStatus {
            name: plugin.digest.to_string(),
            error: None,
            plugin: Some(plugin),
            checked_at: self.clock.now(),
        };
        let brought = kept.into_iter().filter_map(|digest| self.plugins.get(digest)).map(brought);
        self.folder().statuses.into_iter().chain(brought).collect()
    }
}
