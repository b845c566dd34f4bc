//! The rules of the interface that an output must keep, so that a test fails where the host would refuse.

use crate::forecast::Forecast;
use crate::output::{Body, Output};
use crate::signal::{Scalar, Signal, Text};

/// Checks one output of an instance of `instruments` instruments.
///
/// # Errors
/// A sentence that says which rule is broken.
pub fn check_output(output: &Output, instruments: usize) -> Result<(), String> {
    if let Some(position) = output.instrument
        && position as usize >= instruments
    {
        return Err(format!("instrument {position} was not given, there are {instruments}"));
    }
    match &output.body {
        Body::Signal(signal) => check_signal(signal),
        Body::Forecast(forecast) => check_forecast(forecast),
    }
}

fn check_signal(signal: &Signal) -> Result<(), String> {
    if signal.label.is_empty() {
        return Err("the label is empty".to_owned());
    }
    finite("score", signal.score)?;
    if let Some(probability) = signal.probability
        && !(0.0..=1.0).contains(&probability)
    {
        return Err(format!("probability {probability} is outside 0 to 1"));
    }
    signal.levels.iter().try_for_each(|(name, price)| finite(name, *price))?;
    check_attributes(&signal.attributes)
}

fn check_forecast(forecast: &Forecast) -> Result<(), String> {
    if let Some(level) = forecast.level
        && !(level > 0.0 && level < 1.0)
    {
        return Err(format!("level {level} is not between 0 and 1"));
    }
    for point in &forecast.points {
        let numbers = [Some(point.value), point.lower, point.upper];
        numbers.into_iter().flatten().try_for_each(|number| finite("point", number))?;
    }
    if !forecast.points.is_sorted_by(|a, b| a.horizon < b.horizon) {
        return Err("the points are not ordered, nearest first".to_owned());
    }
    check_attributes(&forecast.attributes)
}

fn check_attributes(attributes: &[(Text, Scalar)]) -> Result<(), String> {
    attributes.iter().try_for_each(|(name, value)| match value {
        Scalar::Num(number) => finite(name, *number),
        _ => Ok(()),
    })
}

fn finite(name: &str, number: f64) -> Result<(), String> {
    if number.is_finite() { Ok(()) } else { Err(format!("`{name}` is {number}, not finite")) }
}
