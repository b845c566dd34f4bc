//! Quasi-Newton descent with the update of Broyden, Fletcher, Goldfarb and Shanno and a gradient by central differences
//! (Nocedal and Wright 2006, *Numerical Optimization*, algorithm 6.1 with backtracking).

use super::{ENOUGH, Point};
use crate::task::Stop;

/// Most steps.
const STEPS: usize = 200;
/// Half the width of the differences: about the cube root of the precision of a number.
const WIDTH: f64 = 6e-6;
/// A gradient shorter than this is none.
const FLAT: f64 = 1e-6;
/// The share of the promised decrease that a step must bring (Armijo).
const PROMISE: f64 = 1e-4;
/// Halvings of a step before it is given up.
const HALVINGS: usize = 25;

/// The lowest point reached, and whether the descent ended on flat ground rather than for want of a step.
pub(super) fn descend(
    start: Point,
    function: &dyn Fn(&[f64]) -> f64,
    time_is_up: &dyn Fn() -> bool,
) -> Result<(Point, bool), Stop> {
    let mut point = start;
    if !point.value.is_finite() {
        return Ok((point, false));
    }
    let mut gradient = slope(&point.at, function);
    let mut inverse = identity(point.at.len());
    let mut fresh = true;
    for _ in 0..STEPS {
        if time_is_up() {
            return Err(Stop::TimeIsUp);
        }
        if gradient.iter().all(|part| part.abs() < FLAT) {
            return Ok((point, true));
        }
        if gradient.iter().any(|part| !part.is_finite()) {
            return Ok((point, false));
        }
        let step: Vec<f64> = inverse.iter().map(|row| -dot(row, &gradient)).collect();
        let Some(next) = search(&point, &step, dot(&step, &gradient), function) else {
            if fresh {
                return Ok((point, false));
            }
            // The curvature that was learnt leads nowhere: once more with none.
            (inverse, fresh) = (identity(point.at.len()), true);
            continue;
        };
        let settled = point.value - next.value <= ENOUGH * (ENOUGH + point.value.abs());
        let after = slope(&next.at, function);
        fresh = !update(&mut inverse, &minus(&next.at, &point.at), &minus(&after, &gradient));
        (point, gradient) = (next, after);
        if settled {
            return Ok((point, true));
        }
    }
    Ok((point, false))
}

fn slope(at: &[f64], function: &dyn Fn(&[f64]) -> f64) -> Vec<f64> {
    let mut moved = at.to_vec();
    let part = |i: usize| {
        let width = WIDTH * at[i].abs().max(1.0);
        moved[i] = at[i] + width;
        let above = function(&moved);
        moved[i] = at[i] - width;
        let below = function(&moved);
        moved[i] = at[i];
        (above - below) / (2.0 * width)
    };
    (0..at.len()).map(part).collect()
}

/// Halves the step until it keeps its promise; a promise of a rise is none.
fn search(from: &Point, step: &[f64], promised: f64, function: &dyn Fn(&[f64]) -> f64) -> Option<Point> {
    let promised = (promised < 0.0).then_some(promised)?;
    let longest = step.iter().fold(0.0_f64, |longest, part| longest.max(part.abs()));
    // Parameters live within about one; a step far beyond leaves the valley.
    let mut share = if longest > 1.0 { 1.0 / longest } else { 1.0 };
    for _ in 0..HALVINGS {
        let at: Vec<f64> = from.at.iter().zip(step).map(|(at, step)| at + share * step).collect();
        let value = function(&at);
        if value <= from.value + PROMISE * share * promised {
            return Some(Point { at, value });
        }
        share /= 2.0;
    }
    None
}

/// Learns from a step `s` that changed the gradient by `y`; nothing where the two say no curvature.
fn update(inverse: &mut [Vec<f64>], s: &[f64], y: &[f64]) -> bool {
    let curvature = dot(s, y);
    if curvature <= 1e-14 || !curvature.is_finite() {
        return false;
    }
    let moved: Vec<f64> = inverse.iter().map(|row| dot(row, y)).collect();
    let scale = (1.0 + dot(y, &moved) / curvature) / curvature;
    for (i, row) in inverse.iter_mut().enumerate() {
        for (j, cell) in row.iter_mut().enumerate() {
            *cell += scale * s[i] * s[j] - (moved[i] * s[j] + s[i] * moved[j]) / curvature;
        }
    }
    true
}

fn identity(size: usize) -> Vec<Vec<f64>> {
    (0..size).map(|i| (0..size).map(|j| f64::from(u8::from(i == j))).collect()).collect()
}

fn dot(left: &[f64], right: &[f64]) -> f64 {
    left.iter().zip(right).map(|(a, b)| a * b).sum()
}

fn minus(left: &[f64], right: &[f64]) -> Vec<f64> {
    left.iter().zip(right).map(|(a, b)| a - b).collect()
}
