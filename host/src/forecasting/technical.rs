//! Figures of the newest bar, from the host's own columns, and the newest closes.

use sconce_domain::ports::models::Technical;
use sconce_domain::{Bar, ColumnName, Instrument, PricePoint, Timeframe};

use crate::column_rows;

/// Closes that are shown beside a forecast.
const SHOWN: usize = 30;
/// Bars whose extremes are support and resistance.
const EXTREMES: usize = 20;
/// Bars of the trend.
const TREND: usize = 7;
/// Bars that the columns are folded over: the recursive ones are settled by then.
const FOLDED: usize = 250;
/// In the order of the fields.
const COLUMNS: [&str; 5] = ["rsi_14", "macd_12_26_9", "macd_signal_12_26_9", "macd_hist_12_26_9", "bb_percent_b_20_2"];

/// Of the newest bar; what needs more bars than there are is absent.
pub(super) fn of(instrument: &Instrument, timeframe: Timeframe, bars: &[Bar]) -> Technical {
    let folded = &bars[bars.len().saturating_sub(FOLDED)..];
    let columns: Vec<ColumnName> = COLUMNS.iter().map(|name| ColumnName(format!("{name}@{timeframe}"))).collect();
    let newest = match column_rows::rows(instrument, timeframe, &columns, folded.iter().copied()) {
        Ok(rows) => rows.into_values().next_back().unwrap_or_default(),
        Err(error) => {
            tracing::error!(%error, "figures beside a forecast cannot be computed");
            Vec::new()
        }
    };
    let at = |place: usize| newest.get(place).copied().filter(|value| value.is_finite());
    let extremes = bars.len().checked_sub(EXTREMES).map(|begin| &bars[begin..]);
    let week = bars.len().checked_sub(TREND + 1).map(|begin| bars[begin].close);
    Technical {
        rsi: at(0),
        macd: at(1),
        macd_signal: at(2),
        macd_hist: at(3),
        bb_position: at(4),
        change_7: week.zip(bars.last()).map(|(before, newest)| newest.close / before - 1.0),
        support: extremes.map(|bars| bars.iter().map(|bar| bar.low).fold(f64::INFINITY, f64::min)),
        resistance: extremes.map(|bars| bars.iter().map(|bar| bar.high).fold(f64::NEG_INFINITY, f64::max)),
    }
}

/// The newest closes, oldest first.
pub(super) fn history(bars: &[Bar]) -> Vec<PricePoint> {
    let begin = bars.len().saturating_sub(SHOWN);
    bars[begin..].iter().map(|bar| PricePoint { ts: bar.ts_close(), price: bar.close }).collect()
}

#[cfg(test)]
pub(super) mod testing {
    use sconce_domain::{Bar, Nanos, Timeframe};

    /// Daily bars of these closes.
    pub(in crate::forecasting) fn days(closes: impl IntoIterator<Item = f64>) -> Vec<Bar> {
        let bar = |(day, close): (i64, f64)| Bar {
            open: close,
            high: close * 1.01,
            low: close * 0.99,
            close,
            volume: 1.0,
            trades: 1,
            ..Bar::of_close(Timeframe::D1, Nanos(day * Timeframe::D1.nanos()), close)
        };
        (18_000..).zip(closes).map(bar).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::testing::days;
    use super::*;

    #[test]
    fn figures_need_their_bars() {
        let instrument: Instrument = "BTC-USDT@demo".parse().expect("an instrument");
        let of = |n: u32| of(&instrument, Timeframe::D1, &days((1..=n).map(f64::from)));
        assert_eq!(of(0), Technical::default());
        let few = of(8);
        assert_eq!((few.rsi, few.support), (None, None));
        assert_eq!(few.change_7, Some(8.0 / 1.0 - 1.0));
        let many = of(100);
        assert_eq!(many.rsi, Some(100.0));
        assert_eq!((many.support, many.resistance), (Some(81.0 * 0.99), Some(100.0 * 1.01)));
        let (macd, signal, hist) =
            (many.macd.expect("a number"), many.macd_signal.expect("a number"), many.macd_hist.expect("a number"));
        assert!((hist - (macd - signal)).abs() < 1e-9);
    }
}
