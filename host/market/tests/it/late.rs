//! Late prints: counted, revising bars where the policy says so, and never touching what was made before.

use sconce_domain::bar::LatePolicy;
use sconce_domain::{Bar, InputEvent, Timeframe};
use sconce_market::BarPolicy;

use crate::bars::line;
use crate::support::{ONE, Seen, feed, from_file, imported, market, tick, trade};

const COLUMNS: [&str; 5] = ["close@1m", "volume@1m", "sma_2@1m", "last_price", "volume_1m"];

fn run(policy: BarPolicy, events: &[InputEvent]) -> (sconce_market::Market, Seen) {
    let mut market = market(policy, &COLUMNS, &[Timeframe::M1, Timeframe::M5], &[]);
    let seen = feed(&mut market, events);
    (market, seen)
}

fn stream(late: &[InputEvent]) -> Vec<InputEvent> {
    let mut events = vec![tick(0.0)];
    events.extend((0..12_u32).map(|i| trade(f64::from(i) * 30.0, 0.0, u64::from(i) + 10, 10.0 + f64::from(i), 1.0)));
    events.extend_from_slice(late);
    events.extend((12..20_u32).map(|i| trade(f64::from(i) * 30.0, 0.0, u64::from(i) + 10, 10.0 + f64::from(i), 1.0)));
    events.push(tick(900.0));
    events
}

#[track_caller]
fn check(policy: BarPolicy, late: &[InputEvent], revisions: &[&str], counts: [u64; 3]) {
    let (market, seen) = run(policy, &stream(late));
    let revised = seen.full.iter().filter(|(_, bar)| bar.revision > 0);
    assert_eq!(revised.map(|(ts, bar)| line(*ts, bar)).collect::<Vec<_>>(), revisions);
    let counters = market.counters(ONE);
    assert_eq!([counters.late_trades, counters.revisions, counters.late_without_bar], counts);
}

#[test]
fn a_late_print_revises_every_bar_it_belongs_to() {
    let late = [trade(65.0, 280.0, 5, 99.0, 4.0)];
    let expected = ["1m 60 12/99/12/13 v6 trades revised @345", "5m 0 10/99/10/19 v14 trades revised @345"];
    check(from_file(), &late, &expected, [1, 2, 0]);
    check(BarPolicy { late: LatePolicy::Count, ..from_file() }, &late, &[], [1, 0, 0]);
    let twice = [trade(119.0, 226.0, 5, 99.0, 4.0), trade(119.5, 226.0, 6, 1.0, 1.0)];
    let (market, seen) = run(from_file(), &stream(&twice));
    assert_eq!(seen.of(Timeframe::M1).iter().map(|bar| bar.revision).max(), Some(2));
    let newest: Vec<Bar> = market.bars(ONE, Timeframe::M1).copied().collect();
    assert_eq!((newest[1].close, newest[1].volume, newest[1].revision), (1.0, 7.0, 2));
}

#[test]
fn volumes_stay_whole_over_every_timeframe() {
    let late = [trade(301.0, 44.0, 5, 99.0, 4.0), trade(2.0, 345.0, 6, 1.0, 8.0)];
    let (market, _) = run(from_file(), &stream(&late));
    let volume = |timeframe| {
        let open = market.forming(ONE, timeframe).map_or(0.0, |bar| bar.volume);
        market.bars(ONE, timeframe).map(|bar| bar.volume).sum::<f64>() + open
    };
    for timeframe in Timeframe::ALL {
        assert_eq!(volume(timeframe), 32.0, "{timeframe}");
    }
}

#[test]
fn a_late_print_into_an_empty_bucket_makes_its_first_bar() {
    let events = [
        tick(0.0),
        trade(1.0, 0.0, 10, 10.0, 1.0),
        trade(200.0, 0.0, 20, 11.0, 1.0),
        trade(70.0, 140.0, 15, 12.0, 1.0),
        trade(71.0, 140.0, 16, 13.0, 1.0),
        tick(300.0),
    ];
    let (_, seen) = run(from_file(), &events);
    let lines: Vec<String> = seen.full.iter().map(|(ts, bar)| line(*ts, bar)).collect();
    assert!(lines.contains(&"1m 60 12/12/12/12 v1 trades @210".to_owned()), "{lines:?}");
    assert!(lines.contains(&"1m 60 12/13/12/13 v2 trades revised @211".to_owned()), "{lines:?}");
    assert_eq!(seen.rows.iter().map(|row| row.ts.as_secs()).collect::<Vec<_>>(), [62, 242]);
}

#[test]
fn prints_of_imported_bars_and_of_forgotten_ones_only_count() {
    let events = [
        imported(Timeframe::M1, 0, [10.0, 10.0, 10.0, 10.0, 1.0]),
        trade(61.0, 1.0, 10, 11.0, 1.0),
        trade(30.0, 33.0, 9, 99.0, 1.0),
        tick(600.0),
    ];
    let (market, seen) = run(from_file(), &events);
    assert_eq!((market.counters(ONE).late_trades, market.counters(ONE).late_without_bar), (1, 1));
    assert!(seen.full.iter().all(|(_, bar)| bar.revision == 0));
    let short = BarPolicy { ring: 2, ..from_file() };
    let (market, _) = run(short, &[stream(&[]), vec![trade(1.0, 900.0, 5, 1.0, 1.0)]].concat());
    let minutes = market.bars(ONE, Timeframe::M1).all(|bar| bar.revision == 0);
    assert!(minutes && market.counters(ONE).late_trades == 1);
}

#[test]
fn late_prints_never_change_earlier_rows_nor_later_bar_columns() {
    let late = [trade(65.0, 280.0, 5, 99.0, 4.0), trade(3.0, 343.0, 6, 1.0, 8.0)];
    let ((_, with), (_, without)) = (run(from_file(), &stream(&late)), run(from_file(), &stream(&[])));
    assert_eq!(with.rows.len(), without.rows.len());
    for (a, b) in with.rows.iter().zip(&without.rows) {
        assert_eq!((a.ts, a.trigger), (b.ts, b.trigger));
        assert_eq!(a.bits[..3], b.bits[..3], "bar columns at {}", a.ts);
        if a.ts.as_secs() < 345 {
            assert_eq!(a, b);
        }
    }
}
