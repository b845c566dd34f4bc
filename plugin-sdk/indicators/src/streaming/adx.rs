//! Average directional index with its two directional indicators, in TA-Lib's seeding.

use super::{TrueRange, wilder::Wilder};
use crate::bar::{BarInput, all_usable};
use crate::window::period;

/// The three lines of one bar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdxValue {
    /// Strength of the trend, 0..=100; first value at index 2n−1.
    pub adx: f64,
    /// Share of upward movement, 0..=100; first value at index n.
    pub plus_di: f64,
    /// Share of downward movement, 0..=100; first value at index n.
    pub minus_di: f64,
}

impl AdxValue {
    const NONE: Self = Self { adx: f64::NAN, plus_di: f64::NAN, minus_di: f64::NAN };
}

/// Wilder's directional movement over `n` bars.
///
/// Ranges and movements are summed over the first n−1 changes and then decay by 1/n a bar. While nothing has moved all
/// three lines are 0.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Adx {
    n: usize,
    /// Changes seen so far, counted no further than `n`.
    changes: usize,
    range: TrueRange,
    previous: Option<(f64, f64)>,
    sum_range: f64,
    sum_plus: f64,
    sum_minus: f64,
    average: Wilder<1>,
}

impl Adx {
    /// Smooths over `n` changes, brought into 1..=[`MAX_PERIOD`](crate::MAX_PERIOD).
    #[must_use]
    pub fn new(n: usize) -> Self {
        let n = period(n);
        Self {
            n,
            changes: 0,
            range: TrueRange::new(),
            previous: None,
            sum_range: 0.0,
            sum_plus: 0.0,
            sum_minus: 0.0,
            average: Wilder::new(n),
        }
    }

    /// Takes the next bar.
    pub fn update(&mut self, bar: &BarInput) -> AdxValue {
        if !all_usable([bar.high, bar.low, bar.close]) {
            return AdxValue::NONE;
        }
        let range = self.range.update(bar);
        let Some((high, low)) = self.previous.replace((bar.high, bar.low)) else {
            return AdxValue::NONE;
        };
        let (plus, minus) = movement(bar.high - high, low - bar.low);
        self.accumulate(range, plus, minus);
        if self.changes < self.n {
            return AdxValue::NONE;
        }
        let plus_di = share(self.sum_plus, self.sum_range);
        let minus_di = share(self.sum_minus, self.sum_range);
        let [adx] = self.average.push([direction(plus_di, minus_di)]);
        AdxValue { adx, plus_di, minus_di }
    }

    fn accumulate(&mut self, range: f64, plus: f64, minus: f64) {
        if self.changes < self.n {
            self.changes += 1;
        }
        let decays = self.changes == self.n;
        let n = self.n as f64;
        let next = |sum: f64, x: f64| if decays { sum - sum / n + x } else { sum + x };
        self.sum_range = next(self.sum_range, range);
        self.sum_plus = next(self.sum_plus, plus);
        self.sum_minus = next(self.sum_minus, minus);
    }
}

/// How one-sided the movement is; 0 when nothing has moved yet.
fn direction(plus_di: f64, minus_di: f64) -> f64 {
    let total = plus_di + minus_di;
    if total == 0.0 { 0.0 } else { 100.0 * ((plus_di - minus_di).abs() / total) }
}

/// Upward and downward movement of one bar: only the larger of the two counts.
fn movement(up: f64, down: f64) -> (f64, f64) {
    if up > 0.0 && up > down {
        (up, 0.0)
    } else if down > 0.0 && down > up {
        (0.0, down)
    } else {
        (0.0, 0.0)
    }
}

fn share(part: f64, whole: f64) -> f64 {
    if whole == 0.0 { 0.0 } else { 100.0 * (part / whole) }
}
