//! Bars of an instrument as far back as a forecaster looks: those that the engine keeps, and before them those that the feed's
//! past gives. Only an unbroken run of bars up to the newest one counts.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use sconce_domain::error::Failure;
use sconce_domain::ports::{Feed, ServiceResult};
use sconce_domain::time::MINUTE;
use sconce_domain::{Bar, Clock, Instrument, InstrumentId, Nanos, Timeframe};
use sconce_engine::Engine;
use tokio::sync::Mutex;

use crate::feature_tables::Table;

/// Bars that are wanted: enough for a model's window, for what its columns look back on, and for a season or two.
pub(crate) const WANTED: usize = 1_500;
/// How long the feed's past may be waited for.
const PATIENCE: Duration = Duration::from_secs(5);
/// A past that did not answer, or had no more, is asked again after this.
const ASKED_AGAIN: i64 = 15 * MINUTE;

/// What the feed's past gave, and when it was asked.
#[derive(Debug, Clone)]
struct Fetched {
    bars: Arc<Vec<Bar>>,
    asked_at: Nanos,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Past {
    engine: Arc<Engine>,
    feed: Arc<dyn Feed>,
    clock: Arc<dyn Clock>,
    fetched: Mutex<BTreeMap<(InstrumentId, Timeframe), Fetched>>,
}

impl Past {
    pub(super) fn new(engine: Arc<Engine>, feed: Arc<dyn Feed>, clock: Arc<dyn Clock>) -> Self {
        Past { engine, feed, clock, fetched: Mutex::default() }
    }

    /// The unbroken run of closed bars up to the newest one, oldest first; those after `until` are left out.
    pub(super) async fn bars(
        &self,
        instrument: &Instrument,
        timeframe: Timeframe,
        until: Option<Nanos>,
    ) -> ServiceResult<Vec<Bar>> {
        let id = instrument.id();
        let kept = self.engine.closed_bars(&id, timeframe, WANTED).await.map_err(Failure::from)?;
        let mut bars = unbroken(&kept);
        if bars.len() < WANTED {
            let earlier = self.earlier(instrument, timeframe, bars.first().map(|bar| bar.ts_open)).await;
            let begin = bars.first().map_or(Nanos(i64::MAX), |bar| bar.ts_open);
            let before = earlier.iter().filter(|bar| bar.ts_close() <= begin).copied();
            bars = unbroken(&before.chain(bars.iter().copied()).collect::<Vec<_>>());
        }
        bars.retain(|bar| until.is_none_or(|until| bar.ts_close() <= until));
        Ok(bars)
    }

    /// What the feed's past has before `begin`, from memory where it was asked lately.
    async fn earlier(&self, instrument: &Instrument, timeframe: Timeframe, begin: Option<Nanos>) -> Arc<Vec<Bar>> {
        let (Some(history), Some(reached)) = (self.feed.history(), self.engine.market_time()) else {
            return Arc::default();
        };
        let now = self.clock.now();
        let key = (instrument.id(), timeframe);
        // Held while the past is asked: whoever else wants the same waits for it.
        let mut fetched = self.fetched.lock().await;
        if let Some(known) = fetched.get(&key) {
            let reaches = begin.is_none_or(|begin| known.bars.last().is_some_and(|bar| bar.ts_close() >= begin));
            if reaches || now - known.asked_at < ASKED_AGAIN {
                return Arc::clone(&known.bars);
            }
        }
        let to = timeframe.bucket(reached);
        let wanted = i64::try_from(WANTED).unwrap_or(i64::MAX);
        let from = to - timeframe.nanos().saturating_mul(wanted);
        let answer = tokio::time::timeout(PATIENCE, history.bars(instrument, timeframe, from, to)).await;
        let bars = match answer {
            Ok(Ok(bars)) => Arc::new(bars),
            Ok(Err(error)) => {
                tracing::warn!(instrument = %key.0, %timeframe, %error, "the feed's past gives no bars for forecasts");
                Arc::default()
            }
            Err(_) => {
                tracing::warn!(instrument = %key.0, %timeframe, "the feed's past took too long to give bars for forecasts");
                Arc::default()
            }
        };
        fetched.insert(key, Fetched { bars: Arc::clone(&bars), asked_at: now });
        bars
    }
}

/// Bars of which only the close is known: that of each row of a feature table, unbroken up to the newest one.
pub(super) fn of_table(table: &Table, timeframe: Timeframe, until: Option<Nanos>) -> Vec<Bar> {
    let bar = |(at, close): (Nanos, f64)| Bar::of_close(timeframe, timeframe.bucket(at - 1), close);
    let closes = table.closes().filter(|(at, _)| until.is_none_or(|until| *at <= until));
    unbroken(&closes.map(bar).collect::<Vec<_>>())
}

/// The bars after the newest hole. A bar without a price is a hole; one that may lack trades is none.
fn unbroken(bars: &[Bar]) -> Vec<Bar> {
    let mut begin = bars.len();
    while begin > 0 {
        let bar = &bars[begin - 1];
        let meets = bars.get(begin).is_none_or(|next| bar.ts_close() == next.ts_open);
        if !(meets && bar.close.is_finite() && bar.close > 0.0) {
            break;
        }
        begin -= 1;
    }
    bars[begin..].to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(day: i64, close: f64, partial: bool) -> Bar {
        Bar { partial, ..Bar::of_close(Timeframe::D1, Nanos(day * Timeframe::D1.nanos()), close) }
    }

    #[test]
    fn only_what_is_unbroken_up_to_the_newest_counts() {
        for (bars, expected) in [
            (vec![], 0),
            (vec![bar(1, 1.0, false)], 1),
            (vec![bar(1, 1.0, false), bar(2, 1.0, false), bar(3, 1.0, false)], 3),
            (vec![bar(1, 1.0, false), bar(3, 1.0, false), bar(4, 1.0, false)], 2),
            (vec![bar(1, 1.0, false), bar(2, 1.0, true), bar(3, 1.0, false)], 3),
            (vec![bar(1, 1.0, false), bar(2, f64::NAN, false), bar(3, 1.0, false)], 1),
            (vec![bar(1, 1.0, false), bar(2, 0.0, false)], 0),
        ] {
            assert_eq!(unbroken(&bars).len(), expected, "{bars:?}");
        }
    }
}
