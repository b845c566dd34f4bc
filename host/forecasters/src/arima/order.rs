//! The order of an ARIMA model, as it is written and how far it may go.

use std::str::FromStr;

use crate::error::ForecastError;

/// Most of `p`, `q`, `P` and `Q` each; more could not be told apart from noise and would take for ever.
const MOST: usize = 24;
/// Most of `d` and `D` each.
const MOST_DIFFERENCES: usize = 3;
/// Longest memory of the expanded polynomials.
const LONGEST: usize = 1_000;

/// `(p,d,q)(P,D,Q)` and whether the differenced series has a mean: the mean of the series without differences, a drift
/// with one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Order {
    /// Autoregressive terms.
    pub p: usize,
    /// Plain differences.
    pub d: usize,
    /// Moving-average terms.
    pub q: usize,
    /// Seasonal autoregressive terms.
    pub seasonal_p: usize,
    /// Seasonal differences.
    pub seasonal_d: usize,
    /// Seasonal moving-average terms.
    pub seasonal_q: usize,
    /// Whether a mean of the differenced series is estimated.
    pub constant: bool,
}

impl Order {
    /// `(p,d,q)` without a season; with a mean where there is no difference, as is usual.
    #[must_use]
    pub fn plain(p: usize, d: usize, q: usize) -> Self {
        Order { p, d, q, constant: d == 0, ..Order::default() }
    }

    /// The same with a seasonal part; a mean only where there is no difference at all.
    #[must_use]
    pub fn with_season(self, seasonal_p: usize, seasonal_d: usize, seasonal_q: usize) -> Self {
        let constant = self.constant && seasonal_d == 0;
        Order { seasonal_p, seasonal_d, seasonal_q, constant, ..self }
    }

    /// The same with or without a mean of the differenced series.
    #[must_use]
    pub fn with_constant(self, constant: bool) -> Self {
        Order { constant, ..self }
    }

    /// Coefficients, the mean included, the variance not.
    pub(crate) fn coefficients(&self) -> usize {
        self.p + self.q + self.seasonal_p + self.seasonal_q + usize::from(self.constant)
    }

    /// Everything that is estimated.
    pub(crate) fn estimated(&self) -> usize {
        self.coefficients() + 1
    }

    /// Values that differencing takes.
    pub(crate) fn lost(&self, season: usize) -> usize {
        self.seasonal_d.saturating_mul(season).saturating_add(self.d)
    }

    pub(crate) fn is_seasonal(&self) -> bool {
        self.seasonal_p + self.seasonal_d + self.seasonal_q > 0
    }

    /// Holds an order to what is fitted.
    pub(crate) fn check(&self, season: usize) -> Result<(), ForecastError> {
        let refuse = |reason: &str| Err(ForecastError::Order(format!("{} {reason}", self.label(season))));
        if [self.p, self.q, self.seasonal_p, self.seasonal_q].iter().any(|terms| *terms > MOST) {
            return refuse(&format!("has more than {MOST} terms of a kind"));
        }
        if self.d.max(self.seasonal_d) > MOST_DIFFERENCES {
            return refuse(&format!("has more than {MOST_DIFFERENCES} differences of a kind"));
        }
        if self.is_seasonal() && season < 2 {
            return refuse("has a seasonal part, and there is no season");
        }
        let reach = |plain: usize, seasonal: usize| seasonal.saturating_mul(season).saturating_add(plain);
        if reach(self.p, self.seasonal_p).max(reach(self.q, self.seasonal_q)) > LONGEST {
            return refuse(&format!("reaches back over more than {LONGEST} values"));
        }
        if self.constant && self.d + self.seasonal_d > 1 {
            return refuse("has a mean after two differences, which would be a parabola");
        }
        Ok(())
    }

    /// As the books write it: `ARIMA(2,1,1)(0,1,0)[12] with drift`.
    #[must_use]
    pub fn label(&self, season: usize) -> String {
        let Order { p, d, q, seasonal_p, seasonal_d, seasonal_q, constant } = self;
        let seasonal = if self.is_seasonal() {
            format!("({seasonal_p},{seasonal_d},{seasonal_q})[{season}]")
        } else {
            String::new()
        };
        let mean = match (constant, d + seasonal_d) {
            (false, _) => "",
            (true, 0) => " with mean",
            (true, _) => " with drift",
        };
        format!("ARIMA({p},{d},{q}){seasonal}{mean}")
    }
}

/// A text that is no order.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no order; write three whole numbers such as 2,1,1")]
pub struct ParseOrderError(pub String);

impl FromStr for Order {
    type Err = ParseOrderError;

    /// Reads `p,d,q`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let numbers: Result<Vec<usize>, _> = text.split(',').map(|number| number.trim().parse()).collect();
        match numbers.as_deref() {
            Ok([p, d, q]) => Ok(Order::plain(*p, *d, *q)),
            _ => Err(ParseOrderError(text.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_are_read_and_written() {
        let label = |text: &str| text.parse::<Order>().map(|order| order.label(1));
        assert_eq!(label("2,1,1"), Ok("ARIMA(2,1,1)".to_owned()));
        assert_eq!(label(" 1, 0,0"), Ok("ARIMA(1,0,0) with mean".to_owned()));
        for wrong in ["", "1", "1,2", "1,2,3,4", "-1,0,0", "a,b,c", "1.5,0,0"] {
            assert_eq!(wrong.parse::<Order>(), Err(ParseOrderError(wrong.to_owned())));
        }
        let seasonal = Order::plain(0, 0, 1).with_season(0, 1, 1).with_constant(true);
        assert_eq!(seasonal.label(12), "ARIMA(0,0,1)(0,1,1)[12] with drift");
    }

    #[test]
    fn orders_that_are_not_fitted() {
        #[track_caller]
        fn check(order: &Order, season: usize, reason: &str) {
            let error = order.check(season).expect_err("refused").to_string();
            assert!(error.contains(reason), "{error}");
        }
        check(&Order::plain(99, 0, 0), 1, "terms");
        check(&Order::plain(0, 9, 0), 1, "differences");
        check(&Order::plain(0, 0, 0).with_season(1, 0, 0), 1, "no season");
        check(&Order::plain(0, 0, 0).with_season(2, 0, 0), 800, "reaches back");
        check(&Order::plain(0, 0, 0).with_season(2, 0, 0), usize::MAX, "reaches back");
        check(&Order::plain(0, 2, 0).with_constant(true), 1, "parabola");
    }
}
