//! Denies growth past the caps. A denied guest sees `memory.grow` fail; what it makes of that is its own affair.
//!
//! wasmtime asks per memory and per table; the caps here bound their sum, so that a component of many small modules
//! gets no more than one large module. Tables are paid for out of the same memory.

use wasmtime::ResourceLimiter;

/// Bytes that an element of a table is charged with: a pointer, which is what the engine keeps.
const ELEMENT: usize = 8;

/// Counts what one store holds.
#[derive(Debug)]
pub(crate) struct Limiter {
    memory: usize,
    cap: usize,
    elements: usize,
    elements_cap: usize,
    /// How often growth was denied.
    pub(crate) denied: u64,
}

impl Limiter {
    /// At most `cap` bytes in all, and so many elements of tables among them.
    pub(crate) fn new(cap: usize, elements_cap: usize) -> Self {
        Limiter { memory: 0, cap, elements: 0, elements_cap, denied: 0 }
    }

    /// Bytes of memory in use, tables included.
    pub(crate) fn memory(&self) -> usize {
        held(self.memory, self.elements)
    }

    /// The most that it may be.
    pub(crate) fn cap(&self) -> usize {
        self.cap
    }

    fn settle(&mut self, fits: bool) -> wasmtime::Result<bool> {
        self.denied += u64::from(!fits);
        Ok(fits)
    }
}

fn held(memory: usize, elements: usize) -> usize {
    memory.saturating_add(elements.saturating_mul(ELEMENT))
}

/// What is held in all when one part goes from `current` to `desired`.
fn grown(all: usize, current: usize, desired: usize) -> usize {
    all.saturating_sub(current).saturating_add(desired)
}

impl ResourceLimiter for Limiter {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let memory = grown(self.memory, current, desired);
        let fits = held(memory, self.elements) <= self.cap;
        if fits {
            self.memory = memory;
        }
        self.settle(fits)
    }

    fn table_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let elements = grown(self.elements, current, desired);
        let fits = elements <= self.elements_cap && held(self.memory, elements) <= self.cap;
        if fits {
            self.elements = elements;
        }
        self.settle(fits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memories_and_tables_are_counted_together() {
        let mut limiter = Limiter::new(1_000, 100);
        let mut memory = |from, to| limiter.memory_growing(from, to, None).expect("an answer");
        assert!(memory(0, 300) && memory(0, 300) && !memory(300, 701) && memory(300, 500));
        let mut table = |from, to| limiter.table_growing(from, to, None).expect("an answer");
        assert!(!table(0, 101) && !table(0, 26) && table(0, 25) && !table(25, 26));
        assert_eq!((limiter.memory(), limiter.denied), (1_000, 4));
    }
}
