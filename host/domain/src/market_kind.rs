//! Kinds of market: models that learned from one do not answer for the other.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Which kind of market a feed brings, and a model was trained on.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MarketKind {
    /// The synthetic demo market.
    Demo,
    /// A real one.
    Real,
}

impl MarketKind {
    /// Both.
    pub const ALL: [MarketKind; 2] = [MarketKind::Demo, MarketKind::Real];

    /// The market of a feed, by whether it is made up.
    #[must_use]
    pub fn of_feed(synthetic: bool) -> Self {
        if synthetic { MarketKind::Demo } else { MarketKind::Real }
    }

    /// The word in manifests, JSON and paths.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            MarketKind::Demo => "demo",
            MarketKind::Real => "real",
        }
    }
}

impl fmt::Display for MarketKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
