//! Settings: from where on each cue speaks, and how many must.

use sconce_sdk::Failure;
use serde::Deserialize;

/// How many cues there are.
const CUES: u32 = 4;
/// More runs in a row than anybody waits for.
const MOST_RUNS: u32 = 1_000;

/// The settings of `config.schema.json`.
#[derive(Copy, Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Flow has flipped at a two-minute delta of minus this or below, base units.
    pub cvd_2m_neg: f64,
    /// Flow has flipped at a five-minute delta of minus this or below, base units.
    pub cvd_5m_neg: f64,
    /// Relative volume that a push needs, ratio.
    pub push_rvol_min: f64,
    /// Volume has faded at or below this multiple of it.
    pub rvol_ratio: f64,
    /// Structure is broken at or below this five-minute momentum, basis points.
    pub mom5_down_bps: f64,
    /// A posture is old above this, minutes.
    pub max_age_min: f64,
    /// Cues that must speak at once.
    pub points: u32,
    /// Runs in a row at which they must.
    pub persist_k: u32,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            cvd_2m_neg: 800.0,
            cvd_5m_neg: 1_500.0,
            push_rvol_min: 0.7,
            rvol_ratio: 1.2,
            mom5_down_bps: -8.0,
            max_age_min: 30.0,
            points: 2,
            persist_k: 2,
        }
    }
}

impl Config {
    /// Refuses limits at which a cue could never or would always speak.
    ///
    /// # Errors
    /// [`Failure::BadConfig`] that says which rule is broken.
    pub fn check(&self) -> Result<(), Failure> {
        let limits = [self.cvd_2m_neg, self.cvd_5m_neg, self.push_rvol_min, self.rvol_ratio, self.max_age_min];
        if !limits.iter().all(|limit| limit.is_finite() && *limit >= 0.0) {
            return Err(Failure::bad_config("limits of volume, flow and age must be finite and not below 0"));
        }
        if !self.mom5_down_bps.is_finite() {
            return Err(Failure::bad_config("mom5_down_bps must be finite"));
        }
        if !(1..=CUES).contains(&self.points) || !(1..=MOST_RUNS).contains(&self.persist_k) {
            return Err(Failure::bad_config("points must be within 1 and 4, and persist_k within 1 and 1000"));
        }
        Ok(())
    }
}
