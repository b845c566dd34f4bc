//! Trades in, bars, rows, plugins, ledger: a replay of files through the whole engine with the bundled deployments.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context as _;
use sconce_bench_guest::made_bar;
use sconce_domain::ports::{Feed as _, Plugins};
use sconce_domain::symbol::Resolver;
use sconce_domain::{Clock, DeploymentSpec, Instrument, Payload, SystemClock, Timeframe};
use sconce_engine::{Engine, EngineOptions, prepare, reconcile};
use sconce_feeds::{ReplayFeed, ReplayFile, ReplayOptions};
use sconce_ledger::{DataDir, Ledger, LedgerOptions};
use sconce_market::BarPolicy;

use super::Setting;
use crate::ours;
use crate::report::{Figure, Gate, rate};

const BASES: [&str; 8] = ["BTC", "ETH", "SOL", "XRP", "PUMP", "ADA", "DOGE", "LTC"];
const DEPLOYMENTS: &str = include_str!("../../../../host/deployments.toml");
/// Milliseconds of market time between two trades of one instrument.
const STEP: u64 = 160;

#[derive(serde::Deserialize)]
struct File {
    deployment: Vec<DeploymentSpec>,
}

pub(super) fn measure(setting: &Setting) -> anyhow::Result<Vec<Figure>> {
    let trades = setting.pick(80_000, 500_000);
    let folder = tempfile::tempdir()?;
    let files = write(folder.path(), trades)?;
    [1, 2].into_iter().map(|workers| one(setting, &files, trades, workers)).collect()
}

/// One file of trades for each instrument.
fn write(folder: &Path, trades: u64) -> anyhow::Result<Vec<ReplayFile>> {
    let mut files = Vec::new();
    for (offset, base) in (0..).zip(BASES) {
        let path = folder.join(format!("{base}.csv"));
        let mut text = String::from("timestamp,price,size,side,id\n");
        for n in 0..trades / BASES.len() as u64 {
            let [price, .., size] = made_bar(n + 1_000_000 * offset);
            let at = 1_700_000_000_000 + n * STEP + offset * 20;
            let side = if size > 5.0 { "buy" } else { "sell" };
            writeln!(text, "{at},{price:.4},{size:.3},{side},{}", n + 1)?;
        }
        std::fs::write(&path, text)?;
        files.push(ReplayFile { path, instrument: Instrument::spot(base, "USDT", "replay") });
    }
    Ok(files)
}

fn one(setting: &Setting, files: &[ReplayFile], trades: u64, workers: u32) -> anyhow::Result<Figure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let folder = tempfile::tempdir()?;
    let dir = DataDir::open(folder.path())?;
    let (ledger, recovery) = Ledger::open(&dir, LedgerOptions::default())?;
    let plugins: Arc<dyn Plugins> = ours::runtime()?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let feed = ReplayFeed::open(files.to_vec(), ReplayOptions::default())?;
    let options = EngineOptions { workers, policy: BarPolicy::default(), checkpoint_events: 200_000 };
    let engine = Engine::start(ledger.clone(), &recovery, &plugins, Arc::clone(&clock), &options)?;
    let (spent, refused) = runtime.block_on(async {
        deploy(setting, &engine, plugins.as_ref(), &feed, clock.as_ref()).await?;
        let began = Instant::now();
        engine.run_feed(&feed).await?;
        let mut refused = 0;
        for instrument in feed.instruments() {
            let view = engine.market_view(&instrument.id(), None).await?;
            refused += view.refused + view.late_trades;
        }
        engine.shutdown().await?;
        anyhow::Ok((began.elapsed().as_secs_f64(), refused))
    })?;
    let in_log = logged(&ledger, workers)?;
    let records = ledger.status().last_seq;
    ledger.close();
    let whole = in_log == trades && refused == 0;
    let per_second = trades as f64 / spent;
    let what = format!("trades in, rows, ledger, 5 bundled deployments, 8 instruments, {workers} worker(s)");
    let note = format!(
        "{trades} trades out of CSV, {in_log} on the log, {refused} refused or late, {records} entries in the ledger; the \
         clock stops when everything is committed; the aim is 100 k trades/s with 100 deployments and a socket"
    );
    let gate = Gate::Holds("none dropped".to_owned(), whole);
    Ok(Figure { gate, note, ..Figure::published(&what, rate(per_second, "trades")) })
}

async fn deploy(
    setting: &Setting,
    engine: &Engine,
    plugins: &dyn Plugins,
    feed: &ReplayFeed,
    clock: &dyn Clock,
) -> anyhow::Result<()> {
    let specs = toml::from_str::<File>(DEPLOYMENTS).context("the bundled deployments")?.deployment;
    let timeframes: Vec<Timeframe> = specs.iter().flat_map(|spec| spec.timeframes.iter().copied()).collect();
    engine.open_market(feed, &timeframes, clock.now()).await?;
    let resolver = Resolver::new(feed.instruments());
    let mut prepared = Vec::new();
    for spec in &specs {
        let digest = plugins.add(&ours::read(&setting.plugin(&spec.plugin))?)?.digest;
        prepared.push(prepare(plugins, &resolver, spec, digest)?);
    }
    let controls = reconcile(&prepared, &engine.deployments().await?, engine.next_moment());
    engine.apply(controls).await?;
    Ok(())
}

/// Trades on the committed logs.
fn logged(ledger: &Ledger, workers: u32) -> anyhow::Result<u64> {
    let mut count = 0;
    for worker in 0..workers {
        for event in ledger.read_inputs(worker, 1)? {
            count += u64::from(matches!(event?.payload, Payload::Trade(_)));
        }
    }
    Ok(count)
}
