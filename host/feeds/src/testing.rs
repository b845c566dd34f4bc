//! A sink that remembers, and bars out of what it remembers, for the tests of every feed.

use std::sync::{Mutex, PoisonError};

use sconce_domain::ports::{BoxFuture, FeedBatch, FeedError, FeedEvent, FeedSink};
use sconce_domain::{Bar, BarSource, Nanos, Payload, TakerSide, Timeframe, Trade};
use tokio::time::Instant;

/// Keeps every batch with the moment of its arrival; closes after so many batches.
#[derive(Debug)]
pub(crate) struct Recorder {
    batches: Mutex<Vec<(Instant, FeedBatch)>>,
    close_after: usize,
}

impl Recorder {
    pub(crate) fn new() -> Self {
        Self::closing_after(usize::MAX)
    }

    pub(crate) fn closing_after(batches: usize) -> Self {
        Recorder { batches: Mutex::default(), close_after: batches }
    }

    pub(crate) fn batches(&self) -> Vec<(Instant, FeedBatch)> {
        self.batches.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Observations, without the ends.
    pub(crate) fn events(&self) -> Vec<FeedEvent> {
        let events = self.batches().into_iter().flat_map(|(_, batch)| batch.events);
        events.filter(|event| event.payload != Payload::End).collect()
    }

    /// The newest watermark.
    pub(crate) fn watermark(&self) -> Option<Nanos> {
        self.batches().iter().filter_map(|(_, batch)| batch.watermark).max()
    }

    /// Events and watermarks never run backwards, and no event is earlier than a watermark before it.
    pub(crate) fn check_order(&self) {
        let mut last = Nanos::MIN;
        for (_, batch) in self.batches() {
            for event in &batch.events {
                assert!(event.ts_init >= last, "{event:?} is earlier than {last}");
                last = event.ts_init;
            }
            if let Some(watermark) = batch.watermark {
                assert!(watermark >= last, "watermark {watermark} is earlier than {last}");
                last = watermark;
            }
        }
    }
}

impl FeedSink for Recorder {
    fn send(&self, batch: FeedBatch) -> BoxFuture<'_, Result<(), FeedError>> {
        Box::pin(async move {
            let mut batches = self.batches.lock().unwrap_or_else(PoisonError::into_inner);
            if batches.len() >= self.close_after {
                return Err(FeedError::Closed);
            }
            batches.push((Instant::now(), batch));
            Ok(())
        })
    }
}

/// The minute bars that the trades of an instrument come to, summed one after another.
pub(crate) fn minute_bars(events: &[FeedEvent], instrument: u32) -> Vec<Bar> {
    let mut bars: Vec<Bar> = Vec::new();
    for event in events.iter().filter(|event| event.instrument == instrument) {
        let Payload::Trade(Trade { price, size, side, .. }) = event.payload else { continue };
        let ts_open = Timeframe::M1.bucket(event.ts_event);
        if bars.last().is_none_or(|bar| bar.ts_open != ts_open) {
            let (volume, trades, complete, partial, revision) = (0.0, 0, true, false, 0);
            let source = BarSource::Trades;
            let (turnover, buy_volume, sell_volume, timeframe) = (0.0, 0.0, 0.0, Timeframe::M1);
            let (open, high, low, close) = (price, price, price, price);
            bars.push(Bar {
                timeframe,
                ts_open,
                open,
                high,
                low,
                close,
                volume,
                turnover,
                buy_volume,
                sell_volume,
                trades,
                revision,
                complete,
                partial,
                source,
            });
        }
        let bar = bars.last_mut().expect("just pushed");
        bar.high = bar.high.max(price);
        bar.low = bar.low.min(price);
        bar.close = price;
        bar.volume += size;
        bar.turnover += price * size;
        if side == TakerSide::Buy {
            bar.buy_volume += size
        } else {
            bar.sell_volume += size
        }
        bar.trades += 1;
    }
    bars
}

/// Bodies and frames of providers: the folder beside the checkout, or nothing where it is absent.
pub(crate) fn recorded(test: &str, file: &str) -> Option<String> {
    let default = || std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let root = std::env::var_os("SCONCE_SHARED").map_or_else(default, std::path::PathBuf::from);
    let text = std::fs::read_to_string(root.join("provider-fixtures").join(file)).ok();
    if text.is_none() {
        println!("SKIP {test}: ../shared is absent");
    }
    text
}

/// The frames that came in, of a recording with one `{recv, dir, frame}` a line.
pub(crate) fn recorded_frames(test: &str, file: &str) -> Option<Vec<String>> {
    let text = recorded(test, file)?;
    let frame = |line: &str| {
        let line: serde_json::Value = serde_json::from_str(line).expect("a recording is JSON lines");
        (line["dir"] == "in").then(|| line["frame"].to_string())
    };
    Some(text.lines().filter_map(frame).collect())
}

/// A clock that follows tokio's, so that paused time moves it.
#[derive(Debug)]
pub(crate) struct PausedClock(Instant);

impl PausedClock {
    /// At the start of a day of 2023.
    pub(crate) const START: Nanos = Nanos(1_700_006_400_000_000_000);

    pub(crate) fn new() -> Self {
        PausedClock(Instant::now())
    }
}

impl sconce_domain::Clock for PausedClock {
    fn now(&self) -> Nanos {
        PausedClock::START + i64::try_from(self.0.elapsed().as_nanos()).expect("a short test")
    }
}
