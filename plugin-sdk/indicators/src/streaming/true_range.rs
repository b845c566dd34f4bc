//! True range: a bar's reach including the gap from the previous close.

use crate::bar::{BarInput, all_usable};

/// max(high − low, |high − previous close|, |low − previous close|); first value at index 1.
#[derive(Clone, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct TrueRange {
    previous_close: Option<f64>,
}

impl TrueRange {
    /// Waits for the first close.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next bar.
    #[inline(always)]
    pub fn update(&mut self, bar: &BarInput) -> f64 {
        self.push(bar).unwrap_or(f64::NAN)
    }

    /// Takes the next bar; `None` where it has no range.
    #[inline(always)]
    pub(crate) fn push(&mut self, bar: &BarInput) -> Option<f64> {
        if !all_usable([bar.high, bar.low, bar.close]) {
            return None;
        }
        let previous = self.previous_close.replace(bar.close)?;
        let reach = bar.high - bar.low;
        let up = (bar.high - previous).abs();
        let down = (bar.low - previous).abs();
        Some(larger(reach, larger(up, down)))
    }
}

/// The larger of two ordinary numbers, without the NaN rules of `f64::max`.
fn larger(a: f64, b: f64) -> f64 {
    if b > a { b } else { a }
}
