//! Columns of what models say: `forecast:MODEL/hN`, the log return that a model expects N bars ahead.

use std::fmt;

use sconce_domain::ModelAnswer;
use serde::{Deserialize, Serialize};

/// How they begin.
pub(super) const FORECAST_PREFIX: &str = "forecast:";

/// A model and how many of its own bars ahead it is asked about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ForecastColumn {
    /// Its name.
    pub model: String,
    /// Bars of the model's own timeframe, from 1.
    pub ahead: u32,
}

impl ForecastColumn {
    /// Reads a column name; nothing where it is no such column.
    pub fn parse(name: &str) -> Option<Self> {
        let (model, horizon) = name.strip_prefix(FORECAST_PREFIX)?.split_once('/')?;
        let digits = horizon.strip_prefix('h').filter(|digits| !digits.starts_with(['0', '+']))?;
        let ahead = digits.parse().ok().filter(|ahead| (1..=ModelAnswer::FURTHEST).contains(ahead))?;
        ModelAnswer::is_name(model).then(|| ForecastColumn { model: model.to_owned(), ahead })
    }
}

impl fmt::Display for ForecastColumn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{FORECAST_PREFIX}{}/h{}", self.model, self.ahead)
    }
}
