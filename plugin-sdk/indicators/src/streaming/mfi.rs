//! Money flow index.

use crate::bar::{BarInput, all_usable};
use crate::reduce::sum_by;
use crate::window::{Window, period};

/// 100·P/(P+N) with P and N the flows (typical·volume) of bars whose typical price rose and fell, over the last `n`
/// changes; 50 when nothing flowed; first value at index n.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Mfi {
    /// Flows with the sign of the price change.
    flows: Window,
    previous: Option<f64>,
}

impl Mfi {
    /// Looks at `n` changes, brought into 1..=[`MAX_PERIOD`](crate::MAX_PERIOD).
    #[must_use]
    pub fn new(n: usize) -> Self {
        Self { flows: Window::new(period(n)), previous: None }
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
        self.flows.push(flow).map_or(f64::NAN, index)
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

fn index(flows: &[f64]) -> f64 {
    let positive = sum_by(flows, |_, x| if x > 0.0 { x } else { 0.0 });
    let total = sum_by(flows, |_, x| x.abs());
    if total == 0.0 { 50.0 } else { 100.0 * (positive / total) }
}
