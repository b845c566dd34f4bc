//! Published results of another library on 502 daily bars.

use crate::support::{DAY_SECONDS, Table, assert_columns, run, shared};

const EXACT: f64 = 1e-9;

/// Compares our column with theirs from a row on; before it their seeding differs.
#[track_caller]
fn check(name: &str, file: &str, theirs: &str, from: usize, tolerance: f64) {
    let Some(shared) = shared(name) else { return };
    let bars = Table::read(&shared.join("market-data/equity_1d_2017-2018.csv")).daily_bars();
    let expected = Table::read(&shared.join("reference/indicators").join(file)).column(theirs);
    assert_columns(
        name,
        &run(name, &bars, DAY_SECONDS),
        &expected,
        from,
        tolerance,
    );
}

#[test]
fn equal_from_the_first_row() {
    let check = |name: &str, file: &str, theirs: &str| check(name, file, theirs, 0, EXACT);
    check("sma_20", "sma.csv", "sma");
    check("ema_20", "ema.csv", "ema");
    check("wma_14", "wma.csv", "wma");
    check("rsi_14", "rsi.csv", "rsi");
    check("true_range", "tr.csv", "tr");
    check("atr_14", "atr.csv", "atr");
    check("atr_pct_14", "atr.csv", "atrp");
    check("bb_upper_20_2", "bb.csv", "upperBand");
    check("bb_middle_20_2", "bb.csv", "sma");
    check("bb_lower_20_2", "bb.csv", "lowerBand");
    check("bb_percent_b_20_2", "bb.csv", "percentB");
    check("bb_width_20_2", "bb.csv", "width");
    check("stoch_k_14_3_3", "stoch.csv", "k");
    check("stoch_d_14_3_3", "stoch.csv", "d");
    check("vwap_anchored", "vwap.csv", "vwap");
    check("mfi_14", "mfi.csv", "mfi");
    check("cci_20", "cci.csv", "cci");
    check("roc_14", "roc.csv", "roc");
    check("willr_14", "willr.csv", "williamsR");
    check("stdev_14", "stdev.csv", "stdDev");
    check("donchian_upper_20", "donchian.csv", "upperBand");
    check("donchian_lower_20", "donchian.csv", "lowerBand");
    check("donchian_mid_20", "donchian.csv", "centerline");
}

/// TA-Lib seeds these differently, so only the tail can agree; the golden set holds TA-Lib's own values.
#[test]
fn equal_once_the_seed_is_forgotten() {
    check("macd_12_26_9", "macd.csv", "macd", 400, EXACT);
    check("macd_signal_12_26_9", "macd.csv", "signal", 400, EXACT);
    check("macd_hist_12_26_9", "macd.csv", "histogram", 400, EXACT);
    check("adx_14", "adx.csv", "adx", 400, 1e-6);
    check("plus_di_14", "adx.csv", "pdi", 400, 1e-6);
    check("minus_di_14", "adx.csv", "mdi", 400, 1e-6);
    check("adx_14", "adx.csv", "adx", 490, EXACT);
}

#[test]
fn obv_differs_by_the_first_volume() {
    let Some(shared) = shared("obv") else { return };
    let bars = Table::read(&shared.join("market-data/equity_1d_2017-2018.csv")).daily_bars();
    let theirs = Table::read(&shared.join("reference/indicators/obv.csv")).column("obv");
    let expected: Vec<f64> = theirs.iter().map(|x| x + bars[0].volume).collect();
    assert_columns("obv", &run("obv", &bars, DAY_SECONDS), &expected, 0, EXACT);
}

/// A series of zeros gives the documented neutral values and never panics.
#[test]
fn zeros() {
    let Some(shared) = shared("zeros") else {
        return;
    };
    let bars = Table::read(&shared.join("market-data/all_zero_1d.csv")).daily_bars();
    for entry in sconce_indicators::catalogue() {
        let column = run(entry.example, &bars, DAY_SECONDS);
        assert_eq!(column.len(), bars.len(), "{}", entry.example);
        assert!(column.iter().all(|x| !x.is_infinite()), "{}", entry.example);
    }
}
