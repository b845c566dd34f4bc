//! Random numbers that are a pure function of a key and an index, so that any hour can be made without the ones before.
//! Integer mixing only: the same on every machine.

/// Odd constant of the splitmix generator (2^64 divided by the golden ratio).
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// A source of numbers for one purpose.
#[derive(Debug, Clone, Copy)]
pub(super) struct Key(u64);

impl Key {
    pub(super) fn new(seed: u64) -> Self {
        Key(mix(seed ^ GOLDEN))
    }

    /// The source for a part of this one.
    pub(super) fn child(self, index: i64) -> Key {
        Key(mix(self.0 ^ mix((index as u64).wrapping_mul(GOLDEN))))
    }

    /// The number at `index`, spread over all 64 bits.
    pub(super) fn word(self, index: i64) -> u64 {
        mix(self.0.wrapping_add((index as u64).wrapping_mul(GOLDEN)))
    }

    /// A number near the standard normal, at `index`.
    pub(super) fn normal(self, index: i64) -> f64 {
        normal(self.word(index))
    }

    /// The numbers from index 0 on.
    pub(super) fn draws(self) -> Draws {
        Draws { key: self, next: 0 }
    }
}

/// Numbers one after another.
#[derive(Debug)]
pub(super) struct Draws {
    key: Key,
    next: i64,
}

impl Draws {
    fn word(&mut self) -> u64 {
        self.next += 1;
        self.key.word(self.next)
    }

    /// In [0, 1).
    pub(super) fn uniform(&mut self) -> f64 {
        (self.word() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Near the standard normal.
    pub(super) fn normal(&mut self) -> f64 {
        normal(self.word())
    }

    /// In `0..bound`; 0 where the bound is 0.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        ((self.uniform() * bound as f64) as usize).min(bound.saturating_sub(1))
    }
}

/// The sum of four uniforms of 16 bits, centred and scaled: near normal, and never beyond 3.47.
fn normal(word: u64) -> f64 {
    let sum = (word & 0xffff) + ((word >> 16) & 0xffff) + ((word >> 32) & 0xffff) + (word >> 48);
    // Variance of a uniform is 1/12, of four 1/3; the factor is its root's inverse.
    (sum as f64 / 65_536.0 - 2.0) * 1.732_050_807_568_877_2
}

fn mix(mut word: u64) -> u64 {
    word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}
