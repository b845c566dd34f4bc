//! Column names: what is accepted, how a mistake is told, and that columns are shared and keep their state.

use sconce_domain::{Timeframe, TimeframeSet};
use sconce_market::{ColumnError, Market, catalogue};

use crate::support::{ONE, at, feed, from_file, instrument, market, names, tick, trade};

fn set(name: &str) -> Result<(), ColumnError> {
    let mut market = Market::new(from_file());
    market.register(ONE, &instrument());
    market.set_columns(ONE, &names(&[name]))
}

#[test]
fn mistakes_say_what_to_write() {
    let check = |name: &str, expected: &str| {
        assert_eq!(set(name).expect_err("a mistake").to_string(), expected);
    };
    check("sma_20", "column `sma_20` needs a timeframe, such as `sma_20@1h`");
    check("bid@1h", "column `bid@1h` has no timeframe: use `bid`");
    check("close@2m", "column `close@2m`: unknown timeframe `2m`: use one of 1m, 5m, 15m, 1h, 4h, 1d");
    check("smaa_20@1h", "unknown column `smaa_20@1h`, did you mean `sma_20@1h`?");
    check("smaa_20", "unknown column `smaa_20`, did you mean `sma_20@1h`?");
    check("last_prize", "unknown column `last_prize`, did you mean `last_price`?");
    check("cvd_0m", "unknown column `cvd_0m`, did you mean `cvd_2m`?");
    check("active_addresses", "unknown column `active_addresses`, did you mean `series:active_addresses`?");
    check("series:", "unknown column `series:`");
    check("", "unknown column ``");
    check("sma_0@1h", "column `sma_0@1h`: column `sma_0`: n must be between 1 and 5000");
    let form = "is not of the form forecast:MODEL/hN, such as `forecast:lstm/h7`: a model's name of lower-case letters, \
                digits, `_` and `-`, then how many of its bars ahead, 1 to 10000";
    for name in ["forecast:lstm", "forecast:lstm/h0", "forecast:LSTM/h7", "forecast:", "forecast:lstm@1h"] {
        check(name, &format!("column `{name}` {form}"));
    }
    check("forecast:lstm/h7@1h", "column `forecast:lstm/h7@1h` has no timeframe: use `forecast:lstm/h7`");
    let long = "x".repeat(10_000);
    assert!(set(&long).expect_err("a mistake").to_string().len() < 300);
}

#[test]
fn a_refused_list_changes_nothing() {
    let mut market = market(from_file(), &["close@1m"], &[Timeframe::M1], &[]);
    let refused = market.set_columns(ONE, &names(&["bid", "nonsense"]));
    assert!(matches!(refused, Err(ColumnError::Unknown { .. })));
    let many = vec!["bid"; 5_000];
    assert!(matches!(market.set_columns(ONE, &names(&many)), Err(ColumnError::TooMany { .. })));
    let seen = feed(&mut market, &[tick(0.0), trade(1.0, 0.0, 1, 10.0, 1.0), tick(62.0)]);
    assert_eq!(seen.rows[0].values(), [10.0]);
}

#[test]
fn every_catalogued_example_can_be_set() {
    let entries = catalogue();
    let examples: Vec<&str> = entries.iter().map(|entry| entry.example.as_str()).collect();
    let mut market = market(from_file(), &examples, &[Timeframe::M1], &[]);
    let seen = feed(&mut market, &[tick(0.0), trade(1.0, 0.0, 1, 10.0, 1.0), tick(62.0)]);
    assert_eq!(seen.rows[0].bits.len(), entries.len());
    assert!(entries.iter().all(|entry| !entry.definition.is_empty()));
}

/// Trades every few seconds, so that columns have something to remember.
fn walk(from: u32, to: u32) -> Vec<sconce_domain::InputEvent> {
    let price = |i: u32| 10.0 + f64::from(i * 7919 % 101) / 10.0;
    (from..to).map(|i| trade(f64::from(i) * 11.0, 0.0, u64::from(i), price(i), f64::from(i % 7))).collect()
}

#[test]
fn columns_that_stay_keep_their_state_and_new_ones_are_warmed() {
    let before = ["ema_5@1m", "sma_4@1m", "macd_3_6_4@1m"];
    let after = ["rsi_7@1m", "macd_signal_3_6_4@1m", "ema_5@1m", "bb_upper_5_2@1m", "macd_3_6_4@1m"];
    let mut changed = market(from_file(), &before, &[Timeframe::M1], &[]);
    let mut whole = market(from_file(), &after, &[Timeframe::M1], &[]);
    let (first, second) = ([vec![tick(0.0)], walk(0, 300)].concat(), walk(300, 600));
    feed(&mut changed, &first);
    feed(&mut whole, &first);
    changed.set_columns(ONE, &names(&after)).expect("known");
    let past = |market: &Market| {
        let timeframes = TimeframeSet([Timeframe::M1].into_iter().collect::<TimeframeSet>().0);
        let block = market.warm_up_rows(ONE, &names(&after), timeframes, 500).expect("set");
        block.columns.iter().map(|column| column.iter().map(|v| v.to_bits()).collect()).collect::<Vec<Vec<u64>>>()
    };
    assert_eq!(past(&changed), past(&whole));
    assert_eq!(feed(&mut changed, &second), feed(&mut whole, &second));
    assert_eq!(past(&changed), past(&whole));
}

#[test]
fn warm_up_asks_for_columns_that_are_set() {
    let market = market(from_file(), &["close@1m"], &[], &[]);
    let ask = |column: &str| market.warm_up_rows(ONE, &names(&[column]), TimeframeSet(1), 5).map(|block| block.len());
    assert_eq!(ask("close@1m"), Ok(0));
    assert_eq!(ask("close@5m"), Err(ColumnError::NotSet { column: "close@5m".into() }));
    let nobody = sconce_domain::InstrumentIndex(9);
    assert!(matches!(
        market.warm_up_rows(nobody, &[], TimeframeSet(1), 5),
        Err(ColumnError::Unregistered { index: 9 })
    ));
}

#[test]
fn aliases_and_canonical_names_are_one_column() {
    let mut market =
        market(from_file(), &["taker_buy_volume@1m", "buy_volume@1m", "vwap@1m", "bar_vwap@1m"], &[Timeframe::M1], &[]);
    let seen =
        feed(&mut market, &[tick(0.0), trade(1.0, 0.0, 2, 10.0, 3.0), trade(2.0, 0.0, 3, 20.0, 1.0), tick(62.0)]);
    assert_eq!((seen.rows[0].ts, seen.rows[0].values()), (at(62.0), vec![3.0, 3.0, 12.5, 12.5]));
}
