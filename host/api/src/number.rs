//! Numbers and times as they are served: always finite, rounded in one way, RFC 3339 with `Z`.

use sconce_domain::Nanos;
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

/// A number that is never NaN or infinite; there is no other way to make one.
#[derive(Copy, Clone, Debug, PartialEq, PartialOrd, ToSchema)]
#[schema(value_type = f64, example = 94250.5)]
pub(crate) struct Finite(f64);

impl Finite {
    /// Nothing.
    pub(crate) const ZERO: Finite = Finite(0.0);
    /// As usual, of a ratio.
    pub(crate) const ONE: Finite = Finite(1.0);

    /// `None` for NaN and the infinities; a negative zero becomes zero.
    pub(crate) fn new(value: f64) -> Option<Self> {
        value.is_finite().then_some(Finite(value + 0.0))
    }

    /// The number.
    pub(crate) fn get(self) -> f64 {
        self.0
    }

    /// As prices are shown by the observational API: two decimals from 1 upwards, six significant digits below, so that
    /// a coin of a tenth of a cent keeps its price.
    pub(crate) fn price(self) -> Self {
        if self.0.abs() >= 1.0 { self.hundredths() } else { self.significant(6) }
    }

    /// Rounded half to even at two decimals.
    pub(crate) fn hundredths(self) -> Self {
        // From here on a double has no digits behind the point left to round.
        if self.0.abs() >= 1e13 { self } else { Finite((self.0 * 100.0).round_ties_even() / 100.0 + 0.0) }
    }

    fn significant(self, digits: usize) -> Self {
        let text = format!("{:.*e}", digits - 1, self.0);
        Finite(text.parse().unwrap_or(self.0))
    }
}

impl Serialize for Finite {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.0)
    }
}

/// A score on the scale 0 to 100, rounded half to even; absent when it is no number.
pub(crate) fn score_of_100(value: f64) -> Option<u8> {
    value.is_finite().then(|| value.clamp(0.0, 100.0).round_ties_even() as u8)
}

/// A number that is written without a point when it is whole, such as a posted score.
#[derive(Copy, Clone, Debug, PartialEq, ToSchema)]
#[schema(value_type = f64, example = 72)]
pub(crate) struct Plain(Finite);

impl Plain {
    /// `None` for NaN and the infinities.
    pub(crate) fn new(value: f64) -> Option<Self> {
        Finite::new(value).map(Plain)
    }
}

impl Serialize for Plain {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let value = self.0.get();
        // Whole numbers up to 2^53 are exact in both forms.
        if value.fract() == 0.0 && value.abs() <= 9_007_199_254_740_992.0 {
            serializer.serialize_i64(value as i64)
        } else {
            serializer.serialize_f64(value)
        }
    }
}

/// A point in time, served as RFC 3339 with `Z` and milliseconds.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, ToSchema)]
#[schema(value_type = String, format = DateTime, example = "2025-11-05T04:16:00.000Z")]
pub(crate) struct Time(pub(crate) Nanos);

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// Whole seconds from `then` to `now`, never negative.
pub(crate) fn age_seconds(now: Nanos, then: Nanos) -> i64 {
    ((now - then) / sconce_domain::time::SECOND).max(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn price(value: f64, expected: &str) {
        let text = Finite::new(value).map(|number| serde_json::to_string(&number.price()).expect("a number"));
        assert_eq!(text.as_deref().unwrap_or("none"), expected, "{value}");
    }

    #[test]
    fn prices_keep_what_a_reader_needs() {
        price(94250.504, "94250.5");
        price(94250.125, "94250.12");
        price(94250.135, "94250.14");
        price(1.0, "1.0");
        price(0.999_999_9, "1.0");
        price(0.004_123_456_7, "0.00412346");
        price(0.000_000_012_345_678, "1.23457e-8");
        price(0.0, "0.0");
        price(-0.0, "0.0");
        price(1e300, "1e+300");
        price(f64::NAN, "none");
        price(f64::INFINITY, "none");
    }

    #[test]
    fn scores_are_whole_and_between_0_and_100() {
        for (value, expected) in
            [(72.4, Some(72)), (72.5, Some(72)), (73.5, Some(74)), (-3.0, Some(0)), (1e9, Some(100)), (f64::NAN, None)]
        {
            assert_eq!(score_of_100(value), expected, "{value}");
        }
    }

    #[test]
    fn whole_numbers_have_no_point() {
        for (value, expected) in [(72.0, "72"), (72.5, "72.5"), (-0.0, "0"), (1e300, "1e+300")] {
            assert_eq!(serde_json::to_string(&Plain::new(value)).expect("json"), expected);
        }
        assert_eq!(serde_json::to_string(&Plain::new(f64::NAN)).expect("json"), "null");
    }

    proptest! {
        #[test]
        fn rounding_stays_finite_and_near(value in proptest::num::f64::NORMAL) {
            let rounded = Finite::new(value).expect("normal").price().get();
            prop_assert!(rounded.is_finite());
            prop_assert!((rounded - value).abs() <= 0.005_f64.max(value.abs() * 1e-5));
        }
    }
}
