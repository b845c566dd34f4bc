//! Recorded markets: bars built from recorded trades equal the recorded bars, and gaps are where they are.

use sconce_domain::{Bar, Payload, Timeframe};
use sconce_market::{BarPolicy, Market};

use crate::support::{ONE, Seen, feed, from_file, instrument, market, recorded_bars, skip, tick, xrp_trades};

/// The largest difference of any number between bars of the same buckets.
fn largest_difference(ours: &[Bar], theirs: &[Bar]) -> f64 {
    assert_eq!(ours.len(), theirs.len());
    let numbers = |bar: &Bar| [bar.open, bar.high, bar.low, bar.close, bar.volume];
    let mut largest = 0.0_f64;
    for (a, b) in ours.iter().zip(theirs) {
        assert_eq!(a.ts_open, b.ts_open);
        for (x, y) in numbers(a).into_iter().zip(numbers(b)) {
            assert!(x.is_finite() && y.is_finite());
            largest = largest.max((x - y).abs());
        }
    }
    largest
}

fn bars_of(events: &[sconce_domain::InputEvent]) -> Vec<Bar> {
    let bar = |event: &sconce_domain::InputEvent| match event.payload {
        Payload::Bar(bar) => Some(bar),
        _ => None,
    };
    events.iter().filter_map(bar).collect()
}

fn xrp_bars() -> Option<Seen> {
    let mut events = xrp_trades()?;
    let end = events.last().expect("there are trades").ts_init.as_secs() as f64;
    events.push(tick(end + 2.0 * 86_400.0));
    let mut market = market(BarPolicy { ring: 5_000, ..from_file() }, &[], &[], &[]);
    let seen = feed(&mut market, &events);
    let counters = market.counters(ONE);
    assert_eq!((counters.trades, counters.late_trades, counters.duplicates, counters.dropped), (12_477, 0, 0, 0));
    assert_eq!(market.bars(ONE, Timeframe::M1).count(), 2_469);
    assert_eq!(counters.gaps[Timeframe::M1.index()], 1_091);
    assert_eq!(counters.gaps[Timeframe::M5.index()], 6);
    Some(seen)
}

#[test]
fn trades_give_the_recorded_bars() {
    let (Some(seen), Some(m1), Some(m5)) = (
        xrp_bars(),
        recorded_bars("XRP_ETH_1m.csv.gz", Timeframe::M1),
        recorded_bars("XRP_ETH_5m.csv.gz", Timeframe::M5),
    ) else {
        return skip("trades_give_the_recorded_bars");
    };
    assert_eq!((m1.len(), m5.len()), (2_469, 706));
    assert_eq!(largest_difference(&seen.of(Timeframe::M1), &bars_of(&m1)), 0.0);
    assert_eq!(largest_difference(&seen.of(Timeframe::M5), &bars_of(&m5)), 0.0);
    let volumes = |timeframe| seen.of(timeframe).iter().map(|bar| bar.volume).sum::<f64>();
    for timeframe in Timeframe::ALL {
        assert!((volumes(timeframe) / volumes(Timeframe::M1) - 1.0).abs() < 1e-12, "{timeframe}");
        assert!(seen.of(timeframe).iter().all(Bar::is_consistent));
    }
}

#[test]
fn gaps_of_recorded_bars_are_counted() {
    let check = |file: &str, timeframe: Timeframe, expected: u64| {
        let Some(events) = recorded_bars(file, timeframe) else { return skip(file) };
        let mut market = Market::new(BarPolicy::default());
        market.register(ONE, &instrument());
        let seen = feed(&mut market, &events);
        assert_eq!(market.counters(ONE).gaps[timeframe.index()], expected, "{file}");
        assert_eq!(market.counters(ONE).bad_bars, 0, "{file}");
        assert_eq!(seen.of(timeframe).len(), events.len(), "{file}");
    };
    check("ADA_BTC_5m.csv.gz", Timeframe::M5, 40);
    check("DASH_BTC_5m.csv.gz", Timeframe::M5, 2);
    check("ETH_BTC_5m.csv.gz", Timeframe::M5, 0);
    check("XRP_ETH_1m.csv.gz", Timeframe::M1, 1_091);
    check("XRPUSDT_perp_1h.csv.gz", Timeframe::H1, 0);
}

#[test]
fn longer_bars_come_out_of_imported_ones() {
    let (Some(m1), Some(m5)) =
        (recorded_bars("XRP_ETH_1m.csv.gz", Timeframe::M1), recorded_bars("XRP_ETH_5m.csv.gz", Timeframe::M5))
    else {
        return skip("longer_bars_come_out_of_imported_ones");
    };
    let mut market = market(BarPolicy { ring: 5_000, ..from_file() }, &[], &[], &[]);
    let seen = feed(&mut market, &m1);
    let last = market.forming(ONE, Timeframe::M5);
    let whole = &bars_of(&m5)[..705];
    assert_eq!(largest_difference(&seen.of(Timeframe::M5), whole), 0.0);
    assert_eq!(last.map(|bar| bar.complete), Some(false));
}
