//! What an import costs in fuel: a fixed price for the call and a price for each byte that crosses.
//!
//! Plain data, and part of the engine's [fingerprint](crate::fingerprint): with other prices the same artefact
//! could run out of fuel at another place. Prices stand for the host's work, so that a plugin cannot buy much of the
//! host's time for little fuel.

use wasmtime::{StoreContextMut, Trap};

/// The price list. One unit is about one WebAssembly instruction, which takes well under a nanosecond.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct FuelPrices {
    /// Each time a guest enters the host: every import, WASI's included, and growing memory. About 75 ns of work.
    pub call: u64,
    /// One `log.write`, on top: the line is copied, cut and queued.
    pub log_write: u64,
    /// Each byte of a logged line.
    pub log_byte: u64,
    /// One `history.rows`, on top.
    pub history_call: u64,
    /// Each byte of the answer of `history.rows`.
    pub history_byte: u64,
    /// Each byte that the guest prints to standard output or standard error.
    pub print_byte: u64,
    /// Each byte of randomness.
    pub random_byte: u64,
}

impl Default for FuelPrices {
    fn default() -> Self {
        FuelPrices {
            call: 200,
            log_write: 1_000,
            log_byte: 4,
            history_call: 2_000,
            history_byte: 1,
            print_byte: 4,
            random_byte: 4,
        }
    }
}

impl FuelPrices {
    /// The list as numbers, in the order of declaration, for the fingerprint.
    pub(crate) fn words(&self) -> [u64; 7] {
        let FuelPrices { call, log_write, log_byte, history_call, history_byte, print_byte, random_byte } = *self;
        [call, log_write, log_byte, history_call, history_byte, print_byte, random_byte]
    }
}

/// Takes `price` out of the store's fuel; a guest that cannot pay is out of fuel at this very point.
pub(crate) fn charge<T>(store: &mut StoreContextMut<'_, T>, price: u64) -> wasmtime::Result<()> {
    match store.get_fuel()?.checked_sub(price) {
        Some(rest) => store.set_fuel(rest),
        None => {
            store.set_fuel(0)?;
            Err(Trap::OutOfFuel.into())
        }
    }
}
