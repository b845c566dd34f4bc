//! Requests to Coinbase: candles in pages of 300, trades in pages of 1000 from the newest to the oldest.

use std::collections::BTreeMap;

use sconce_domain::time::SECOND;
use sconce_domain::{Bar, Nanos, Timeframe};

use super::wire;
use crate::live::rest::{Rest, RestError};
use crate::live::venue::{Missed, Print, Reach, Since};

/// Candles of one answer.
const CANDLES: i64 = 300;
/// Requests for one call of [`bars`].
const CANDLE_PAGES: i64 = 5;
/// Trades of one answer.
const TRADES: usize = 1_000;
/// Requests for one call of [`missed`].
const TRADE_PAGES: usize = 10;

pub(super) async fn missed(rest: &Rest, code: &str, since: Since, before: Option<u64>) -> Result<Missed, RestError> {
    let mut found: BTreeMap<u64, Print> = BTreeMap::new();
    let (mut older_than, mut whole, mut newest) = (before, false, None);
    for _ in 0..TRADE_PAGES {
        let cursor = older_than.map(|id| format!("&after={id}")).unwrap_or_default();
        let path = format!("/products/{code}/trades?limit={TRADES}{cursor}");
        let page = rest.get(&path, 1, wire::trades).await?;
        newest = newest.max(page.iter().map(|print| print.trade.id).max());
        let Some(oldest) = page.iter().map(|print| print.trade.id).min() else {
            // Before the first trade of all there is nothing.
            whole = true;
            break;
        };
        whole = page.len() < TRADES || page.iter().any(|print| !since.wants(print)) || reached(since, oldest);
        let wanted = page.into_iter().filter(|print| since.wants(print) && before.is_none_or(|id| print.trade.id < id));
        found.extend(wanted.map(|print| (print.trade.id, print)));
        if whole {
            break;
        }
        older_than = Some(oldest);
    }
    let reach = if whole { Reach::Whole } else { Reach::End };
    Ok(Missed { prints: found.into_values().collect(), reach, newest })
}

/// Whether nothing older is wanted.
fn reached(since: Since, oldest: u64) -> bool {
    matches!(since, Since::Id(id) if oldest <= id.saturating_add(1))
}

pub(super) async fn bars(
    rest: &Rest,
    code: &str,
    timeframe: Timeframe,
    from: Nanos,
    to: Nanos,
) -> Result<Vec<Bar>, RestError> {
    // It has no four-hour candles.
    let (asked, parts) = if timeframe == Timeframe::H4 { (Timeframe::H1, 4) } else { (timeframe, 1) };
    let from = timeframe.bucket(from.max(to - asked.nanos() * CANDLES * CANDLE_PAGES) + (timeframe.nanos() - 1));
    let mut found: BTreeMap<Nanos, Bar> = BTreeMap::new();
    let mut start = from;
    while start + asked.nanos() <= to {
        // Both ends belong to the answer.
        let end = (start + asked.nanos() * (CANDLES - 1)).min(to);
        let seconds = asked.nanos() / SECOND;
        let query = format!("granularity={seconds}&start={}&end={}", start.to_rfc3339(), end.to_rfc3339());
        let path = format!("/products/{code}/candles?{query}");
        let candles = rest.get(&path, 1, |body| wire::candles(body, asked)).await?;
        found.extend(candles.into_iter().map(|bar| (bar.ts_open, bar)));
        start = end + asked.nanos();
    }
    let closed = found.into_values().filter(|bar| bar.ts_open >= from && bar.ts_close() <= to);
    Ok(if parts == 1 { closed.collect() } else { merged(closed, timeframe, to) })
}

/// Longer bars out of shorter ones; a bucket counts as closed when its end has passed, because hours without a trade have
/// no candle.
fn merged(bars: impl Iterator<Item = Bar>, timeframe: Timeframe, to: Nanos) -> Vec<Bar> {
    let mut found: Vec<Bar> = Vec::new();
    for bar in bars {
        let ts_open = timeframe.bucket(bar.ts_open);
        match found.last_mut().filter(|open| open.ts_open == ts_open) {
            Some(open) => {
                open.high = open.high.max(bar.high);
                open.low = open.low.min(bar.low);
                open.close = bar.close;
                open.volume += bar.volume;
            }
            None => found.push(Bar { timeframe, ts_open, ..bar }),
        }
    }
    found.retain(|bar| bar.ts_close() <= to);
    found
}

#[cfg(test)]
mod tests {
    use sconce_domain::time::HOUR;

    use super::*;

    #[test]
    fn hours_make_the_four_hours_that_the_provider_does_not_have() {
        let hour = |at: i64, close: f64| Bar {
            open: close - 1.0,
            high: close + 2.0,
            low: close - 2.0,
            volume: 1.5,
            ..Bar::of_close(Timeframe::H1, Nanos(at * HOUR), close)
        };
        let hours = [hour(0, 10.0), hour(1, 14.0), hour(3, 12.0), hour(4, 20.0), hour(8, 30.0)];
        let bars = merged(hours.into_iter(), Timeframe::H4, Nanos(9 * HOUR));
        let seen: Vec<_> =
            bars.iter().map(|b| (b.ts_open.0 / HOUR, [b.open, b.high, b.low, b.close, b.volume])).collect();
        assert_eq!(seen, [(0, [9.0, 16.0, 8.0, 12.0, 4.5]), (4, [19.0, 22.0, 18.0, 20.0, 1.5])]);
    }
}
