//! Rows: when one is made, what its trigger says, and what stands in it.

use sconce_domain::bar::GapPolicy;
use sconce_domain::{InputEvent, Nanos, Timeframe, TimeframeSet, Trigger};
use sconce_market::BarPolicy;

use crate::support::{ONE, Seen, at, feed, frames, from_file, imported, market, names, quote, series, tick, trade};

const M1: Timeframe = Timeframe::M1;
const M5: Timeframe = Timeframe::M5;

/// `62: 1m 5m timer` for each row.
fn triggers(seen: &Seen) -> Vec<String> {
    let words = |trigger: Trigger| {
        let mut words: Vec<String> = trigger.timeframes().iter().map(|timeframe| timeframe.to_string()).collect();
        if trigger.contains(Trigger::TIMER) {
            words.push("timer".to_owned());
        }
        words.join(" ")
    };
    seen.rows.iter().map(|row| format!("{}: {}", row.ts.as_millis() as f64 / 1e3, words(row.trigger))).collect()
}

#[track_caller]
fn check(timeframes: &[Timeframe], timers: &[u32], events: &[InputEvent], expected: &[&str]) {
    let seen = feed(&mut market(from_file(), &["close@1m"], timeframes, timers), events);
    assert_eq!(triggers(&seen), expected);
}

#[test]
fn timeframes_that_close_together_give_one_row() {
    let events = [tick(0.0), trade(250.0, 0.0, 1, 10.0, 1.0), trade(310.0, 0.0, 2, 11.0, 1.0), tick(1_000.0)];
    check(&[M1, M5], &[], &events, &["302: 1m 5m", "362: 1m", "602: 5m"]);
    check(&[M1], &[], &events, &["302: 1m", "362: 1m"]);
    check(&[M5], &[], &events, &["302: 5m", "602: 5m"]);
    check(&[], &[], &events, &[]);
}

#[test]
fn timers_run_when_something_came_in_and_join_a_close_of_the_same_moment() {
    let events = [
        tick(0.0),
        trade(7.0, 0.0, 1, 10.0, 1.0),
        quote(58.0, 9.0, 11.0),
        tick(100.0),
        quote(131.0, 9.0, 11.0),
        tick(200.0),
    ];
    check(&[], &[5], &events, &["10: timer", "60: timer", "135: timer"]);
    check(&[M1], &[31], &events, &["31: timer", "62: 1m timer", "155: timer"]);
    // Each interval looks back to its own last time, so a fast timer takes nothing from a slow one.
    check(&[], &[5, 60], &events, &["10: timer", "60: timer", "135: timer", "180: timer"]);
    check(&[], &[0], &events, &[]);
    let quiet = [tick(0.0), tick(100.0), series(110.0, "funding_rate", 0.1), tick(200.0)];
    check(&[], &[5], &quiet, &[]);
    let bars = [imported(M1, 0, [1.0; 5]), imported(M1, 60, [1.0; 5]), tick(300.0)];
    check(&[], &[5], &bars, &[]);
}

#[test]
fn filled_bars_make_rows_and_skipped_buckets_make_none() {
    let events = [tick(0.0), trade(1.0, 0.0, 1, 10.0, 1.0), tick(190.0)];
    let rows = |gaps| {
        let policy = BarPolicy { gaps, ..from_file() };
        triggers(&feed(&mut market(policy, &["close@1m", "volume@1m"], &[M1], &[]), &events))
    };
    assert_eq!(rows(GapPolicy::Skip), ["62: 1m"]);
    assert_eq!(rows(GapPolicy::FillPrevClose), ["62: 1m", "122: 1m", "182: 1m"]);
}

#[test]
fn a_row_holds_the_state_of_its_moment_and_nothing_later() {
    let columns = ["close@1m", "close@5m", "bid", "ask", "mid", "spread_bps", "bid_size", "ask_size", "last_price"];
    let more = ["last_size", "age_s", "funding_rate", "series:whales", "volume_1m", "buy_volume_1m", "cvd_1m"];
    let columns: Vec<&str> = columns.into_iter().chain(more).collect();
    let events = [
        tick(0.0),
        quote(1.0, 9.0, 11.0),
        series(2.0, "funding_rate", 0.5),
        trade(3.0, 0.0, 2, 10.0, 4.0),
        trade(58.0, 0.0, 3, 12.0, 1.0),
        // Arrive after the close is due: nothing of them may stand in its row.
        trade(61.0, 1.5, 4, 13.0, 2.0),
        quote(63.0, 1.0, 2.0),
        series(63.0, "whales", 7.0),
        tick(122.0),
    ];
    let seen = feed(&mut market(from_file(), &columns, &[M1], &[]), &events);
    let nan = f64::NAN;
    let first = [12.0, nan, 9.0, 11.0, 10.0, 2_000.0, 1.0, 2.0, 12.0, 1.0, 4.0, 0.5, nan, 5.0, 4.0, 3.0];
    let second = [13.0, nan, 1.0, 2.0, 1.5, 10_000.0 / 1.5, 1.0, 2.0, 13.0, 2.0, 61.0, 0.5, 7.0, 2.0, 2.0, 2.0];
    let bits = |row: [f64; 16]| row.map(f64::to_bits).to_vec();
    let rows: Vec<Vec<u64>> = seen.rows.iter().map(|row| row.values().iter().map(|v| v.to_bits()).collect()).collect();
    assert_eq!(rows, [bits(first), bits(second)]);
    assert_eq!(seen.rows[0].ts, at(62.0));
}

#[test]
fn order_flow_is_absent_until_its_window_was_seen_whole() {
    let events = [tick(30.0), trade(70.0, 0.0, 2, 1.0, 3.0), trade(130.0, 0.0, 3, 1.0, 1.0), tick(182.0)];
    let seen = feed(&mut market(from_file(), &["volume_1m", "volume_2m", "trades_2m"], &[M1], &[]), &events);
    let rows: Vec<Vec<f64>> = seen.rows.iter().map(|row| row.values()).collect();
    assert_eq!((rows[0][0], rows[0][1].is_nan()), (3.0, true));
    assert_eq!(rows[1], [1.0, 4.0, 2.0]);
}

#[test]
fn warm_up_rows_are_the_rows_that_were_made() {
    let columns = ["close@1m", "sma_3@1m", "ema_3@5m", "close@5m", "last_price", "cvd_1m", "bid", "funding_rate"];
    let mut market = market(from_file(), &columns, &[M1, M5], &[]);
    let mut events = vec![tick(0.0)];
    for i in 0..400_u32 {
        let second = f64::from(i) * 7.0 + 1.0;
        events.push(trade(second, 0.0, u64::from(i), 10.0 + f64::from(i % 17), f64::from(i % 5)));
        if i % 9 == 0 {
            events.push(quote(second, f64::from(i), f64::from(i) + 1.0));
            events.push(series(second, "funding_rate", f64::from(i)));
        }
    }
    let seen = feed(&mut market, &events);
    let check = |timeframes: TimeframeSet, count: usize| {
        let block = market.warm_up_rows(ONE, &names(&columns), timeframes, count).expect("set");
        let live: Vec<_> = seen.rows.iter().filter(|row| row.trigger.timeframes().intersects(timeframes)).collect();
        let live = &live[live.len().saturating_sub(count)..];
        assert_eq!(block.ts, live.iter().map(|row| row.ts).collect::<Vec<_>>());
        let mut values = Vec::new();
        for (at, row) in live.iter().enumerate() {
            block.row_into(at, &mut values);
            assert_eq!(values.iter().map(|v| v.to_bits()).collect::<Vec<_>>(), row.bits, "{}", row.ts);
            let closed = TimeframeSet(row.trigger.timeframes().0 & timeframes.0);
            assert_eq!(block.trigger[at], Trigger::closed(closed).with(Trigger::WARM_UP));
        }
    };
    check(frames(&[M1, M5]), 1_000);
    check(frames(&[M1]), 10);
    check(frames(&[M5]), 4);
    check(frames(&[Timeframe::D1]), 4);
    check(TimeframeSet::EMPTY, 4);
}

#[test]
fn times_of_rows_strictly_increase_even_when_bars_arrive_at_once() {
    let later = |event: InputEvent| InputEvent { ts_init: at(900.0), ..event };
    let mut events: Vec<InputEvent> =
        (0..14).map(|i| later(imported(M1, i * 60, [1.0, 1.0, 1.0, 1.0 + i as f64 * 0.0, 1.0]))).collect();
    events.extend([later(imported(M5, 0, [1.0; 5])), later(trade(900.0, 0.0, 1, 1.0, 1.0))]);
    events.extend([later(imported(M1, 14 * 60, [1.0; 5])), tick(1_000.0)]);
    let seen = feed(&mut market(from_file(), &["close@1m"], &Timeframe::ALL, &[1]), &events);
    let times: Vec<Nanos> = seen.rows.iter().map(|row| row.ts).collect();
    assert!(times.windows(2).all(|pair| pair[0] < pair[1]), "{times:?}");
    assert!(!times.is_empty());
}
