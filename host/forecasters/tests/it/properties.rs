//! Whatever the series: no panic, finite numbers, the mean between the bounds, wider levels around narrower ones.

use proptest::prelude::*;
use sconce_forecasters::arima::Order;
use sconce_forecasters::{ForecastError, ForecastTable, Model, fit_and_forecast};

/// Finite values of every size, walks, steps, seasons and near-constants.
fn series() -> impl Strategy<Value = Vec<f64>> {
    let any = prop::collection::vec(prop_oneof![-1e3..1e3, -1e-9..1e-9, -1e300..1e300, Just(0.0)], 1..60);
    let walk = prop::collection::vec(-1.0..1.0, 1..120).prop_map(|steps: Vec<f64>| {
        let sum = |sum: &mut f64, step: f64| {
            *sum += step;
            Some(*sum)
        };
        steps.into_iter().scan(100.0, sum).collect::<Vec<f64>>()
    });
    let step = (5..40_usize, 5..40_usize, -1e6..1e6)
        .prop_map(|(before, after, to)| [vec![1.0; before], vec![to; after]].concat());
    let season = prop::collection::vec(-0.1..0.1, 8..80)
        .prop_map(|noise: Vec<f64>| noise.iter().enumerate().map(|(t, e)| [5.0, 1.0, -3.0, 0.0][t % 4] + e).collect());
    prop_oneof![any, walk, step, season]
}

fn model() -> impl Strategy<Value = Model> {
    let order = (0..4_usize, 0..3_usize, 0..4_usize, 0..2_usize, 0..2_usize, 0..2_usize).prop_map(
        |(p, d, q, seasonal_p, seasonal_d, seasonal_q)| {
            Model::Arima(Some(Order::plain(p, d, q).with_season(seasonal_p, seasonal_d, seasonal_q)))
        },
    );
    let named = prop::sample::select(Model::ALL.to_vec());
    prop_oneof![3 => named, 1 => order]
}

/// Cuts the work after so many questions, so that a run stays short and both sides of a deadline are met.
fn after(questions: u32) -> impl Fn() -> bool {
    let left = std::cell::Cell::new(questions);
    move || {
        left.set(left.get().saturating_sub(1));
        left.get() == 0
    }
}

fn sound(table: &ForecastTable, horizon: usize) {
    assert_eq!(table.mean.len(), horizon);
    for interval in &table.intervals {
        assert_eq!([interval.lo.len(), interval.hi.len()], [horizon; 2]);
        for ((lo, mean), hi) in interval.lo.iter().zip(&table.mean).zip(&interval.hi) {
            assert!(lo.is_finite() && hi.is_finite() && lo <= mean && mean <= hi, "{table:?}");
        }
    }
    for pair in table.intervals.windows(2) {
        let inside = (0..horizon).all(|at| pair[1].lo[at] <= pair[0].lo[at] && pair[0].hi[at] <= pair[1].hi[at]);
        assert!(inside, "{table:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn every_answer_is_sound(y in series(), model in model(), horizon in 1..30_usize, season in 1..9_usize) {
        match fit_and_forecast(&model, &y, horizon, season, &[0.5, 0.8, 0.95], &after(400)) {
            Ok(table) => sound(&table, horizon),
            Err(error) => prop_assert!(matches!(
                error,
                ForecastError::TooShort { .. } | ForecastError::NoSeason(_) | ForecastError::Order(_) | ForecastError::Overflow { .. }
            ), "{error}"),
        }
    }

    #[test]
    fn any_bits_are_answered_or_refused(bits in prop::collection::vec(any::<f64>(), 0..40), model in model(), season in 0..50_usize) {
        if let Ok(table) = fit_and_forecast(&model, &bits, 3, season, &[0.8], &after(200)) {
            sound(&table, 3);
        }
    }

    #[test]
    fn a_power_of_two_changes_no_digit(y in prop::collection::vec(1.0..100.0, 20..40), name in prop::sample::select(&["naive", "drift", "ses", "theta"][..])) {
        let model: Model = name.parse().expect("its own name");
        let ask = |y: &[f64]| fit_and_forecast(&model, y, 3, 1, &[0.8], &|| false).expect("an answer");
        let large: Vec<f64> = y.iter().map(|value| libm::ldexp(*value, 600)).collect();
        let far = libm::ldexp(ask(&large).mean[2], -600) / ask(&y).mean[2] - 1.0;
        prop_assert!(far.abs() < 1e-6, "{far}");
    }
}
