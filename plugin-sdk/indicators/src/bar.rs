//! One bar as every indicator receives it, and the rule for inputs that cannot be used.
//!
//! It does not own the host's bar type (identity, revision, flags); the host maps into this one.

/// Magnitudes above this are treated as missing: products and sums of what remains cannot overflow.
const LARGEST_USABLE: f64 = 1e100;

const NANOS_PER_DAY: i64 = 86_400_000_000_000;

/// A final bar. Every number but the time may be NaN when its source does not tell.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct BarInput {
    /// Opening time, nanoseconds since the Unix epoch, UTC; only `vwap_day` looks at it.
    pub ts_open: i64,
    /// First price.
    pub open: f64,
    /// Highest price.
    pub high: f64,
    /// Lowest price.
    pub low: f64,
    /// Last price.
    pub close: f64,
    /// Traded size in base units.
    pub volume: f64,
    /// Σ price·size of the bar's trades in quote units; NaN when unknown.
    pub turnover: f64,
    /// Number of trades.
    pub trades: f64,
    /// Size of trades whose taker bought.
    pub buy_volume: f64,
    /// Size of trades whose taker sold.
    pub sell_volume: f64,
}

impl BarInput {
    /// A bar from a source that knows prices and volume only; the rest is NaN.
    #[must_use]
    pub fn ohlcv(ts_open: i64, [open, high, low, close, volume]: [f64; 5]) -> Self {
        let unknown = f64::NAN;
        Self {
            ts_open,
            open,
            high,
            low,
            close,
            volume,
            turnover: unknown,
            trades: unknown,
            buy_volume: unknown,
            sell_volume: unknown,
        }
    }

    /// Typical price: (high + low + close) / 3.
    #[must_use]
    pub fn typical(&self) -> f64 {
        (self.high + self.low + self.close) / 3.0
    }

    /// Volume-weighted price inside the bar, turnover / volume; NaN when nothing was traded or turnover is unknown.
    #[must_use]
    pub fn vwap(&self) -> f64 {
        let is_known = self.volume != 0.0 && all_usable([self.turnover, self.volume]);
        if is_known { self.turnover / self.volume } else { f64::NAN }
    }

    /// Taker buys minus taker sells, in base units.
    #[must_use]
    pub fn volume_delta(&self) -> f64 {
        self.buy_volume - self.sell_volume
    }

    /// The UTC day the bar opens in, counted from the epoch.
    #[must_use]
    pub fn utc_day(&self) -> i64 {
        self.ts_open.div_euclid(NANOS_PER_DAY)
    }
}

/// Whether an input may enter an indicator: finite and at most 1e100 in magnitude.
///
/// As whole numbers the bits of magnitudes are ordered as the magnitudes are, infinity and NaN last. A guest compares them
/// in half the time that floats take.
#[inline]
pub(crate) fn usable(x: f64) -> bool {
    x.abs().to_bits() <= LARGEST_USABLE.to_bits()
}

/// [`usable`] for each of several inputs.
pub(crate) fn all_usable<const N: usize>(xs: [f64; N]) -> bool {
    xs.into_iter().all(usable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usable_refuses_what_would_poison_a_sum() {
        let check = |x: f64, expected: bool| assert_eq!(usable(x), expected, "{x}");
        check(0.0, true);
        check(-1e100, true);
        check(LARGEST_USABLE.next_down(), true);
        check(LARGEST_USABLE.next_up(), false);
        check(-1e101, false);
        check(f64::MIN_POSITIVE / 2.0, true);
        check(-f64::NAN, false);
        check(f64::from_bits(u64::MAX), false);
        check(f64::NAN, false);
        check(f64::NEG_INFINITY, false);
    }

    #[test]
    fn utc_day_floors() {
        let check = |ts_open: i64, expected: i64| {
            let bar = BarInput::ohlcv(ts_open, [1.0; 5]);
            assert_eq!(bar.utc_day(), expected, "{ts_open}");
        };
        check(0, 0);
        check(NANOS_PER_DAY - 1, 0);
        check(NANOS_PER_DAY, 1);
        check(-1, -1);
    }

    #[test]
    fn bar_vwap_needs_trades_and_turnover() {
        let bar =
            |volume: f64, turnover: f64| BarInput { turnover, ..BarInput::ohlcv(0, [1.0, 1.0, 1.0, 1.0, volume]) };
        assert_eq!(bar(4.0, 10.0).vwap(), 2.5);
        assert!(bar(0.0, 0.0).vwap().is_nan());
        assert!(bar(4.0, f64::NAN).vwap().is_nan());
        assert!(bar(f64::INFINITY, 10.0).vwap().is_nan());
    }
}
