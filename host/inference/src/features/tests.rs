//! Feature names in, rows out; the rows of a market one by one are those that its window gives at once.

use std::collections::BTreeMap;

use proptest::prelude::*;
use sconce_domain::time::{DAY, SECOND};
use sconce_domain::{Bar, InputEvent, Instrument, InstrumentIndex, Nanos, Payload, Timeframe, TimeframeSet, Trigger};
use sconce_market::{BarPolicy, Discard, Market, MarketSink};

use super::*;

#[track_caller]
fn refused(names: &[&str], expected: &str) {
    let error = FeaturePlan::parse(names, Timeframe::D1).expect_err("refused");
    assert_eq!(error.to_string(), expected);
}

#[test]
fn refusals_teach() {
    refused(&[], "no feature is named: give at least one, such as `log_return_1`");
    refused(&["rsi_14", "rsi_14"], "feature `rsi_14` is named twice");
    refused(&["smaa_20"], "feature `smaa_20`: unknown column `smaa_20`, did you mean `sma_20`?");
    refused(
        &["bid_size"],
        "feature `bid_size`: only columns over bars can be fed to a model, such as `log_return_1`; see `features --list`",
    );
    refused(
        &["series:mentions"],
        "feature `series:mentions`: only columns over bars can be fed to a model, such as `log_return_1`; see `features \
         --list`",
    );
    refused(&["sma_20@1h"], "feature `sma_20@1h`: all features are of the model's timeframe; write `sma_20`");
    refused(
        &["ETH:rsi_14@1d"],
        "feature `ETH:rsi_14@1d`: all features are of the model's timeframe; write `ETH:rsi_14`",
    );
    refused(&["mom_bps"], "feature `mom_bps`: write `mom_bps_1`, so that every table spells it alike");
    refused(&["ETH:rsi_014"], "feature `ETH:rsi_014`: write `ETH:rsi_14`, so that every table spells it alike");
    refused(
        &["eth:rsi_14"],
        "feature `eth:rsi_14`: `eth` is no base symbol; write capitals and digits, such as `BTC:log_return_1`",
    );
    refused(
        &["cal:hour_sin"],
        "feature `cal:hour_sin`: the calendar has `cal:day_of_week_sin`, `cal:day_of_week_cos`, `cal:day_of_month_sin`, \
         `cal:day_of_month_cos`, `cal:month_sin`, `cal:month_cos`",
    );
    let many: Vec<String> = (1..=513).map(|n| format!("log_return_{n}")).collect();
    let error = FeaturePlan::parse(&many, Timeframe::D1).expect_err("refused");
    assert_eq!(error, FeatureError::TooMany { count: 513, limit: 512 });
}

#[test]
fn columns_are_asked_for_once() {
    let names = ["log_return_1", "close", "BTC:log_return_1", "BTC:rsi_14", "cal:month_sin"];
    let plan = FeaturePlan::parse(&names, Timeframe::H4).expect("a plan");
    let texts = |columns: &[sconce_domain::ColumnName]| columns.iter().map(|c| c.0.clone()).collect::<Vec<_>>();
    assert_eq!(texts(plan.columns()), ["close@4h", "log_return_1@4h"]);
    assert_eq!(texts(&plan.others()["BTC"]), ["log_return_1@4h", "rsi_14@4h"]);
    assert_eq!(
        plan.definitions()[2],
        "ln(close / close n bars before); of BTC on the same venue, bar with the same close"
    );
    // printf 'log_return_1\tln(close / close n bars before)\n' | sha256sum
    let one = FeaturePlan::parse(&["log_return_1"], Timeframe::D1).expect("a plan");
    assert_eq!(one.definitions_digest(), "sha256:bf96caf7a68b23c06f3bc9dbb654198399342a81800b67d16b57c761198a66d4");
    assert_ne!(one.definitions_digest(), plan.definitions_digest());
}

#[test]
fn calendar_of_the_day_that_the_bar_belongs_to() {
    let check = |close: &str, name: &str, expected: f64| {
        let plan = FeaturePlan::parse(&[name], Timeframe::D1).expect("a plan");
        let own = ColumnRows::from([(Nanos::parse(close).expect("a time"), vec![1.0])]);
        let ours = plan.table(&own, &BTreeMap::new())[0].values[0];
        assert!((ours - expected).abs() < 1e-12, "{close} {name}: {ours} is not {expected}");
    };
    // The bar that closes as Tuesday 2 June 2020 begins is that of Monday, the first.
    check("2020-06-02T00:00:00Z", "cal:day_of_week_sin", 0.0);
    check("2020-06-02T00:00:00Z", "cal:day_of_week_cos", 1.0);
    check("2020-06-02T00:00:00Z", "cal:day_of_month_cos", 1.0);
    check("2020-06-02T00:00:00Z", "cal:month_cos", -0.866_025_403_784_438_6);
    check("2020-06-04T00:00:00Z", "cal:day_of_week_sin", 0.974_927_912_181_823_6);
    check("2021-01-01T00:00:00Z", "cal:day_of_month_sin", -0.201_298_520_088_660_3);
    check("2021-01-01T00:00:00Z", "cal:month_sin", -0.5);
}

#[test]
fn another_coin_is_read_at_the_same_close() {
    let plan = FeaturePlan::parse(&["log_return_1", "ETH:rsi_14"], Timeframe::D1).expect("a plan");
    let day = |n: i64| Nanos(n * DAY);
    let own = ColumnRows::from([(day(1), vec![10.0, 0.1]), (day(2), vec![11.0, 0.2]), (day(3), vec![f64::NAN, 0.3])]);
    let eth = ColumnRows::from([(day(1), vec![50.0]), (day(3), vec![60.0]), (day(4), vec![70.0])]);
    let table = plan.table(&own, &BTreeMap::from([("ETH".to_owned(), eth)]));
    let shown: Vec<String> =
        table.iter().map(|row| format!("{} {} {:?}", row.ts.0 / DAY, row.close, row.values)).collect();
    assert_eq!(shown, ["1 10 [0.1, 50.0]", "2 11 [0.2, NaN]", "3 NaN [0.3, 60.0]"]);
    assert!(plan.table(&own, &BTreeMap::new()).iter().all(|row| row.values[1].is_nan()));
}

const INDEX: InstrumentIndex = InstrumentIndex(0);

/// What a live host hands on, row by row.
#[derive(Default)]
struct Live(ColumnRows);

impl MarketSink for Live {
    fn bar(&mut self, _: InstrumentIndex, _: Nanos, _: &Bar) {}

    fn row(&mut self, ts: Nanos, _: InstrumentIndex, _: Trigger, values: &[f64]) {
        self.0.insert(close_of_row(Timeframe::D1, 2 * SECOND, ts), values.to_vec());
    }
}

fn fed(closes: &[f64], plan: &FeaturePlan, sink: &mut dyn MarketSink) -> Market {
    let mut market = Market::new(BarPolicy::default());
    market.register(INDEX, &Instrument::spot("BTC", "USD", "test"));
    market.set_columns(INDEX, plan.columns()).expect("columns of the market");
    market.set_triggers(INDEX, [Timeframe::D1].into_iter().collect(), &[]);
    for (day, close) in (18_000_i64..).zip(closes) {
        let bar = Bar {
            open: *close,
            high: close * 1.01,
            low: close * 0.99,
            volume: 1.0,
            turnover: *close,
            ..Bar::of_close(Timeframe::D1, Nanos(day * DAY), *close)
        };
        let (ts_event, ts_init) = (bar.ts_close(), bar.ts_close() + 2 * SECOND);
        market.step(
            &InputEvent { seq: day as u64, ts_event, ts_init, instrument: INDEX, payload: Payload::Bar(bar) },
            sink,
        );
    }
    market.advance(Nanos((18_001 + closes.len() as i64) * DAY), sink);
    market
}

proptest! {
    /// A window that is asked for at once holds the rows that were handed on one by one, bit for bit.
    #[test]
    fn a_live_window_is_the_end_of_the_exported_table(closes in proptest::collection::vec(1.0..1_000.0_f64, 30..60)) {
        let names = ["log_return_1", "log_return_7", "rsi_14", "bb_percent_b_20_2", "cal:day_of_week_sin"];
        let plan = FeaturePlan::parse(&names, Timeframe::D1).expect("a plan");
        let mut live = Live::default();
        fed(&closes, &plan, &mut live);
        let exported = plan.table(&live.0, &BTreeMap::new());
        prop_assert_eq!(exported.len(), closes.len());
        let market = fed(&closes, &plan, &mut Discard);
        let timeframes: TimeframeSet = [Timeframe::D1].into_iter().collect();
        let block = market.warm_up_rows(INDEX, plan.columns(), timeframes, 12).expect("rows");
        let mut window = ColumnRows::new();
        for row in 0..block.len() {
            let mut values = Vec::new();
            block.row_into(row, &mut values);
            window.insert(close_of_row(Timeframe::D1, 2 * SECOND, block.ts[row]), values);
        }
        let window = plan.table(&window, &BTreeMap::new());
        prop_assert_eq!(window.len(), 12);
        let bits = |rows: &[FeatureRow]| {
            let bits = |row: &FeatureRow| row.values.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
            rows.iter().map(|row| (row.ts, row.close.to_bits(), bits(row))).collect::<Vec<_>>()
        };
        prop_assert_eq!(bits(&window), bits(&exported[exported.len() - 12..]));
    }
}
