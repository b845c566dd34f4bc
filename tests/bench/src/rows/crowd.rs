//! Trades at a steady pace through a hundred deployments: whether any is dropped, and how long it takes from the trade that
//! ends a minute to each thing that is said about it, as a subscriber of the ledger receives it.
//!
//! The pace is the wall clock's, whatever the engine does: where it falls behind, the time that trades wait counts.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use sconce_bench_guest::made_bar;
use sconce_domain::ports::{
    BoxFuture, Feed, FeedBatch, FeedEnd, FeedError, FeedEvent, FeedInfo, FeedSink, History, Resume,
};
use sconce_domain::time::SECOND;
use sconce_domain::{DeploymentSpec, Instrument, Nanos, Payload, Record, TakerSide, Timeframe, Trade};

use super::Setting;
use crate::ours;
use crate::report::{Figure, Gate, rate, span};
use crate::running::{Running, bundled};
use crate::sample::quantile;

/// Offered; a tenth above what must be reached, so that the last commit does not spoil it.
const PER_SECOND: u64 = 110_000;
/// What must be reached, committed.
const ENOUGH: f64 = 100_000.0;
/// Wall time between two hand-overs.
const BEAT: Duration = Duration::from_millis(1);
/// Market time that passes in a second of the clock.
const PACE: i64 = 2_200;
const INSTRUMENTS: i64 = 8;
const DEPLOYMENTS: usize = 100;
/// What is deployed, in turns: plugins that speak about single instruments.
const PLUGINS: [&str; 4] = ["zones", "rvol-spike", "trend-score", "cvd-divergence"];

pub(super) fn measure(setting: &Setting) -> anyhow::Result<Vec<Figure>> {
    let trades = setting.pick(3, 10) * PER_SECOND;
    [false, true].into_iter().map(|everywhere| one(setting, trades, everywhere)).collect()
}

/// A hundred deployments at the close of bars, each on one instrument or on all.
pub(super) fn crowd(everywhere: bool) -> anyhow::Result<Vec<DeploymentSpec>> {
    let bundled = bundled()?;
    let instruments = instruments();
    let one = |n: usize| {
        let plugin = PLUGINS[n % PLUGINS.len()];
        let model = bundled.iter().find(|spec| spec.plugin == plugin).context("a bundled deployment")?;
        let instrument = instruments[n / PLUGINS.len() % instruments.len()].id().to_string();
        let timeframes = if plugin == "trend-score" { model.timeframes.clone() } else { vec![Timeframe::M1] };
        anyhow::Ok(DeploymentSpec {
            id: format!("{plugin}-{n}").parse()?,
            instruments: vec![if everywhere { "*".to_owned() } else { instrument }],
            timeframes,
            every_seconds: None,
            ..model.clone()
        })
    };
    (0..DEPLOYMENTS).map(one).collect()
}

fn instruments() -> Vec<Instrument> {
    (0..INSTRUMENTS).map(|n| Instrument::spot(&format!("B{n}"), "USDT", "made")).collect()
}

fn one(setting: &Setting, trades: u64, everywhere: bool) -> anyhow::Result<Figure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let folder = tempfile::tempdir()?;
    let running = Running::start(folder.path(), 1)?;
    let feed = Paced { trades, per_second: PER_SECOND, told: Arc::default() };
    let specs = crowd(everywhere)?;
    let (spent, lost, mut latencies) = runtime.block_on(async {
        running.deploy(setting, &specs, &feed).await?;
        let listening = tokio::spawn(listen(running.ledger.clone(), Arc::clone(&feed.told)));
        let began = Instant::now();
        running.engine.run_feed(&feed, None).await?;
        let lost = running.lost(&feed).await?;
        running.engine.shutdown().await?;
        let spent = began.elapsed().as_secs_f64();
        running.ledger.close();
        anyhow::Ok((spent, lost, listening.await?))
    })?;
    let in_log = running.logged()?;
    latencies.sort_unstable_by(f64::total_cmp);
    let (half, most, longest) =
        (quantile(&latencies, 0.5), quantile(&latencies, 0.99), latencies.last().copied().unwrap_or(f64::NAN));
    let per_second = trades as f64 / spent;
    let holds = in_log == trades && lost == 0 && per_second >= ENOUGH;
    let where_ = if everywhere { "each on 8 instruments" } else { "each on one of 8 instruments" };
    let what = format!("{PER_SECOND} trades/s offered, {DEPLOYMENTS} deployments, {where_}, 1 worker");
    let note = format!(
        "{trades} trades, {in_log} on the log, {lost} refused or late; {} outputs, from the trade that ends the bar to a \
         subscriber of the ledger p50 {}, p99 {}, longest {}; market time runs {} times as fast as the clock, so bars end \
         that much more often; the aim is a p99 of 10 ms, and a stream socket at the end, which there is not yet",
        latencies.len(),
        span(half),
        span(most),
        span(longest),
        PACE,
    );
    let gate = Gate::Holds("none dropped, >= 100 k trades/s".to_owned(), holds);
    Ok(Figure { gate, note, ..Figure::published(&what, rate(per_second, "trades")) })
}

/// By when on the wall market time was due to come so far: oldest first.
pub(super) type Told = Arc<Mutex<Vec<(Nanos, Instant)>>>;

/// Nanoseconds from the trade that brought a moment to each output about it.
async fn listen(ledger: sconce_ledger::Ledger, told: Told) -> Vec<f64> {
    let mut latencies = Vec::new();
    let Ok(mut news) = ledger.subscribe() else { return latencies };
    while let Ok(entries) = news.next().await {
        let now = Instant::now();
        let told = told.lock().unwrap_or_else(PoisonError::into_inner);
        for entry in entries.iter() {
            if let Record::Output(output) = &entry.record {
                let at = told.partition_point(|(time, _)| *time < output.as_of);
                latencies.extend(told.get(at).map(|(_, due)| now.saturating_duration_since(*due).as_nanos() as f64));
            }
        }
    }
    latencies
}

/// A feed that offers trades at a steady pace.
#[derive(Debug)]
pub(super) struct Paced {
    pub(super) trades: u64,
    pub(super) per_second: u64,
    pub(super) told: Told,
}

impl Paced {
    /// Market time between two trades of one instrument.
    fn step(&self) -> i64 {
        PACE * SECOND * INSTRUMENTS / i64::try_from(self.per_second).unwrap_or(i64::MAX)
    }
}

impl Paced {
    fn trade(&self, number: u64) -> FeedEvent {
        let step = self.step();
        let turn = number / INSTRUMENTS as u64;
        let instrument = (number % INSTRUMENTS as u64) as u32;
        let [price, .., size] = made_bar(turn + 1_000_000 * u64::from(instrument));
        let at = ours::at(0) + turn as i64 * step + i64::from(instrument) * (step / INSTRUMENTS);
        let side = if size > 5.0 { TakerSide::Buy } else { TakerSide::Sell };
        let trade = Trade { price, size, side, id: turn + 1 };
        FeedEvent { instrument, ts_event: at, ts_init: at, payload: Payload::Trade(trade) }
    }

    async fn play(&self, sink: &dyn FeedSink) -> Result<FeedEnd, FeedError> {
        let began = Instant::now();
        let mut beat = tokio::time::interval(BEAT);
        let mut number = 0;
        while number < self.trades {
            beat.tick().await;
            let due = (began.elapsed().as_secs_f64() * self.per_second as f64) as u64;
            let events: Vec<FeedEvent> = (number..due.min(self.trades)).map(|number| self.trade(number)).collect();
            number += events.len() as u64;
            let Some(last) = events.last().map(|event| event.ts_init) else { continue };
            // Not when it is handed over: that it waits for its turn counts.
            let told = (last, began + Duration::from_secs_f64(number as f64 / self.per_second as f64));
            self.told.lock().unwrap_or_else(PoisonError::into_inner).push(told);
            sink.send(FeedBatch { events, watermark: Some(last) }).await?;
        }
        Ok(FeedEnd::Exhausted)
    }
}

impl Feed for Paced {
    fn info(&self) -> FeedInfo {
        FeedInfo {
            name: "paced".to_owned(),
            synthetic: true,
            speed: None,
            note: "made up for a measurement".to_owned(),
        }
    }

    fn instruments(&self) -> Vec<Instrument> {
        instruments()
    }

    fn history(&self) -> Option<&dyn History> {
        None
    }

    fn run<'a>(&'a self, sink: &'a dyn FeedSink, _: Vec<Resume>) -> BoxFuture<'a, Result<FeedEnd, FeedError>> {
        Box::pin(self.play(sink))
    }
}
