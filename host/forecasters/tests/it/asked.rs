//! What is answered to questions that make no sense, and to sound ones that have no fit.

use std::cell::Cell;

use sconce_forecasters::arima::Order;
use sconce_forecasters::{Fallback, Model, fit_and_forecast};

use crate::series::WWW_USAGE;

#[track_caller]
fn refused(model: &Model, y: &[f64], horizon: usize, season: usize, level: f64, reason: &str) {
    let error = fit_and_forecast(model, y, horizon, season, &[level], &|| false).expect_err("refused").to_string();
    assert!(error.contains(reason), "{error}");
}

#[test]
fn questions_that_make_no_sense() {
    let some = [1.0, 3.0, 2.0, 5.0, 4.0, 6.0];
    for model in Model::ALL {
        refused(&model, &[], 1, 4, 0.9, "the series is empty");
        refused(&model, &[1.0, f64::NAN, 2.0], 1, 4, 0.9, "value 2 of the series is NaN");
        refused(&model, &[1.0, 2.0, f64::INFINITY], 1, 4, 0.9, "value 3 of the series is inf");
        refused(&model, &WWW_USAGE, 0, 4, 0.9, "a horizon of 0 steps");
        refused(&model, &WWW_USAGE, 100_000, 4, 0.9, "a horizon of 100000 steps");
        refused(&model, &WWW_USAGE, 1, 0, 0.9, "a season of 0");
        for level in [0.0, 1.0, 95.0, -0.5, f64::NAN] {
            refused(&model, &WWW_USAGE, 1, 4, level, "a level of");
        }
        refused(&model, &[1.0], 1, 4, 0.9, "the series has 1");
    }
    refused(&Model::SeasonalNaive, &some, 1, 6, 0.9, "`seasonal-naive` needs 7 values and the series has 6");
    refused(&Model::SeasonalNaive, &some, 1, usize::MAX, 0.9, "the series has 6");
    refused(&Model::SeasonalNaive, &some, 1, 1, 0.9, "`seasonal-naive` needs a season");
    refused(&Model::Mstl, &some, 1, 1, 0.9, "`mstl` needs a season");
    refused(&Model::Mstl, &WWW_USAGE, 1, 60, 0.9, "`mstl` needs 121 values");
    refused(&Model::Ets, &some, 1, 1, 0.9, "`ets` needs 10 values");
    refused(&Model::Arima(Some(Order::plain(3, 1, 3))), &some, 1, 1, 0.9, "`arima` needs 11 values");
    refused(&Model::Arima(Some(Order::plain(0, 1, 0).with_season(1, 0, 0))), &WWW_USAGE, 1, 1, 0.9, "no season");
    refused(&Model::Arima(Some(Order::plain(999, 1, 0))), &WWW_USAGE, 1, 1, 0.9, "terms");
    refused(&Model::Naive, &[f64::MAX, -f64::MAX], 1, 1, 0.9, "too large");
    refused(&Model::Drift, &[0.0, 1e308, 1.5e308], 2, 1, 0.9, "too large");
}

/// A season that cannot be told from this series is no season to those that look for one, and the answer says so.
#[test]
fn a_season_longer_than_the_series() {
    for season in [99, 100, 101, 10_000, usize::MAX] {
        for model in [Model::Ses, Model::Theta, Model::Ets, Model::Arima(None), Model::Naive, Model::Drift] {
            let table = fit_and_forecast(&model, &WWW_USAGE, 3, season, &[0.8], &|| false).expect("an answer");
            let plain = fit_and_forecast(&model, &WWW_USAGE, 3, 1, &[0.8], &|| false).expect("an answer");
            assert_eq!(table, plain);
        }
        refused(&Model::Mstl, &WWW_USAGE, 3, season, 0.8, "`mstl` needs");
        let seasonal = Model::Arima(Some(Order::plain(1, 0, 0).with_season(0, 1, 0)));
        refused(&seasonal, &WWW_USAGE, 3, season, 0.8, "the series has 100");
    }
}

#[test]
fn a_constant_series_goes_on_with_no_error_seen() {
    for model in Model::ALL {
        let table = fit_and_forecast(&model, &[7.5; 40], 3, 4, &[0.95], &|| false).expect("an answer");
        assert_eq!([&table.mean, &table.intervals[0].lo, &table.intervals[0].hi], [&vec![7.5; 3]; 3], "{table:?}");
        let simple = matches!(model, Model::Naive | Model::Drift | Model::SeasonalNaive);
        assert_eq!(table.fallback, (!simple).then_some(Fallback::Constant));
    }
}

#[test]
fn a_straight_line_goes_on() {
    let line: Vec<f64> = (0..40).map(|t| 100.0 + 3.0 * f64::from(t)).collect();
    for model in [Model::Drift, Model::Ets, Model::Arima(None)] {
        let table = fit_and_forecast(&model, &line, 2, 1, &[0.95], &|| false).expect("an answer");
        assert!((table.mean[1] - 223.0).abs() < 0.1, "{table:?}");
    }
}

#[test]
fn what_is_not_ready_in_time_is_answered_by_drift() {
    let drift = fit_and_forecast(&Model::Drift, &WWW_USAGE, 5, 1, &[0.8], &|| true).expect("an answer");
    assert_eq!((drift.used.as_str(), drift.fallback.as_ref()), ("drift", None));
    for model in [Model::Ses, Model::Theta, Model::Ets, Model::Arima(None), Model::Arima(Some(Order::plain(2, 1, 1)))] {
        let late = fit_and_forecast(&model, &WWW_USAGE, 5, 1, &[0.8], &|| true).expect("an answer");
        assert_eq!((late.used.as_str(), &late.fallback), ("drift", &Some(Fallback::TimeIsUp)));
        assert_eq!((late.mean, late.intervals), (drift.mean.clone(), drift.intervals.clone()));
    }
}

#[test]
fn a_deadline_in_the_middle_of_a_search_is_kept() {
    let asked = Cell::new(0);
    let soon = || {
        asked.set(asked.get() + 1);
        asked.get() > 40
    };
    let table = fit_and_forecast(&Model::Arima(None), &WWW_USAGE, 5, 1, &[0.8], &soon).expect("an answer");
    assert_eq!(table.fallback, Some(Fallback::TimeIsUp));
    assert!(asked.get() < 80, "the search goes on after the deadline: {}", asked.get());
}

#[test]
fn what_answered_is_named() {
    #[track_caller]
    fn check(model: &Model, season: usize, used: &str) {
        let y: Vec<f64> = (0..96).map(|t| 50.0 + [9.0, -4.0, 2.0, -7.0][t % 4] + WWW_USAGE[t] / 50.0).collect();
        let table = fit_and_forecast(model, &y, 5, season, &[], &|| false).expect("an answer");
        assert!(table.used.starts_with(used) && table.fallback.is_none(), "{table:?}");
        assert_eq!(table.requested, model.name());
    }
    check(&Model::Naive, 1, "naive");
    check(&Model::SeasonalNaive, 4, "seasonal-naive[4]");
    check(&Model::Ses, 1, "SES");
    check(&Model::Theta, 1, "Theta");
    check(&Model::Theta, 4, "Theta, season of 4 multiplied");
    check(&Model::Ets, 1, "ETS(");
    check(&Model::Ets, 4, "MSTL[4] + ETS(");
    check(&Model::Mstl, 4, "MSTL[4] + ETS(");
    check(&Model::Arima(Some(Order::plain(2, 1, 1))), 1, "ARIMA(2,1,1)");
    check(&Model::Mean, 4, "mean of SES, Theta, season of 4 multiplied, MSTL[4] + ETS(");
}
