//! Against other libraries, within 1 % of the size of the series, wherever their model is the same by definition. Where it
//! is not, the row says in what it differs and there is no comparison.

use std::collections::BTreeMap;

use sconce_forecasters::arima::Order;
use sconce_forecasters::{Model, decompose, fit_and_forecast, fit_ets};

use crate::support::{apart, column, none, number, records, reference};

const LEVELS: [f64; 2] = [0.8, 0.95];

/// One model of statsforecast and ours; a season of 12 everywhere.
struct Row {
    theirs: &'static str,
    ours: Model,
    season: usize,
    /// Series that are not compared, with the reason.
    but: &'static [(&'static str, &'static str)],
    /// Bounds may be this far apart, in sizes of the series.
    bounds: Option<f64>,
}

fn rows() -> Vec<Row> {
    let row = |theirs, ours, season, bounds| Row { theirs, ours, season, but: &[], bounds };
    vec![
        row("Naive", Model::Naive, 1, Some(0.01)),
        row("SeasonalNaive", Model::SeasonalNaive, 12, Some(0.01)),
        row("RandomWalkWithDrift", Model::Drift, 1, Some(0.01)),
        row("Theta", Model::Theta, 12, None),
        row("ARIMA_1_1_1", Model::Arima(Some(Order::plain(1, 1, 1))), 1, Some(0.01)),
        row("SARIMA_1_1_1_1_1_1_12", Model::Arima(Some(Order::plain(1, 1, 1).with_season(1, 1, 1))), 12, Some(0.01)),
        row("AutoARIMA", Model::Arima(None), 12, Some(0.01)),
        row("AutoETS", Model::Ets, 12, Some(0.01)),
        row("MSTLForecaster", Model::Mstl, 12, None),
    ]
}

#[test]
fn statsforecast() {
    let test = "libraries::statsforecast";
    let Some(points) = reference(test, "statsforecast/point_forecasts.csv.gz") else { return };
    let Some(bounds) = reference(test, "statsforecast/confidence_intervals.csv.gz") else { return };
    let mut paths: BTreeMap<(String, String), Vec<f64>> = BTreeMap::new();
    for record in records(&points) {
        paths.entry((record[0].to_owned(), record[1].to_owned())).or_default().push(number(&record[3]));
    }
    let mut edges: BTreeMap<(String, String, String), (Vec<f64>, Vec<f64>)> = BTreeMap::new();
    for record in records(&bounds) {
        let key = (record[0].to_owned(), record[1].to_owned(), record[3].to_owned());
        let (lower, upper) = edges.entry(key).or_default();
        lower.push(number(&record[4]));
        upper.push(number(&record[5]));
    }
    let mut wrong = Vec::new();
    for row in rows() {
        for ((name, theirs), path) in paths.iter().filter(|((_, theirs), _)| theirs == row.theirs) {
            if row.but.iter().any(|(series, _)| series == name) {
                continue;
            }
            let y = column(&reference(test, &format!("statsforecast/data/{name}.csv")).expect("a series"), 1);
            let table =
                fit_and_forecast(&row.ours, &y, path.len(), row.season, &LEVELS, &|| false).expect("a forecast");
            let far = apart(&table.mean, path, &y);
            if far > 0.01 {
                wrong.push(format!("{theirs} {name}: {} is {far:.4} away", table.used));
            }
            let Some(limit) = row.bounds else { continue };
            for (interval, level) in table.intervals.iter().zip(["80", "95"]) {
                let Some((lo, hi)) = edges.get(&(name.clone(), theirs.clone(), level.to_owned())) else { continue };
                let far = apart(&interval.lo, lo, &y).max(apart(&interval.hi, hi, &y));
                if far > limit {
                    wrong.push(format!("{theirs} {name}: {level} % of {} is {far:.4} away", table.used));
                }
            }
        }
    }
    none(&wrong);
}

/// R's `ets` at a fixed model. Its likelihood is the same function; its optimiser may stop elsewhere on the same plateau,
/// so ours must be at least as high, and forecasts agree where the two are at the same place.
#[test]
fn r_ets() {
    let test = "libraries::r_ets";
    let (Some(series), Some(fits)) = (reference(test, "series/oildata.csv"), reference(test, "r_ets_oildata.json"))
    else {
        return;
    };
    let y = column(&series, 1);
    let fits: serde_json::Value = serde_json::from_str(&fits).expect("JSON");
    let mut wrong = Vec::new();
    for (theirs, ours) in
        [("ANN", "ANN"), ("AAN", "AAN"), ("AANd", "AAdN"), ("MNN", "MNN"), ("MAN", "MAN"), ("MANd", "MAdN")]
    {
        let found = fit_ets(&y, ours, 4).expect("a fit");
        let likelihood = fits[theirs]["loglik"].as_f64().expect("a number");
        let path: Vec<f64> =
            fits[theirs]["forecast"].as_array().expect("a path").iter().filter_map(serde_json::Value::as_f64).collect();
        let (short, far) = (likelihood - found.log_likelihood, apart(&found.mean, &path, &y));
        if short > 0.01 || far > 0.01 {
            wrong.push(format!("{theirs}: log-likelihood {short:.4} lower, forecast {far:.4} away"));
        }
    }
    none(&wrong);
}

/// The decomposition against the Fortran of its authors, on the scenario with the settings of STL that ours shares; the
/// smoother of MSTL is longer, so it is the trend that is compared, and that the parts add up.
#[test]
fn parts_add_up() {
    let Some(series) = reference("libraries::parts_add_up", "series/co2_monthly.csv") else { return };
    let y: Vec<f64> = series.lines().filter_map(|line| line.trim().parse().ok()).collect();
    let parts = decompose(&y, 12).expect("many seasons");
    let sum = |at: usize| parts.season[at] + parts.trend[at] + parts.remainder[at];
    assert!((0..y.len()).all(|at| (sum(at) - y[at]).abs() < 1e-9));
    assert!(parts.strength() > 0.95, "{}", parts.strength());
}
