//! Columns over the newest minutes against a plain computation over all trades.

use proptest::prelude::*;
use sconce_domain::{InputEvent, Nanos, Payload, TakerSide, Timeframe, Trade};

use crate::support::{feed, from_file, market, tick, trade};

const COLUMNS: [&str; 8] =
    ["volume_2m", "buy_volume_2m", "sell_volume_2m", "cvd_2m", "cvd_5m", "trades_5m", "low_2m", "low_5m"];

/// Trades of `[from, to)` by event time.
fn within(trades: &[(Nanos, Trade)], from: i64, to: i64) -> Vec<Trade> {
    trades.iter().filter(|(at, _)| (from..to).contains(&at.0)).map(|(_, trade)| *trade).collect()
}

fn size(trades: &[Trade], side: Option<TakerSide>) -> f64 {
    trades.iter().filter(|trade| side.is_none_or(|side| trade.side == side)).map(|trade| trade.size).sum()
}

/// What the row of `ts` must hold: windows end with the newest five seconds that are over since the grace.
fn expected(trades: &[(Nanos, Trade)], ts: Nanos) -> Vec<f64> {
    const SECOND: i64 = 1_000_000_000;
    let end = (ts.0 - 2 * SECOND).div_euclid(5 * SECOND) * 5 * SECOND;
    let window = |minutes: i64| within(trades, end - minutes * 60 * SECOND, end);
    let (two, five) = (window(2), window(5));
    let (buy, sell) = (Some(TakerSide::Buy), Some(TakerSide::Sell));
    let delta = |trades: &[Trade]| size(trades, buy) - size(trades, sell);
    let low = |trades: &[Trade]| trades.iter().map(|trade| trade.price).fold(f64::NAN, f64::min);
    let count = five.len() as f64;
    vec![size(&two, None), size(&two, buy), size(&two, sell), delta(&two), delta(&five), count, low(&two), low(&five)]
}

/// Sums of other orders differ in their last bits.
fn near(seen: &[f64], expected: &[f64]) -> bool {
    let same = |(a, b): (&f64, &f64)| (a.is_nan() && b.is_nan()) || (a - b).abs() <= 1e-9 * b.abs().max(1.0);
    seen.len() == expected.len() && seen.iter().zip(expected).all(same)
}

/// Trades `gaps` tenths of a second apart; each is late by less than the grace.
fn walk(steps: &[(u16, u16, u8)]) -> Vec<InputEvent> {
    let mut now = 0.0;
    let mut events = vec![tick(0.0)];
    for ((gap, price, size), id) in steps.iter().zip(1_u64..) {
        now += f64::from(*gap) / 10.0;
        let late = f64::from(*size % 15) / 10.0;
        events.push(trade(now, late, id * 7919, f64::from(*price) + 1.0, f64::from(*size)));
    }
    events.sort_by_key(|event| event.ts_init);
    events.push(tick(now + 700.0));
    events
}

proptest! {
    #[test]
    fn windows_hold_what_was_traded_in_them(
        steps in proptest::collection::vec((0_u16..400, any::<u16>(), any::<u8>()), 1..250)
    ) {
        let events = walk(&steps);
        let trades: Vec<(Nanos, Trade)> = events
            .iter()
            .filter_map(|event| match event.payload {
                Payload::Trade(trade) => Some((event.ts_event, trade)),
                _ => None,
            })
            .collect();
        let seen = feed(&mut market(from_file(), &COLUMNS, &[Timeframe::M1], &[10]), &events);
        let whole: Vec<_> = seen.rows.iter().filter(|row| row.ts >= Nanos::from_secs(310)).collect();
        for row in whole {
            let (values, expected) = (row.values(), expected(&trades, row.ts));
            prop_assert!(near(&values, &expected), "{}: {values:?} is not {expected:?}", row.ts);
        }
        for row in seen.rows.iter().filter(|row| row.ts < Nanos::from_secs(120)) {
            prop_assert!(row.values().iter().all(|value| value.is_nan()), "the window began before the stream");
        }
    }
}

#[test]
fn the_lowest_price_of_a_window_leaves_with_it() {
    let events = [
        tick(0.0),
        trade(1.0, 0.0, 1, 5.0, 1.0),
        trade(200.0, 0.0, 2, 7.0, 1.0),
        trade(310.0, 0.0, 3, 9.0, 1.0),
        trade(500.0, 0.0, 4, 8.0, 1.0),
        tick(1_100.0),
    ];
    let seen = feed(&mut market(from_file(), &["low_5m"], &[Timeframe::M1], &[]), &events);
    let rows: Vec<(i64, f64)> = seen.rows.iter().map(|row| (row.ts.as_millis() / 1_000, row.values()[0])).collect();
    assert!(rows[0].1.is_nan() && rows[1].1.is_nan(), "{rows:?}");
    assert_eq!(rows[2..], [(362, 7.0), (542, 8.0)]);
}
