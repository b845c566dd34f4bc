//! Volume-weighted average of the typical price: over a window, since the first bar, since the UTC day began.

use crate::bar::{BarInput, all_usable};
use crate::running::RunningSum;
use crate::sliding::SlidingSum;
use crate::window::period;

/// Σ typical·volume / Σ volume over the last `n` bars; NaN while they traded nothing; first value at index n−1.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Vwap {
    flows: SlidingSum,
    volumes: SlidingSum,
}

impl Vwap {
    /// Looks at `n` bars, brought into 1..=[`MAX_PERIOD`](crate::MAX_PERIOD).
    #[must_use]
    pub fn new(n: usize) -> Self {
        let sum = SlidingSum::new(period(n));
        Self { flows: sum.clone(), volumes: sum }
    }

    /// Takes the next bar.
    pub fn update(&mut self, bar: &BarInput) -> f64 {
        let Some(flow) = flow(bar) else {
            return f64::NAN;
        };
        match (self.flows.push(flow), self.volumes.push(bar.volume)) {
            (Some(flows), Some(volumes)) => price(flows, volumes),
            _ => f64::NAN,
        }
    }
}

/// Σ typical·volume / Σ volume since the first bar; NaN until something was traded; first value at index 0.
#[derive(Clone, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct VwapAnchored {
    flow: RunningSum,
    volume: RunningSum,
}

impl VwapAnchored {
    /// Anchors at the next bar.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next bar.
    pub fn update(&mut self, bar: &BarInput) -> f64 {
        let Some(flow) = flow(bar) else {
            return f64::NAN;
        };
        self.flow.add(flow);
        self.volume.add(bar.volume);
        price(self.flow.value(), self.volume.value())
    }
}

/// [`VwapAnchored`] that begins anew with the first bar of every UTC day; first value at index 0.
#[derive(Clone, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct VwapDay {
    day: Option<i64>,
    since: VwapAnchored,
}

impl VwapDay {
    /// Anchors at the next bar, and again whenever the day changes.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next bar.
    pub fn update(&mut self, bar: &BarInput) -> f64 {
        let day = Some(bar.utc_day());
        if self.day != day {
            *self = Self { day, since: VwapAnchored::new() };
        }
        self.since.update(bar)
    }
}

/// Typical price times volume, or `None` when the bar cannot be used.
fn flow(bar: &BarInput) -> Option<f64> {
    all_usable([bar.high, bar.low, bar.close, bar.volume]).then(|| bar.typical() * bar.volume)
}

fn price(flow: f64, volume: f64) -> f64 {
    if volume == 0.0 { f64::NAN } else { flow / volume }
}
