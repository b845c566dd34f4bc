//! Randomness from the instance's seed: the same instance draws the same numbers in every run.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use wasmtime_wasi::p2::bindings::random::{insecure, insecure_seed, random};

use crate::state::GuestState;

/// Seeds hash maps of guests; the same for all, so that their order is.
const HASH_SEED: (u64, u64) = (0x736f_6e63_6500_0001, 0x9e37_79b9_7f4a_7c15);

/// The generator behind both of WASI's sources of randomness.
#[derive(Debug)]
pub(crate) struct SeededRandom(ChaCha8Rng);

impl SeededRandom {
    pub(crate) fn new(seed: u64) -> Self {
        SeededRandom(ChaCha8Rng::seed_from_u64(seed))
    }
}

impl GuestState {
    fn draw(&mut self, len: u64) -> wasmtime::Result<Vec<u8>> {
        if len > self.random_cap {
            let text = format!("{len} random bytes asked for, at most {} are given at once", self.random_cap);
            return Err(wasmtime::Error::msg(text));
        }
        self.owe(0, self.prices.random_byte, len);
        let mut bytes = vec![0; usize::try_from(len)?];
        self.random.0.fill_bytes(&mut bytes);
        Ok(bytes)
    }
}

impl random::Host for GuestState {
    fn get_random_bytes(&mut self, len: u64) -> wasmtime::Result<Vec<u8>> {
        self.draw(len)
    }

    fn get_random_u64(&mut self) -> wasmtime::Result<u64> {
        Ok(self.random.0.next_u64())
    }
}

impl insecure::Host for GuestState {
    fn get_insecure_random_bytes(&mut self, len: u64) -> wasmtime::Result<Vec<u8>> {
        self.draw(len)
    }

    fn get_insecure_random_u64(&mut self) -> wasmtime::Result<u64> {
        Ok(self.random.0.next_u64())
    }
}

impl insecure_seed::Host for GuestState {
    fn insecure_seed(&mut self) -> wasmtime::Result<(u64, u64)> {
        Ok(HASH_SEED)
    }
}
