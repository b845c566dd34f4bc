//! Searching for the smallest value of a function without derivatives: on a stretch of numbers, and over several numbers
//! by quasi-Newton steps with a simplex to fall back on.

mod bfgs;
mod golden;
mod simplex;

pub(crate) use golden::minimum_on;

use crate::task::Stop;

/// A point and the function's value there.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Point {
    pub(crate) at: Vec<f64>,
    pub(crate) value: f64,
}

/// A relative decrease below this counts as none.
const ENOUGH: f64 = 1e-10;

/// A local minimum near `start`: quasi-Newton steps; where they stall the simplex moves on, and the steps are tried once
/// more from where it ends. Places where the function is no number count as infinitely high.
pub(crate) fn minimise(
    start: &[f64],
    function: &dyn Fn(&[f64]) -> f64,
    time_is_up: &dyn Fn() -> bool,
) -> Result<Point, Stop> {
    let guarded = |at: &[f64]| {
        // Nothing that is found after the deadline counts; the descent itself looks at it before its next step.
        if time_is_up() {
            return f64::INFINITY;
        }
        let value = function(at);
        if value.is_nan() { f64::INFINITY } else { value }
    };
    let first = Point { at: start.to_vec(), value: guarded(start) };
    if time_is_up() {
        return Err(Stop::TimeIsUp);
    }
    if start.is_empty() {
        return Ok(first);
    }
    let (steps, settled) = bfgs::descend(first, &guarded, time_is_up)?;
    if settled {
        return Ok(steps);
    }
    let moved = simplex::descend(steps, &guarded, time_is_up)?;
    Ok(bfgs::descend(moved, &guarded, time_is_up)?.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(start: &[f64], function: impl Fn(&[f64]) -> f64, expected: &[f64]) {
        let found = minimise(start, &function, &|| false).expect("time enough");
        let near = found.at.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 1e-3);
        assert!(near, "{found:?}");
    }

    #[test]
    fn minima() {
        check(&[], |_| 1.0, &[]);
        check(&[5.0], |x| (x[0] - 1.5) * (x[0] - 1.5), &[1.5]);
        let valley = |x: &[f64]| (1.0 - x[0]) * (1.0 - x[0]) + 100.0 * (x[1] - x[0] * x[0]) * (x[1] - x[0] * x[0]);
        check(&[-1.2, 1.0], valley, &[1.0, 1.0]);
        // A kink, where a gradient says nothing.
        check(&[3.0, -2.0], |x| (x[0] - 1.0).abs() + (x[1] + 1.0).abs(), &[1.0, -1.0]);
        // A wall beyond which the function is no number.
        check(&[0.5], |x| if x[0] > 2.0 { f64::NAN } else { -x[0].min(1.9) + (x[0] - 1.0) * (x[0] - 1.0) }, &[1.5]);
    }

    #[test]
    fn time_is_kept() {
        assert_eq!(minimise(&[1.0], &|x| x[0] * x[0], &|| true), Err(Stop::TimeIsUp));
    }
}
