//! The five instruments of the demo market and what is typical of each.

use sconce_domain::Instrument;

/// What shapes one instrument.
#[derive(Debug, Clone, Copy)]
pub(super) struct Listing {
    pub(super) base: &'static str,
    /// The price that its path wanders around.
    pub(super) price: f64,
    /// Typical change of an hour, as a fraction.
    pub(super) sigma: f64,
    /// Typical volume of an hour, in base units.
    pub(super) hourly_volume: f64,
    /// Smallest step of the price; a power of two.
    pub(super) tick: f64,
    /// Smallest step of a size; a power of two.
    pub(super) unit: f64,
}

/// 2^-n.
const fn step(n: u32) -> f64 {
    1.0 / (1_u64 << n) as f64
}

/// Steps are about a fifth of a basis point of the price, and small enough against the volume of a minute.
pub(super) const LISTINGS: [Listing; 5] = [
    Listing { base: "BTC", price: 64_000.0, sigma: 0.0048, hourly_volume: 900.0, tick: step(4), unit: step(12) },
    Listing { base: "ETH", price: 3_100.0, sigma: 0.0062, hourly_volume: 12_000.0, tick: step(6), unit: step(10) },
    Listing { base: "SOL", price: 150.0, sigma: 0.0082, hourly_volume: 120_000.0, tick: step(9), unit: step(7) },
    Listing { base: "ADA", price: 0.55, sigma: 0.0078, hourly_volume: 6_000_000.0, tick: step(17), unit: step(2) },
    Listing { base: "PUMP", price: 0.0045, sigma: 0.012, hourly_volume: 90_000_000.0, tick: step(24), unit: 1.0 },
];

impl Listing {
    pub(super) fn instrument(&self) -> Instrument {
        Instrument::spot(self.base, "USDT", "demo")
    }
}
