//! A live engine with honest deployments in it: market, workers, ledger, all as the host runs them, and one guest beside.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use sconce_domain::ports::{FeedBatch, FeedEnd, FeedError, Plugins};
use sconce_domain::symbol::Resolver;
use sconce_domain::{
    Clock, Control, Deployed, DeploymentId, DeploymentSpec, Digest, Limits, Nanos, Record, Stage as Reach, SystemClock,
    Timeframe,
};
use sconce_engine::{Engine, EngineOptions, prepare};
use sconce_ledger::{DataDir, Ledger, LedgerOptions, Recovery};
use sconce_market::BarPolicy;
use sconce_runtime::{RuntimeOptions, WasmPlugins};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::guests::describing;
use crate::market::{self, HandFed, instruments};
use crate::timed::Timed;

/// Time between two minutes beside work that has a processor to itself, where there is no other pace.
const BESIDE_WORK: Duration = Duration::from_millis(20);
/// Entries that are read at once.
const PAGE: u32 = 10_000;

/// Who the hostile deployment is. Its name comes first, so that it is called before all others.
pub fn hostile() -> anyhow::Result<DeploymentId> {
    Ok("a-hostile".parse()?)
}

/// What honest deployments said: by deployment and moment.
pub type Words = BTreeMap<(DeploymentId, Nanos), String>;

/// The engine on its stage.
#[derive(Debug)]
pub struct Stage {
    engine: Arc<Engine>,
    ledger: Ledger,
    /// The runtime itself.
    pub wasm: Arc<WasmPlugins>,
    plugins: Arc<Timed>,
    playing: JoinHandle<Result<FeedEnd, FeedError>>,
    hand: mpsc::Sender<FeedBatch>,
    /// Digest of the guest that misbehaves.
    pub misfit: Digest,
    honest: Digest,
    next: u64,
    /// When each minute was handed over.
    handed: BTreeMap<u64, Instant>,
    /// Time between two minutes; none: one after the other.
    pace: Option<Duration>,
}

impl Stage {
    /// Starts an engine in `folder`, or goes on there, from minute `next`.
    pub async fn open(
        folder: &Path,
        misfit: &[u8],
        next: u64,
        checkpoint_events: u64,
        pace: Option<Duration>,
    ) -> anyhow::Result<Self> {
        let (ledger, recovery) = open_ledger(folder).await?;
        let cache = Some(crate::guests::target().join("guests/compiled"));
        let wasm = Arc::new(WasmPlugins::new(RuntimeOptions { cache, ..RuntimeOptions::default() })?);
        let honest = wasm.add(&describing(misfit, "other")?)?.digest;
        let misfit = wasm.add(misfit)?.digest;
        let plugins = Arc::new(Timed::new(Arc::clone(&wasm), honest));
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let options = EngineOptions { workers: 1, policy: BarPolicy::default(), checkpoint_events };
        let port: Arc<dyn Plugins> = Arc::<Timed>::clone(&plugins);
        let engine = {
            let (ledger, clock) = (ledger.clone(), Arc::clone(&clock));
            tokio::task::block_in_place(|| Engine::start(ledger, &recovery, &port, clock, &options))?
        };
        let engine = Arc::new(engine);
        let (feed, hand) = HandFed::new();
        engine.open_market(&feed, &[Timeframe::M1], clock.now()).await?;
        let running = Arc::clone(&engine);
        let playing = tokio::spawn(async move { running.run_feed(&feed, None).await });
        let handed = BTreeMap::new();
        Ok(Stage { engine, ledger, wasm, plugins, playing, hand, misfit, honest, next, handed, pace })
    }

    /// Puts so many honest deployments into force, each on one instrument.
    pub async fn fill(&self, honest: u32) -> anyhow::Result<()> {
        for number in 0..honest {
            let id = format!("honest-{number:03}").parse()?;
            let instrument = format!("E{}", number % market::INSTRUMENTS);
            let spec = spec(id, &instrument, "honest", 0, Limits::default());
            self.deploy(&spec, self.honest).await?;
        }
        Ok(())
    }

    /// Puts the hostile deployment into force.
    pub async fn let_in(&self, mode: &str, n: u32, limits: Limits) -> anyhow::Result<()> {
        self.deploy(&spec(hostile()?, "*", mode, n, limits), self.misfit).await
    }

    /// Asks what the hostile deployment needs: why it is refused, if it is.
    pub fn refusal(&self, mode: &str) -> anyhow::Result<Option<String>> {
        let spec = spec(hostile()?, "*", mode, 0, Limits::default());
        let prepared = prepare(self.plugins.as_ref(), &Resolver::new(instruments()), &spec, self.misfit);
        Ok(prepared.err().map(|error| error.to_string()))
    }

    /// Ends the hostile deployment.
    pub async fn send_away(&self) -> anyhow::Result<()> {
        Ok(self.engine.apply(vec![Control::Retire { deployment: hostile()? }]).await?)
    }

    async fn deploy(&self, spec: &DeploymentSpec, plugin: Digest) -> anyhow::Result<()> {
        let prepared = prepare(self.plugins.as_ref(), &Resolver::new(instruments()), spec, plugin)?;
        let deployed = Deployed { revision: 1, at: self.engine.next_moment(), ..prepared.deployed().clone() };
        Ok(self.engine.apply(vec![Control::Deploy(Box::new(deployed))]).await?)
    }

    /// Lets so many minutes of the market go by, and waits until all of them were answered.
    pub async fn pass(&mut self, minutes: u64) -> anyhow::Result<()> {
        let mut beat = self.pace.map(tokio::time::interval);
        for _ in 0..minutes {
            if let Some(beat) = &mut beat {
                beat.tick().await;
            }
            self.minute().await?;
        }
        Ok(())
    }

    /// Lets time go by, a few minutes at least, until `work` is done: at its pace, or leaving most of the processor to the
    /// work.
    pub async fn pass_until<T>(&mut self, least: u64, work: JoinHandle<anyhow::Result<T>>) -> anyhow::Result<T> {
        self.pass(least).await?;
        let mut beat = tokio::time::interval(self.pace.unwrap_or(BESIDE_WORK));
        while !work.is_finished() {
            beat.tick().await;
            self.minute().await?;
        }
        work.await?
    }

    async fn minute(&mut self) -> anyhow::Result<()> {
        let batch = market::events(self.next);
        let end = batch.watermark;
        self.handed.insert(self.next, Instant::now());
        self.next += 1;
        self.hand.send(batch).await.context("the feed has ended")?;
        while self.engine.market_time() < end {
            tokio::task::yield_now().await;
        }
        // Asked behind the events, so answered after them.
        self.engine.deployments().await?;
        Ok(())
    }

    /// Minutes of the market that went by.
    pub fn minutes(&self) -> u64 {
        self.next
    }

    /// Nanoseconds from the hand-over of each minute to each honest answer about it, since the last time; sorted.
    pub fn latencies(&mut self) -> Vec<u64> {
        let answers = self.plugins.take();
        let handed = std::mem::take(&mut self.handed);
        let spans = answers.iter().filter_map(|(row, answered)| {
            let handed = handed.get(&market::number_of(*row))?;
            u64::try_from(answered.duration_since(*handed).as_nanos()).ok()
        });
        let mut spans: Vec<u64> = spans.collect();
        spans.sort_unstable();
        spans
    }

    /// Everything that honest deployments said, after all of it is in the ledger.
    pub async fn words(&self) -> anyhow::Result<Words> {
        self.engine.settle().await?;
        let mut words = Words::new();
        let mut after = 0;
        loop {
            let page = self.ledger.entries(after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(words) };
            after = last.seq;
            for entry in page {
                if let Record::Output(output) = entry.record
                    && output.deployment.as_str().starts_with("honest")
                {
                    words.insert((output.deployment.clone(), output.as_of), serde_json::to_string(&output.body)?);
                }
            }
        }
    }

    /// Faults of the hostile deployment, by class.
    pub async fn faults(&self) -> anyhow::Result<BTreeMap<String, u64>> {
        self.engine.settle().await?;
        let mut classes = BTreeMap::new();
        let page = self.ledger.entries_of_kind("fault", Some(hostile()?), 0, PAGE).await?;
        for entry in page {
            if let Record::Fault(fault) = entry.record {
                *classes.entry(fault.class).or_default() += 1;
            }
        }
        Ok(classes)
    }

    /// How many starts of the hostile deployment the ledger knows.
    pub async fn starts(&self) -> anyhow::Result<usize> {
        self.engine.settle().await?;
        Ok(self.ledger.entries_of_kind("generation", Some(hostile()?), 0, PAGE).await?.len())
    }

    /// Ends the engine in order; the minute that comes next.
    pub async fn close(self) -> anyhow::Result<u64> {
        let Stage { engine, ledger, playing, hand, next, .. } = self;
        drop(hand);
        playing.await??;
        engine.shutdown().await?;
        ledger.close();
        Ok(next)
    }
}

/// Opens the ledger of a folder. Threads of an engine before let go of it a moment after its end.
async fn open_ledger(folder: &Path) -> anyhow::Result<(Ledger, Recovery)> {
    let mut beat = tokio::time::interval(Duration::from_millis(5));
    for _ in 0..1_000 {
        beat.tick().await;
        if let Ok(opened) = DataDir::open(folder).and_then(|dir| Ledger::open(&dir, LedgerOptions::default())) {
            return Ok(opened);
        }
    }
    Ok(Ledger::open(&DataDir::open(folder)?, LedgerOptions::default())?)
}

fn spec(id: DeploymentId, instrument: &str, mode: &str, n: u32, limits: Limits) -> DeploymentSpec {
    DeploymentSpec {
        id,
        plugin: "misfit".to_owned(),
        name: String::new(),
        description: String::new(),
        category: String::new(),
        instruments: vec![instrument.to_owned()],
        timeframes: vec![Timeframe::M1],
        stage: Reach::Active,
        shadow_of: None,
        every_seconds: None,
        grants: Vec::new(),
        limits,
        config: serde_json::json!({ "mode": mode, "n": n }),
    }
}
