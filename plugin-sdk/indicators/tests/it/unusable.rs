//! A bar with an input that cannot be used gives NaN where the input is needed, and leaves no trace anywhere.

use sconce_indicators::{BarInput, catalogue};

use crate::golden::{BAR_SECONDS, bars};
use crate::support::run;

/// After every warm-up, before the end.
const SPOILT: usize = 70;

type Field = fn(&mut BarInput) -> &mut f64;

/// One letter for each input.
const FIELDS: [(char, Field); 9] = [
    ('o', |bar| &mut bar.open),
    ('h', |bar| &mut bar.high),
    ('l', |bar| &mut bar.low),
    ('c', |bar| &mut bar.close),
    ('v', |bar| &mut bar.volume),
    ('t', |bar| &mut bar.turnover),
    ('n', |bar| &mut bar.trades),
    ('b', |bar| &mut bar.buy_volume),
    ('s', |bar| &mut bar.sell_volume),
];

/// Which inputs a column needs, by stem.
fn needs(stem: &str) -> &'static str {
    match stem {
        "open" => "o",
        "high" => "h",
        "low" => "l",
        "volume" | "vol_spike" | "rvol" => "v",
        "turnover" => "t",
        "trades" => "n",
        "taker_buy_volume" => "b",
        "taker_sell_volume" => "s",
        "volume_delta" | "cvd" => "bs",
        "px_vs_vwap_bps" => "cvt",
        "mfi" => "hlcv",
        "obv" => "cv",
        "adx" | "plus_di" | "minus_di" | "stoch_k" | "stoch_d" | "willr" | "cci" => "hlc",
        "true_range" | "atr" | "atr_simple" | "atr_pct" => "hlc",
        "donchian_upper" | "donchian_lower" | "donchian_mid" => "hl",
        _ => "c",
    }
}

/// Two columns are called `vwap`: the bar's own needs its turnover, the others the typical price.
fn needs_of(example: &str, stem: &str) -> &'static str {
    match example {
        "vwap" => "vt",
        "vwap_20" | "vwap_anchored" | "vwap_day" => "hlcv",
        _ => needs(stem),
    }
}

/// Compares a run over spoilt bars with what the rule says.
#[track_caller]
fn check(name: &str, spoilt: &[BarInput], is_needed: bool) {
    let ours = run(name, spoilt, BAR_SECONDS);
    let mut kept = bars();
    if is_needed {
        kept.remove(SPOILT);
    }
    let mut expected = run(name, &kept, BAR_SECONDS);
    if is_needed {
        expected.insert(SPOILT, f64::NAN);
    }
    for (row, (a, b)) in ours.iter().zip(&expected).enumerate() {
        assert!(a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan()), "{name} row {row}: {a} is not {b}");
    }
}

#[test]
fn every_column_and_every_input() {
    for entry in catalogue() {
        for (letter, field) in FIELDS {
            let is_needed = needs_of(entry.example, entry.stem).contains(letter);
            for value in [f64::NAN, f64::INFINITY, -1e300] {
                let mut spoilt = bars();
                *field(&mut spoilt[SPOILT]) = value;
                check(entry.example, &spoilt, is_needed);
            }
        }
    }
}

/// Only positive prices have logarithms.
#[test]
fn realised_volatility_needs_a_positive_price() {
    for price in [0.0, -5.0, 1e-200] {
        let mut spoilt = bars();
        spoilt[SPOILT].close = price;
        check("realised_vol_20", &spoilt, true);
    }
}
