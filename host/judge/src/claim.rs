//! How an output is cut into claims: one piece for each horizon at which it can be judged.

use sconce_domain::output::ForecastPoint;
use sconce_domain::time::{DAY, HOUR, MINUTE};
use sconce_domain::{Body, Claim, Output, Producer, Signal, Statement};

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

fn of_signal(signal: &Signal) -> Statement {
    Statement::Signal {
        label: signal.label.clone(),
        direction: signal.direction,
        score: signal.score,
        probability: signal.probability,
    }
}
