//! Wilder's smoothing, shared by RSI, ATR and ADX.

/// (value·(n−1) + x) / n, seeded with the mean of the first `n` values. Inputs are checked by the caller.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Wilder {
    n: usize,
    seen: usize,
    /// The sum of the values so far while seeding, the average afterwards.
    state: f64,
}

impl Wilder {
    pub(crate) fn new(n: usize) -> Self {
        Self { n, seen: 0, state: 0.0 }
    }

    /// The average, or NaN while fewer than `n` values were seen.
    pub(crate) fn push(&mut self, x: f64) -> f64 {
        let n = self.n as f64;
        if self.seen >= self.n {
            self.state = (self.state * (n - 1.0) + x) / n;
            return self.state;
        }
        self.seen += 1;
        self.state += x;
        if self.seen < self.n {
            return f64::NAN;
        }
        self.state /= n;
        self.state
    }
}
