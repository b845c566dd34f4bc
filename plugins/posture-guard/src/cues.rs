//! The four cues against a long posture. A cue whose number is absent does not speak.

use crate::config::Config;

/// What they are read from.
#[derive(Copy, Clone, Debug, Default, PartialEq)]
pub struct Market {
    /// Volume delta of two minutes, base units.
    pub cvd_2m: Option<f64>,
    /// Volume delta of five minutes, base units.
    pub cvd_5m: Option<f64>,
    /// Relative volume, ratio.
    pub rvol: Option<f64>,
    /// Momentum of five minutes, basis points.
    pub mom_5m_bps: Option<f64>,
    /// Age of the posture, seconds.
    pub age_s: Option<f64>,
}

/// Which of them speak.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub struct Cues {
    /// Takers sell more than the limit over two minutes or over five.
    pub flow_flip: bool,
    /// Volume is too thin to carry a push.
    pub rvol_fade: bool,
    /// Price fell by more than the limit over five minutes.
    pub structure_break: bool,
    /// The posture has lasted too long.
    pub too_old: bool,
}

impl Cues {
    /// The cues of a moment.
    pub fn of(market: &Market, config: &Config) -> Self {
        let at_most = |value: Option<f64>, limit: f64| value.is_some_and(|value| value <= limit);
        Cues {
            flow_flip: at_most(market.cvd_2m, -config.cvd_2m_neg) || at_most(market.cvd_5m, -config.cvd_5m_neg),
            rvol_fade: at_most(market.rvol, config.rvol_ratio * config.push_rvol_min),
            structure_break: at_most(market.mom_5m_bps, config.mom5_down_bps),
            too_old: market.age_s.is_some_and(|age| age > config.max_age_min * 60.0),
        }
    }

    /// One point for each that speaks.
    pub fn points(self) -> u32 {
        [self.flow_flip, self.rvol_fade, self.structure_break, self.too_old].into_iter().map(u32::from).sum()
    }
}
