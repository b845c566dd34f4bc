//! Requests to Binance: klines and aggregate trades in pages of 1000, from the oldest to the newest.

use sconce_domain::time::HOUR;
use sconce_domain::{Bar, Nanos, Timeframe};

use super::wire;
use crate::live::rest::{Rest, RestError};
use crate::live::venue::{Missed, Reach, Since};

/// Rows of one answer.
const ROWS: usize = 1_000;
/// Requests for one call of [`bars`].
const KLINE_PAGES: i64 = 4;
/// What the provider charges for a page of klines.
const KLINES_WEIGHT: u32 = 2;
/// Requests for one call of [`missed`].
const TRADE_PAGES: usize = 20;
/// What the provider charges for a page of trades.
const TRADES_WEIGHT: u32 = 4;

pub(super) async fn missed(rest: &Rest, code: &str, since: Since, before: Option<u64>) -> Result<Missed, RestError> {
    let mut answer = Missed { reach: Reach::Beginning, ..Missed::default() };
    let mut query = match since {
        // The one that is known is asked for too: its absence would tell nothing of how far the provider is.
        Since::Id(id) => format!("fromId={id}"),
        // A stretch of time may span an hour at most.
        Since::Time(ts) => format!("startTime={}&endTime={}", ts.as_millis(), (ts + (HOUR - 1)).as_millis()),
    };
    for _ in 0..TRADE_PAGES {
        let path = format!("/api/v3/aggTrades?symbol={code}&limit={ROWS}&{query}");
        let page = rest.get(&path, TRADES_WEIGHT, wire::trades).await?;
        let newest = page.iter().map(|print| print.trade.id).max();
        answer.newest = answer.newest.max(newest);
        let done = page.len() < ROWS || newest.is_some_and(|newest| before.is_some_and(|id| newest + 1 >= id));
        let wanted = |id: u64| before.is_none_or(|before| id < before);
        answer.prints.extend(page.into_iter().filter(|print| since.wants(print) && wanted(print.trade.id)));
        if done {
            answer.reach = Reach::Whole;
            return Ok(answer);
        }
        query = format!("fromId={}", newest.map_or(0, |newest| newest.saturating_add(1)));
    }
    Ok(answer)
}

pub(super) async fn bars(
    rest: &Rest,
    code: &str,
    timeframe: Timeframe,
    from: Nanos,
    to: Nanos,
) -> Result<Vec<Bar>, RestError> {
    let step = timeframe.nanos();
    let mut start = timeframe.bucket(from.max(to - step * ROWS as i64 * KLINE_PAGES) + (step - 1));
    let (mut found, interval, last) = (Vec::new(), timeframe.as_str(), to - 1);
    while start + step <= to {
        let query = format!("interval={interval}&startTime={}&endTime={}", start.as_millis(), last.as_millis());
        let path = format!("/api/v3/klines?symbol={code}&limit={ROWS}&{query}");
        let page = rest.get(&path, KLINES_WEIGHT, |body| wire::klines(body, timeframe)).await?;
        let next = page.last().map_or(to, Bar::ts_close);
        let whole = page.len() < ROWS || next <= start;
        found.extend(page.into_iter().filter(|bar| bar.ts_open >= start && bar.ts_close() <= to));
        if whole {
            break;
        }
        start = next;
    }
    Ok(found)
}
