//! The bar rules as tables: events in, bars out, one line each.

use sconce_domain::bar::GapPolicy;
use sconce_domain::{Bar, InputEvent, Nanos, Payload, Timeframe, Trade};
use sconce_market::{BarPolicy, FirstPartial};

use crate::support::{ONE, at, event, feed, from_file, market, quote, tick, trade};

/// `1m 60 o/h/l/c v3 r0 partial @122.0`: bar of the bucket at 60 s, delivered at 122 s.
pub(crate) fn line(ts_init: Nanos, bar: &Bar) -> String {
    let flags = [(bar.partial, " partial"), (!bar.complete, " open"), (bar.revision > 0, " revised")];
    let flags: String = flags.iter().filter(|(set, _)| *set).map(|(_, word)| *word).collect();
    let source = format!("{:?}", bar.source).to_lowercase();
    let late = ts_init.as_millis() as f64 / 1_000.0;
    let (open, high, low, close) = (bar.open, bar.high, bar.low, bar.close);
    format!(
        "{} {} {open}/{high}/{low}/{close} v{} {source}{flags} @{late}",
        bar.timeframe,
        bar.ts_open.as_secs(),
        bar.volume
    )
}

/// The minute bars that `events` give.
#[track_caller]
fn check(policy: BarPolicy, events: &[InputEvent], expected: &[&str]) {
    let seen = feed(&mut market(policy, &[], &[], &[]), events);
    let minutes = seen.full.iter().filter(|(_, bar)| bar.timeframe == Timeframe::M1);
    assert_eq!(minutes.map(|(ts, bar)| line(*ts, bar)).collect::<Vec<_>>(), expected);
}

#[test]
fn a_trade_on_the_boundary_belongs_to_the_next_bar() {
    check(
        from_file(),
        &[tick(0.0), trade(0.0, 0.0, 1, 10.0, 1.0), trade(60.0, 0.0, 2, 20.0, 2.0), tick(122.0)],
        &["1m 0 10/10/10/10 v1 trades @62", "1m 60 20/20/20/20 v2 trades @122"],
    );
}

#[test]
fn a_bar_is_final_exactly_at_its_end_plus_grace() {
    let events = [tick(0.0), trade(1.0, 0.0, 1, 10.0, 1.0)];
    check(from_file(), &[&events[..], &[tick(61.999)]].concat(), &[]);
    check(from_file(), &[&events[..], &[tick(62.0)]].concat(), &["1m 0 10/10/10/10 v1 trades @62"]);
    check(from_file(), &[&events[..], &[tick(9_999.0)]].concat(), &["1m 0 10/10/10/10 v1 trades @62"]);
    let patient = BarPolicy { grace: 0, ..from_file() };
    check(patient, &[&events[..], &[tick(9_999.0)]].concat(), &["1m 0 10/10/10/10 v1 trades @60"]);
}

#[test]
fn prints_within_the_grace_are_merged_and_ordered_by_event_time_and_id() {
    check(
        from_file(),
        &[
            tick(0.0),
            trade(30.0, 0.0, 5, 11.0, 1.0),
            trade(59.0, 0.0, 9, 12.0, 1.0),
            trade(1.0, 40.0, 7, 10.0, 1.0),
            trade(59.0, 2.0, 8, 9.0, 1.0),
            trade(59.9, 2.0, 6, 13.0, 1.0),
            tick(62.0),
        ],
        &["1m 0 10/13/9/13 v5 trades @62"],
    );
    check(
        from_file(),
        &[tick(0.0), trade(7.0, 0.0, 2, 2.0, 1.0), trade(7.0, 0.0, 1, 1.0, 1.0), tick(62.0)],
        &["1m 0 1/2/1/2 v2 trades @62"],
    );
}

#[test]
fn the_first_bar_is_partial_unless_its_first_moment_was_seen() {
    let body = [trade(70.0, 0.0, 1, 10.0, 1.0), tick(130.0), trade(130.0, 0.0, 2, 11.0, 1.0), tick(182.0)];
    let before = |first: &[InputEvent]| [first, &body[..]].concat();
    let partial = ["1m 60 10/10/10/10 v1 trades partial @122", "1m 120 11/11/11/11 v1 trades @182"];
    let whole = ["1m 60 10/10/10/10 v1 trades @122", "1m 120 11/11/11/11 v1 trades @182"];
    check(BarPolicy::default(), &body, &partial);
    check(BarPolicy::default(), &before(&[tick(61.0)]), &partial);
    check(BarPolicy::default(), &before(&[tick(60.0)]), &whole);
    check(BarPolicy::default(), &before(&[quote(59.9, 1.0, 2.0)]), &whole);
    check(BarPolicy::default(), &before(&[quote(60.1, 1.0, 2.0)]), &partial);
    // A print of long ago, as venues send at connect, does not cover the time since; it is late besides.
    let old = ["1m 0 5/5/5/5 v1 trades partial @66", partial[0], partial[1]];
    check(BarPolicy::default(), &before(&[trade(3.0, 63.0, 0, 5.0, 1.0)]), &old);
}

#[test]
fn partial_bars_feed_columns_only_where_the_policy_says_so() {
    let events = [trade(70.0, 0.0, 1, 10.0, 1.0), trade(130.0, 0.0, 2, 11.0, 1.0), tick(182.0)];
    let rows = |first_partial| {
        let policy = BarPolicy { first_partial, ..BarPolicy::default() };
        let seen = feed(&mut market(policy, &["close@1m"], &[Timeframe::M1], &[]), &events);
        seen.rows.iter().map(|row| (row.ts, row.values())).collect::<Vec<_>>()
    };
    assert_eq!(rows(FirstPartial::Exclude), [(at(182.0), vec![11.0])]);
    assert_eq!(rows(FirstPartial::Include), [(at(122.0), vec![10.0]), (at(182.0), vec![11.0])]);
}

#[test]
fn gaps_are_skipped_or_filled() {
    let events = [tick(0.0), trade(1.0, 0.0, 1, 10.0, 1.0), trade(200.0, 0.0, 2, 11.0, 1.0), tick(302.0)];
    let (first, last) = ("1m 0 10/10/10/10 v1 trades @62", "1m 180 11/11/11/11 v1 trades @242");
    check(from_file(), &events, &[first, last]);
    let fill = BarPolicy { gaps: GapPolicy::FillPrevClose, ..from_file() };
    let filled =
        ["1m 60 10/10/10/10 v0 fill @122", "1m 120 10/10/10/10 v0 fill @182", "1m 240 11/11/11/11 v0 fill @302"];
    check(fill, &events, &[first, filled[0], filled[1], last, filled[2]]);
}

#[test]
fn a_dead_market_is_not_filled_for_ever() {
    let policy = BarPolicy { gaps: GapPolicy::FillPrevClose, ring: 3, ..from_file() };
    let events = [tick(0.0), trade(1.0, 0.0, 1, 10.0, 1.0), tick(1e9), trade(1e9, 0.0, 2, 11.0, 1.0), tick(1e9 + 99.0)];
    let seen = feed(&mut market(policy, &[], &[], &[]), &events);
    assert_eq!(seen.of(Timeframe::M1).len(), 6);
    assert_eq!(seen.of(Timeframe::D1).len(), 4);
}

#[test]
fn the_feeds_end_closes_nothing() {
    let end = || event(at(50.0), at(50.0), Payload::End);
    let start = [tick(0.0), trade(1.0, 0.0, 1, 10.0, 1.0), end(), tick(500.0)];
    check(from_file(), &start, &[]);
    let mut ended = market(from_file(), &[], &[], &[]);
    feed(&mut ended, &start);
    let forming = ended.forming(ONE, Timeframe::H1).expect("it stays visible");
    assert_eq!((forming.complete, forming.close), (false, 10.0));
    // When the feed goes on, what stayed open is delivered then, flagged: its end was not seen.
    let again = [&start[..], &[trade(510.0, 0.0, 2, 11.0, 1.0), tick(602.0)]].concat();
    let expected = ["1m 0 10/10/10/10 v1 trades partial @510", "1m 480 11/11/11/11 v1 trades partial @542"];
    check(from_file(), &again, &expected);
}

#[test]
fn the_forming_bar_is_given_on_request_and_flagged() {
    let mut market = market(from_file(), &[], &[], &[]);
    let events = [tick(0.0), trade(1.0, 0.0, 1, 10.0, 1.0), trade(61.0, 0.0, 2, 12.0, 2.0), tick(63.0)];
    let mut forming = |upto: usize, timeframe| {
        feed(&mut market, &events[upto..=upto]);
        market.forming(ONE, timeframe).map(|bar| line(bar.ts_open, &bar))
    };
    assert_eq!(forming(0, Timeframe::M1), None);
    assert_eq!(forming(1, Timeframe::M1).as_deref(), Some("1m 0 10/10/10/10 v1 trades open @0"));
    assert_eq!(forming(2, Timeframe::M5).as_deref(), Some("5m 0 10/12/10/12 v3 trades open @0"));
    assert_eq!(forming(3, Timeframe::H1).as_deref(), Some("1h 0 10/12/10/12 v3 trades open @0"));
    assert_eq!(market.forming(ONE, Timeframe::M1).map(|bar| bar.ts_open), Some(at(60.0)));
}

#[test]
fn impossible_and_repeated_trades_are_dropped_and_counted() {
    let odd = |price: f64, size: f64| trade(2.0, 0.0, 100, price, size);
    let raw = |ts_event, payload| event(ts_event, at(3.0), payload);
    let side = sconce_domain::TakerSide::Buy;
    let ahead = raw(at(100.0), Payload::Trade(Trade { price: 1.0, size: 1.0, side, id: 200 }));
    let events = [
        tick(0.0),
        trade(1.0, 0.0, 50, 10.0, 1.0),
        odd(f64::NAN, 1.0),
        odd(f64::INFINITY, 1.0),
        odd(0.0, 1.0),
        odd(-1.0, 1.0),
        odd(1.0, -1.0),
        odd(1.0, f64::NAN),
        odd(1.0, f64::INFINITY),
        ahead,
        trade(3.0, 0.0, 50, 99.0, 1.0),
        trade(3.0, 0.0, 40, 11.0, 0.0),
        trade(3.0, 0.0, 40, 11.0, 0.0),
        tick(62.0),
    ];
    check(from_file(), &events, &["1m 0 10/11/10/11 v1 trades @62"]);
    let mut market = market(from_file(), &[], &[], &[]);
    feed(&mut market, &events);
    let counters = market.counters(ONE);
    assert_eq!((counters.trades, counters.dropped, counters.duplicates, counters.misdated), (2, 7, 2, 1));
    assert_eq!(market.trades_kept(ONE), 2);
}

#[test]
fn hostile_times_and_indices_do_no_harm() {
    let mut market = market(from_file(), &["close@1d"], &Timeframe::ALL, &[1]);
    let side = sconce_domain::TakerSide::Buy;
    let far =
        |ts_event, ts_init, id| event(ts_event, ts_init, Payload::Trade(Trade { price: 1.0, size: 1.0, side, id }));
    let nowhere = InputEvent { instrument: sconce_domain::InstrumentIndex(77), ..trade(1.0, 0.0, 1, 1.0, 1.0) };
    let bar = |ts_open| {
        let Payload::Bar(bar) = crate::support::imported(Timeframe::D1, 0, [1.0; 5]).payload else { unreachable!() };
        event(Nanos::MIN, Nanos::MAX, Payload::Bar(Bar { ts_open, ..bar }))
    };
    feed(
        &mut market,
        &[
            nowhere,
            far(Nanos::MIN, Nanos::MIN, 1),
            far(Nanos::MIN, at(5.0), 2),
            far(Nanos::MAX, at(5.0), 3),
            far(at(5.0), Nanos::MIN, 4),
            far(at(9.0), Nanos::MAX, 5),
            bar(Nanos::MIN),
            bar(Nanos::MAX),
            far(Nanos::MAX, Nanos::MAX, 6),
            event(Nanos::MIN, Nanos::MIN, Payload::Tick),
        ],
    );
    market.register(sconce_domain::InstrumentIndex(u32::MAX - 1), &crate::support::instrument());
    assert_eq!(market.unregistered(), 1);
    assert!(market.now() > at(9e9));
}
