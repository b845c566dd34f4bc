//! Huge and tiny values: a series far from 1 is brought near it by a power of two, which changes no digit, so that squares
//! neither overflow nor vanish and the tolerances of the optimisers mean the same everywhere.

/// Sizes between which a series is left alone.
const USUAL: std::ops::Range<f64> = 1e-6..1e12;

/// A series as the models see it, and the way back.
pub(crate) struct Scaled {
    pub(crate) values: Vec<f64>,
    /// Power of two that was divided by.
    exponent: i32,
}

impl Scaled {
    pub(crate) fn new(series: &[f64]) -> Self {
        let largest = series.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
        if largest == 0.0 || USUAL.contains(&largest) {
            return Scaled { values: series.to_vec(), exponent: 0 };
        }
        let (_, exponent) = libm::frexp(largest);
        Scaled { values: series.iter().map(|value| libm::ldexp(*value, -exponent)).collect(), exponent }
    }

    /// A number of the models in units of the series.
    pub(crate) fn back(&self, value: f64) -> f64 {
        libm::ldexp(value, self.exponent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn far_values_come_near_and_back() {
        for series in [[1e300, 3e299, -2e300], [1e-300, 3e-299, -2e-300], [f64::MAX, -f64::MAX, 1.0], [1.0, 2.0, 3.0]] {
            let scaled = Scaled::new(&series);
            assert!(
                scaled.values.iter().any(|value| value.abs() >= 0.5)
                    && scaled.values.iter().all(|value| value.abs() < 1e12)
            );
            let back = |at: usize| scaled.back(scaled.values[at]);
            assert_eq!([back(0), back(2)], [series[0], series[2]]);
        }
    }
}
