//! Trades in, bars, rows, plugins, ledger: a replay of files through the whole engine with the bundled deployments.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Instant;

use sconce_bench_guest::made_bar;
use sconce_domain::Instrument;
use sconce_feeds::{ReplayFeed, ReplayFile, ReplayOptions};

use super::Setting;
use crate::report::{Figure, Gate, rate};
use crate::running::{Running, bundled};

const BASES: [&str; 8] = ["BTC", "ETH", "SOL", "XRP", "PUMP", "ADA", "DOGE", "LTC"];
/// Milliseconds of market time between two trades of one instrument.
const STEP: u64 = 160;

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
    let running = Running::start(folder.path(), workers)?;
    let feed = ReplayFeed::open(files.to_vec(), ReplayOptions::default())?;
    let specs = bundled()?;
    let (spent, lost) = runtime.block_on(async {
        running.deploy(setting, &specs, &feed).await?;
        let began = Instant::now();
        running.engine.run_feed(&feed, None).await?;
        let lost = running.lost(&feed).await?;
        running.engine.shutdown().await?;
        anyhow::Ok((began.elapsed().as_secs_f64(), lost))
    })?;
    let in_log = running.logged()?;
    let records = running.ledger.status().last_seq;
    running.ledger.close();
    let whole = in_log == trades && lost == 0;
    let per_second = trades as f64 / spent;
    let what = format!(
        "trades in, rows, ledger, {} bundled deployments, {} instruments, {workers} worker(s)",
        specs.len(),
        BASES.len()
    );
    let note = format!(
        "{trades} trades out of CSV, {in_log} on the log, {lost} refused or late, {records} entries in the ledger; the \
         clock stops when everything is committed"
    );
    let gate = Gate::Holds("none dropped".to_owned(), whole);
    Ok(Figure { gate, note, ..Figure::published(&what, rate(per_second, "trades")) })
}
