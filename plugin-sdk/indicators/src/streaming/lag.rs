//! The value of `k` updates ago.

use crate::window::Window;

/// A window of k+1 values of which only the ends matter.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Lag {
    window: Window,
}

impl Lag {
    pub(crate) fn new(k: usize) -> Self {
        Self { window: Window::new(k + 1) }
    }

    /// Takes the next value and gives the one `k` updates before it.
    pub(crate) fn push(&mut self, x: f64) -> Option<f64> {
        self.window.push(x).map(|xs| xs[0])
    }
}
