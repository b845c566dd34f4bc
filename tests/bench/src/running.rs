//! A whole engine over a fresh data directory: what the rows of trades share.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use sconce_domain::ports::{Feed, Plugins};
use sconce_domain::symbol::Resolver;
use sconce_domain::{Clock, DeploymentSpec, Digest, Payload, SystemClock, Timeframe};
use sconce_engine::{Engine, EngineOptions, prepare, reconcile};
use sconce_ledger::{DataDir, Ledger, LedgerOptions};
use sconce_market::BarPolicy;

use crate::ours;
use crate::rows::Setting;

const DEPLOYMENTS: &str = include_str!("../../../host/deployments.toml");

#[derive(serde::Deserialize)]
struct File {
    deployment: Vec<DeploymentSpec>,
}

/// The deployments that the host brings along.
pub(crate) fn bundled() -> anyhow::Result<Vec<DeploymentSpec>> {
    Ok(toml::from_str::<File>(DEPLOYMENTS).context("the bundled deployments")?.deployment)
}

/// An engine that runs.
pub(crate) struct Running {
    pub(crate) engine: Engine,
    pub(crate) ledger: Ledger,
    plugins: Arc<dyn Plugins>,
    clock: Arc<dyn Clock>,
    workers: u32,
}

impl Running {
    /// Starts an engine in this folder. Needs the runtime of the caller.
    pub(crate) fn start(folder: &Path, workers: u32) -> anyhow::Result<Self> {
        let dir = DataDir::open(folder)?;
        let (ledger, recovery) = Ledger::open(&dir, LedgerOptions::default())?;
        let plugins: Arc<dyn Plugins> = ours::runtime()?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let options = EngineOptions { workers, policy: BarPolicy::default(), checkpoint_events: 200_000 };
        let engine = Engine::start(ledger.clone(), &recovery, &plugins, Arc::clone(&clock), &options)?;
        Ok(Running { engine, ledger, plugins, clock, workers })
    }

    /// Opens the market of the feed and deploys all of `specs` on it.
    pub(crate) async fn deploy(
        &self,
        setting: &Setting,
        specs: &[DeploymentSpec],
        feed: &dyn Feed,
    ) -> anyhow::Result<()> {
        let timeframes: Vec<Timeframe> = specs.iter().flat_map(|spec| spec.timeframes.iter().copied()).collect();
        self.engine.open_market(feed, &timeframes, self.clock.now()).await?;
        let resolver = Resolver::new(feed.instruments());
        let mut prepared = Vec::new();
        for spec in specs {
            let digest = self.plugins.add(&ours::read(&setting.plugin(&spec.plugin))?)?.digest;
            prepared.push(prepare(self.plugins.as_ref(), &resolver, spec, digest)?);
        }
        let controls = reconcile(&prepared, &self.engine.deployments().await?, self.engine.next_moment());
        self.engine.apply(controls).await?;
        Ok(())
    }

    /// Loads a component.
    pub(crate) fn add(&self, bytes: &[u8]) -> anyhow::Result<Digest> {
        Ok(self.plugins.add(bytes)?.digest)
    }

    /// Trades of the feed's instruments that were refused or came too late.
    pub(crate) async fn lost(&self, feed: &dyn Feed) -> anyhow::Result<u64> {
        let mut lost = 0;
        for instrument in feed.instruments() {
            let view = self.engine.market_view(&instrument.id(), None).await?;
            lost += view.refused + view.late_trades;
        }
        Ok(lost)
    }

    /// Trades on the committed logs.
    pub(crate) fn logged(&self) -> anyhow::Result<u64> {
        let mut count = 0;
        for worker in 0..self.workers {
            for event in self.ledger.read_inputs(worker, 1)? {
                count += u64::from(matches!(event?.payload, Payload::Trade(_)));
            }
        }
        Ok(count)
    }
}
