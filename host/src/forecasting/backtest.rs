//! What a forecaster would have said one bar ahead on the newest days, from what was known then, against what came.

use std::sync::Arc;

use sconce_domain::Bar;
use sconce_domain::ports::models::Backtest;
use sconce_inference::Model;
use sconce_inference::features::FeatureRow;
use sconce_inference::predict::{self, Forecast};

use super::hosted::{Material, Tables};
use super::statistical::Named;

/// Days that are looked at.
const DAYS: usize = 30;

/// A forecaster is fitted anew for each day, the newest first, until time is up: what was not reached is not counted.
pub(super) fn of_forecaster(named: Named, bars: &[Bar], time_is_up: &dyn Fn() -> bool) -> Backtest {
    let mut pairs = Vec::new();
    for target in (1..bars.len()).rev().take(DAYS) {
        if time_is_up() {
            break;
        }
        if let Some(expected) = named.next_close(&bars[..target], time_is_up) {
            pairs.push((expected, bars[target].close));
        }
    }
    score(&pairs)
}

/// Models are asked about each day in one batch. Days that training may have seen do not count.
pub(super) fn of_models(models: &[Arc<Model>], material: &Material, tables: &mut Tables) -> Backtest {
    let mut by_model = Vec::new();
    for model in models {
        let Ok(table) = tables.of(model, material) else { continue };
        let targets: Vec<usize> = (1..table.len()).rev().take(DAYS).collect();
        let windows: Vec<&[FeatureRow]> = targets.iter().map(|target| &table[..*target]).collect();
        let closes: Vec<f64> = targets.iter().map(|target| table[*target].close).collect();
        by_model.push((model.forecast(&windows), closes));
    }
    let days = by_model.iter().map(|(answers, _)| answers.len()).max().unwrap_or(0);
    let pair = |day: usize| {
        let said: Vec<Forecast> =
            by_model.iter().filter_map(|(answers, _)| answers.get(day)?.as_ref().ok().cloned()).collect();
        let forecast = if models.len() == 1 { said.into_iter().next()? } else { predict::ensemble(&said).ok()?.0 };
        let next = forecast.horizons.iter().find(|at| at.horizon == 1 && !at.in_sample)?;
        let close = by_model.first()?.1.get(day)?;
        Some((next.price, *close))
    };
    score(&(0..days).filter_map(pair).collect::<Vec<_>>())
}

/// Figures of (expected, actual) pairs; none without a pair.
fn score(pairs: &[(f64, f64)]) -> Backtest {
    let pairs: Vec<_> = pairs.iter().filter(|(expected, actual)| expected.is_finite() && actual.is_finite()).collect();
    if pairs.is_empty() {
        return Backtest::default();
    }
    let n = pairs.len() as f64;
    let mean =
        |of: &dyn Fn(f64, f64) -> f64| pairs.iter().map(|(expected, actual)| of(*expected, *actual)).sum::<f64>() / n;
    let average = mean(&|_, actual| actual);
    let squared = mean(&|expected, actual| (expected - actual) * (expected - actual));
    let spread = mean(&|_, actual| (actual - average) * (actual - average));
    let finite = |value: f64| Some(value).filter(|value| value.is_finite());
    Backtest {
        n: u32::try_from(pairs.len()).unwrap_or(u32::MAX),
        mape: finite(mean(&|expected, actual| ((expected - actual) / actual).abs())),
        rmse: finite(squared.sqrt() / average),
        mae: finite(mean(&|expected, actual| (expected - actual).abs()) / average),
        r_squared: finite(1.0 - squared / spread),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forecasting::statistical;
    use crate::forecasting::technical::testing::days;

    #[test]
    fn figures_of_pairs() {
        assert_eq!(score(&[]), Backtest::default());
        assert_eq!(score(&[(f64::NAN, 1.0)]), Backtest::default());
        // Errors 1 and -1 around actual prices 100 and 102, whose mean is 101.
        let figures = score(&[(101.0, 100.0), (101.0, 102.0)]);
        assert_eq!((figures.n, figures.r_squared), (2, Some(0.0)));
        assert_eq!((figures.rmse, figures.mae), (Some(1.0 / 101.0), Some(1.0 / 101.0)));
        assert!((figures.mape.expect("a number") - (0.01 + 1.0 / 102.0) / 2.0).abs() < 1e-15);
        // A price that never moves has no spread to explain.
        assert_eq!(score(&[(100.0, 100.0)]).r_squared, None);
    }

    #[test]
    fn a_day_is_forecast_from_the_days_before_it() {
        let naive = statistical::find("naive").expect("known");
        let closes = [10.0, 11.0, 12.0, 15.0];
        let figures = of_forecaster(naive, &days(closes), &|| false);
        assert_eq!(figures.n, 2, "one day alone is too little");
        assert!((figures.mae.expect("a number") - (1.0 + 3.0) / (12.0 + 15.0)).abs() < 1e-12, "{figures:?}");
        assert_eq!(of_forecaster(naive, &days(closes), &|| true), Backtest::default());
        let long = of_forecaster(naive, &days((1..200).map(f64::from)), &|| false);
        assert_eq!(long.n, 30);
    }
}
