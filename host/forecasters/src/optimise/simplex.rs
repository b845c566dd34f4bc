//! The downhill simplex of Nelder and Mead (1965) with the usual coefficients: reflect 1, expand 2, contract ½, shrink ½.

use super::{ENOUGH, Point};
use crate::task::Stop;

/// Most moves for each number that is searched.
const MOVES: usize = 200;
/// The first simplex reaches so far in each direction.
const REACH: f64 = 0.1;

/// The lowest corner when the simplex is flat, or after the last move.
pub(super) fn descend(
    start: Point,
    function: &dyn Fn(&[f64]) -> f64,
    time_is_up: &dyn Fn() -> bool,
) -> Result<Point, Stop> {
    let size = start.at.len();
    let mut corners = vec![start.clone()];
    for i in 0..size {
        let mut at = start.at.clone();
        at[i] += REACH;
        let value = function(&at);
        corners.push(Point { at, value });
    }
    for _ in 0..MOVES * size {
        if time_is_up() {
            return Err(Stop::TimeIsUp);
        }
        corners.sort_by(|a, b| a.value.total_cmp(&b.value));
        let (best, worst) = (corners[0].value, corners[size].value);
        if worst - best <= ENOUGH * (1.0 + best.abs()) {
            break;
        }
        step(&mut corners, function);
    }
    Ok(corners.into_iter().min_by(|a, b| a.value.total_cmp(&b.value)).unwrap_or(start))
}

/// One move of the worst corner, or of all towards the best. The corners are sorted.
fn step(corners: &mut [Point], function: &dyn Fn(&[f64]) -> f64) {
    let size = corners.len() - 1;
    let others = &corners[..size];
    let centre = |i: usize| others.iter().map(|corner| corner.at[i]).sum::<f64>() / size as f64;
    let centre: Vec<f64> = (0..size).map(centre).collect();
    let worst = corners[size].clone();
    let along = |share: f64| {
        let at: Vec<f64> =
            centre.iter().zip(&worst.at).map(|(centre, worst)| centre + share * (centre - worst)).collect();
        let value = function(&at);
        Point { at, value }
    };
    let reflected = along(1.0);
    if reflected.value < corners[0].value {
        let expanded = along(2.0);
        corners[size] = if expanded.value < reflected.value { expanded } else { reflected };
    } else if reflected.value < corners[size - 1].value {
        corners[size] = reflected;
    } else {
        let contracted = if reflected.value < worst.value { along(0.5) } else { along(-0.5) };
        if contracted.value < worst.value.min(reflected.value) {
            corners[size] = contracted;
        } else {
            shrink(corners, function);
        }
    }
}

fn shrink(corners: &mut [Point], function: &dyn Fn(&[f64]) -> f64) {
    let best = corners[0].at.clone();
    for corner in &mut corners[1..] {
        corner.at.iter_mut().zip(&best).for_each(|(at, best)| *at = f64::midpoint(*at, *best));
        corner.value = function(&corner.at);
    }
}
