//! The forecasters by name.

use std::str::FromStr;

use crate::arima::Order;
use crate::error::ParseModelError;

/// A forecaster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Model {
    /// The last value, for ever.
    Naive,
    /// The line through the first and the last value.
    Drift,
    /// The last season, again and again.
    SeasonalNaive,
    /// Simple exponential smoothing.
    Ses,
    /// The standard Theta model.
    Theta,
    /// The best of six exponential smoothing models by AICc; a season is taken out by STL first.
    Ets,
    /// STL for the season, ETS for the rest.
    Mstl,
    /// ARIMA of the order given, or of the best order by AICc.
    Arima(Option<Order>),
    /// The mean of SES, Theta, ETS and ARIMA.
    Mean,
}

impl Model {
    /// All of them, in the order of the documentation.
    pub const ALL: [Model; 9] = [
        Model::Naive,
        Model::Drift,
        Model::SeasonalNaive,
        Model::Ses,
        Model::Theta,
        Model::Ets,
        Model::Mstl,
        Model::Arima(None),
        Model::Mean,
    ];

    /// The name, as it is parsed.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Model::Naive => "naive",
            Model::Drift => "drift",
            Model::SeasonalNaive => "seasonal-naive",
            Model::Ses => "ses",
            Model::Theta => "theta",
            Model::Ets => "ets",
            Model::Mstl => "mstl",
            Model::Arima(_) => "arima",
            Model::Mean => "mean",
        }
    }
}

impl FromStr for Model {
    type Err = ParseModelError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let named = Model::ALL.into_iter().find(|model| model.name() == name);
        named.ok_or_else(|| ParseModelError { name: name.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_parsed_and_strangers_are_told_all() {
        for model in Model::ALL {
            assert_eq!(model.name().parse(), Ok(model));
        }
        let error = "prophet".parse::<Model>().expect_err("there is no such forecaster");
        assert!(error.to_string().contains("`prophet`") && error.to_string().contains("seasonal-naive"));
    }
}
