//! Interrupted streams: what an outage may touch waits, a filled one leaves no trace, a hole marks exactly its bars.

use proptest::prelude::*;
use sconce_domain::{InputEvent, Nanos, Outage, Payload, Timeframe};
use sconce_market::BarPolicy;

use crate::support::{ONE, Seen, at, event, feed, market, series, tick, trade};

const COLUMNS: [&str; 3] = ["close@1m", "volume@1m", "volume_1m"];

fn run(events: &[InputEvent]) -> (sconce_market::Market, Seen) {
    let mut market = market(BarPolicy::default(), &COLUMNS, &[Timeframe::M1], &[]);
    let seen = feed(&mut market, events);
    (market, seen)
}

/// An outage known at `known`, that concerns `ts`.
fn outage(known: f64, ts: f64, outage: Outage) -> InputEvent {
    event(at(ts), at(known), Payload::Outage(outage))
}

/// Trades every ten seconds from `from` to before `to`, `delay` seconds late.
fn trades(from: u32, to: u32, delay: f64) -> impl Iterator<Item = InputEvent> {
    (from / 10..to / 10).map(move |i| trade(f64::from(i) * 10.0, delay, u64::from(i), 10.0 + f64::from(i), 1.0))
}

/// The final minute bars as `open second, volume, partial`.
fn minutes(seen: &Seen, timeframe: Timeframe) -> Vec<(i64, f64, bool)> {
    seen.of(timeframe).iter().map(|bar| (bar.ts_open.as_secs(), bar.volume, bar.partial)).collect()
}

/// Five minutes of trades of which those from 110 to 190 s come at 200 s, after the outage began at 115 s.
fn interrupted(end: Outage, filled: bool) -> Vec<InputEvent> {
    let mut events = vec![tick(0.0)];
    events.extend(trades(0, 110, 0.0));
    events.push(outage(115.0, 100.0, Outage::Began));
    events.extend((116..200).map(|second| tick(f64::from(second))));
    if filled {
        let late = (110..200).step_by(10).map(|second| {
            let id = u64::from(second / 10_u32);
            InputEvent { ts_init: at(200.0), ..trade(f64::from(second), 0.0, id, 10.0 + id as f64, 1.0) }
        });
        events.extend(late);
    }
    events.push(outage(200.0, 200.0, end));
    events.extend(trades(200, 300, 0.0));
    events.push(tick(400.0));
    events
}

#[test]
fn a_filled_outage_leaves_whole_bars_at_their_first_version() {
    let (market, seen) = run(&interrupted(Outage::Filled, true));
    let whole = [(0, 6.0, false), (60, 6.0, false), (120, 6.0, false), (180, 6.0, false), (240, 6.0, false)];
    assert_eq!(minutes(&seen, Timeframe::M1), whole);
    assert_eq!(minutes(&seen, Timeframe::M5), [(0, 30.0, false)]);
    assert_eq!((market.counters(ONE).late_trades, market.counters(ONE).revisions), (0, 0));
    // What waited became known when the outage was over.
    let known: Vec<i64> =
        seen.full.iter().filter(|(_, b)| b.timeframe == Timeframe::M1).map(|(ts, _)| ts.as_secs()).collect();
    assert_eq!(known, [62, 200, 200, 242, 302]);
}

#[test]
fn a_hole_marks_the_bars_that_it_touches_and_no_other() {
    let (_, seen) = run(&interrupted(Outage::Holed, false));
    let expected = [(0, 6.0, false), (60, 5.0, true), (180, 4.0, true), (240, 6.0, false)];
    assert_eq!(minutes(&seen, Timeframe::M1), expected);
    assert_eq!(minutes(&seen, Timeframe::M5), [(0, 21.0, true)]);
    // Bars that miss trades feed no column and make no row.
    assert_eq!(seen.rows.iter().map(|row| row.ts.as_secs()).collect::<Vec<_>>(), [62, 302]);
    // A window that reaches into the hole has no sum.
    assert!(seen.rows.iter().all(|row| row.values()[2] == 6.0), "{:?}", seen.rows);
}

#[test]
fn a_bucket_that_ended_before_the_outage_closes_in_time() {
    let mut events = vec![tick(0.0)];
    events.extend(trades(0, 70, 0.0));
    events.push(outage(61.0, 60.0, Outage::Began));
    events.push(tick(90.0));
    let (market, seen) = run(&events);
    assert_eq!(minutes(&seen, Timeframe::M1), [(0, 6.0, false)]);
    assert_eq!(seen.full[0].0.as_secs(), 62);
    assert!(market.forming(ONE, Timeframe::M1).is_some_and(|bar| bar.ts_open == Nanos::from_secs(60)));
}

#[test]
fn a_published_price_stands_where_nothing_trades() {
    let mut market = market(BarPolicy::default(), &["last_price", "age_s"], &[], &[60]);
    let seen = feed(&mut market, &[series(10.0, "price", 5.0), series(70.0, "price", 6.0), tick(130.0)]);
    assert_eq!(market.last_price(ONE), Some(6.0));
    assert_eq!(seen.rows.iter().map(crate::support::SeenRow::values).collect::<Vec<_>>(), [[5.0, 50.0], [6.0, 50.0]]);
}

proptest! {
    /// However often a stream is interrupted and filled, its bars are those of the uninterrupted one.
    #[test]
    fn filled_outages_change_no_bar(cuts in prop::collection::vec((0_u32..60, 1_u32..8), 0..6)) {
        let mut plain = vec![tick(0.0)];
        plain.extend(trades(0, 600, 0.0));
        plain.push(tick(700.0));
        let mut events = vec![tick(0.0)];
        let mut next = 0;
        for (start, length) in cuts {
            let (start, end) = ((start * 10).max(next), ((start + length) * 10).max(next).min(600));
            events.extend(trades(next, start, 0.0));
            events.push(outage(f64::from(start), f64::from(start.saturating_sub(10)), Outage::Began));
            events.push(tick(f64::from(end)));
            events.extend(trades(start, end, 0.0).map(|late| InputEvent { ts_init: at(f64::from(end)), ..late }));
            events.push(outage(f64::from(end), f64::from(end), Outage::Filled));
            next = end.max(start);
        }
        events.extend(trades(next, 600, 0.0));
        events.push(tick(700.0));
        let ((_, with), (_, without)) = (run(&events), run(&plain));
        for timeframe in Timeframe::ALL {
            prop_assert_eq!(with.of(timeframe).iter().map(|b| format!("{b:?}")).collect::<Vec<_>>(),
                without.of(timeframe).iter().map(|b| format!("{b:?}")).collect::<Vec<_>>());
        }
    }
}
