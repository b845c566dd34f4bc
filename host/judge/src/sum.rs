//! Sums without rounding: the order of the terms does not matter, and parts add up to the whole.
//!
//! A sum is kept as numbers that do not overlap and whose exact total is the exact total of all terms (J. R. Shewchuk,
//! "Adaptive precision floating-point arithmetic", 1997). It is rounded once, when it is read.

use serde::{Deserialize, Serialize};

/// The exact sum of finite numbers.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Sum {
    /// Without overlap, smallest first; none is zero.
    parts: Vec<f64>,
    /// A term was too large to be summed: there is no value any more.
    overflowed: bool,
}

/// Terms beyond this would let partial sums overflow.
const LARGEST: f64 = 1e290;

impl Sum {
    /// Adds one term. A term that is no number, or beyond 1e290, leaves a sum without a value.
    pub fn add(&mut self, term: f64) {
        if term.is_nan() || term.abs() > LARGEST {
            self.overflowed = true;
            self.parts.clear();
        }
        if self.overflowed {
            return;
        }
        let mut high = term;
        let mut kept = 0;
        for at in 0..self.parts.len() {
            let (total, error) = two_sum(high, self.parts[at]);
            if error != 0.0 {
                self.parts[kept] = error;
                kept += 1;
            }
            high = total;
        }
        self.parts.truncate(kept);
        if high != 0.0 {
            self.parts.push(high);
        }
    }

    /// Adds a product without rounding it.
    pub fn add_product(&mut self, a: f64, b: f64) {
        let product = a * b;
        self.add(product);
        if product.is_finite() {
            self.add(a.mul_add(b, -product));
        }
    }

    /// Adds every term of `other`.
    pub fn merge(&mut self, other: &Sum) {
        if other.overflowed {
            self.add(f64::NAN);
        }
        other.parts.iter().for_each(|part| self.add(*part));
    }

    /// The total, rounded once to the nearest number; NaN after an overflow.
    pub fn value(&self) -> f64 {
        if self.overflowed {
            return f64::NAN;
        }
        let mut below = self.parts.iter().rev().copied();
        let mut high = below.next().unwrap_or(0.0);
        let mut error = 0.0;
        for part in below.by_ref() {
            (high, error) = two_sum(high, part);
            if error != 0.0 {
                break;
            }
        }
        // Half-way between two numbers: what lies further below says which is nearer.
        let tips = below.next().is_some_and(|next| (next > 0.0) == (error > 0.0) && error != 0.0);
        if tips {
            let doubled = error * 2.0;
            let moved = high + doubled;
            if moved - high == doubled {
                return moved;
            }
        }
        high
    }

    /// The total over `n`, as good as rounded once; absent for no term and after an overflow.
    pub fn mean(&self, n: u64) -> Option<f64> {
        if n == 0 {
            return None;
        }
        let (total, n) = (self.value(), n as f64);
        let quotient = total / n;
        finite(quotient + (quotient.mul_add(-n, total) + self.remainder()) / n)
    }

    /// What rounding takes from the total.
    fn remainder(&self) -> f64 {
        let mut rest = self.clone();
        rest.add(-self.value());
        rest.value()
    }
}

/// Equal when the exact totals are.
impl PartialEq for Sum {
    fn eq(&self, other: &Self) -> bool {
        if self.overflowed || other.overflowed {
            return self.overflowed == other.overflowed;
        }
        let mut difference = self.clone();
        other.parts.iter().for_each(|part| difference.add(-part));
        difference.parts.is_empty()
    }
}

/// Σ(x − x̄)(y − ȳ) from Σxy, Σx and Σy over `n` terms, without the cancellation of the textbook formula.
///
/// What is below 1e-26 of Σxy counts as zero: the series are flat as far as their digits tell.
pub(crate) fn centred(n: u64, products: &Sum, x: &Sum, y: &Sum) -> f64 {
    if n == 0 {
        return f64::NAN;
    }
    let (n, x_high, x_low, y_high, y_low) = (n as f64, x.value(), x.remainder(), y.value(), y.remainder());
    let product = x_high * y_high;
    let product_low = x_high.mul_add(y_high, -product) + x_high * y_low + x_low * y_high;
    let quotient = product / n;
    let quotient_low = (quotient.mul_add(-n, product) + product_low) / n;
    let mut total = products.clone();
    total.add(-quotient);
    total.add(-quotient_low);
    let total = total.value();
    if total.abs() <= products.value().abs() * 1e-26 { 0.0 } else { total }
}

/// The number where it is above zero.
pub(crate) fn positive(number: f64) -> Option<f64> {
    Some(number).filter(|number| *number > 0.0)
}

/// The number where it is one that can be served.
pub(crate) fn finite(number: f64) -> Option<f64> {
    Some(number).filter(|number| number.is_finite())
}

fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let total = a + b;
    let b_seen = total - a;
    let error = (a - (total - b_seen)) + (b - b_seen);
    (total, error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(terms: &[f64], expected: f64) {
        let mut forward = Sum::default();
        terms.iter().for_each(|term| forward.add(*term));
        let mut backward = Sum::default();
        terms.iter().rev().for_each(|term| backward.add(*term));
        assert_eq!(forward.value().to_bits(), expected.to_bits(), "{terms:?} gave {}", forward.value());
        assert_eq!(forward, backward);
        assert_eq!(backward.value().to_bits(), expected.to_bits());
    }

    #[test]
    fn sums_are_rounded_once() {
        check(&[], 0.0);
        check(&[0.1; 10], 1.0);
        check(&[1e16, 1.0, -1e16], 1.0);
        check(&[1e100, 1.0, -1e100, 1e-30], 1.0);
        // Half-way cases: the part far below decides, and without one the even neighbour is taken.
        let (half, tiny) = (f64::EPSILON / 2.0, libm::scalbn(1.0, -120));
        check(&[1.0, half, tiny], 1.0 + f64::EPSILON);
        check(&[1.0, half], 1.0);
        check(&[1.0, half, -tiny], 1.0);
        check(&[-1.0, -half, -tiny], -1.0 - f64::EPSILON);
        check(&[1.0, -1.0], 0.0);
    }

    #[test]
    fn what_cannot_be_summed_leaves_no_value() {
        for term in [f64::NAN, f64::INFINITY, 1e300] {
            let mut sum = Sum::default();
            sum.add(1.0);
            sum.add(term);
            sum.add(2.0);
            assert!(sum.value().is_nan() && sum.mean(3).is_none(), "{term}");
            let mut other = Sum::default();
            other.merge(&sum);
            assert_eq!(other, sum);
        }
    }

    #[test]
    fn spread_survives_a_large_mean() {
        let values = [1e9 + 1.0, 1e9 + 2.0, 1e9 + 3.0];
        let (mut sum, mut squares) = (Sum::default(), Sum::default());
        for value in values {
            sum.add(value);
            squares.add_product(value, value);
        }
        assert_eq!(centred(3, &squares, &sum, &sum), 2.0);
    }
}
