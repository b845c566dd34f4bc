//! Money flow index.

use crate::bar::{BarInput, all_usable};
use crate::sliding::SlidingSum;
use crate::window::period;

/// 100·P/(P+N) with P and N the flows (typical·volume) of bars whose typical price rose and fell, over the last `n`
/// changes; 50 when nothing flowed; first value at index n.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Mfi {
    /// Flows of bars whose typical price rose.
    rising: SlidingSum,
    /// Flows of bars whose typical price changed.
    all: SlidingSum,
    previous: Option<f64>,
}

impl Mfi {
    /// Looks at `n` changes, brought into 1..=[`MAX_PERIOD`](crate::MAX_PERIOD).
    #[must_use]
    pub fn new(n: usize) -> Self {
        let sum = SlidingSum::new(period(n));
        Self { rising: sum.clone(), all: sum, previous: None }
    }

    /// Takes the next bar.
    pub fn update(&mut self, bar: &BarInput) -> f64 {
        if !all_usable([bar.high, bar.low, bar.close, bar.volume]) {
            return f64::NAN;
        }
        let typical = bar.typical();
        let Some(previous) = self.previous.replace(typical) else {
            return f64::NAN;
        };
        let flow = direction(typical - previous) * typical * bar.volume;
        let rising = self.rising.push(if flow > 0.0 { flow } else { 0.0 });
        match (rising, self.all.push(flow.abs())) {
            (Some(rising), Some(all)) => share(rising, all),
            _ => f64::NAN,
        }
    }
}

fn direction(change: f64) -> f64 {
    if change > 0.0 {
        1.0
    } else if change < 0.0 {
        -1.0
    } else {
        0.0
    }
}

fn share(rising: f64, all: f64) -> f64 {
    if all == 0.0 { 50.0 } else { 100.0 * (rising / all) }
}
