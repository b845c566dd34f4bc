//! Closed forms of the CRPS: against printed values, and against the integral that they solve.

use sconce_judge::crps::closed::{self, Component};
use serde_json::Value;
use statrs::distribution::{ContinuousCDF, Laplace, Normal, StudentsT};

use crate::support::{assert_close, reference};

/// Printed with six digits after the point.
const PRINTED: f64 = 5.1e-7;

#[test]
fn printed_values() {
    let Some(table) = reference("printed_values", "crps.json") else { return };
    let kinds =
        ["normal_truncated", "normal_censored", "laplace", "logistic", "student_t", "normal_mixture", "binomial"];
    for kind in kinds {
        for row in table[kind].as_array().expect("rows") {
            assert_close(&format!("{kind} {row}"), of_row(kind, row), row["crps"].as_f64(), PRINTED);
        }
    }
}

fn of_row(kind: &str, row: &Value) -> Option<f64> {
    let of = |name: &str| row[name].as_f64().unwrap_or_else(|| panic!("{name} in {row}"));
    let list = |name: &str| row[name].as_array().expect("a list").iter().map(|value| value.as_f64().expect("a number"));
    match kind {
        "normal_truncated" => closed::truncated_normal(of("mu"), of("sigma"), of("lower"), of("upper"), of("obs")),
        "normal_censored" => closed::censored_normal(of("mu"), of("sigma"), of("lower"), of("upper"), of("obs")),
        "laplace" => closed::laplace(of("location"), of("scale"), of("obs")),
        "logistic" => closed::logistic(of("mu"), of("sigma"), of("obs")),
        "student_t" => closed::student_t(of("df"), of("mu"), of("sigma"), of("obs")),
        "normal_mixture" => {
            let parts: Vec<Component> = list("m")
                .zip(list("s").zip(list("w")))
                .map(|(mu, (sigma, weight))| Component { mu, sigma, weight })
                .collect();
            closed::normal_mixture(&parts, of("obs"))
        }
        "binomial" => {
            closed::binomial(u32::try_from(row["n"].as_u64().expect("n")).expect("small"), of("p"), of("obs"))
        }
        other => panic!("no distribution {other}"),
    }
}

/// ∫(F(x) − 1{y ≤ x})² dx by Simpson's rule on pieces between the kinks, finer near the observation.
fn integral(cdf: impl Fn(f64) -> f64, actual: f64, scale: f64, kinks: &[f64]) -> f64 {
    let reach = [0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 64.0, 256.0, 1024.0];
    let mut edges: Vec<f64> = reach.iter().flat_map(|far| [actual - far * scale, actual + far * scale]).collect();
    edges.extend_from_slice(kinks);
    edges.sort_by(f64::total_cmp);
    let mut total = 0.0;
    for edge in edges.windows(2).filter(|edge| edge[1] > edge[0]) {
        let width = (edge[1] - edge[0]) / 2_000.0;
        // Inside a piece the step of the observation is constant.
        let step = if (edge[0] + edge[1]) / 2.0 < actual { 0.0 } else { 1.0 };
        // Just inside: at a kink itself the distribution function may step.
        let rim = 1e-9 * (edge[1] - edge[0]);
        let height = |at: i32| {
            let x = (edge[0] + f64::from(at) * width).clamp(edge[0] + rim, edge[1] - rim);
            let off = cdf(x) - step;
            off * off
        };
        let inner: f64 = (1..2_000).map(|at| height(at) * if at % 2 == 1 { 4.0 } else { 2.0 }).sum();
        total += width / 3.0 * (height(0) + inner + height(2_000));
    }
    total
}

#[test]
fn they_solve_the_integral() {
    for actual in [-3.0, -0.4, 0.0, 1.7, 6.0] {
        let normal = Normal::new(0.4, 1.3).expect("a distribution");
        let check = |what: &str, ours: Option<f64>, expected: f64| {
            assert_close(&format!("{what} at {actual}"), ours, Some(expected), 1e-9);
        };
        let solved = integral(|x| normal.cdf(x), actual, 1.3, &[]);
        check("normal", closed::normal(0.4, 1.3, actual), solved);
        let (lower, upper) = (-1.0, 2.5);
        let (below, above) = (normal.cdf(lower), normal.cdf(upper));
        let cut = |x: f64| ((normal.cdf(x) - below) / (above - below)).clamp(0.0, 1.0);
        let solved = integral(cut, actual, 1.3, &[lower, upper]);
        check("truncated", closed::truncated_normal(0.4, 1.3, lower, upper, actual), solved);
        let stepped = |x: f64| match x {
            x if x < lower => 0.0,
            x if x < upper => normal.cdf(x),
            _ => 1.0,
        };
        let solved = integral(stepped, actual, 1.3, &[lower, upper]);
        check("censored", closed::censored_normal(0.4, 1.3, lower, upper, actual), solved);
        let laplace = Laplace::new(0.4, 1.3).expect("a distribution");
        check("laplace", closed::laplace(0.4, 1.3, actual), integral(|x| laplace.cdf(x), actual, 1.3, &[0.4]));
        let logistic = |x: f64| 1.0 / (1.0 + libm::exp(-(x - 0.4) / 1.3));
        check("logistic", closed::logistic(0.4, 1.3, actual), integral(logistic, actual, 1.3, &[]));
        let student = StudentsT::new(0.4, 1.3, 5.2).expect("a distribution");
        check("student", closed::student_t(5.2, 0.4, 1.3, actual), integral(|x| student.cdf(x), actual, 1.3, &[]));
    }
}

#[test]
fn no_distribution_no_score() {
    let rows = [
        closed::normal(0.0, 0.0, 1.0),
        closed::normal(0.0, -1.0, 1.0),
        closed::normal(f64::NAN, 1.0, 1.0),
        closed::normal(0.0, 1.0, f64::INFINITY),
        closed::truncated_normal(0.0, 1.0, 2.0, 1.0, 1.0),
        closed::censored_normal(0.0, 1.0, 1.0, 1.0, 1.0),
        closed::laplace(0.0, 0.0, 1.0),
        closed::logistic(0.0, f64::NAN, 1.0),
        closed::student_t(1.0, 0.0, 1.0, 1.0),
        closed::normal_mixture(&[], 1.0),
        closed::normal_mixture(&[Component { mu: 0.0, sigma: 1.0, weight: -1.0 }], 1.0),
        closed::binomial(3, 1.5, 1.0),
    ];
    assert_eq!(rows, [None; 12]);
    assert_close("all hits", closed::binomial(3, 1.0, 2.0), Some(1.0), 1e-12);
    assert_close("no hits", closed::binomial(3, 0.0, 2.0), Some(2.0), 1e-12);
}
