//! Fixed orders against published fits (exact maximum likelihood; R's `arima` prints the same), the KPSS statistic, and
//! what the search of an order finds on the same series.

use sconce_forecasters::arima::{Fit, Order, fit, fit_best};
use sconce_forecasters::{kpss_lag, kpss_level};

use crate::series::{LYNX, NILE, WWW_USAGE};
use crate::support::{column, reference};

const EVER: &dyn Fn() -> bool = &|| false;

fn passengers(test: &str) -> Option<Vec<f64>> {
    Some(column(&reference(test, "series/airpassengers.csv")?, 1))
}

fn logs(y: &[f64]) -> Vec<f64> {
    y.iter().map(|value| libm::log(*value)).collect()
}

/// Coefficients in the order ar, ma, seasonal ma, mean.
#[track_caller]
fn check(y: &[f64], order: &Order, season: usize, expected: &[f64], log_likelihood: f64, aicc: f64) {
    let found = fit(y, order, season, EVER).expect("a sound question").expect("a fit");
    let Fit { coefficients: c, .. } = &found;
    let ours: Vec<f64> = [&c.ar, &c.ma, &c.seasonal_ma].into_iter().flatten().copied().chain(c.mean).collect();
    assert_eq!(ours.len(), expected.len(), "{found:?}");
    for (ours, expected) in ours.iter().zip(expected) {
        // A mean has the size of the series.
        let tolerance = if expected.abs() > 10.0 { 2e-3 * expected.abs() } else { 2e-3 };
        assert!((ours - expected).abs() <= tolerance, "{found:?}");
    }
    assert!((found.log_likelihood - log_likelihood).abs() <= 0.01, "{} {log_likelihood}", found.log_likelihood);
    assert!((found.aicc - aicc).abs() <= 0.02, "{} {aicc}", found.aicc);
}

#[test]
fn fixed_orders() {
    check(&WWW_USAGE, &Order::plain(1, 1, 1), 1, &[0.6504, 0.5256], -254.150, 514.552);
    check(&WWW_USAGE, &Order::plain(3, 1, 0), 1, &[1.1513, -0.6612, 0.3407], -251.997, 512.419);
    check(&NILE, &Order::plain(1, 1, 1), 1, &[0.2544, -0.8741], -630.627, 1267.507);
    let lynx = [1.3420, -0.6737, -0.2026, -0.2564, 1544.4];
    check(&LYNX, &Order::plain(2, 0, 2), 1, &lynx, -932.084, 1876.952);
}

#[test]
fn fixed_orders_with_a_season() {
    let Some(y) = passengers("published::fixed_orders_with_a_season") else { return };
    let airline = Order::plain(0, 1, 1).with_season(0, 1, 1);
    check(&logs(&y), &airline, 12, &[-0.4018, -0.5569], 244.697, -483.204);
    let other = Order::plain(2, 1, 1).with_season(0, 1, 0);
    check(&y, &other, 12, &[0.5960, 0.2143, -0.9819], -504.924, 1018.166);
}

#[test]
fn kpss_statistics() {
    #[track_caller]
    fn check(y: &[f64], differences: usize, expected: f64) {
        let series = (0..differences)
            .fold(y.to_vec(), |series, _| series.iter().skip(1).zip(&series).map(|(new, old)| new - old).collect());
        let statistic = kpss_level(&series, 2).expect("no constant series");
        assert!((statistic - expected).abs() < 6e-4, "{statistic} {expected}");
    }
    assert_eq!([kpss_lag(99), kpss_lag(100), kpss_lag(144), kpss_lag(1_000)], [2, 2, 2, 7]);
    check(&WWW_USAGE, 0, 0.722);
    check(&WWW_USAGE, 1, 0.264);
    check(&NILE, 0, 1.315);
    check(&NILE, 1, 0.020);
    check(&LYNX, 0, 0.070);
    let Some(y) = passengers("published::kpss_statistics") else { return };
    check(&y, 0, 4.342);
    check(&y, 1, 0.012);
}

/// A search may end at another order; what counts is that its AICc is not above the one that R documents.
#[test]
fn the_search_is_as_good_as_the_documented_one() {
    #[track_caller]
    fn check(y: &[f64], season: usize, documented: &str, aicc: f64) {
        let found = fit_best(y, season, EVER).expect("a sound question").expect("a fit");
        let label = found.order.label(found.season);
        assert!(found.aicc <= aicc + 0.01, "{label} {} instead of {documented} {aicc}", found.aicc);
    }
    check(&WWW_USAGE, 1, "ARIMA(1,1,1)", 514.552);
    check(&NILE, 1, "ARIMA(1,1,1)", 1267.507);
    check(&LYNX, 1, "ARIMA(2,0,2) with mean", 1876.952);
    let Some(y) = passengers("published::the_search_is_as_good_as_the_documented_one") else { return };
    check(&y, 12, "ARIMA(2,1,1)(0,1,0)[12]", 1018.166);
    check(&logs(&y), 12, "ARIMA(0,1,1)(0,1,1)[12]", -483.204);
}
