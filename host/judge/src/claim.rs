//! How outputs and answers of models are cut into claims: one piece for each horizon at which they can be judged.

use sconce_domain::output::ForecastPoint;
use sconce_domain::time::{DAY, HOUR, MINUTE};
use sconce_domain::{
    AnswerInterval, AnswerPoint, Body, Claim, InstrumentId, ModelAnswer, Nanos, Output, Producer, Signal, Statement,
};

use crate::judge::Refusal;

/// Horizons at which a signal is judged that names none, in nanoseconds: 15 minutes, 1 hour, 4 hours and 1 day.
pub const DEFAULT_HORIZONS: [i64; 4] = [15 * MINUTE, HOUR, 4 * HOUR, DAY];

/// The only target of forecasts that a market can answer: the close of the bar that ends at the horizon.
pub const CLOSE: &str = "close";

/// The claims of an output: one per point of a forecast; for a signal one at its horizon, or one at each of
/// [`DEFAULT_HORIZONS`]. An output is available at its `as_of`: what the call took is no part of it.
pub fn claims_of(output: &Output, in_sample: bool) -> Result<Vec<Claim>, Refusal> {
    let instrument = output.instrument.as_ref().ok_or(Refusal::NoInstrument)?;
    let claim = |horizon, statement| Claim {
        id: output.id,
        producer: Producer::of(output),
        instrument: instrument.clone(),
        as_of: output.as_of,
        ts_init: output.as_of,
        horizon,
        step: output.provenance.trigger.timeframes().iter().next(),
        in_sample,
        statement,
    };
    match &output.body {
        Body::Signal(signal) => {
            let own = signal.horizon.as_ref().map(std::slice::from_ref);
            let horizons = own.unwrap_or(&DEFAULT_HORIZONS);
            Ok(horizons.iter().map(|horizon| claim(*horizon, of_signal(signal))).collect())
        }
        Body::Forecast(forecast) if forecast.target == CLOSE => {
            let point = |point: &ForecastPoint| {
                let (value, interval) = (point.value, point.lower.zip(point.upper));
                claim(point.horizon, Statement::Forecast { value, interval, level: forecast.level })
            };
            Ok(forecast.points.iter().map(point).collect())
        }
        Body::Forecast(_) => Err(Refusal::OtherTarget),
    }
}

/// Nominal coverage of the intervals that models are judged by, where they give them; else it is that of their widest.
const LEVEL: f64 = 0.95;

/// The claims of a model's answer, one per point. Such an answer stands for the row of its bar, at the close plus `grace`, and
/// it was available at `known_at`.
pub fn claims_of_answer(
    instrument: &InstrumentId,
    answer: &ModelAnswer,
    known_at: Nanos,
    grace: i64,
) -> Result<Vec<Claim>, Refusal> {
    if !answer.is_sound() || !(Nanos(0)..=known_at).contains(&answer.as_of) {
        return Err(Refusal::Malformed);
    }
    let as_of = Nanos(answer.as_of.0.saturating_add(grace));
    let claim = |point: &AnswerPoint| Claim {
        id: answer.id(instrument),
        producer: Producer::of_answer(answer),
        instrument: instrument.clone(),
        as_of,
        ts_init: known_at.max(as_of),
        horizon: i64::from(point.ahead).saturating_mul(answer.timeframe.nanos()),
        step: Some(answer.timeframe),
        in_sample: point.in_sample,
        statement: of_point(answer.close, point),
    };
    Ok(answer.points.iter().map(claim).collect())
}

fn of_point(close: f64, point: &AnswerPoint) -> Statement {
    let usual = point.intervals.iter().find(|range| (range.level - LEVEL).abs() < 1e-9);
    let width = |range: &AnswerInterval| range.upper - range.lower;
    let widest = || point.intervals.iter().max_by(|a, b| width(a).total_cmp(&width(b)));
    let range = usual.or_else(widest);
    Statement::Forecast {
        value: close * libm::exp(point.log_return),
        interval: range.map(|range| (range.lower, range.upper)),
        level: range.map(|range| range.level),
    }
}

fn of_signal(signal: &Signal) -> Statement {
    Statement::Signal {
        label: signal.label.clone(),
        direction: signal.direction,
        score: signal.score,
        probability: signal.probability,
    }
}
