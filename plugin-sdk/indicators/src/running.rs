//! An endless sum that keeps the rounding error of every addition (Neumaier's compensation).
//!
//! Used where no window bounds the history: anchored VWAP and on-balance volume.

/// Running total with about twice the precision of one `f64`.
#[derive(Clone, Copy, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct RunningSum {
    total: f64,
    lost: f64,
}

impl RunningSum {
    pub(crate) fn add(&mut self, x: f64) {
        let total = self.total + x;
        self.lost += if self.total.abs() >= x.abs() { (self.total - total) + x } else { (x - total) + self.total };
        self.total = total;
    }

    pub(crate) fn value(self) -> f64 {
        self.total + self.lost
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_terms_survive_a_huge_one() {
        let check = |terms: &[f64], expected: f64| {
            let mut sum = RunningSum::default();
            for x in terms {
                sum.add(*x);
            }
            assert_eq!(sum.value(), expected, "{terms:?}");
        };
        check(&[], 0.0);
        check(&[1.0, 1e20, 1.0, -1e20], 2.0);
        check(&[1e20, 3.5, -1e20], 3.5);
    }
}
