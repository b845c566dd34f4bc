//! The four zones around the mean, and the label of a price among them.

use sconce_sdk::Direction;

use crate::config::Multipliers;

/// Four prices around the mean, in the unit of the price. In order when the true range is above 0.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Bands {
    /// At or below: aggressive accumulation.
    pub deep_accum: f64,
    /// At or below: accumulation.
    pub accum: f64,
    /// At or above: distribution.
    pub distrib: f64,
    /// At or above: aggressive distribution.
    pub safe_distrib: f64,
}

impl Bands {
    /// `centre ∓ k · atr`; the lower two never fall below 0.
    pub fn around(centre: f64, atr: f64, multipliers: Multipliers) -> Self {
        let (inner, outer) = (multipliers.k1 * atr, multipliers.k2 * atr);
        Bands {
            deep_accum: floored(centre - outer),
            accum: floored(centre - inner),
            distrib: centre + inner,
            safe_distrib: centre + outer,
        }
    }

    /// Lowest first.
    pub fn levels(&self) -> [(&'static str, f64); 4] {
        [
            ("deepAccum", self.deep_accum),
            ("accum", self.accum),
            ("distrib", self.distrib),
            ("safeDistrib", self.safe_distrib),
        ]
    }

    /// The label of `price`: boundaries belong to the zone, the first match wins. Without width there is no zone.
    pub fn label(&self, price: f64) -> Label {
        if self.deep_accum >= self.safe_distrib {
            return Label::Observation;
        }
        match price {
            price if price <= self.deep_accum => Label::AggressiveAccumulation,
            price if price <= self.accum => Label::Accumulation,
            price if price >= self.safe_distrib => Label::AggressiveDistribution,
            price if price >= self.distrib => Label::Distribution,
            _ => Label::Observation,
        }
    }

    /// Distance to the nearest zone, in the unit of the price.
    pub fn distance(&self, price: f64) -> f64 {
        self.levels().into_iter().map(|(_, zone)| (price - zone).abs()).fold(f64::INFINITY, f64::min)
    }
}

/// At least 0. Not `f64::max`: which of the two zeros that gives is left open, and native code and wasm do differ.
fn floored(price: f64) -> f64 {
    if price > 0.0 { price } else { 0.0 }
}

/// Where a price stands.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Label {
    /// At or below the outer lower band.
    AggressiveAccumulation,
    /// At or below the inner lower band.
    Accumulation,
    /// Between the inner bands.
    Observation,
    /// At or above the inner upper band.
    Distribution,
    /// At or above the outer upper band.
    AggressiveDistribution,
}

impl Label {
    /// As published.
    pub const fn as_str(self) -> &'static str {
        match self {
            Label::AggressiveAccumulation => "Aggressive Accumulation",
            Label::Accumulation => "Accumulation",
            Label::Observation => "Observation",
            Label::Distribution => "Distribution",
            Label::AggressiveDistribution => "Aggressive Distribution",
        }
    }

    /// Which way it leans.
    pub const fn direction(self) -> Direction {
        match self {
            Label::AggressiveAccumulation | Label::Accumulation => Direction::Long,
            Label::Observation => Direction::Neutral,
            Label::Distribution | Label::AggressiveDistribution => Direction::Short,
        }
    }
}
