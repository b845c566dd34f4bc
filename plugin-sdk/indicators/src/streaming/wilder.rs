//! Wilder's smoothing, shared by RSI, ATR and ADX.

/// (value·(n−1) + x) / n, seeded with the mean of the first `n` values, for `N` series side by side: two cost hardly more
/// than one. Inputs are checked by the caller.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(bound(serialize = "[f64; N]: serde::Serialize", deserialize = "[f64; N]: serde::Deserialize<'de>"))
)]
pub(crate) struct Wilder<const N: usize> {
    n: f64,
    /// n − 1.
    weight: f64,
    /// Values until the average is seeded.
    missing: usize,
    /// The sums of the values so far while seeding, the averages afterwards.
    state: [f64; N],
}

impl<const N: usize> Wilder<N> {
    pub(crate) fn new(n: usize) -> Self {
        let missing = n;
        let n = n as f64;
        Self { n, weight: n - 1.0, missing, state: [0.0; N] }
    }

    /// The averages, or NaN while fewer than `n` values were seen.
    #[inline(always)]
    pub(crate) fn push(&mut self, xs: [f64; N]) -> [f64; N] {
        if self.missing == 0 {
            for (state, x) in self.state.iter_mut().zip(xs) {
                *state = (*state * self.weight + x) / self.n;
            }
            return self.state;
        }
        self.missing -= 1;
        for (state, x) in self.state.iter_mut().zip(xs) {
            *state += x;
        }
        if self.missing > 0 {
            return [f64::NAN; N];
        }
        self.state = self.state.map(|sum| sum / self.n);
        self.state
    }
}
