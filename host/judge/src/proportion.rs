//! How often: a share with the bounds that its number of trials allows.

use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, Normal};

/// The normal quantile of the usual two-sided 95 % interval, as it is commonly rounded.
pub const Z_95: f64 = 1.96;

/// Hits among trials. Mergeable by adding both counts.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proportion {
    /// Trials.
    pub n: u64,
    /// Those that came true; at most `n`.
    pub hits: u64,
}

impl Proportion {
    /// Counts one trial.
    pub fn add(&mut self, hit: bool) {
        self.n += 1;
        self.hits += u64::from(hit);
    }

    /// Counts the trials of both.
    pub fn merge(&mut self, other: &Proportion) {
        self.n += other.n;
        self.hits += other.hits;
    }

    /// `hits / n`; absent before the first trial.
    pub fn rate(&self) -> Option<f64> {
        (self.n > 0).then(|| self.hits as f64 / self.n as f64)
    }

    /// Lower end of the Wilson interval at [`Z_95`]; absent before the first trial.
    pub fn lower(&self) -> Option<f64> {
        (self.n > 0).then(|| wilson_lower(self.hits, self.n, Z_95))
    }

    /// Upper end of the Wilson interval at [`Z_95`]; absent before the first trial.
    pub fn upper(&self) -> Option<f64> {
        (self.n > 0).then(|| wilson_upper(self.hits, self.n, Z_95))
    }
}

/// Lower end of the Wilson score interval, in [0, 1]; 0 for no trial.
///
/// (p + z²/2n − z·√(p(1−p)/n + z²/4n²)) / (1 + z²/n) with p = hits/n (E. B. Wilson, JASA 22, 1927).
pub fn wilson_lower(hits: u64, n: u64, z: f64) -> f64 {
    let (centre, half) = wilson(hits, n, z);
    if n == 0 { 0.0 } else { (centre - half).max(0.0) }
}

/// Upper end of the Wilson score interval, in [0, 1]; 1 for no trial.
pub fn wilson_upper(hits: u64, n: u64, z: f64) -> f64 {
    let (centre, half) = wilson(hits, n, z);
    if n == 0 { 1.0 } else { (centre + half).min(1.0) }
}

/// Centre and half width.
fn wilson(hits: u64, n: u64, z: f64) -> (f64, f64) {
    let trials = n as f64;
    let share = hits.min(n) as f64 / trials;
    let shrink = 1.0 + z * z / trials;
    let centre = (share + z * z / (2.0 * trials)) / shrink;
    let half = z * (share * (1.0 - share) / trials + z * z / (4.0 * trials * trials)).sqrt() / shrink;
    (centre, half)
}

/// The z of a two-sided interval that covers `level`, or of a one-sided bound with that confidence; absent outside (0, 1).
pub fn z_of(level: f64, two_sided: bool) -> Option<f64> {
    if !(level > 0.0 && level < 1.0) {
        return None;
    }
    let below = if two_sided { 0.5 + level / 2.0 } else { level };
    Some(Normal::standard().inverse_cdf(below))
}
