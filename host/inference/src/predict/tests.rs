//! Forecasts of the fixtures: scaling, prices, honesty, and several models as one.

use sconce_domain::time::DAY;
use sconce_domain::{MarketKind, Nanos};

use super::*;
use crate::backend::Runtime;
use crate::graphs::Graphs;
use crate::model::ModelLimits;
use crate::testing::{fixtures, golden, listed, rows, runtimes};

fn load(name: &str, runtime: &Runtime) -> Model {
    load_into(&Graphs::default(), name, runtime)
}

fn load_into(graphs: &Graphs, name: &str, runtime: &Runtime) -> Model {
    let file =
        |ending: &str| std::fs::read(fixtures().join("set/BTC").join(format!("{name}.{ending}"))).expect("a fixture");
    let limits = ModelLimits { batch: 3, ..ModelLimits::default() };
    Model::load(listed(name), &file("onnx"), &file("golden.json"), graphs, (runtime, &limits)).expect("loaded")
}

fn at(text: &str) -> Nanos {
    Nanos::parse(text).expect("a time")
}

#[track_caller]
fn near(found: f64, expected: f64, tolerance: f64) {
    assert!((found - expected).abs() <= tolerance, "{found} is not {expected}");
}

#[test]
fn forecasts_are_what_python_makes_of_the_window() {
    for runtime in runtimes("predict::forecasts_are_what_python_makes_of_the_window") {
        let names: &[&str] =
            if runtime.backend.info().name == "rten" { &["linear", "lstm"] } else { &["linear", "lstm", "lightgbm"] };
        for name in names {
            let model = load(name, &runtime);
            let window = rows(name, at("2024-05-01T00:00:00Z"), 100.0);
            let forecast = model.forecast(&[&window]).remove(0).expect("a forecast");
            for (horizon, expected) in forecast.horizons.iter().zip(golden(name).output) {
                near(horizon.log_return, expected, 1e-6);
                near(horizon.price, 100.0 * libm::exp(expected), 1e-4);
            }
            assert_eq!(forecast.model.backend, *runtime.backend.info());
        }
        let model = load("labels", &runtime);
        let forecast = model.forecast(&[&rows("labels", Nanos(0), 100.0)]).remove(0).expect("a forecast");
        assert_eq!(
            forecast.labels.iter().map(|label| label.label.as_str()).collect::<Vec<_>>(),
            ["down", "flat", "up"]
        );
        for (label, expected) in forecast.labels.iter().zip(golden("labels").output) {
            near(label.probability, expected, 1e-6);
        }
    }
}

#[test]
fn models_of_one_graph_are_asked_together_and_answer_as_each_would_alone() {
    for runtime in runtimes("predict::models_of_one_graph_are_asked_together_and_answer_as_each_would_alone") {
        let graphs = Graphs::default();
        let [one, same] = ["lstm", "lstm"].map(|name| load_into(&graphs, name, &runtime));
        let other = load_into(&graphs, "linear", &runtime);
        assert_eq!(one.shape(), same.shape());
        assert_ne!(one.shape(), other.shape());
        let shifted = |name: &str, shift: f64| {
            let mut window = rows(name, Nanos(DAY), 100.0);
            window.iter_mut().for_each(|row| row.values[0] += shift);
            window
        };
        let windows = [0.0, 1e-3, 2e-3, f64::NAN, 3e-3, 4e-3].map(|shift| shifted("lstm", shift));
        let line = shifted("linear", 1e-3);
        let mut asked: Vec<(&Model, &[FeatureRow])> = windows
            .iter()
            .zip([&one, &same].into_iter().cycle())
            .map(|(rows, model)| (model, rows.as_slice()))
            .collect();
        asked.insert(2, (&other, &line));
        for ((model, rows), answer) in asked.iter().zip(forecast_all(&asked)) {
            let alone = model.forecast(&[*rows]).remove(0);
            assert_eq!(answer.as_ref().err(), alone.as_ref().err());
            let (Ok(answer), Ok(alone)) = (answer, alone) else { continue };
            assert_eq!(answer.model, alone.model);
            for (answer, alone) in answer.horizons.iter().zip(&alone.horizons) {
                near(answer.log_return, alone.log_return, 1e-6);
            }
        }
    }
}

#[test]
fn a_batch_answers_as_each_window_would_alone_and_names_the_bad_ones() {
    for runtime in runtimes("predict::a_batch_answers_as_each_window_would_alone_and_names_the_bad_ones") {
        let model = load("lstm", &runtime);
        let window = |shift: usize| {
            let mut window = rows("lstm", Nanos(DAY), 100.0);
            window.iter_mut().for_each(|row| row.values[0] += shift as f64 * 1e-4);
            window
        };
        let mut windows: Vec<Vec<FeatureRow>> = (0..600).map(window).collect();
        windows[3].truncate(4);
        windows[5][2].values[1] = f64::NAN;
        windows[7][5].close = 0.0;
        windows[9][1].values.pop();
        let views: Vec<&[FeatureRow]> = windows.iter().map(Vec::as_slice).collect();
        let together = model.forecast(&views);
        let reason = |at: usize| together[at].as_ref().expect_err("refused").to_string();
        assert_eq!(reason(3), "the model needs 6 rows and there are 4");
        assert_eq!(reason(5), "feature `rsi_14` is absent in 1 of the 6 newest rows");
        assert_eq!(reason(7), "the newest row has no price");
        assert_eq!(reason(9), "a row has 1 features, the model has 2");
        for at in [0, 1, 299, 599] {
            let alone = model.forecast(&[views[at]]).remove(0).expect("a forecast");
            let beside = together[at].as_ref().expect("a forecast");
            near(beside.horizons[1].log_return, alone.horizons[1].log_return, 1e-7);
        }
        assert!(model.forecast(&[]).is_empty());
    }
}

#[test]
fn windows_are_scaled_clipped_and_summed_up() {
    let mut entry = listed("lightgbm").entry;
    entry.feature_scaler.scale = vec![0.0, 2.0];
    entry.feature_scaler.center = vec![1.0, 10.0];
    (entry.feature_scaler.low, entry.feature_scaler.high) = (vec![0.0, 0.0], vec![7.0, 20.0]);
    let row = |(day, values): (i64, [f64; 2])| FeatureRow { ts: Nanos(day * DAY), close: 5.0, values: values.to_vec() };
    let values = [[9.0, 9.0], [1.0, 12.0], [2.0, 14.0], [3.0, 10.0], [4.0, 8.0], [5.0, 10.0], [6.0, 99.0]];
    let rows: Vec<FeatureRow> = (0..).zip(values).map(row).collect();
    let prepared = Prepared::of(&entry, &rows).expect("a window");
    // The oldest of seven rows is not used. 99 is 44.5 away from 10 and ends at 10. A scale of 0 counts as 1.
    // Feature 1: 0 1 2 3 4 5; feature 2: 1 2 0 −1 0 10.
    let mean = 2.0;
    let deviation = (35.0_f64 / 12.0).sqrt();
    let second = ((1.0_f64 + 0.0 + 4.0 + 9.0 + 4.0 + 64.0) / 6.0).sqrt();
    let expected = [5.0, 10.0, 2.5, mean, deviation, second, 5.0, 9.0, 4.0, 8.0];
    assert_eq!(prepared.tensor.len(), 10);
    for (found, expected) in prepared.tensor.iter().zip(expected) {
        near(f64::from(*found), expected, 1e-6);
    }
    assert_eq!(prepared.out_of_range, ["rsi_14"]);
    near(prepared.drift[0].drift, 2.5, 1e-12);
    near(prepared.drift[1].drift, 0.5, 1e-12);
    entry.input = crate::manifest::Input::Window;
    let window = Prepared::of(&entry, &rows).expect("a window").tensor;
    assert_eq!(window[..4], [0.0, 1.0, 1.0, 2.0]);
    assert_eq!(window[11], 10.0);
}

#[test]
fn an_answer_says_what_it_is_worth() {
    let model = load("linear", &Runtime::fallback());
    let forecast = |as_of: &str| model.forecast(&[&rows("linear", at(as_of), 200.0)]).remove(0).expect("a forecast");
    // Trained until 2022-01-01; one and seven days ahead.
    let check = |as_of: &str, expected: [bool; 2]| {
        let forecast = forecast(as_of);
        assert_eq!(forecast.horizons.iter().map(|h| h.in_sample).collect::<Vec<_>>(), expected, "{as_of}");
        assert_eq!(forecast.in_sample, expected[1]);
    };
    check("2021-06-01T00:00:00Z", [true, true]);
    check("2022-01-02T00:00:00Z", [true, true]);
    check("2022-01-03T00:00:00Z", [false, true]);
    check("2022-01-08T00:00:00Z", [false, true]);
    check("2022-01-09T00:00:00Z", [false, false]);
    let forecast = forecast("2024-05-01T00:00:00Z");
    assert_eq!(forecast.not_better_than_naive(), [7]);
    assert_eq!(forecast.interval_kind, Some(IntervalKind::ResidualQuantiles));
    for horizon in &forecast.horizons {
        let [inner, outer] = &horizon.intervals[..] else { panic!("two levels") };
        assert_eq!((inner.level, outer.level), (0.8, 0.95));
        assert!(outer.lower < inner.lower && inner.lower < horizon.price && horizon.price < inner.upper);
        assert!(inner.upper < outer.upper);
    }
    let first = &forecast.horizons[0];
    near(first.intervals[0].lower, 200.0 * libm::exp(first.log_return - 0.035), 1e-9);
    near(first.intervals[1].upper, 200.0 * libm::exp(first.log_return + 0.058), 1e-9);
}

#[test]
fn the_path_is_a_line_over_the_anchors() {
    let model = load("linear", &Runtime::fallback());
    let forecast = model.forecast(&[&rows("linear", Nanos(0), 50.0)]).remove(0).expect("a forecast");
    let points = path(&forecast, 30);
    assert_eq!(points.iter().map(|point| point.step).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6, 7]);
    let (first, last) = (forecast.horizons[0].price, forecast.horizons[1].price);
    near(points[0].price, first, 0.0);
    near(points[3].price, (first + last) / 2.0, 1e-12);
    near(points[6].price, last, 0.0);
    assert_eq!(points.iter().filter(|point| point.anchor).count(), 2);
    assert_eq!(path(&forecast, 3), points[..3]);
    let mut late = forecast.clone();
    late.horizons.remove(0);
    near(path(&late, 7)[0].price, 50.0 + (last - 50.0) / 7.0, 1e-12);
}

#[test]
fn an_ensemble_weighs_its_members_by_their_errors() {
    let model = load("linear", &Runtime::fallback());
    let window = rows("linear", Nanos(DAY), 100.0);
    let one = model.forecast(&[&window]).remove(0).expect("a forecast");
    let member = |name: &str, errors: [f64; 2], log_return: f64| {
        let mut member = one.clone();
        member.model.name = name.to_owned();
        for (horizon, error) in member.horizons.iter_mut().zip(errors) {
            (horizon.validation_rmse, horizon.log_return) = (Some(error), log_return);
        }
        member
    };
    let (a, b, c) = (member("a", [0.1, 0.1], 0.0), member("b", [0.2, 0.21], 0.3), member("c", [0.1, 0.3], 0.6));
    let mut stale = member("stale", [0.1, 0.1], 0.5);
    stale.as_of = Nanos(0);
    let labels = load("labels", &Runtime::fallback()).forecast(&[&window]).remove(0).expect("a forecast");
    let (mixed, left_out) = ensemble(&[a.clone(), b, c, stale, labels]).expect("an ensemble");
    let weights: Vec<_> = mixed.members.iter().map(|member| member.weights.clone()).collect();
    // At the first horizon 1 : 1/4 : 1; at the second b and c are beyond twice the best.
    for (found, expected) in weights.iter().flatten().zip([4.0 / 9.0, 1.0, 1.0 / 9.0, 0.0, 4.0 / 9.0, 0.0]) {
        near(*found, expected, 1e-12);
    }
    near(mixed.horizons[0].log_return, 0.3 / 9.0 + 0.6 * 4.0 / 9.0, 1e-12);
    near(mixed.horizons[1].price, 100.0, 1e-12);
    assert_eq!((mixed.model.name.as_str(), mixed.model.market), (ENSEMBLE, MarketKind::Real));
    assert_eq!(mixed.interval_kind, Some(IntervalKind::MeanOfResidualQuantiles));
    let reasons: Vec<String> = left_out.iter().map(|one| format!("{}: {}", one.name, one.reason)).collect();
    assert_eq!(reasons, ["stale: its window ends at another time", "labels: it gives labels, no prices"]);
    let (alone, _) = ensemble(std::slice::from_ref(&a)).expect("an ensemble");
    near(alone.horizons[0].intervals[0].lower, a.horizons[0].intervals[0].lower, 1e-9);
    assert_eq!(ensemble(&[]).expect_err("nobody"), EnsembleError::Nobody);
}
