//! Denies growth past the caps. A denied guest sees `memory.grow` fail; what it makes of that is its own affair.
//!
//! wasmtime asks per memory and per table; the caps here bound their sum, so that a component of many small modules
//! gets no more than one large module.

use wasmtime::ResourceLimiter;

use crate::options::ResourceCaps;

/// Counts what one store holds.
#[derive(Debug)]
pub(crate) struct Limiter {
    memory: usize,
    memory_cap: usize,
    elements: usize,
    elements_cap: usize,
    /// How often growth was denied.
    pub(crate) denied: u64,
}

impl Limiter {
    pub(crate) fn new(caps: &ResourceCaps) -> Self {
        Limiter { memory: 0, memory_cap: caps.memory, elements: 0, elements_cap: caps.table_elements, denied: 0 }
    }

    /// Bytes of linear memory in use.
    pub(crate) fn memory(&self) -> usize {
        self.memory
    }
}

/// Grows `held` from `current` to `desired` where the sum stays under `cap`.
fn grow(held: &mut usize, current: usize, desired: usize, cap: usize) -> bool {
    let sum = held.saturating_sub(current).saturating_add(desired);
    let fits = sum <= cap;
    if fits {
        *held = sum;
    }
    fits
}

impl ResourceLimiter for Limiter {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let fits = grow(&mut self.memory, current, desired, self.memory_cap);
        self.denied += u64::from(!fits);
        Ok(fits)
    }

    fn table_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let fits = grow(&mut self.elements, current, desired, self.elements_cap);
        self.denied += u64::from(!fits);
        Ok(fits)
    }
}
