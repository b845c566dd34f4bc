//! Prices for every bar up to the last horizon: straight lines from the close over the anchors that the model gives.

use serde::Serialize;

use super::answer::{Forecast, PriceInterval};

/// A price for one bar ahead.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PathPoint {
    /// Bars after the newest row, from 1.
    pub step: u32,
    /// The price.
    pub price: f64,
    /// By level.
    pub intervals: Vec<PriceInterval>,
    /// Whether the model itself gave it; the others lie on the line between those.
    pub anchor: bool,
}

/// The path of a forecast, at most `most` bars ahead; empty where it has no horizons.
#[must_use]
pub fn path(forecast: &Forecast, most: u32) -> Vec<PathPoint> {
    let levels = forecast.horizons.first().map_or(&[][..], |first| &first.intervals);
    let close = |interval: &PriceInterval| PriceInterval { lower: forecast.close, upper: forecast.close, ..*interval };
    let mut before =
        PathPoint { step: 0, price: forecast.close, intervals: levels.iter().map(close).collect(), anchor: true };
    let mut points = Vec::new();
    for at in &forecast.horizons {
        let anchor = PathPoint { step: at.horizon, price: at.price, intervals: at.intervals.clone(), anchor: true };
        points.extend((before.step + 1..at.horizon).map(|step| between(&before, &anchor, step)));
        points.push(anchor.clone());
        before = anchor;
    }
    points.retain(|point| point.step <= most);
    points
}

fn between(from: &PathPoint, to: &PathPoint, step: u32) -> PathPoint {
    let part = f64::from(step - from.step) / f64::from(to.step - from.step);
    let line = |from: f64, to: f64| from + (to - from) * part;
    let pairs = from.intervals.iter().zip(&to.intervals);
    let intervals = pairs.map(|(from, to)| PriceInterval {
        level: to.level,
        lower: line(from.lower, to.lower),
        upper: line(from.upper, to.upper),
    });
    PathPoint { step, price: line(from.price, to.price), intervals: intervals.collect(), anchor: false }
}
