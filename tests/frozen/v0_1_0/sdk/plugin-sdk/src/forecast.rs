//! Forecasts: what a plugin expects to come, and how to build one.

use crate::signal::{Scalar, Text};

/// One point of a forecast.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct ForecastPoint {
    /// Nanoseconds after the row.
    pub horizon: u64,
    /// Expected value.
    pub value: f64,
    /// Lower end of the interval.
    pub lower: Option<f64>,
    /// Upper end of the interval.
    pub upper: Option<f64>,
}

/// What a plugin expects to come. Every number must be finite.
#[derive(Clone, Debug, PartialEq)]
pub struct Forecast {
    /// What is forecast, such as `close`.
    pub target: Text,
    /// Nominal level of the intervals, in (0, 1).
    pub level: Option<f64>,
    /// Nearest first.
    pub points: Vec<ForecastPoint>,
    /// Named values, in the plugin's order.
    pub attributes: Vec<(Text, Scalar)>,
}

impl Forecast {
    /// A forecast of `target` without points yet.
    pub fn new(target: impl Into<Text>) -> Self {
        Forecast { target: target.into(), level: None, points: Vec::new(), attributes: Vec::new() }
    }

    /// Sets the nominal level of the intervals, in (0, 1).
    #[must_use]
    pub fn level(mut self, level: f64) -> Self {
        self.level = Some(level);
        self
    }

    /// Adds a point, `horizon` nanoseconds after the row.
    #[must_use]
    pub fn point(mut self, horizon: u64, value: f64) -> Self {
        self.points.push(ForecastPoint { horizon, value, lower: None, upper: None });
        self
    }

    /// Adds a point with its interval.
    #[must_use]
    pub fn interval(mut self, horizon: u64, lower: f64, value: f64, upper: f64) -> Self {
        self.points.push(ForecastPoint { horizon, value, lower: Some(lower), upper: Some(upper) });
        self
    }

    /// Adds a named value.
    #[must_use]
    pub fn attribute(mut self, name: impl Into<Text>, value: impl Into<Scalar>) -> Self {
        self.attributes.push((name.into(), value.into()));
        self
    }
}
