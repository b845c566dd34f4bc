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
