//! The shapes of the entries: `strategyId, name, market, action, price, ts` and `ts, event, market, note, score, details`.

use sconce_domain::{DeploymentId, Nanos, Observation, StrategyLogLine};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A time as text or as an epoch number.
#[derive(Deserialize)]
#[serde(untagged)]
enum Time {
    Text(String),
    Number(f64),
}

impl Time {
    fn read(&self) -> Result<Nanos, String> {
        match self {
            Time::Text(text) => Nanos::parse(text).map_err(|error| error.to_string()),
            Time::Number(number) => Nanos::from_epoch(*number).ok_or_else(|| format!("{number} is not a time")),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReadObservation {
    strategy_id: String,
    name: String,
    market: String,
    action: String,
    price: f64,
    ts: Time,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WrittenObservation<'a> {
    strategy_id: &'a str,
    name: &'a str,
    market: &'a str,
    action: &'a str,
    price: f64,
    ts: String,
}

#[derive(Deserialize)]
struct ReadLine {
    ts: Time,
    event: String,
    market: Option<String>,
    note: Option<String>,
    score: Option<f64>,
    details: Option<Value>,
}

#[derive(Serialize)]
struct WrittenLine<'a> {
    ts: String,
    event: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    market: &'a Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: &'a Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    details: &'a Option<Value>,
}

pub(super) fn observation(value: Value) -> Result<Observation, String> {
    let read: ReadObservation = serde_json::from_value(value).map_err(|error| error.to_string())?;
    let ts = read.ts.read()?;
    if !read.price.is_finite() || read.price <= 0.0 {
        return Err(format!("price {} is not above 0", read.price));
    }
    let ReadObservation { strategy_id, name, market, action, price, .. } = read;
    Ok(Observation { ts, strategy_id, name, market, action, price })
}

pub(super) fn observation_json(observation: &Observation) -> String {
    let Observation { ts, strategy_id, name, market, action, price } = observation;
    let written = WrittenObservation { strategy_id, name, market, action, price: *price, ts: ts.to_rfc3339() };
    serde_json::to_string(&written).expect("strings and a number always serialise")
}

pub(super) fn log_line(line: &[u8], strategy: &DeploymentId) -> Result<StrategyLogLine, String> {
    let read: ReadLine = serde_json::from_slice(line).map_err(|error| error.to_string())?;
    let ts = read.ts.read()?;
    let ReadLine { event, market, note, score, details, .. } = read;
    Ok(StrategyLogLine { ts, strategy: strategy.clone(), event, market, note, score, details })
}

pub(super) fn log_json(line: &StrategyLogLine) -> String {
    let StrategyLogLine { ts, event, market, note, score, details, .. } = line;
    let score = score.filter(|score| score.is_finite());
    let written = WrittenLine { ts: ts.to_rfc3339(), event, market, note, score, details };
    serde_json::to_string(&written).expect("a JSON value always serialises")
}
