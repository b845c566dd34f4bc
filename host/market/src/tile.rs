//! A timeframe as it looks at this very moment, the forming bar included: for views only, since rows hold final bars.
//!
//! The formulas are those of the columns `mom_bps`, `px_vs_vwap_bps`, `rvol_5_20` and `atr_simple_14`; the two that look
//! back on a window take a shorter one while the stream is young.

use sconce_domain::Bar;
use sconce_indicators::BarInput;
use sconce_indicators::streaming::{AtrSimple, MomentumBps, PxVsVwapBps, Rvol};

use crate::track::input;

/// Bars of the volume-weighted price.
const VWAP_BARS: usize = 20;
/// Bars whose volume is compared, and bars that it is compared with.
const RVOL_BARS: (usize, usize) = (5, 20);
/// True ranges that are averaged.
const ATR_RANGES: usize = 14;
/// No more bars than these matter.
pub(crate) const TILE_BARS: usize = RVOL_BARS.0 + RVOL_BARS.1 + 1;

/// What stands on a tile. Absent: there are too few bars, or they lack what it takes.
#[derive(Copy, Clone, Debug, Default, PartialEq)]
pub struct Tile {
    /// Change of the price since the bar before, basis points.
    pub mom_bps: Option<f64>,
    /// Price against the volume-weighted one of up to 20 bars, basis points.
    pub px_vs_vwap_bps: Option<f64>,
    /// Mean volume of 5 bars over that of the 20 before.
    pub rvol: Option<f64>,
    /// Mean of up to 14 true ranges, in quote units.
    pub atr: Option<f64>,
}

impl Tile {
    /// Over the newest bars, oldest first. A bar that may miss trades has a price, but neither volume nor range; `whole`
    /// says which.
    pub(crate) fn over(bars: &[Bar], whole: impl Fn(&Bar) -> bool) -> Self {
        let all: Vec<BarInput> = bars.iter().map(input).collect();
        let whole: Vec<BarInput> = bars.iter().filter(|bar| whole(bar)).map(input).collect();
        let traded: Vec<&BarInput> =
            all.iter().filter(|bar| bar.turnover.is_finite() && bar.volume.is_finite()).collect();
        let (mut momentum, mut rvol) = (MomentumBps::new(1), Rvol::new(RVOL_BARS.0, RVOL_BARS.1));
        let mut vwap = PxVsVwapBps::new(traded.len().min(VWAP_BARS));
        let mut atr = AtrSimple::new(whole.len().saturating_sub(1).min(ATR_RANGES));
        Tile {
            mom_bps: newest(all.iter().map(|bar| momentum.update(bar.close))),
            px_vs_vwap_bps: newest(traded.into_iter().map(|bar| vwap.update(bar))),
            rvol: newest(whole.iter().map(|bar| rvol.update(bar.volume))),
            atr: newest(whole.iter().map(|bar| atr.update(bar))),
        }
    }
}

fn newest(values: impl Iterator<Item = f64>) -> Option<f64> {
    values.last().filter(|value| value.is_finite())
}

#[cfg(test)]
mod tests {
    use sconce_domain::time::MINUTE;
    use sconce_domain::{BarSource, Nanos, Timeframe};

    use super::*;

    /// A bar around `close`, of this volume, all of it traded at `close`.
    fn bar(minute: i64, close: f64, volume: f64) -> Bar {
        Bar {
            timeframe: Timeframe::M1,
            ts_open: Nanos(minute * MINUTE),
            open: close,
            high: close + 1.0,
            low: close - 1.0,
            close,
            volume,
            turnover: close * volume,
            buy_volume: f64::NAN,
            sell_volume: f64::NAN,
            trades: 1,
            revision: 0,
            complete: true,
            partial: false,
            source: BarSource::Trades,
        }
    }

    fn series(closes: &[f64]) -> Vec<Bar> {
        closes.iter().zip(0..).map(|(close, minute)| bar(minute, *close, 1.0)).collect()
    }

    #[track_caller]
    fn check(bars: &[Bar], expected: [Option<f64>; 4]) {
        let tile = Tile::over(bars, |bar| !bar.partial);
        let seen = [tile.mom_bps, tile.px_vs_vwap_bps, tile.rvol, tile.atr];
        for (seen, expected) in seen.into_iter().zip(expected) {
            let same = match (seen, expected) {
                (Some(seen), Some(expected)) => (seen - expected).abs() < 1e-9,
                (seen, expected) => seen == expected,
            };
            assert!(same, "{tile:?}, expected {expected:?}");
        }
    }

    #[test]
    fn few_bars_say_what_they_can() {
        check(&[], [None; 4]);
        check(&series(&[100.0]), [None, Some(0.0), None, None]);
        // One true range: from the close of 100 to the high of 102.
        check(&series(&[100.0, 101.0]), [Some(100.0), Some(10_000.0 * (101.0 / 100.5 - 1.0)), None, Some(2.0)]);
        check(&series(&[0.0, 5.0]), [Some(0.0), Some(10_000.0), None, Some(6.0)]);
    }

    #[test]
    fn steady_volume_is_one_and_a_burst_is_seen_at_once() {
        let mut bars = series(&[100.0; 25]);
        check(&bars, [Some(0.0), Some(0.0), Some(1.0), Some(2.0)]);
        bars.push(Bar { complete: false, ..bar(25, 100.0, 21.0) });
        check(&bars, [Some(0.0), Some(0.0), Some(5.0), Some(2.0)]);
        let idle: Vec<Bar> = (0..25).map(|minute| bar(minute, 100.0, 0.0)).collect();
        check(&idle, [Some(0.0), Some(0.0), Some(0.0), Some(2.0)]);
    }

    #[test]
    fn a_bar_that_may_miss_trades_has_a_price_only() {
        let mut bars = series(&[100.0; 25]);
        bars[0] = Bar { partial: true, high: 900.0, ..bar(0, 100.0, 900.0) };
        let tile = Tile::over(&bars, |bar| !bar.partial);
        assert_eq!((tile.rvol, tile.atr), (None, Some(2.0)));
    }

    #[test]
    fn bars_without_turnover_have_no_volume_weighted_price() {
        let bars: Vec<Bar> = series(&[100.0, 101.0]).into_iter().map(|bar| Bar { turnover: f64::NAN, ..bar }).collect();
        check(&bars, [Some(100.0), None, None, Some(2.0)]);
    }
}
