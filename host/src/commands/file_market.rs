//! A market out of one file, for the commands that print: the same replay and the same fold as a server's, and every
//! bucket of the file counts, the last one included.

use std::sync::{Mutex, PoisonError};

use anyhow::Context;
use indicatif::ProgressBar;
use sconce_datasets::{ReadOptions, Reader};
use sconce_domain::ports::{BoxFuture, Feed, FeedBatch, FeedError, FeedSink, Resume};
use sconce_domain::{Bar, ColumnName, InputEvent, Instrument, InstrumentIndex, Nanos, Payload, Timeframe, Trigger};
use sconce_feeds::replay::parse_instrument;
use sconce_feeds::{ReplayFeed, ReplayFile, ReplayOptions};
use sconce_inference::features::ColumnRows;
use sconce_market::{Market, MarketSink};

use crate::cli::{BadRows, FileArgs};
use crate::column_rows::{INDEX, RowSink, policy};

/// A file, opened, and the market that it will be folded into.
pub(super) struct FileMarket {
    feed: ReplayFeed,
    pub(super) instrument: Instrument,
    pub(super) market: Market,
    pub(super) timeframe: Timeframe,
}

impl FileMarket {
    /// Opens what `args` names.
    pub(super) fn open(args: &FileArgs) -> anyhow::Result<Self> {
        let path = args.data.clone().context("--data FILE is missing: name a file of trades or bars")?;
        let spelling =
            args.instrument.as_ref().context("--instrument SYMBOL is missing, such as --instrument XRP-ETH")?;
        let instrument = parse_instrument(spelling)
            .with_context(|| format!("`{spelling}` names no pair; write BASE-QUOTE such as XRP-ETH"))?;
        let map: sconce_datasets::ColumnMap = args.mapping.as_deref().map(str::parse).transpose()?.unwrap_or_default();
        let on_bad_row = args.on_bad_row.into();
        let own =
            Reader::open(&path, &ReadOptions { on_bad_row, map: map.clone(), ..ReadOptions::default() })?.timeframe();
        let timeframe = args.timeframe.or(own).context("--timeframe is missing, such as --timeframe 1m")?;
        let mut market = Market::new(policy());
        market.register(INDEX, &instrument);
        let options = ReplayOptions { on_bad_row, map, ..ReplayOptions::default() };
        let feed = ReplayFeed::open(vec![ReplayFile { path, instrument: instrument.clone() }], options)?;
        Ok(FileMarket { feed, instrument, market, timeframe })
    }

    /// Folds the file to its end and closes the bar that it ends in.
    pub(super) fn fold<S: MarketSink + Send>(self, mut sink: S) -> anyhow::Result<S> {
        let (mut market, timeframe) = (self.market, self.timeframe);
        let end = read(&self.feed, timeframe, market.policy().grace, |event| market.step(&event, &mut sink))?;
        if let Some(end) = end {
            market.advance(end, &mut sink);
        }
        Ok(sink)
    }

    /// Rows of `columns` at the closes of the file's timeframe, counted by `bar`.
    pub(super) fn rows(mut self, columns: &[ColumnName], bar: &ProgressBar) -> anyhow::Result<ColumnRows> {
        let rows = RowSink::watching(&mut self.market, self.timeframe, columns)?;
        Ok(self.fold(Counted { rows, bar })?.rows.rows)
    }

    /// Hands the file's events on in order, and gives the time at which the bar that it ends in is final; nothing for a
    /// file without events.
    pub(super) fn events(self, take: impl FnMut(InputEvent) + Send) -> anyhow::Result<Option<Nanos>> {
        read(&self.feed, self.timeframe, self.market.policy().grace, take)
    }
}

/// Rows, counted where somebody is looking.
struct Counted<'a> {
    rows: RowSink,
    bar: &'a ProgressBar,
}

impl MarketSink for Counted<'_> {
    fn bar(&mut self, _: InstrumentIndex, _: Nanos, _: &Bar) {}

    fn row(&mut self, ts: Nanos, instrument: InstrumentIndex, trigger: Trigger, values: &[f64]) {
        self.rows.row(ts, instrument, trigger, values);
        self.bar.inc(1);
    }
}

fn read(
    feed: &ReplayFeed,
    timeframe: Timeframe,
    grace: i64,
    take: impl FnMut(InputEvent) + Send,
) -> anyhow::Result<Option<Nanos>> {
    let target = Target(Mutex::new(Progress { take, seq: 0, newest: None }));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(feed.run(&target, vec![Resume::default()]))?;
    let newest = target.0.into_inner().unwrap_or_else(PoisonError::into_inner).newest;
    let close = newest.map(|newest| (timeframe.bucket(newest - 1) + timeframe.nanos()).max(newest));
    // A nanosecond on, because rows of imported bars wait until their moment is over.
    Ok(close.map(|close| close + grace + 1))
}

/// Whoever takes events, as the sink of a feed.
struct Target<T>(Mutex<Progress<T>>);

struct Progress<T> {
    take: T,
    seq: u64,
    newest: Option<Nanos>,
}

impl<T: FnMut(InputEvent) + Send> FeedSink for Target<T> {
    fn send(&self, batch: FeedBatch) -> BoxFuture<'_, Result<(), FeedError>> {
        let mut guard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Progress { take, seq, newest } = &mut *guard;
        // The end of the file does not freeze the open bucket here: the caller closes it.
        for event in batch.events.into_iter().filter(|event| event.payload != Payload::End) {
            *seq += 1;
            // A bar's event time is its close, so the bucket that it belongs to ends there.
            let inside = if matches!(event.payload, Payload::Bar(_)) { event.ts_event } else { event.ts_event + 1 };
            *newest = (*newest).max(Some(inside));
            let (ts_event, ts_init) = (event.ts_event, event.ts_init);
            take(InputEvent { seq: *seq, ts_event, ts_init, instrument: INDEX, payload: event.payload });
        }
        Box::pin(std::future::ready(Ok(())))
    }
}

impl From<BadRows> for sconce_datasets::OnBadRow {
    fn from(rows: BadRows) -> Self {
        match rows {
            BadRows::Skip => sconce_datasets::OnBadRow::Skip,
            BadRows::Fail => sconce_datasets::OnBadRow::Fail,
        }
    }
}

/// A moment as these commands print it: RFC 3339, whole seconds.
pub(super) fn moment(ts: Nanos) -> String {
    ts.datetime().to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

/// A number as these commands print it: the shortest text that reads back equal; nothing where it is absent.
pub(super) fn number(value: f64) -> String {
    if value.is_finite() { value.to_string() } else { String::new() }
}
