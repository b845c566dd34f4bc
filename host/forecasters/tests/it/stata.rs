//! ARIMA against Stata and gretl.

use sconce_forecasters::arima::{Order, fit};
use sconce_forecasters::{Model, fit_and_forecast};

use crate::support::{apart, column, none, number, records, reference};

/// Specifications of Stata without regressors: its text, and the order that it means. Others of the file have regressors
/// (`t`, `t3`, `x`), begin diffusely, or were given up by Stata's optimiser far from a maximum (moving averages of an
/// undifferenced series with no mean).
fn specifications() -> Vec<(&'static str, Order, usize)> {
    let none = |p, d, q| Order::plain(p, d, q).with_constant(false);
    vec![
        ("arima wpi, arima(3,0,0) noconstant vce(oim)", none(3, 0, 0), 1),
        ("arima wpi c, arima(3,0,0) noconstant vce(oim)", Order::plain(3, 0, 0), 1),
        ("arima wpi, arima(3,2,0) noconstant vce(oim)", none(3, 2, 0), 1),
        ("arima wpi, arima(3,0,0) sarima(0,2,0,4) noconstant vce(oim)", none(3, 0, 0).with_season(0, 2, 0), 4),
        ("arima wpi c, arima(0,0,3) noconstant vce(oim)", Order::plain(0, 0, 3), 1),
        ("arima wpi, arima(0,2,3) noconstant vce(oim)", none(0, 2, 3), 1),
        ("arima wpi, arima(0,0,3) sarima(0,2,0,4) noconstant vce(oim)", none(0, 0, 3).with_season(0, 2, 0), 4),
        ("arima wpi, arima(3,0,3) noconstant vce(oim)", none(3, 0, 3), 1),
        ("arima wpi c, arima(3,0,2) noconstant vce(oim)", Order::plain(3, 0, 2), 1),
        ("arima wpi, arima(3,2,2) noconstant vce(oim)", none(3, 2, 2), 1),
        ("arima wpi, arima(3,0,2) sarima(0,2,0,4) noconstant vce(oim)", none(3, 0, 2).with_season(0, 2, 0), 4),
        ("arima wpi, sarima(3,0,0,4) noconstant vce(oim)", none(0, 0, 0).with_season(3, 0, 0), 4),
        ("arima wpi c, sarima(3,0,0,4) noconstant vce(oim)", Order::plain(0, 0, 0).with_season(3, 0, 0), 4),
        ("arima wpi, arima(0,2,0) sarima(3,0,0,4) noconstant vce(oim)", none(0, 2, 0).with_season(3, 0, 0), 4),
        ("arima wpi, sarima(3,2,0,4) noconstant vce(oim)", none(0, 0, 0).with_season(3, 2, 0), 4),
        ("arima wpi c, sarima(0,0,3,4) noconstant vce(oim)", Order::plain(0, 0, 0).with_season(0, 0, 3), 4),
        ("arima wpi, arima(0,2,0) sarima(0,0,3,4) noconstant vce(oim)", none(0, 2, 0).with_season(0, 0, 3), 4),
        ("arima wpi, sarima(0,2,3,4) noconstant vce(oim)", none(0, 0, 0).with_season(0, 2, 3), 4),
        ("arima wpi, arima(0,2,0) sarima(3,0,2,4) noconstant vce(oim)", none(0, 2, 0).with_season(3, 0, 2), 4),
        ("arima wpi, sarima(3,2,2,4) noconstant vce(oim)", none(0, 0, 0).with_season(3, 2, 2), 4),
    ]
}

/// Ours may be higher than Stata's: then Stata stopped short. It must not be lower.
#[test]
fn likelihoods() {
    let test = "stata::likelihoods";
    let (Some(series), Some(fits)) = (reference(test, "series/wpi1.csv"), reference(test, "stata_sarimax_wpi1.csv"))
    else {
        return;
    };
    let (y, fits) = (column(&series, 0), records(&fits));
    let mut wrong = Vec::new();
    for (text, order, season) in specifications() {
        let theirs = fits.iter().find(|record| &record[0] == text).map(|record| number(&record[1]));
        let theirs = theirs.unwrap_or_else(|| panic!("`{text}` is not in the file"));
        let ours = fit(&y, &order, season, &|| false).expect("a sound question").expect("a fit").log_likelihood;
        if ours < theirs - 0.01 || ours > theirs + 0.01 {
            wrong.push(format!("{text}: {ours:.4} instead of {theirs:.4}"));
        }
    }
    none(&wrong);
}

/// Forecasts of the consumer price index after the end of the data (third quarter of 2009), fitted by exact maximum
/// likelihood: bounds at 95 % beside each. The deviation of gretl is not corrected for the number of coefficients.
#[test]
fn forecasts_of_prices() {
    let test = "stata::forecasts_of_prices";
    let names = ("series/us_macro_quarterly.csv", "stata_gretl_arima_cpi_forecasts.csv");
    let (Some(series), Some(forecasts)) = (reference(test, names.0), reference(test, names.1)) else { return };
    let y = column(&series, 7);
    let rows = records(&forecasts);
    let rows: Vec<_> = rows.iter().skip_while(|row| (&row[0], &row[1]) != ("2009", "4")).collect();
    let plain = [(Order::plain(1, 1, 1), 2), (Order::plain(2, 1, 1), 18)];
    let drifting = plain.clone().map(|(order, column)| (order.with_constant(true), column + 8));
    let mut wrong = Vec::new();
    for (order, mean) in plain.into_iter().chain(drifting) {
        let at = |column: usize| rows.iter().map(|row| number(&row[column])).collect::<Vec<f64>>();
        let name = order.label(1);
        let table =
            fit_and_forecast(&Model::Arima(Some(order)), &y, rows.len(), 1, &[0.95], &|| false).expect("a forecast");
        let far = [
            apart(&table.mean, &at(mean), &y),
            apart(&table.intervals[0].lo, &at(mean + 2), &y),
            apart(&table.intervals[0].hi, &at(mean + 3), &y),
        ];
        if far.iter().any(|far| *far > 0.01) {
            wrong.push(format!("{name}: mean, lower and upper bound are {far:.4?} away"));
        }
    }
    none(&wrong);
}
