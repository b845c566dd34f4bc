//! Settings: which true range, and how wide the bands are for which base.

use std::collections::BTreeMap;

use sconce_sdk::Failure;
use serde::Deserialize;

/// The settings of `config.schema.json`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Which average true range sets the width of the bands.
    pub atr_kind: AtrKind,
    /// Class of a base that nothing else names.
    pub default_class: RiskClass,
    /// Class by base; bases not named keep the built-in one.
    pub classes: BTreeMap<String, RiskClass>,
    /// Multipliers by base; they win over the class.
    pub multipliers: BTreeMap<String, Multipliers>,
}

/// Where the average true range comes from.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AtrKind {
    /// High, low and close.
    #[default]
    Ohlc,
    /// Closes alone, for sources without high and low.
    CloseProxy,
}

impl AtrKind {
    /// The column that holds it.
    pub const fn column(self) -> &'static str {
        match self {
            AtrKind::Ohlc => "atr_14",
            AtrKind::CloseProxy => "atr_close_14",
        }
    }

    /// The spelling in settings and attributes.
    pub const fn as_str(self) -> &'static str {
        match self {
            AtrKind::Ohlc => "ohlc",
            AtrKind::CloseProxy => "close_proxy",
        }
    }
}

/// How far the price of a base is expected to swing.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RiskClass {
    /// Large and slow.
    Low,
    /// In between.
    #[default]
    Medium,
    /// Small and fast.
    High,
}

/// Distance of the bands from the centre, in average true ranges.
#[derive(Copy, Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Multipliers {
    /// Inner bands.
    pub k1: f64,
    /// Outer bands.
    pub k2: f64,
}

impl RiskClass {
    /// The multipliers of the class.
    pub const fn multipliers(self) -> Multipliers {
        match self {
            RiskClass::Low => Multipliers { k1: 1.0, k2: 1.8 },
            RiskClass::Medium => Multipliers { k1: 1.3, k2: 2.2 },
            RiskClass::High => Multipliers { k1: 1.6, k2: 2.8 },
        }
    }

    /// The class that a base has when no setting names it.
    fn built_in(base: &str) -> Option<Self> {
        match base {
            "BTC" => Some(RiskClass::Low),
            "SOL" => Some(RiskClass::Medium),
            "PUMP" => Some(RiskClass::High),
            _ => None,
        }
    }
}

impl Config {
    /// The multipliers for `base`: its own, else those of its class.
    pub fn multipliers_for(&self, base: &str) -> Multipliers {
        let class =
            || self.classes.get(base).copied().or_else(|| RiskClass::built_in(base)).unwrap_or(self.default_class);
        self.multipliers.get(base).copied().unwrap_or_else(|| class().multipliers())
    }

    /// Refuses multipliers whose zones would not be in order.
    ///
    /// # Errors
    /// [`Failure::BadConfig`] that names the base.
    pub fn check(&self) -> Result<(), Failure> {
        let broken = self.multipliers.iter().find(|(_, m)| !(m.k1 > 0.0 && m.k1 < m.k2 && m.k2.is_finite()));
        match broken {
            None => Ok(()),
            Some((base, m)) => Err(Failure::bad_config(format_args!(
                "multipliers of {base}: k1 must be above 0 and below k2, got {} and {}",
                m.k1, m.k2
            ))),
        }
    }
}
