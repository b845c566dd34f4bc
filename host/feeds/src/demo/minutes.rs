//! The sixty minutes of an hour: they add up to it in every field.
//!
//! A random walk is bent so that it begins at the open, ends at the close, averages the hour's average price and stays
//! between low and high; one minute touches the high and one the low. Volume is shared so that the turnover fits too.

use super::cell::Cell;
use super::hash::{Draws, Key};
use super::split::{absorb, lever, split};

/// A minute needs its first, last, highest and lowest trade, a pair for the change, and one that is divided.
pub(super) const FEWEST_TRADES: i64 = 8;
/// Trade numbers leave 16 bits to the position within the minute.
pub(super) const MOST_TRADES: i64 = 65_535;
const MINUTES: usize = 60;

/// Units that a minute needs at least, so that its trades can be made to fit its turnover; see `trades`.
fn least_volume(trades: i64, range: i64) -> i64 {
    12 * (3 * trades + range)
}

/// The minutes of `hour`.
pub(super) fn minutes(hour: &Cell, key: Key) -> Vec<Cell> {
    let mut draws = key.draws();
    let weights: Vec<f64> = (0..MINUTES).map(|_| libm::exp(0.5 * draws.normal())).collect();
    let mut cells = prices(hour, &mut draws);
    let extra = split(hour.trades - FEWEST_TRADES * MINUTES as i64, &weights);
    for (cell, extra) in cells.iter_mut().zip(extra) {
        cell.trades = FEWEST_TRADES + extra;
    }
    let means: Vec<f64> = cells.iter().map(mean_price).collect();
    share_volume(hour, &mut cells, &means, weights);
    share_turnover(hour, &mut cells, &means);
    share_buying(hour, &mut cells, &mut draws);
    cells
}

/// The price about which the minute trades, away from its extremes.
fn mean_price(cell: &Cell) -> f64 {
    let edge = 0.3 * cell.range() as f64;
    ((cell.open + cell.close) as f64 / 2.0).clamp(cell.low as f64 + edge, cell.high as f64 - edge)
}

/// Minutes with their prices; everything else is 0 yet.
fn prices(hour: &Cell, draws: &mut Draws) -> Vec<Cell> {
    let ends = walk(hour, draws);
    let wick = (hour.range() as f64 / 80.0).max(1.0);
    let mut cells: Vec<Cell> = ends
        .windows(2)
        .map(|pair| {
            let high = pair[0].max(pair[1]) + 1 + (wick * draws.normal().abs()) as i64;
            let low = pair[0].min(pair[1]) - 1 - (wick * draws.normal().abs()) as i64;
            let (high, low) = (high.min(hour.high), low.max(hour.low));
            Cell { open: pair[0], high, low, close: pair[1], volume: 0, buy: 0, turnover: 0, trades: 0 }
        })
        .collect();
    let top = (0..MINUTES).max_by_key(|index| cells[*index].high).unwrap_or_default();
    let bottom = (0..MINUTES).min_by_key(|index| cells[*index].low).unwrap_or_default();
    cells[top].high = hour.high;
    cells[bottom].low = hour.low;
    let least = (hour.range() / 40).max(2);
    for cell in &mut cells {
        let up = (least - cell.range()).clamp(0, hour.high - cell.high);
        cell.high += up;
        cell.low -= (least - cell.range()).clamp(0, cell.low - hour.low);
    }
    cells
}

/// Prices at the 61 ends of the minutes.
fn walk(hour: &Cell, draws: &mut Draws) -> Vec<i64> {
    let steps: Vec<f64> = (0..MINUTES).map(|_| draws.normal()).collect();
    let drift = steps.iter().sum::<f64>() / MINUTES as f64;
    let mut noise = vec![0.0];
    for step in &steps {
        noise.push(noise[noise.len() - 1] + step - drift);
    }
    // 6 t (1 - t) averages 1 over the hour and is 0 at its ends.
    let hump = |index: usize| {
        let t = index as f64 / MINUTES as f64;
        6.0 * t * (1.0 - t)
    };
    let average = noise.iter().sum::<f64>() / MINUTES as f64;
    let (open, close) = (hour.open as f64, hour.close as f64);
    let bend = hour.turnover as f64 / hour.volume as f64 - (open + close) / 2.0;
    let line: Vec<f64> =
        (0..=MINUTES).map(|i| open + (close - open) * i as f64 / MINUTES as f64 + bend * hump(i)).collect();
    let noise: Vec<f64> = noise.iter().enumerate().map(|(i, value)| value - average * hump(i)).collect();
    let mut scale = f64::MAX;
    for (at, value) in line.iter().zip(&noise) {
        let room = if *value > 0.0 { hour.high as f64 - at } else { at - hour.low as f64 };
        if value.abs() > 1e-9 {
            scale = scale.min(room.max(0.0) / value.abs());
        }
    }
    let scale = if scale == f64::MAX { 0.0 } else { 0.96 * scale };
    let mut ends: Vec<i64> = line.iter().zip(&noise).map(|(at, value)| (at + scale * value) as i64).collect();
    for end in &mut ends {
        *end = (*end).clamp(hour.low, hour.high);
    }
    (ends[0], ends[MINUTES]) = (hour.open, hour.close);
    ends
}

fn share_volume(hour: &Cell, cells: &mut [Cell], means: &[f64], mut weights: Vec<f64>) {
    let mut rest = hour.volume;
    let mut turnover = hour.turnover as f64;
    for (cell, mean) in cells.iter_mut().zip(means) {
        cell.volume = least_volume(cell.trades, cell.range());
        rest -= cell.volume;
        turnover -= cell.volume as f64 * mean;
    }
    debug_assert!(rest > 0, "an hour has volume for its minutes");
    lever(turnover / rest.max(1) as f64, means, &mut weights);
    for (cell, part) in cells.iter_mut().zip(split(rest.max(0), &weights)) {
        cell.volume += part;
    }
}

fn share_turnover(hour: &Cell, cells: &mut [Cell], means: &[f64]) {
    let mut parts: Vec<i64> = cells.iter().zip(means).map(|(cell, mean)| (cell.volume as f64 * mean) as i64).collect();
    let rest = hour.turnover - parts.iter().sum::<i64>();
    let edges: Vec<(i64, i64)> = cells
        .iter()
        .map(|cell| {
            let edge = (cell.volume as f64 * 0.15 * cell.range() as f64) as i64;
            (cell.volume * cell.low + edge, cell.volume * cell.high - edge)
        })
        .collect();
    let left = absorb(rest, &mut parts, |index| edges[index]);
    debug_assert_eq!(left, 0, "the turnover of an hour fits its minutes");
    for (cell, part) in cells.iter_mut().zip(parts) {
        cell.turnover = part;
    }
}

fn share_buying(hour: &Cell, cells: &mut [Cell], draws: &mut Draws) {
    let share = hour.buy as f64 / hour.volume as f64;
    let mut parts: Vec<i64> = cells
        .iter()
        .map(|cell| {
            let lean = 0.12 * (cell.close - cell.open) as f64 / cell.range() as f64 + 0.05 * draws.normal();
            (cell.volume as f64 * (share + lean).clamp(0.05, 0.95)) as i64
        })
        .collect();
    let rest = hour.buy - parts.iter().sum::<i64>();
    let left = absorb(rest, &mut parts, |index| (0, cells[index].volume));
    debug_assert_eq!(left, 0, "bought volume is within the volume");
    for (cell, part) in cells.iter_mut().zip(parts) {
        cell.buy = part;
    }
}
