//! Imported bars: they stand for trades until the first trade, and are compared with what was built after it.

use sconce_domain::time::SECOND;
use sconce_domain::{Bar, InputEvent, Nanos, Payload, Timeframe};
use sconce_market::{BarPolicy, Market};

use crate::bars::line;
use crate::support::{
    ONE, Seen, as_import, at, event, feed, from_file, imported, market, skip, tick, trade, xrp_trades,
};

const COLUMNS: [&str; 6] = ["close@1m", "ema_5@1m", "sma_3@5m", "high@15m", "rvol_2_3@1m", "close@1h"];

fn lines(seen: &Seen) -> Vec<String> {
    seen.full.iter().map(|(ts, bar)| line(*ts, bar)).collect()
}

#[track_caller]
fn check(events: &[InputEvent], expected: &[&str]) -> Market {
    let mut market = market(BarPolicy::default(), &["close@5m"], &Timeframe::ALL, &[]);
    assert_eq!(lines(&feed(&mut market, events)), expected);
    market
}

fn m5(open: i64, close: f64) -> InputEvent {
    imported(Timeframe::M5, open, [close, close, close, close, 1.0])
}

#[test]
fn longer_bars_are_made_of_imported_ones_once_each() {
    let direct = imported(Timeframe::M15, 0, [1.0, 3.0, 1.0, 3.0, 3.5]);
    let fives = ["5m 0 1/1/1/1 v1 history @302", "5m 300 2/2/2/2 v1 history @602", "5m 600 3/3/3/3 v1 history @902"];
    let made = "15m 0 1/3/1/3 v3 trades @902";
    check(&[m5(0, 1.0), m5(300, 2.0), m5(600, 3.0), tick(903.0)], &[fives[0], fives[1], fives[2], made]);
    let given = "15m 0 1/3/1/3 v3.5 history @902";
    check(
        &[m5(0, 1.0), m5(300, 2.0), m5(600, 3.0), direct.clone(), tick(903.0)],
        &[fives[0], fives[1], fives[2], given],
    );
    check(&[m5(0, 1.0), m5(300, 2.0), direct, m5(600, 3.0), tick(903.0)], &[fives[0], fives[1], given, fives[2]]);
}

#[test]
fn bars_of_one_moment_make_one_row() {
    let mut market = market(BarPolicy::default(), &["close@5m", "close@15m"], &Timeframe::ALL, &[]);
    let seen = feed(&mut market, &[m5(0, 1.0), m5(300, 2.0), m5(600, 3.0), tick(903.0)]);
    let rows: Vec<_> =
        seen.rows.iter().map(|row| (row.ts.as_secs(), row.trigger.timeframes().0, row.values())).collect();
    assert_eq!(rows[2], (902, 0b110, vec![3.0, 3.0]));
    assert_eq!(rows.len(), 3);
}

#[test]
fn a_bucket_whose_imports_begin_inside_it_is_partial() {
    let events = [m5(600, 3.0), m5(900, 4.0), tick(1_300.0)];
    let last = "15m 0 3/3/3/3 v1 trades partial @902";
    check(&events, &["5m 600 3/3/3/3 v1 history @902", last, "5m 900 4/4/4/4 v1 history @1202"]);
    // The last part never came: the next import closes the bucket.
    let hole = [m5(0, 1.0), m5(300, 2.0), m5(900, 4.0), tick(1_300.0)];
    let made = "15m 0 1/2/1/2 v2 trades @1202";
    let fives = ["5m 0 1/1/1/1 v1 history @302", "5m 300 2/2/2/2 v1 history @602", "5m 900 4/4/4/4 v1 history @1202"];
    let market = check(&hole, &[fives[0], fives[1], fives[2], made]);
    assert_eq!(market.counters(ONE).gaps[Timeframe::M5.index()], 1);
}

#[test]
fn impossible_bars_are_dropped_and_missing_numbers_are_not() {
    let mut market =
        market(BarPolicy::default(), &["close@5m", "high@5m", "atr_1@5m", "sma_1@5m"], &Timeframe::ALL, &[]);
    let nan = f64::NAN;
    let odd = |ohlcv| imported(Timeframe::M5, 0, ohlcv);
    let unaligned = imported(Timeframe::M5, 7, [1.0; 5]);
    let early = InputEvent { ts_init: at(239.0), ..odd([1.0; 5]) };
    let events = [
        early,
        odd([1.0, 0.5, 0.5, 1.0, 1.0]),
        odd([1.0, 1.0, 1.5, 1.0, 1.0]),
        odd([1.0, 1.0, 1.0, nan, 1.0]),
        odd([1.0, f64::INFINITY, 1.0, 1.0, 1.0]),
        odd([1.0, 1.0, 1.0, 1.0, -1.0]),
        odd([0.0; 5]),
        unaligned,
        odd([nan, nan, nan, 7.0, nan]),
        imported(Timeframe::M5, 300, [8.0, 9.0, 7.0, 8.0, 1.0]),
        imported(Timeframe::M5, 600, [8.0, 9.0, 8.0, 9.0, 1.0]),
        tick(1_000.0),
    ];
    let seen = feed(&mut market, &events);
    assert_eq!(market.counters(ONE).bad_bars, 8);
    let values: Vec<Vec<f64>> = seen.rows.iter().map(|row| row.values()).collect();
    assert!(values[0][1].is_nan() && values[0][3] == 7.0);
    assert_eq!(values[2], [9.0, 9.0, 1.0, 9.0]);
}

#[test]
fn differences_between_history_and_ours_are_counted_and_kept() {
    let live = [tick(0.0), trade(1.0, 0.0, 1, 10.0, 1.0), trade(61.0, 0.0, 2, 11.0, 1.0), tick(130.0)];
    let later = |bar: InputEvent| InputEvent { ts_init: at(131.0), ..bar };
    let equal = later(imported(Timeframe::M1, 0, [10.0, 10.0, 10.0, 10.0, 1.0]));
    let other = later(imported(Timeframe::M1, 60, [11.0, 12.0, 11.0, 11.0, 2.0]));
    let mut market = market(BarPolicy::default(), &["close@1m"], &[Timeframe::M1], &[]);
    feed(&mut market, &live);
    let seen = feed(&mut market, &[equal, other.clone(), other]);
    assert_eq!(lines(&seen), ["1m 60 11/12/11/11 v2 history revised @131"]);
    assert_eq!((market.counters(ONE).history_differences, market.counters(ONE).revisions), (1, 1));
    assert_eq!(market.bars(ONE, Timeframe::M1).map(|bar| bar.volume).collect::<Vec<_>>(), [1.0, 2.0]);
    assert!(seen.rows.is_empty());
}

#[test]
fn the_open_bucket_goes_on_whole_when_live_data_joins_the_imports() {
    let import = |i: i64| imported(Timeframe::M1, i * 60, [1.0 + i as f64; 5]);
    let imports: Vec<InputEvent> = (0..7).map(import).collect();
    let join = |marker: Option<Nanos>| {
        let mut events = imports.clone();
        events.extend(marker.map(|ts| event(ts, at(422.0), Payload::Tick)));
        events.extend([trade(425.0, 0.0, 1, 50.0, 1.0), tick(602.0)]);
        let mut market = market(BarPolicy::default(), &["close@5m"], &[Timeframe::M5], &[]);
        lines(&feed(&mut market, &events)).pop()
    };
    assert_eq!(join(Some(at(420.0))).as_deref(), Some("5m 300 6/50/6/50 v14 trades @602"));
    assert_eq!(join(None).as_deref(), Some("5m 300 6/50/6/50 v14 trades partial @602"));
}

/// Bars of an all-live run up to `split`, then the trades after it.
fn spliced(trades: &[InputEvent], live: &Seen, split: Nanos) -> Vec<InputEvent> {
    let mut imports: Vec<&Bar> = live.full.iter().map(|(_, bar)| bar).filter(|bar| bar.ts_close() <= split).collect();
    imports.sort_by_key(|bar| (bar.ts_close(), bar.timeframe));
    let mut events: Vec<InputEvent> = imports.into_iter().map(as_import).collect();
    let now = split + 2 * SECOND;
    events.push(event(split, now, Payload::Tick));
    let rest = trades.iter().filter(|event| event.ts_event >= split);
    events.extend(rest.map(|event| InputEvent { ts_init: event.ts_init.max(now), ..event.clone() }));
    events
}

#[test]
fn history_then_live_is_one_live_run() {
    let Some(mut trades) = xrp_trades() else { return skip("history_then_live_is_one_live_run") };
    trades.truncate(6_000);
    let first = trades[0].ts_event;
    trades.insert(0, event(Timeframe::D1.bucket(first), Timeframe::D1.bucket(first), Payload::Tick));
    let fresh = || market(BarPolicy::default(), &COLUMNS, &[Timeframe::M1, Timeframe::H1], &[]);
    let mut one = fresh();
    let live = feed(&mut one, &trades);
    for hours in [1, 5, 13, 24] {
        let split = Timeframe::D1.bucket(first) + hours * 3_600 * SECOND + 7 * 60 * SECOND;
        let mut two = fresh();
        let seen = feed(&mut two, &spliced(&trades, &live, split));
        for (ours, theirs) in seen.rows.iter().zip(&live.rows) {
            assert_eq!(ours, theirs, "{hours} h: {:?} {:?}", ours.values(), theirs.values());
        }
        assert_eq!(seen.rows.len(), live.rows.len());
        for timeframe in Timeframe::ALL {
            let bars = |market: &Market| -> Vec<[f64; 5]> {
                market.bars(ONE, timeframe).map(|b| [b.open, b.high, b.low, b.close, b.volume]).collect()
            };
            assert_eq!(bars(&two), bars(&one), "{hours} h {timeframe}");
        }
        assert_eq!(two.counters(ONE).history_differences, 0);
    }
}

#[test]
fn history_that_is_known_all_at_once_warms_up_as_if_it_had_come_in_time() {
    let columns = ["close@1m", "sma_3@1m", "close@5m", "ema_2@5m"];
    let frames = [Timeframe::M1, Timeframe::M5];
    let imports: Vec<InputEvent> = (0..60).map(|i| imported(Timeframe::M1, i * 60, [1.0 + i as f64; 5])).collect();
    let late: Vec<InputEvent> =
        imports.iter().map(|event| InputEvent { ts_init: at(9_000.0), ..event.clone() }).collect();
    let warmed = |events: &[InputEvent]| {
        let mut market = market(BarPolicy::default(), &columns, &frames, &[]);
        let rows = feed(&mut market, &[events, &[tick(9_001.0)]].concat()).rows.len();
        let set = crate::support::frames(&frames);
        (rows, market.warm_up_rows(ONE, &crate::support::names(&columns), set, 100).expect("set"))
    };
    let ((in_time, expected), (at_once, ours)) = (warmed(&imports), warmed(&late));
    assert_eq!((in_time, at_once), (60, 1));
    assert_eq!((ours.ts, ours.trigger), (expected.ts, expected.trigger));
    assert_eq!(format!("{:?}", ours.columns), format!("{:?}", expected.columns));
}

#[test]
fn files_that_end_leave_no_row_waiting() {
    let end = event(at(302.0), at(302.0), Payload::End);
    let mut market = market(from_file(), &["close@5m"], &[Timeframe::M5], &[]);
    assert_eq!(feed(&mut market, &[m5(0, 1.0), end]).rows.len(), 1);
}
