//! From a data directory to a host that runs what it should.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use sconce_domain::ports::{Committed, Feed, Plugins, Store};
use sconce_domain::{Clock, ErrorKind, Timeframe};
use sconce_engine::{Engine, EngineOptions};
use sconce_ledger::{DataDir, Ledger, Recovery};
use sconce_market::BarPolicy;
use sconce_store::{Probe, Projector, ProjectorOptions};
use serde::{Deserialize, Serialize};

use super::Host;
use super::opening::Questions;
use crate::compiler::Compiler;
use crate::config::Settings;
use crate::forecasting::Forecasting;
use crate::journal;
use crate::kept_plugins::KeptPlugins;
use crate::plugin_folder::PluginFolder;
use crate::reconciler::{Means, Reconciled, Reconciler};
use crate::service::{FeedRun, HostService, Parts, Views};
use crate::trust::Trust;
use crate::wiring::{self, WiredFeed};

/// How long a start waits for the database of the query tables.
const FIRST_ATTEMPT: Duration = Duration::from_secs(8);
/// Entries at the end of the ledger that a start looks through for the newest things.
const TAIL: u64 = 20_000;

/// Opens everything and folds the logs; nothing new is said yet.
pub(super) async fn boot(
    settings: &Settings,
    dir: DataDir,
    wired: &WiredFeed,
    clock: &Arc<dyn Clock>,
) -> anyhow::Result<Host> {
    let started_at = clock.now();
    let (ledger, recovery) = Ledger::open(&dir, wiring::ledger_options(settings, Arc::clone(clock)))?;
    journal::import(&dir, &ledger).await?;
    let plugins = wiring::plugins(&dir, settings.ceilings)?;
    let trust = Arc::new(Trust::new(&settings.plugin_keys(), ledger.clone())?);
    let folder = PluginFolder::load(&wiring::plugin_folder(settings)?, &dir, &plugins, &trust, clock.as_ref())?;
    let store = wiring::store(settings).await?;
    let (projector, probe) = begin_to_project(&ledger, &dir, &store, clock).await?;
    let views = warm_views(&ledger, store.as_ref(), recovery.last_seq, settings.memory_rows).await?;
    let shape = Shape::of(dir.root(), settings)?;
    let options = EngineOptions {
        workers: shape.workers,
        policy: shape.policy.clone(),
        checkpoint_events: settings.checkpoint_events,
    };
    let engine = Arc::new(fold(&ledger, recovery, &plugins, clock, options).await?);
    let feed_run = Arc::new(FeedRun::new(wired.wall_clock));
    let resolver = wiring::resolver(settings, wired.feed.as_ref())?;
    let registry = Arc::new(wiring::models(settings, &dir)?);
    let forecasting = Forecasting::new(wiring::forecasts(settings, wired, &engine, &registry, clock)?);
    let paused = settings.disable_signals != 0;
    let means = Means {
        engine: Arc::clone(&engine),
        ledger: ledger.clone(),
        plugins: Arc::clone(&plugins),
        trust: Arc::clone(&trust),
        resolver: resolver.clone(),
        clock: Arc::clone(clock),
        paused,
    };
    let service = HostService::new(Parts {
        engine: Arc::clone(&engine),
        ledger: ledger.clone(),
        store: Arc::clone(&store),
        projector: Arc::clone(&projector),
        probe,
        feed: Arc::clone(&wired.feed),
        feed_run: Arc::clone(&feed_run),
        resolver: resolver.clone(),
        plugins: Arc::clone(&plugins),
        reconciler: Reconciler::new(means, folder),
        compiler: Compiler::new(dir.cache()),
        trust,
        registry,
        forecasting,
        views,
        policy: shape.policy,
        started_at,
        clock: Arc::clone(clock),
        paused,
    });
    let _notifier = wiring::notifier(settings, &ledger, clock)?;
    Ok(Host { engine, ledger, store, projector, feed_run, service, resolver, _notifier })
}

/// Folds the logs, with the plugins that they need.
async fn fold(
    ledger: &Ledger,
    recovery: Recovery,
    plugins: &Arc<dyn Plugins>,
    clock: &Arc<dyn Clock>,
    options: EngineOptions,
) -> anyhow::Result<Engine> {
    let kept = Arc::new(KeptPlugins::new(Arc::clone(plugins), ledger.clone()));
    let port: Arc<dyn Plugins> = Arc::<KeptPlugins>::clone(&kept);
    let (ledger, clock) = (ledger.clone(), Arc::clone(clock));
    let fold = tokio::task::spawn_blocking(move || Engine::start(ledger, &recovery, &port, clock, &options));
    let engine = fold.await.context("recovery was stopped")?;
    if let Some(missing) = kept.missing() {
        anyhow::bail!("{missing}; bring it back from a backup (`sconce restore`)");
    }
    Ok(engine?)
}

/// Starts to keep the query tables up. Tables of another ledger end the start; a database that is away does not.
async fn begin_to_project(
    ledger: &Ledger,
    dir: &DataDir,
    store: &Arc<dyn Store>,
    clock: &Arc<dyn Clock>,
) -> anyhow::Result<(Arc<Projector>, Probe)> {
    let committed: Arc<dyn Committed> = Arc::new(ledger.clone());
    let projector = Projector::spawn(committed, Arc::clone(store), dir.identity()?, ProjectorOptions::default());
    match projector.first_attempt(FIRST_ATTEMPT).await {
        Err(failure) if failure.kind == ErrorKind::Conflict => anyhow::bail!(failure.message),
        Err(failure) => tracing::warn!(%failure, "starting without the query tables; they catch up when they are back"),
        Ok(()) => {}
    }
    let probe = Probe::start(Arc::clone(store), Arc::clone(clock)).await;
    Ok((Arc::new(projector), probe))
}

/// Views of what was said before, kept up from now on: the newest outputs from the tables, or from the whole ledger while
/// those are away, and the newest things of every kind from the end of the ledger.
async fn warm_views(ledger: &Ledger, store: &dyn Store, newest: u64, memory_rows: u32) -> anyhow::Result<Arc<Views>> {
    let views = Arc::new(Views::new(newest, memory_rows));
    let shown = match (store.position().await, store.latest_outputs(None).await) {
        (Ok(position), Ok(latest)) => {
            views.warm(latest.into_iter().map(|latest| latest.row));
            position
        }
        _ => 0,
    };
    let mut entries = ledger.subscribe_after(shown.min(newest.saturating_sub(TAIL)))?;
    let kept = Arc::clone(&views);
    tokio::spawn(async move {
        while let Ok(entries) = entries.next().await {
            kept.take(&entries);
        }
    });
    Ok(views)
}

/// What a data directory was begun with and must go on with: its rows depend on it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Shape {
    /// Worker threads for instruments.
    pub(crate) workers: u32,
    /// How bars are built.
    pub(crate) policy: BarPolicy,
}

impl Shape {
    /// That of the directory; that of the settings for a new one.
    fn of(root: &Path, settings: &Settings) -> anyhow::Result<Self> {
        let path = root.join("shape.json");
        if let Some(shape) = Self::read(root)? {
            if shape.workers != settings.workers {
                tracing::warn!("{} was begun with {} workers and goes on with them", root.display(), shape.workers);
            }
            return Ok(shape);
        }
        let shape = Shape { workers: settings.workers, policy: BarPolicy::default() };
        let text = serde_json::to_vec_pretty(&shape)?;
        std::fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
        Ok(shape)
    }

    /// That of an existing directory.
    pub(crate) fn read(root: &Path) -> anyhow::Result<Option<Self>> {
        let path = root.join("shape.json");
        match std::fs::read(&path) {
            Ok(text) => Ok(Some(serde_json::from_slice(&text).with_context(|| format!("reading {}", path.display()))?)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("reading {}", path.display())),
        }
    }
}

/// Brings the running deployments to what they should be. Boot is this from nothing. Gives what is to be asked of those
/// that are new on a market with a past.
pub(super) async fn put_into_force(
    settings: &Settings,
    host: &Host,
    wired: &WiredFeed,
    clock: &dyn Clock,
) -> anyhow::Result<Questions> {
    let reconciler = host.service.reconciler();
    let specs = reconciler.begin(wiring::deployments(settings, wired.bundled)?).await?;
    let mut timeframes: Vec<Timeframe> = specs.iter().flat_map(|spec| spec.timeframes.iter().copied()).collect();
    timeframes.sort_unstable();
    timeframes.dedup();
    let feed: &dyn Feed = wired.feed.as_ref();
    host.engine.open_market(feed, &timeframes, clock.now()).await?;
    host.engine.set_posture(&settings.variables.posture()?).await?;
    // Before any data there is nothing to evaluate.
    let has_past = host.engine.market_time().is_some();
    let Reconciled { controls, refused } = reconciler.bring_about().await?;
    let questions = if has_past { Questions::of(&controls, &feed.instruments()) } else { Questions::default() };
    host.service.set_deployments(host.engine.deployments().await?, refused);
    Ok(questions)
}
