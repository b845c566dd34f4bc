//! Streams to feed: a generated market, recorded trades, and the feed that plays them in any batches.

use std::path::PathBuf;

use sconce_domain::ports::{
    BoxFuture, Feed, FeedBatch, FeedEnd, FeedError, FeedEvent, FeedInfo, FeedSink, History, Resume,
};
use sconce_domain::time::{MILLISECOND, SECOND};
use sconce_domain::{Bar, BarSource, Instrument, Nanos, Payload, Quote, TakerSide, Timeframe, Trade};

/// Start of the generated market: some minute.
pub(crate) const START: i64 = 1_700_000_040;

/// A small generator whose numbers are the same everywhere.
#[derive(Debug, Clone)]
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    /// A number below `sides`.
    pub(crate) fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

/// Instruments, events in order of arrival, and how they are cut into batches.
#[derive(Debug, Clone)]
pub(crate) struct Script {
    pub(crate) instruments: Vec<Instrument>,
    pub(crate) events: Vec<FeedEvent>,
    /// Ends of batches, as numbers of events.
    pub(crate) cuts: Vec<usize>,
    /// Whether each batch says how far time has come.
    pub(crate) watermarks: bool,
    /// Where the feed goes on after a restart is told by the log; else it plays all that it has.
    pub(crate) resumes: bool,
    /// Complete minute bars before the first event, for the history port.
    pub(crate) past: Vec<(u32, Bar)>,
}

pub(crate) fn instruments(count: usize) -> Vec<Instrument> {
    ["AAA", "BBB", "CCC", "DDD", "EEE"][..count].iter().map(|base| Instrument::spot(base, "USD", "test")).collect()
}

impl Script {
    pub(crate) fn new(instruments: Vec<Instrument>, events: Vec<FeedEvent>) -> Self {
        Script { instruments, events, cuts: Vec::new(), watermarks: true, resumes: true, past: Vec::new() }
    }

    /// A random walk of trades and quotes, `step` seconds apart on average.
    pub(crate) fn generated(count: usize, events: usize, step: u64, seed: u64) -> Self {
        let mut dice = Dice(seed);
        let mut now = Nanos::from_secs(START);
        let mut prices = vec![100.0; count];
        let mut list = Vec::with_capacity(events);
        for id in 1..=events as u64 {
            now = now + dice.roll(2 * step * 1_000) as i64 * MILLISECOND;
            let instrument = dice.roll(count as u64) as usize;
            let price: &mut f64 = &mut prices[instrument];
            *price *= 1.0 + (dice.roll(2_001) as f64 - 1_000.0) / 100_000.0;
            let payload = if dice.roll(5) == 0 {
                Payload::Quote(Quote { bid: *price * 0.999, bid_size: 1.0, ask: *price * 1.001, ask_size: 1.0 })
            } else {
                let side = if dice.roll(2) == 0 { TakerSide::Buy } else { TakerSide::Sell };
                Payload::Trade(Trade { price: *price, size: 1.0 + dice.roll(9) as f64, side, id })
            };
            // Some prints come late, a few after their bar is final.
            let late = if dice.roll(20) == 0 { dice.roll(90) as i64 * SECOND } else { 0 };
            list.push(FeedEvent { instrument: instrument as u32, ts_event: now - late, ts_init: now, payload });
        }
        Script::new(instruments(count), list)
    }

    /// Minute bars of every instrument that end where the generated market begins.
    pub(crate) fn past_bars(count: usize, minutes: i64) -> Vec<(u32, Bar)> {
        let mut dice = Dice(19);
        let mut bar = |instrument: u32, minute: i64| {
            let open = 100.0 + dice.roll(100) as f64 / 50.0;
            let close = 100.0 + dice.roll(100) as f64 / 50.0;
            let bar = Bar {
                timeframe: Timeframe::M1,
                ts_open: Timeframe::M1.bucket(Nanos::from_secs(START)) - (minutes - minute) * Timeframe::M1.nanos(),
                open,
                high: open.max(close),
                low: open.min(close),
                close,
                volume: 5.0,
                turnover: f64::NAN,
                buy_volume: f64::NAN,
                sell_volume: f64::NAN,
                trades: 0,
                revision: 0,
                complete: true,
                partial: false,
                source: BarSource::History,
            };
            (instrument, bar)
        };
        (0..minutes)
            .flat_map(|minute| (0..count as u32).map(move |instrument| (instrument, minute)))
            .map(|(i, m)| bar(i, m))
            .collect()
    }

    /// The newest `count` recorded trades of XRP/ETH, dealt out to as many instruments; nothing where they are absent.
    pub(crate) fn recorded(count: usize, events: usize) -> Option<Self> {
        let root = std::env::var_os("SCONCE_SHARED")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
        let packed = std::fs::read(root.join("market-data/XRP_ETH_trades_2019-10.csv.gz")).ok()?;
        let mut reader = csv::Reader::from_reader(flate2::read::GzDecoder::new(packed.as_slice()));
        let number = |text: &str| text.parse::<f64>().expect("a number");
        let one = |(at, row): (usize, csv::StringRecord)| {
            let ts = Nanos::from_millis(row[0].parse().expect("milliseconds"));
            let side = if &row[3] == "buy" { TakerSide::Buy } else { TakerSide::Sell };
            let trade =
                Trade { price: number(&row[4]), size: number(&row[5]), side, id: row[1].parse().expect("an id") };
            FeedEvent { instrument: (at % count) as u32, ts_event: ts, ts_init: ts, payload: Payload::Trade(trade) }
        };
        let rows = reader.records().map(|row| row.expect("the file is well formed"));
        Some(Script::new(instruments(count), rows.take(events).enumerate().map(one).collect()))
    }

    /// Recorded trades where there are any, else a generated market; `test` says on its output which it was.
    pub(crate) fn real(count: usize, events: usize, test: &str) -> Self {
        Script::recorded(count, events).unwrap_or_else(|| {
            skip(test);
            Script::generated(count, events, 10, 1)
        })
    }

    /// The same events in other batches.
    pub(crate) fn cut(mut self, dice: &mut Dice, largest: u64) -> Self {
        self.cuts.clear();
        let mut at = 0;
        while at < self.events.len() {
            at += 1 + dice.roll(largest) as usize;
            self.cuts.push(at.min(self.events.len()));
        }
        self
    }

    /// Events before and from position `at`, each a script of its own.
    pub(crate) fn halves(&self, at: usize) -> (Script, Script) {
        let part = |events: &[FeedEvent]| Script { events: events.to_vec(), cuts: Vec::new(), ..self.clone() };
        (part(&self.events[..at]), Script { resumes: false, ..part(&self.events[at..]) })
    }

    /// Time of the last event.
    pub(crate) fn end(&self) -> Nanos {
        self.events.last().map_or(Nanos(0), |event| event.ts_init)
    }

    fn batches(&self, resume: &[Resume]) -> Vec<FeedBatch> {
        let mut skip: Vec<u64> = resume.iter().map(|resume| if self.resumes { resume.events } else { 0 }).collect();
        let mut cuts = self.cuts.clone();
        cuts.push(self.events.len());
        let mut batches = Vec::new();
        let mut from = 0;
        for to in cuts {
            let mut kept = Vec::new();
            for event in &self.events[from..to] {
                let skip = &mut skip[event.instrument as usize];
                if *skip == 0 {
                    kept.push(event.clone());
                } else {
                    *skip -= 1;
                }
            }
            // Several events may share a moment, so a watermark stays a nanosecond behind it.
            let watermark = self.events[from..to].last().map(|event| event.ts_init - 1).filter(|_| self.watermarks);
            batches.push(FeedBatch { events: kept, watermark });
            from = to;
        }
        batches
    }
}

impl Feed for Script {
    fn info(&self) -> FeedInfo {
        FeedInfo { name: "script".to_owned(), synthetic: true, speed: None, note: String::new() }
    }

    fn instruments(&self) -> Vec<Instrument> {
        self.instruments.clone()
    }

    fn history(&self) -> Option<&dyn History> {
        (!self.past.is_empty()).then_some(self)
    }

    fn run<'a>(&'a self, sink: &'a dyn FeedSink, resume: Vec<Resume>) -> BoxFuture<'a, Result<FeedEnd, FeedError>> {
        Box::pin(async move {
            for batch in self.batches(&resume) {
                sink.send(batch).await?;
            }
            Ok(FeedEnd::Exhausted)
        })
    }
}

impl History for Script {
    fn bars<'a>(
        &'a self,
        instrument: &'a Instrument,
        timeframe: Timeframe,
        from: Nanos,
        to: Nanos,
    ) -> BoxFuture<'a, Result<Vec<Bar>, FeedError>> {
        let own = |bar: &Bar| bar.timeframe == timeframe && bar.ts_open >= from && bar.ts_close() <= to;
        let named = |at: u32| self.instruments[at as usize] == *instrument;
        let bars = self.past.iter().filter(|(at, bar)| named(*at) && own(bar)).map(|(_, bar)| *bar).collect();
        Box::pin(async move { Ok(bars) })
    }

    fn earliest(&self, _: &Instrument, _: Timeframe) -> Option<Nanos> {
        self.past.first().map(|(_, bar)| bar.ts_open)
    }
}

/// Says on the test's output that a test had no recorded data.
#[expect(clippy::print_stdout, reason = "a skipped test must say so")]
pub(crate) fn skip(test: &str) {
    println!("SKIP {test}: ../shared is absent");
}
