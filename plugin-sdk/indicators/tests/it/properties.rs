//! Promises every catalogued column makes, on random bars.

use proptest::collection::vec;
use proptest::prelude::*;
use sconce_indicators::{BarInput, ColumnSpec, Indicator, catalogue, column, columns};

use crate::support::{close_to, run, spec};

const BAR_SECONDS: u32 = 3_600;
/// Longer than any example's warm-up, shorter than would make shrinking slow.
const BARS: std::ops::Range<usize> = 70..140;

/// Short periods as well as the catalogue's examples, so that windows wrap many times.
fn specs() -> Vec<ColumnSpec> {
    let short = ["sma_1", "wma_3", "ema_1", "rsi_2", "adx_3", "stoch_d_5_2_2", "mfi_3", "donchian_mid_1", "rvol_2_3"];
    catalogue().iter().map(|entry| entry.example).chain(short).map(spec).collect()
}

/// One bar around a price, one in eight with an input that cannot be used.
fn any_bar() -> impl Strategy<Value = BarInput> {
    let tick = |span: u32| (0..span).prop_map(|x| f64::from(x) / 4.0);
    (tick(400), tick(8), tick(8), tick(1_000), 0.0..=1.0, 0..32_u8).prop_map(|(price, up, down, volume, buys, flaw)| {
        let close = price + 1.0;
        let bar = BarInput::ohlcv(0, [close, close + up, close - down, close, volume]);
        let turnover = volume * close;
        let bar =
            BarInput { turnover, trades: 1.0, buy_volume: volume * buys, sell_volume: volume * (1.0 - buys), ..bar };
        spoil(bar, flaw)
    })
}

fn spoil(bar: BarInput, flaw: u8) -> BarInput {
    match flaw {
        0 => BarInput { close: f64::NAN, ..bar },
        1 => BarInput { volume: f64::INFINITY, ..bar },
        2 => BarInput { high: 1e300, ..bar },
        3 => BarInput { turnover: f64::NAN, buy_volume: f64::NAN, ..bar },
        _ => bar,
    }
}

fn any_bars() -> impl Strategy<Value = Vec<BarInput>> {
    vec(any_bar(), BARS).prop_map(timed)
}

fn usable_bars() -> impl Strategy<Value = Vec<BarInput>> {
    let usable = any_bar().prop_filter("usable", |bar| {
        [bar.close, bar.volume, bar.turnover].iter().all(|x| x.is_finite()) && bar.high < 1e9
    });
    vec(usable, BARS).prop_map(timed)
}

fn timed(mut bars: Vec<BarInput>) -> Vec<BarInput> {
    for (bar, hour) in bars.iter_mut().zip(0_i64..) {
        bar.ts_open = hour * i64::from(BAR_SECONDS) * 1_000_000_000;
    }
    bars
}

fn bits(column: &[f64]) -> Vec<u64> {
    column.iter().map(|x| x.to_bits()).collect()
}

fn feed(indicator: &mut Indicator, bars: &[BarInput], output: u8) -> Vec<f64> {
    let step = |bar: &BarInput| {
        indicator.update(bar);
        indicator.value(output)
    };
    bars.iter().map(step).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Stopping anywhere, storing the state and going on elsewhere gives the bits of one uninterrupted run.
    #[test]
    fn checkpoints_resume_to_the_same_bits(bars in any_bars(), cut in 0.0..1.0) {
        let cut = (cut * bars.len() as f64) as usize;
        for spec in specs() {
            let mut first = spec.indicator().build(BAR_SECONDS);
            let mut split = feed(&mut first, &bars[..cut], spec.output());
            let stored = postcard::to_stdvec(&first).expect("state is stored");
            let mut second: Indicator = postcard::from_bytes(&stored).expect("state is read");
            prop_assert_eq!(second.value(spec.output()).to_bits(), first.value(spec.output()).to_bits());
            split.extend(feed(&mut second, &bars[cut..], spec.output()));
            prop_assert_eq!(bits(&split), bits(&column(&spec, &bars, BAR_SECONDS)), "{}", spec);
        }
    }

    /// A damaged checkpoint is refused or runs on with wrong numbers, but never takes the host down.
    #[test]
    fn damaged_checkpoints_never_panic(bars in any_bars(), at in 0.0..1.0, byte in any::<u8>()) {
        for spec in specs() {
            let mut indicator = spec.indicator().build(BAR_SECONDS);
            feed(&mut indicator, &bars, spec.output());
            let mut stored = postcard::to_stdvec(&indicator).expect("state is stored");
            let at = (at * stored.len() as f64) as usize;
            stored[at] = byte;
            if let Ok(mut damaged) = postcard::from_bytes::<Indicator>(&stored) {
                feed(&mut damaged, &bars, spec.output());
            }
        }
    }

    /// A value does not change when later bars arrive.
    #[test]
    fn no_column_looks_ahead(bars in any_bars(), cut in 0.0..1.0) {
        let cut = (cut * bars.len() as f64) as usize;
        for spec in specs() {
            let whole = column(&spec, &bars, BAR_SECONDS);
            prop_assert_eq!(bits(&whole[..cut]), bits(&column(&spec, &bars[..cut], BAR_SECONDS)), "{}", spec);
        }
    }

    /// The last `memory` bars alone give the bits of the whole history.
    #[test]
    fn memory_is_exact(bars in usable_bars()) {
        for spec in specs() {
            let Some(memory) = spec.memory() else { continue };
            let whole = column(&spec, &bars, BAR_SECONDS);
            for end in (memory.max(spec.warmup() + 1)..=bars.len()).step_by(7) {
                let alone = column(&spec, &bars[end - memory..end], BAR_SECONDS);
                prop_assert_eq!(alone[memory - 1].to_bits(), whole[end - 1].to_bits(), "{} at {}", spec, end);
            }
        }
    }

    /// Sharing one indicator among its outputs gives what each column gives alone.
    #[test]
    fn columns_equal_single_columns(bars in any_bars()) {
        let specs = specs();
        for (spec, shared) in specs.iter().zip(columns(&specs, &bars, BAR_SECONDS)) {
            prop_assert_eq!(bits(&shared), bits(&column(spec, &bars, BAR_SECONDS)), "{}", spec);
        }
    }

    /// Values stay where their definition puts them, whatever the bars.
    #[test]
    fn bounds(bars in any_bars()) {
        let within = |name: &str, low: f64, high: f64| {
            let column = run(name, &bars, BAR_SECONDS);
            column.iter().all(|x| x.is_nan() || (low..=high).contains(x))
        };
        prop_assert!(within("rsi_14", 0.0, 100.0));
        prop_assert!(within("mfi_14", 0.0, 100.0));
        prop_assert!(within("stoch_k_14_3_3", 0.0, 100.0));
        prop_assert!(within("willr_14", -100.0, 0.0));
        prop_assert!(within("adx_14", 0.0, 100.0 + 1e-9));
        prop_assert!(within("vol_spike", 0.0, 1.0));
        prop_assert!(within("true_range", 0.0, f64::MAX));
        let [lower, mid, upper] =
            ["donchian_lower_20", "donchian_mid_20", "donchian_upper_20"].map(|name| run(name, &bars, BAR_SECONDS));
        for ((lower, mid), upper) in lower.iter().zip(&mid).zip(&upper) {
            prop_assert!(mid.is_nan() || (lower <= mid && mid <= upper));
        }
    }

    /// Prices in other units scale the price columns and leave the ratios alone.
    #[test]
    fn units_do_not_matter(bars in usable_bars()) {
        const SCALE: f64 = 1e-8;
        let scaled: Vec<BarInput> = bars.iter().map(|bar| in_units(bar, SCALE)).collect();
        let same = ["log_return_5", "rsi_14", "atr_pct", "realised_vol_20", "stoch_d_14_3_3", "willr_14", "cci_20", "bb_width_20_2"];
        let scaled_too = ["atr_14", "ema_20", "stdev_14", "donchian_mid_20", "macd_12_26_9"];
        for (name, factor) in same.map(|name| (name, 1.0)).into_iter().chain(scaled_too.map(|name| (name, SCALE))) {
            let pairs = run(name, &bars, BAR_SECONDS).into_iter().zip(run(name, &scaled, BAR_SECONDS));
            for (a, b) in pairs {
                prop_assert!(close_to(b / factor, a, 1e-8), "{}: {} {}", name, a, b);
            }
        }
    }
}

fn in_units(bar: &BarInput, scale: f64) -> BarInput {
    let [open, high, low, close] = [bar.open, bar.high, bar.low, bar.close].map(|price| price * scale);
    BarInput { open, high, low, close, turnover: bar.turnover * scale, ..*bar }
}
