//! Sum and mean of the last `n` values in time proportional to log n, without a memory that outlives the window.
//!
//! Sums of the newest 1, 2, 4, 8 … values are kept, each made of two of half its length: s₂ₖ\[t\] = sₖ\[t\] + sₖ\[t−k\]. A
//! window is the sum of those parts that stand in the binary digits of `n`, the shortest the newest. So each sum is a
//! fixed tree of additions over the window alone: nothing drifts, what left is forgotten, and the bits depend neither on
//! when the series began nor on the processor.

use std::ops::Range;

use crate::MAX_PERIOD;
use crate::window::period;

/// Binary digits of the longest window.
const DIGITS: u32 = MAX_PERIOD.ilog2() + 1;

/// Binary digits of the windows that most indicators have: up to 127 values.
const FEW_DIGITS: u32 = 7;

/// Σ of the last `n` values.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Parts", into = "Parts"))]
pub(crate) struct SlidingSum {
    /// For every power of two `k` up to `n`, shortest first, `k` slots: the sums of `k` values as they were at the newest
    /// `k` moments. A part is never asked for further back than that.
    parts: Vec<f64>,
    n: u32,
    /// Values until the window is full, the next one included: 1 from then on.
    missing: u32,
    /// Counts the values; only its low digits matter, so it may wrap.
    at: u32,
}

impl SlidingSum {
    /// Over `n` values, brought into 1..=[`MAX_PERIOD`].
    pub(crate) fn new(n: usize) -> Self {
        let n = period(n) as u32;
        Self { parts: vec![0.0; slots(n)], n, missing: n, at: 0 }
    }

    /// Takes the next value; the sum once `n` values exist.
    #[inline(always)]
    pub(crate) fn push(&mut self, x: f64) -> Option<f64> {
        let mut climb = Climb::new(x, self.n, self.at);
        let longer = climb.through(0..FEW_DIGITS, &mut self.parts);
        let total = if longer.is_empty() { climb.total } else { climb.through_long(longer) };
        self.at = self.at.wrapping_add(1);
        if self.missing > 1 {
            self.missing -= 1;
            return None;
        }
        Some(total)
    }

    /// The newest value, 0 before the first.
    fn newest(&self) -> f64 {
        self.parts[0]
    }
}

/// A value on its way through the parts, from short to long.
struct Climb {
    n: u32,
    newest: u32,
    oldest: u32,
    /// The sum of the newest values, as many as the step has.
    part: f64,
    /// The sum of as many values before them.
    before: f64,
    total: f64,
}

impl Climb {
    #[inline(always)]
    fn new(x: f64, n: u32, at: u32) -> Self {
        // Adding to −0 changes nothing, not even a sign.
        Self { n, newest: at, oldest: at.wrapping_sub(n), part: x, before: -0.0, total: -0.0 }
    }

    /// The steps of these digits; gives the parts that are left. A count known beforehand lets the compiler lay the steps
    /// out one after the other.
    #[inline(always)]
    fn through<'a>(&mut self, digits: Range<u32>, mut parts: &'a mut [f64]) -> &'a mut [f64] {
        for digit in digits {
            let k = 1 << digit;
            let Some((sums, longer)) = std::mem::take(&mut parts).split_at_mut_checked(k as usize) else { break };
            self.part += self.before;
            self.before = std::mem::replace(&mut sums[(self.newest & (k - 1)) as usize], self.part);
            if self.n & k != 0 {
                // All shorter parts together are the distance to where this one ends.
                self.total += sums[(self.oldest & (k - 1)) as usize];
            }
            parts = longer;
        }
        parts
    }

    /// The steps that few windows take, kept apart so that the others stay short.
    #[inline(never)]
    fn through_long(mut self, parts: &mut [f64]) -> f64 {
        self.through(FEW_DIGITS..DIGITS, parts);
        self.total
    }
}

/// Room for every power of two up to `n`.
fn slots(n: u32) -> usize {
    (2 << n.ilog2()) - 1
}

/// Mean of the last `n` values; exactly the value when all are equal, so that its deviations are exactly zero.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct SlidingMean {
    sum: SlidingSum,
    n: f64,
    /// How many of the newest values are equal.
    alike: u32,
}

impl SlidingMean {
    /// Over `n` values, brought into 1..=[`MAX_PERIOD`].
    pub(crate) fn new(n: usize) -> Self {
        Self { sum: SlidingSum::new(n), n: period(n) as f64, alike: 0 }
    }

    /// Takes the next value; the mean, or NaN while fewer than `n` values exist.
    #[inline(always)]
    pub(crate) fn push(&mut self, x: f64) -> f64 {
        self.alike = if x == self.sum.newest() { self.alike.saturating_add(1) } else { 1 };
        match self.sum.push(x) {
            Some(_) if self.alike >= self.sum.n => x,
            Some(sum) => sum / self.n,
            None => f64::NAN,
        }
    }
}

/// What a checkpoint stores; read back only where the parts fit the length.
#[cfg(feature = "serde")]
#[derive(serde::Serialize, serde::Deserialize)]
struct Parts {
    n: u32,
    missing: u32,
    at: u32,
    parts: Vec<f64>,
}

#[cfg(feature = "serde")]
impl From<SlidingSum> for Parts {
    fn from(SlidingSum { parts, n, missing, at }: SlidingSum) -> Self {
        Self { n, missing, at, parts }
    }
}

#[cfg(feature = "serde")]
impl TryFrom<Parts> for SlidingSum {
    type Error = &'static str;

    fn try_from(Parts { n, missing, at, parts }: Parts) -> Result<Self, Self::Error> {
        if !(1..=MAX_PERIOD as u32).contains(&n) {
            return Err("window length out of range");
        }
        if parts.len() != slots(n) || !(1..=n).contains(&missing) {
            return Err("window does not fit its length");
        }
        Ok(Self { parts, n, missing, at })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Small whole numbers, whose sums are exact in any order.
    fn value(i: u32) -> f64 {
        f64::from(i.wrapping_mul(2_654_435_761) >> 20)
    }

    #[test]
    fn sums_and_means_of_every_length() {
        for n in 1..=70 {
            let (mut sum, mut mean) = (SlidingSum::new(n), SlidingMean::new(n));
            for i in 0..300_u32 {
                let expected: f64 = (0..n as u32).map(|back| value(i.wrapping_sub(back))).sum();
                let (sum, mean) = (sum.push(value(i)), mean.push(value(i)));
                if (i as usize) < n - 1 {
                    assert!(sum.is_none() && mean.is_nan(), "n={n} i={i}");
                } else {
                    assert_eq!((sum, mean), (Some(expected), expected / n as f64), "n={n} i={i}");
                }
            }
        }
    }

    #[test]
    fn the_bits_do_not_depend_on_the_beginning() {
        let value = |i: u32| value(i) / 3.0;
        for n in [1, 2, 3, 7, 8, 20, 50, 63, 64, 200] {
            let mut long = SlidingMean::new(n);
            let whole: Vec<f64> = (0..1_000).map(|i| long.push(value(i))).collect();
            for end in (n..=1_000).step_by(37) {
                let mut short = SlidingMean::new(n);
                let last = (end - n..end).map(|i| short.push(value(i as u32))).last();
                assert_eq!(last.map(f64::to_bits), Some(whole[end - 1].to_bits()), "n={n} end={end}");
            }
        }
    }

    #[test]
    fn a_constant_window_is_its_own_mean() {
        for x in [0.1, 1e-8, 94_250.5, -3.3, 0.0, 1e100] {
            for n in [1, 3, 14, 21, 49, 98, 200] {
                let mut mean = SlidingMean::new(n);
                mean.push(x + 7.0);
                let means: Vec<f64> = (0..3 * n).map(|_| mean.push(x)).collect();
                assert!(means[n - 1..].iter().all(|mean| *mean == x), "x={x} n={n}");
            }
        }
    }

    #[test]
    fn what_left_is_forgotten() {
        for spoilt in [f64::NAN, f64::INFINITY, 1e100] {
            let mut sum = SlidingSum::new(21);
            let mut fresh = SlidingSum::new(21);
            sum.push(spoilt);
            let last = (0..21).map(|i| (sum.push(value(i)), fresh.push(value(i)))).last();
            assert!(matches!(last, Some((Some(a), Some(b))) if a == b), "{spoilt}: {last:?}");
        }
    }

    #[test]
    fn the_counter_may_wrap() {
        let mut sum = SlidingSum { at: u32::MAX - 40, ..SlidingSum::new(21) };
        let mut other = SlidingSum::new(21);
        assert!((0..100).all(|i| sum.push(value(i)) == other.push(value(i))));
    }

    #[cfg(feature = "serde")]
    #[test]
    fn impossible_checkpoints_are_refused() {
        let check = |n: u32, missing: u32, parts: usize, expected: bool| {
            let parts = Parts { n, missing, at: 0, parts: vec![1.0; parts] };
            assert_eq!(SlidingSum::try_from(parts).is_ok(), expected, "n={n} missing={missing}");
        };
        check(3, 1, 3, true);
        check(3, 3, 3, true);
        check(3, 0, 3, false);
        check(3, 4, 3, false);
        check(3, 1, 4, false);
        check(4, 1, 3, false);
        check(0, 1, 0, false);
        check(MAX_PERIOD as u32 + 1, 1, slots(MAX_PERIOD as u32 + 1), false);
    }
}
