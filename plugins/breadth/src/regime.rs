//! The regime of the reference.

use sconce_sdk::Direction;

/// What the means of the reference say of the market.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Regime {
    /// The short mean stands above the long one.
    RiskOn,
    /// Neither.
    Neutral,
    /// The short mean stands more than 2 % below the long one.
    RiskOff,
}

/// Share of the long mean below which the short one means risk off.
const RISK_OFF: f64 = 0.98;

impl Regime {
    /// From the 20-bar and the 50-bar mean.
    pub fn of(short: f64, long: f64) -> Self {
        match short {
            short if short > long => Regime::RiskOn,
            short if short < RISK_OFF * long => Regime::RiskOff,
            _ => Regime::Neutral,
        }
    }

    /// As published.
    pub const fn as_str(self) -> &'static str {
        match self {
            Regime::RiskOn => "Risk-ON",
            Regime::Neutral => "Neutral",
            Regime::RiskOff => "Risk-OFF",
        }
    }

    /// Which way it leans.
    pub const fn direction(self) -> Direction {
        match self {
            Regime::RiskOn => Direction::Long,
            Regime::Neutral => Direction::Neutral,
            Regime::RiskOff => Direction::Short,
        }
    }
}
