//! What an output says, as served: a signal or a forecast, numbers finite or null.

use std::collections::BTreeMap;

use sconce_domain::output::ForecastPoint;
use sconce_domain::time::SECOND;
use sconce_domain::{Body, Direction, Forecast, Scalar, Signal};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::number::Finite;

/// What a plugin thinks of an instrument.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SaidSignal {
    /// The plugin's word.
    #[schema(example = "Accumulation")]
    label: String,
    /// `long`, `short` or `neutral`.
    #[schema(value_type = String, example = "neutral")]
    direction: Direction,
    /// On the scale that the plugin declares.
    #[schema(required)]
    score: Option<Finite>,
    /// Probability that the direction is right.
    #[schema(required)]
    probability: Option<Finite>,
    /// How long it claims to hold.
    #[schema(required)]
    horizon_s: Option<Finite>,
    /// Worth reporting.
    finding: bool,
    /// Named prices; one that is no number is left out.
    levels: BTreeMap<String, Finite>,
    /// Anything else.
    #[schema(value_type = Object)]
    attributes: BTreeMap<String, Value>,
}

/// One point of a forecast.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SaidPoint {
    /// Seconds after `as_of`.
    #[schema(required)]
    horizon_s: Option<Finite>,
    /// Expected value.
    #[schema(required)]
    value: Option<Finite>,
    /// Lower end of the interval.
    #[schema(required)]
    lower: Option<Finite>,
    /// Upper end of the interval.
    #[schema(required)]
    upper: Option<Finite>,
}

/// What a plugin or model expects to come.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SaidForecast {
    /// What is forecast.
    #[schema(example = "close")]
    target: String,
    /// Nominal level of the intervals.
    #[schema(required)]
    level: Option<Finite>,
    /// Nearest first.
    points: Vec<SaidPoint>,
    /// Anything else.
    #[schema(value_type = Object)]
    attributes: BTreeMap<String, Value>,
}

/// What an output says: exactly one of the two.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SaidBody {
    /// A signal.
    #[serde(skip_serializing_if = "Option::is_none")]
    signal: Option<SaidSignal>,
    /// A forecast.
    #[serde(skip_serializing_if = "Option::is_none")]
    forecast: Option<SaidForecast>,
}

impl From<Body> for SaidBody {
    fn from(body: Body) -> Self {
        match body {
            Body::Signal(signal) => SaidBody { signal: Some(signal.into()), forecast: None },
            Body::Forecast(forecast) => SaidBody { signal: None, forecast: Some(forecast.into()) },
        }
    }
}

impl From<Signal> for SaidSignal {
    fn from(signal: Signal) -> Self {
        SaidSignal {
            label: signal.label,
            direction: signal.direction,
            score: Finite::new(signal.score),
            probability: signal.probability.and_then(Finite::new),
            horizon_s: signal.horizon.and_then(seconds),
            finding: signal.finding,
            levels: signal.levels.into_iter().filter_map(|(name, price)| Some((name, Finite::new(price)?))).collect(),
            attributes: attributes(signal.attributes),
        }
    }
}

impl From<Forecast> for SaidForecast {
    fn from(forecast: Forecast) -> Self {
        SaidForecast {
            target: forecast.target,
            level: forecast.level.and_then(Finite::new),
            points: forecast.points.into_iter().map(SaidPoint::from).collect(),
            attributes: attributes(forecast.attributes),
        }
    }
}

impl From<ForecastPoint> for SaidPoint {
    fn from(point: ForecastPoint) -> Self {
        SaidPoint {
            horizon_s: seconds(point.horizon),
            value: Finite::new(point.value),
            lower: point.lower.and_then(Finite::new),
            upper: point.upper.and_then(Finite::new),
        }
    }
}

fn seconds(nanos: i64) -> Option<Finite> {
    Finite::new(nanos as f64 / SECOND as f64)
}

/// A number that JSON cannot hold becomes null.
fn attributes(list: Vec<(String, Scalar)>) -> BTreeMap<String, Value> {
    let value = |scalar| match scalar {
        Scalar::Flag(flag) => Value::from(flag),
        Scalar::Int(number) => Value::from(number),
        Scalar::Num(number) => Value::from(number),
        Scalar::Text(text) => Value::from(text),
    };
    list.into_iter().map(|(name, scalar)| (name, value(scalar))).collect()
}
