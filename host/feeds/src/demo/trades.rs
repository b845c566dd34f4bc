//! The trades of a minute: they add up to it in every field.
//!
//! Sizes are shared by the law of the lever; what rounding leaves is settled between the highest and the lowest trade,
//! and then between two trades that are one tick apart.

use super::cell::Cell;
use super::hash::{Draws, Key};
use super::split::{lever, split};

/// One trade in ticks and units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Print {
    pub(super) price: i64,
    pub(super) size: i64,
    pub(super) bought: bool,
    /// Nanoseconds after the start of the minute.
    pub(super) offset: i64,
}

/// Where the trades are that settle a minute.
struct Anchors {
    high: usize,
    low: usize,
    /// One tick below `upper`.
    lower: usize,
    upper: usize,
}

/// The trades of `minute`, in order.
pub(super) fn trades(minute: &Cell, key: Key) -> Vec<Print> {
    let mut draws = key.draws();
    // One of them is divided in two at the end.
    let count = usize::try_from(minute.trades).unwrap_or_default().max(8) - 1;
    let anchors = place(count, &mut draws);
    let prices = prices(minute, count, &anchors, &mut draws);
    let sizes = sizes(minute, &prices, &anchors, &mut draws);
    let mut prints = sides(minute, &prices, &sizes, &mut draws);
    // Strictly ascending and never on a minute's edge, with room for a quote after each: the place in the stream can be
    // told from the time alone.
    let slot = sconce_domain::time::MINUTE as f64 / prints.len() as f64;
    for (index, print) in prints.iter_mut().enumerate() {
        let micros = ((index as f64 + 0.01 + 0.98 * draws.uniform()) * slot / 1e3) as i64;
        print.offset = micros * 1_000;
    }
    prints
}

/// Four different places between the first and the last trade.
fn place(count: usize, draws: &mut Draws) -> Anchors {
    let start = draws.below(count - 2);
    let step = (count - 2) / 4;
    let mut places = [0, 1, 2, 3].map(|n| 1 + (start + n * step + draws.below(step)) % (count - 2));
    if draws.uniform() < 0.5 {
        places.swap(0, 2);
    }
    if draws.uniform() < 0.5 {
        places.swap(1, 3);
    }
    let [high, lower, low, upper] = places;
    Anchors { high, low, lower, upper }
}

fn prices(minute: &Cell, count: usize, anchors: &Anchors, draws: &mut Draws) -> Vec<i64> {
    let last = count - 1;
    let mut knots = [(0, minute.open), (anchors.high, minute.high), (anchors.low, minute.low), (last, minute.close)];
    knots.sort_unstable();
    let noise = minute.range() as f64 * 0.08;
    let mut prices = Vec::with_capacity(count);
    for pair in knots.windows(2) {
        let ((from, start), (to, end)) = (pair[0], pair[1]);
        for index in from..to {
            let part = (index - from) as f64 / (to - from) as f64;
            let price = start as f64 + (end - start) as f64 * part + noise * draws.normal();
            prices.push(if index == from { start } else { (price as i64).clamp(minute.low, minute.high) });
        }
    }
    prices.push(minute.close);
    let lower = prices[anchors.lower].min(minute.high - 1);
    (prices[anchors.lower], prices[anchors.upper]) = (lower, lower + 1);
    prices
}

fn sizes(minute: &Cell, prices: &[i64], anchors: &Anchors, draws: &mut Draws) -> Vec<i64> {
    let count = prices.len() as i64;
    let mut sizes = vec![1_i64; prices.len()];
    // What the settling below may take from each of them.
    sizes[anchors.high] += count;
    sizes[anchors.low] += count;
    sizes[anchors.lower] += minute.range();
    let volume = minute.volume - sizes.iter().sum::<i64>();
    let turnover = minute.turnover - value(prices, &sizes);
    let mut weights: Vec<f64> = prices.iter().map(|_| libm::exp(0.9 * draws.normal())).collect();
    let heights: Vec<f64> = prices.iter().map(|price| *price as f64).collect();
    lever(turnover as f64 / volume as f64, &heights, &mut weights);
    for (size, part) in sizes.iter_mut().zip(split(volume, &weights)) {
        *size += part;
    }
    let rest = minute.turnover - value(prices, &sizes);
    let up = rest.div_euclid(minute.range());
    sizes[anchors.high] += up;
    sizes[anchors.low] -= up;
    let rest = rest.rem_euclid(minute.range());
    sizes[anchors.upper] += rest;
    sizes[anchors.lower] -= rest;
    debug_assert!(sizes.iter().all(|size| *size > 0), "settling leaves every trade a size");
    sizes
}

fn value(prices: &[i64], sizes: &[i64]) -> i64 {
    prices.iter().zip(sizes).map(|(price, size)| price * size).sum()
}

/// Gives every trade its side so that the bought volume is met; one trade is divided in two at the same price.
fn sides(minute: &Cell, prices: &[i64], sizes: &[i64], draws: &mut Draws) -> Vec<Print> {
    let mut order: Vec<(i64, usize)> = (0..prices.len())
        .map(|index| {
            let change = prices[index] - prices[index.saturating_sub(1)];
            (change.signum() * 700 + (1_000.0 * draws.normal()) as i64, index)
        })
        .collect();
    order.sort_unstable_by(|a, b| b.cmp(a));
    let mut left = minute.buy;
    let mut bought = vec![0_i64; prices.len()];
    for (_, index) in order {
        bought[index] = sizes[index].min(left);
        left -= bought[index];
    }
    let divided = (0..prices.len())
        .find(|index| bought[*index] > 0 && bought[*index] < sizes[*index])
        .unwrap_or_else(|| (0..prices.len()).max_by_key(|index| sizes[*index]).unwrap_or_default());
    let mut prints = Vec::with_capacity(prices.len() + 1);
    for (index, (price, size)) in prices.iter().zip(sizes).enumerate() {
        let mut push = |size, bought| prints.push(Print { price: *price, size, bought, offset: 0 });
        let buying = bought[index];
        if index != divided {
            push(*size, buying > 0);
        } else if buying > 0 && buying < *size {
            push(buying, true);
            push(size - buying, false);
        } else {
            push(size / 2, buying > 0);
            push(size - size / 2, buying > 0);
        }
    }
    prints
}
