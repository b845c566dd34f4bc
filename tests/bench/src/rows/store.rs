//! The query tables: bars and outputs through the projector, beside a bare bulk insert of the same rows into the same
//! tables of another database of the same server, with the very statement that the store uses.
//!
//! The projector reads pages from a source in memory, makes rows of what it reads, and moves its position in the same
//! transaction; the peer has its values ready and inserts them in one transaction.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use sconce_domain::error::Failure;
use sconce_domain::ports::store::LedgerIdentity;
use sconce_domain::ports::{BoxFuture, Committed, Store as _};
use sconce_domain::{Bar, BarRecord, BarSource, Entry, InstrumentIndex, Nanos, Timeframe};
use sconce_store::{Address, BULK, Bulk, CHUNK, Marks, Projector, ProjectorOptions, SqlStore, StoreOptions};
use sconce_test_postgres::{Cluster, Programs};
use sqlx::{AssertSqlSafe, Connection as _};

use super::Setting;
use crate::ours;
use crate::report::{Figure, Gate, short};
use crate::sample::{turns, wall};

/// The projector must reach this share of the bare rate: it makes the values that the peer is given.
const SHARE: f64 = 0.5;
/// Longer than any sample takes.
const PATIENCE: Duration = Duration::from_secs(300);

pub(super) fn measure(setting: &Setting) -> anyhow::Result<Vec<Figure>> {
    let count = setting.pick(20_000, 100_000);
    let bars: Arc<Vec<BarRecord>> = Arc::new((1..=count).map(bar).collect::<anyhow::Result<_>>()?);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let folder = tempfile::tempdir()?;
    let mut number = 0;
    let files = || {
        number += 1;
        Ok(format!("sqlite:{}", folder.path().join(format!("{number}.db")).display()))
    };
    let mut figures = vec![one(setting, &runtime, "SQLite", &bars, files)?];
    if let Some(programs) = Programs::find() {
        let cluster = Cluster::start_with(programs).map_err(anyhow::Error::msg)?;
        let mut number = 0;
        let databases = || {
            number += 1;
            Ok(cluster.database(&format!("bench{number}")))
        };
        figures.push(one(setting, &runtime, "PostgreSQL", &bars, databases)?);
    } else {
        figures.push(Figure::published("query tables, PostgreSQL", "not installed".to_owned()));
    }
    Ok(figures)
}

/// Both sides on fresh databases, in turns.
fn one(
    setting: &Setting,
    runtime: &tokio::runtime::Runtime,
    name: &str,
    bars: &Arc<Vec<BarRecord>>,
    fresh: impl FnMut() -> anyhow::Result<String>,
) -> anyhow::Result<Figure> {
    let fresh = std::cell::RefCell::new(fresh);
    let rows = bars.len() as f64;
    let prepare = || {
        let url = (fresh.borrow_mut())()?;
        let store = runtime.block_on(attached(&url))?;
        anyhow::Ok((url, store))
    };
    let mut projector = || {
        let (_, store) = prepare()?;
        let nanos = wall(|| runtime.block_on(project(&store, bars)))?;
        runtime.block_on(store.close());
        Ok(nanos)
    };
    let mut bare = || {
        let (url, store) = prepare()?;
        runtime.block_on(store.close());
        let values: Vec<Cells> = bars.iter().zip(1..).map(|(record, position)| cells(record, position)).collect();
        wall(|| runtime.block_on(insert(&url, values)))
    };
    let [ours, bare] = turns(setting.pick(3, 7), [&mut projector, &mut bare])?;
    let rate = |nanos: f64| format!("{} k rows/s", short(rows / nanos * 1e6));
    let figure = Figure::published(&format!("query tables, {name}, {} bars projected", bars.len()), rate(ours));
    Ok(figure.beside("bare bulk insert of the same rows", &rate(bare), bare / ours, Gate::AtLeast(SHARE)))
}

async fn attached(url: &str) -> anyhow::Result<SqlStore> {
    let store = SqlStore::open(Address::parse(url, Path::new("query.db"))?, StoreOptions::default()).await?;
    store.attach(&ledger(), u64::MAX).await?;
    Ok(store)
}

fn ledger() -> LedgerIdentity {
    LedgerIdentity { id: "bench".to_owned(), epoch: "first".to_owned() }
}

async fn project(store: &SqlStore, bars: &Arc<Vec<BarRecord>>) -> anyhow::Result<()> {
    let source = Arc::new(Source(Arc::clone(bars)));
    let projector = Projector::spawn(source, Arc::new(store.clone()), ledger(), ProjectorOptions::default());
    // The source is at its end: the task ends when all is in the tables.
    projector.finish(PATIENCE).await;
    let state = projector.state();
    anyhow::ensure!(state.bar_position == bars.len() as u64, "the projector stopped early: {state:?}");
    Ok(())
}

/// Committed bars in memory.
#[derive(Debug)]
struct Source(Arc<Vec<BarRecord>>);

impl Committed for Source {
    fn newest(&self) -> u64 {
        0
    }

    fn entries(&self, _: u64, _: u32) -> BoxFuture<'_, Result<Vec<Entry>, Failure>> {
        Box::pin(std::future::ready(Ok(Vec::new())))
    }

    fn bars(&self, position: u64, limit: u32) -> BoxFuture<'_, Result<Vec<(u64, BarRecord)>, Failure>> {
        let from = usize::try_from(position).unwrap_or(usize::MAX);
        let page = (position + 1..).zip(self.0.iter().skip(from).take(limit as usize).cloned()).collect();
        Box::pin(std::future::ready(Ok(page)))
    }

    fn changed(&self, _: u64) -> BoxFuture<'_, Result<u64, Failure>> {
        Box::pin(std::future::ready(Err(Failure::internal("at its end"))))
    }
}

fn bar(number: i64) -> anyhow::Result<BarRecord> {
    let price = 100.0 + (number % 977) as f64 / 100.0;
    let bar = Bar {
        timeframe: Timeframe::M1,
        ts_open: Nanos(number * Timeframe::M1.nanos()),
        open: price,
        high: price + 1.0,
        low: price - 1.0,
        close: price + 0.5,
        volume: 10.0,
        turnover: 10.0 * price,
        buy_volume: 4.0,
        sell_volume: 6.0,
        trades: 12,
        revision: 0,
        complete: true,
        partial: false,
        source: BarSource::Trades,
    };
    let instrument = ours::INSTRUMENT.parse()?;
    Ok(BarRecord { index: InstrumentIndex(0), instrument, ts_init: bar.ts_open + Timeframe::M1.nanos(), bar })
}

/// What the peer is given: the columns of a bar in the order of the statement.
struct Cells {
    texts: [String; 3],
    ints: [i64; 6],
    floats: [f64; 8],
    flags: [bool; 2],
}

fn cells(record: &BarRecord, position: i64) -> Cells {
    let bar = &record.bar;
    Cells {
        texts: [record.instrument.to_string(), bar.timeframe.as_str().to_owned(), "trades".to_owned()],
        ints: [bar.ts_open.0, 0, position, 0, record.ts_init.0, bar.trades.cast_signed()],
        floats: [bar.open, bar.high, bar.low, bar.close, bar.volume, bar.turnover, bar.buy_volume, bar.sell_volume],
        flags: [bar.complete, bar.partial],
    }
}

/// One transaction on a connection of its own.
macro_rules! insert_on {
    ($connection:ty, $url:expr, $text:expr, $marks:expr, $values:expr) => {{
        let mut connection = <$connection>::connect($url).await?;
        let mut transaction = connection.begin().await?;
        let mut values = $values.into_iter();
        while values.len() > 0 {
            let rows = values.len().min(CHUNK);
            let mut query = sqlx::query(AssertSqlSafe($text.text(rows, $marks))).persistent(rows == CHUNK);
            for cells in values.by_ref().take(rows) {
                let [instrument, timeframe, source] = cells.texts;
                let [ts_open, revision, position, index, ts_init, trades] = cells.ints;
                query = query.bind(instrument).bind(timeframe).bind(ts_open).bind(source).bind(revision);
                query = query.bind(position).bind(index).bind(ts_init);
                query = cells.floats.into_iter().fold(query, |query, float| query.bind(float));
                query = query.bind(trades).bind(cells.flags[0]).bind(cells.flags[1]);
            }
            query.execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
    }};
}

async fn insert(url: &str, values: Vec<Cells>) -> anyhow::Result<()> {
    let bulk: &Bulk = BULK.iter().find(|bulk| bulk.name == "bars").context("bars are inserted in bulk")?;
    if url.starts_with("sqlite:") {
        insert_on!(sqlx::SqliteConnection, url, bulk, Marks::Plain, values);
    } else {
        insert_on!(sqlx::PgConnection, url, bulk, Marks::Numbered, values);
    }
    Ok(())
}
