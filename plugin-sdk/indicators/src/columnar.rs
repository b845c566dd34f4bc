//! Whole columns at once: the streaming form run over slices, so there is one definition of every formula.

use crate::streaming::{Ema, Roc, Rsi, Sma, Stdev, Wma};
use crate::{BarInput, ColumnSpec};

/// One column over a series of bars; NaN where it has no value.
#[must_use]
pub fn column(spec: &ColumnSpec, bars: &[BarInput], bar_seconds: u32) -> Vec<f64> {
    let mut indicator = spec.indicator().build(bar_seconds);
    over_bars(bars, |bar| {
        indicator.update(bar);
        indicator.value(spec.output())
    })
}

/// Several columns over the same bars; outputs of one indicator share its work.
#[must_use]
pub fn columns(specs: &[ColumnSpec], bars: &[BarInput], bar_seconds: u32) -> Vec<Vec<f64>> {
    let mut result = vec![Vec::new(); specs.len()];
    for (at, spec) in specs.iter().enumerate() {
        if specs[..at].iter().any(|other| other.indicator() == spec.indicator()) {
            continue;
        }
        let same = |other: &ColumnSpec| other.indicator() == spec.indicator();
        let wanted: Vec<usize> = (at..specs.len()).filter(|i| same(&specs[*i])).collect();
        let mut indicator = spec.indicator().build(bar_seconds);
        for bar in bars {
            indicator.update(bar);
            for i in &wanted {
                result[*i].push(indicator.value(specs[*i].output()));
            }
        }
    }
    result
}

/// Runs an update over bars and collects what it returns.
pub fn over_bars<T>(bars: &[BarInput], update: impl FnMut(&BarInput) -> T) -> Vec<T> {
    bars.iter().map(update).collect()
}

/// Runs an update over values and collects what it returns.
pub fn over_values<T>(values: &[f64], update: impl FnMut(f64) -> T) -> Vec<T> {
    values.iter().copied().map(update).collect()
}

macro_rules! columnar {
    ($($name:ident = $indicator:ident),+ $(,)?) => {$(
        #[doc = concat!("[`", stringify!($indicator), "`] over a whole slice.")]
        #[must_use]
        pub fn $name(values: &[f64], n: usize) -> Vec<f64> {
            let mut indicator = $indicator::new(n);
            over_values(values, |x| indicator.update(x))
        }
    )+};
}

columnar!(sma = Sma, ema = Ema, wma = Wma, rsi = Rsi, roc = Roc, stdev = Stdev);
