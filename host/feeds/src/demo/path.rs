//! The price at every full hour, and the bar of every hour: a pure function of seed, instrument and hour.
//!
//! The logarithm of the price is a sum of random lattices whose periods double from an hour to a year and whose weight
//! grows with the root of the period: it wanders like a random walk, yet any hour is found without the ones before,
//! and it never runs away. Blocks of four days are calmer or wilder; some hours jump, and the jump fades in a week.

use super::cell::Cell;
use super::hash::{Draws, Key};
use super::listing::Listing;

/// Root of two to the power of the level: weight of the lattice whose period is 2^level hours.
const WEIGHTS: [f64; 14] = {
    const ROOT: f64 = std::f64::consts::SQRT_2;
    [
        1.0,
        ROOT,
        2.0,
        2.0 * ROOT,
        4.0,
        4.0 * ROOT,
        8.0,
        8.0 * ROOT,
        16.0,
        16.0 * ROOT,
        32.0,
        32.0 * ROOT,
        64.0,
        64.0 * ROOT,
    ]
};
/// Lattices below this level follow the regime of their time; longer ones span several.
const REGIME_LEVELS: usize = 6;
/// Hours of one regime.
const REGIME_HOURS: i64 = 96;
/// How lively a regime is; quiet ones are more frequent.
const REGIMES: [f64; 8] = [0.45, 0.6, 0.7, 0.8, 0.95, 1.1, 1.5, 2.1];
/// A jump is gone after so many hours.
const JUMP_FADE: i64 = 168;
/// Volume by hour of the day (UTC): low in the small hours, high when Europe and America overlap.
const SEASON: [f64; 24] = [
    0.85, 0.8, 0.75, 0.7, 0.65, 0.65, 0.7, 0.85, 1.0, 1.05, 1.05, 1.0, 1.1, 1.35, 1.6, 1.6, 1.45, 1.25, 1.1, 1.0, 0.95,
    0.95, 0.9, 0.85,
];

/// The hours of one instrument.
#[derive(Debug, Clone, Copy)]
pub(super) struct Path {
    listing: Listing,
    lattice: Key,
    regime: Key,
    jump: Key,
    hour: Key,
    trades_per_hour: f64,
}

impl Path {
    pub(super) fn new(listing: Listing, key: Key, trades_per_second: f64) -> Self {
        Path {
            listing,
            lattice: key.child(1),
            regime: key.child(2),
            jump: key.child(3),
            hour: key.child(4),
            trades_per_hour: trades_per_second * 3_600.0,
        }
    }

    /// How lively the market is in an hour; 1 is usual.
    pub(super) fn regime(&self, hour: i64) -> f64 {
        REGIMES[(self.regime.word(hour.div_euclid(REGIME_HOURS)) >> 61) as usize]
    }

    /// The price at the start of an hour, in ticks.
    pub(super) fn price(&self, hour: i64) -> i64 {
        let mut wander = 0.0;
        for (level, weight) in WEIGHTS.iter().enumerate() {
            let index = hour >> level;
            let part = (hour - (index << level)) as f64 / (1_i64 << level) as f64;
            let (from, to) = (self.node(level, index), self.node(level, index + 1));
            wander += weight * (from + (to - from) * part);
        }
        // The lattices together move by twice the weight of the finest one per hour.
        let log = wander * self.listing.sigma * 0.5 + self.jumps(hour);
        ((self.listing.price * libm::exp(log) / self.listing.tick) as i64).max(1_000)
    }

    fn node(&self, level: usize, index: i64) -> f64 {
        let value = self.lattice.normal(index * 16 + level as i64);
        if level < REGIME_LEVELS { value * self.regime(index << level) } else { value }
    }

    /// What the jumps of the last week still add to the logarithm of the price.
    fn jumps(&self, hour: i64) -> f64 {
        let block = hour.div_euclid(REGIME_HOURS);
        (block - 2..=block).map(|block| self.jump(block, hour)).sum()
    }

    /// Three blocks of eight have one jump.
    fn jump(&self, block: i64, hour: i64) -> f64 {
        let word = self.jump.word(block);
        if word & 7 > 2 {
            return 0.0;
        }
        let at = block * REGIME_HOURS + ((word >> 8) % REGIME_HOURS as u64) as i64;
        let age = hour - at;
        if !(0..JUMP_FADE).contains(&age) {
            return 0.0;
        }
        let size = 5.0 + 7.0 * ((word >> 20) & 0xffff) as f64 / 65_536.0;
        let size = if word & 8 == 0 { size } else { -size };
        self.listing.sigma * size * (1.0 - age as f64 / JUMP_FADE as f64)
    }

    /// The bar of an hour that runs from `open` to `close`.
    pub(super) fn cell(&self, hour: i64, open: i64, close: i64) -> Cell {
        let mut draws = self.hour.child(hour).draws();
        let liveliness = self.regime(hour);
        let usual = (open as f64 * self.listing.sigma * liveliness).max(8.0);
        let high = open.max(close) + 4 + (0.45 * usual * draws.normal().abs()) as i64;
        let low = (open.min(close) - 4 - (0.45 * usual * draws.normal().abs()) as i64).max(1);
        let range = high - low;
        let moved = (close - open) as f64;
        let activity = self.activity(hour, liveliness, moved.abs() / usual, &mut draws);
        let trades = (self.trades_per_hour * activity.sqrt()) as i64;
        let trades = trades.clamp(60 * super::minutes::FEWEST_TRADES, 60 * super::minutes::MOST_TRADES / 8);
        // The floor lets every minute and trade get its share in whole units; see `minutes`.
        let natural = (self.listing.hourly_volume / self.listing.unit * activity) as i64;
        let volume = natural.max(72 * trades + 300 * range);
        let lean = (0.5 + 0.2 * moved / range as f64 + 0.06 * draws.normal()).clamp(0.2, 0.8);
        let mean = mean_price(open, high, low, close, &mut draws);
        let turnover = (volume as f64 * mean) as i64;
        Cell { open, high, low, close, volume, buy: (volume as f64 * lean) as i64, turnover, trades }
    }

    /// Volume against the usual: by hour of the day, regime and size of the move, with bursts.
    fn activity(&self, hour: i64, liveliness: f64, moved: f64, draws: &mut Draws) -> f64 {
        let burst = if draws.uniform() < 0.015 { 2.0 + 3.0 * draws.uniform() } else { 1.0 };
        SEASON[hour.rem_euclid(24) as usize]
            * (0.4 + 0.6 * liveliness)
            * (0.6 + 0.4 * moved)
            * burst
            * libm::exp(0.3 * draws.normal())
    }
}

/// The average price of the hour: the middle of its ends, bent into the wick by at most half of it, so that a path
/// from open to close with that average fits between low and high.
fn mean_price(open: i64, high: i64, low: i64, close: i64, draws: &mut Draws) -> f64 {
    let bend = draws.uniform() - 0.5;
    let room = if bend > 0.0 { high - open.max(close) } else { open.min(close) - low };
    (open + close) as f64 / 2.0 + bend * room as f64
}
