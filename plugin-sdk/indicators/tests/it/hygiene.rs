//! Dead markets, spikes and long runs: no drift, no poison, no surprise.

use sconce_indicators::streaming::{Macd, Sma};
use sconce_indicators::{BarInput, catalogue};

use crate::support::{DAY_SECONDS, Table, close_to, run, shared, spec};

const MINUTE: i64 = 60_000_000_000;

/// A market that does not move, at the given price and volume.
fn still(price: f64, volume: f64) -> Vec<BarInput> {
    let turnover = price * volume;
    let (buy_volume, sell_volume) = (volume, 0.0);
    let bar = |i: i64| BarInput {
        turnover,
        trades: 0.0,
        buy_volume,
        sell_volume,
        ..BarInput::ohlcv(i * MINUTE, [price, price, price, price, volume])
    };
    (0..120).map(bar).collect()
}

#[track_caller]
fn check(bars: &[BarInput], name: &str, expected: f64) {
    let column = run(name, bars, 60);
    let last = column[column.len() - 1];
    assert!(last == expected || (last.is_nan() && expected.is_nan()), "{name}: {last} is not {expected}");
}

#[test]
fn zeros_are_neutral() {
    let bars = still(0.0, 0.0);
    let check = |name: &str, expected: f64| check(&bars, name, expected);
    for name in ["sma_20", "ema_20", "wma_14", "macd_12_26_9", "atr_14", "atr_simple_14", "true_range", "stdev_14"] {
        check(name, 0.0);
    }
    for name in ["adx_14", "plus_di_14", "cci_20", "roc_14", "willr_14", "stoch_k_14_3_3", "stoch_d_14_3_3", "obv"] {
        check(name, 0.0);
    }
    for name in
        ["mom_bps", "px_vs_vwap_bps", "vol_spike", "rvol_vs_recent", "bb_width_20_2", "cvd_20", "donchian_mid_20"]
    {
        check(name, 0.0);
    }
    check("rsi_14", 50.0);
    check("mfi_14", 50.0);
    check("bb_percent_b_20_2", 0.5);
    for name in ["vwap", "vwap_20", "vwap_anchored", "vwap_day", "atr_pct", "realised_vol_20", "log_return_5"] {
        check(name, f64::NAN);
    }
}

/// Constructors take any numbers and bring them into range; only names are strict.
#[test]
fn constructors_forgive() {
    let closes: Vec<f64> = (0..60_u32).map(|i| wave(i).close).collect();
    let mut forward = Macd::new(12, 26, 9);
    let mut backward = Macd::new(26, 12, 9);
    let mut clamped = Sma::new(0);
    for close in closes {
        let (a, b) = (forward.update(close), backward.update(close));
        assert_eq!(a.hist.to_bits(), b.hist.to_bits());
        assert_eq!(clamped.update(close), close);
    }
}

#[test]
fn a_spike_is_more_than_twice_the_usual() {
    let check = |volume: f64, expected: f64| {
        let mut bars = still(1.0, 100.0);
        bars.push(BarInput { volume, ..bars[0] });
        check(&bars, "vol_spike", expected);
    };
    check(100.0, 0.0);
    check(200.0, 0.0);
    check(200.5, 1.0);
}

#[test]
fn a_share_of_nothing_is_not_a_number() {
    let mut bars = still(1.0, 1.0);
    bars.push(BarInput::ohlcv(0, [0.0; 5]));
    check(&bars, "atr_pct", f64::NAN);
}

/// Prices that binary cannot hold exactly are where a careless mean invents a deviation.
#[test]
fn a_flat_market_is_exactly_flat() {
    for price in [0.1, 94_250.3, 1e-7] {
        let bars = still(price, 3.3);
        let check = |name: &str, expected: f64| check(&bars, name, expected);
        for name in
            ["stdev_14", "realised_vol_20", "cci_20", "bb_width_20_2", "mom_bps", "roc_14", "log_return_5", "adx_14"]
        {
            check(name, 0.0);
        }
        for name in ["sma_20", "bb_upper_20_2", "bb_lower_20_2", "wma_14", "donchian_upper_20"] {
            check(name, price);
        }
        check("rsi_14", 50.0);
        check("rvol_5_20", 1.0);
    }
}

#[test]
fn zero_file_never_panics_and_never_overflows() {
    let Some(shared) = shared("zero_file") else {
        return;
    };
    let bars = Table::read(&shared.join("market-data/all_zero_1d.csv")).daily_bars();
    for entry in catalogue() {
        let column = run(entry.example, &bars, DAY_SECONDS);
        assert_eq!(column.len(), bars.len(), "{}", entry.example);
        assert!(column.iter().all(|x| !x.is_infinite()), "{}", entry.example);
    }
}

/// A million bars with a huge spike in the middle: once it has left the window nothing knows of it, neither on the very
/// next bar nor half a million bars later.
#[test]
fn windows_forget_a_spike() {
    const BARS: u32 = 1_000_000;
    let spike = BARS / 2;
    let mut bars: Vec<BarInput> = (0..BARS).map(wave).collect();
    bars[spike as usize] = wave_times(spike, 1e12);
    for name in ["sma_10", "stdev_10", "cvd_10", "mfi_10"] {
        let memory = spec(name).memory().expect("a windowed column");
        let whole = run(name, &bars, 60);
        for end in [spike as usize + memory + 1, bars.len()] {
            let window = &bars[end - memory..end];
            let fresh = run(name, window, 60)[memory - 1];
            assert_eq!(whole[end - 1].to_bits(), fresh.to_bits(), "{name} at {end}");
            let plain = plain(name, window);
            assert!(close_to(fresh, plain, 1e-9), "{name} at {end}: {fresh} is not {plain}");
        }
    }
}

/// The same columns at the last bar of a window, in their plainest form.
fn plain(name: &str, window: &[BarInput]) -> f64 {
    let sum = |f: &dyn Fn(&BarInput) -> f64| window.iter().map(f).sum::<f64>();
    let n = window.len() as f64;
    match name {
        "sma_10" => sum(&|bar| bar.close) / n,
        "cvd_10" => sum(&|bar| bar.buy_volume - bar.sell_volume),
        "stdev_10" => {
            let mean = sum(&|bar| bar.close) / n;
            (sum(&|bar| (bar.close - mean) * (bar.close - mean)) / n).sqrt()
        }
        _ => {
            let rose = |pair: &&[BarInput]| pair[1].typical() > pair[0].typical();
            let flow = |pair: &[BarInput]| pair[1].typical() * pair[1].volume;
            let total: f64 = window.windows(2).map(flow).sum();
            100.0 * window.windows(2).filter(rose).map(flow).sum::<f64>() / total
        }
    }
}

/// An endless sum that met a huge volume and then its opposite is where it would be without them.
#[test]
fn on_balance_volume_survives_a_spike() {
    let calm: Vec<BarInput> = (0..100_000).map(wave).collect();
    let before = calm[49_999];
    let up = BarInput { close: 2.0 * before.close, volume: 1e20, ..before };
    let down = BarInput { volume: 1e20, ..before };
    let mut spiked = calm.clone();
    spiked.splice(50_000..50_000, [up, down]);
    let (calm, spiked) = (run("obv", &calm, 60), run("obv", &spiked, 60));
    assert!(spiked[50_000] > 9e19);
    assert_eq!(spiked[100_001], calm[99_999]);
}

fn wave(i: u32) -> BarInput {
    wave_times(i, 1.0)
}

fn wave_times(i: u32, factor: f64) -> BarInput {
    let close = (100.0 + f64::from(i.wrapping_mul(2_654_435_761) >> 22) / 64.0) * factor;
    let volume = (1.0 + f64::from(i % 97)) * factor;
    BarInput {
        turnover: close * volume,
        trades: 1.0,
        buy_volume: volume * 0.75,
        sell_volume: volume * 0.25,
        ..BarInput::ohlcv(i64::from(i) * MINUTE, [close, close + 1.0, close - 1.0, close, volume])
    }
}
