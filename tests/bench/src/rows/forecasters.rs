//! The statistical forecasters: made series of 120 values, fitted and forecast one after the other on one thread, beside
//! statsforecast, which is given the same series.

use sconce_forecasters::{Model, fit_and_forecast};

use super::Setting;
use crate::peer::Peer;
use crate::report::{Figure, Gate, rate};
use crate::sample::{turns, wall};

/// Values of a series: ten years of months, half a year of days.
const LENGTH: usize = 120;
const HORIZON: usize = 12;

pub(super) fn measure(setting: &Setting) -> anyhow::Result<Vec<Figure>> {
    let Some(python) = &setting.forecast_python else {
        return Ok(vec![Figure::published("forecasters", "statsforecast is not installed".to_owned())]);
    };
    let mut peer = Peer::python(python, &setting.peers.join("forecasters.py"))?;
    let models = [("ses", Model::Ses), ("theta", Model::Theta), ("ets", Model::Ets), ("arima", Model::Arima(None))];
    models.into_iter().map(|(name, model)| one(setting, &mut peer, name, &model)).collect()
}

fn one(setting: &Setting, peer: &mut Peer, name: &str, model: &Model) -> anyhow::Result<Figure> {
    let count = setting.pick(10, 40);
    let series: Vec<Vec<f64>> = (0..count).map(made).collect();
    let mut ours = || {
        wall(|| {
            for series in &series {
                let table = fit_and_forecast(model, series, HORIZON, 1, &[0.95], &|| false)?;
                anyhow::ensure!(table.fallback.is_none(), "{name} fell back: {table:?}");
            }
            Ok(())
        })
    };
    let mut theirs = || Ok(peer.ask(&format!("{name} {count} {LENGTH} {HORIZON}"))? * 1e9);
    let [ours, theirs] = turns(setting.pick(3, 7), [&mut ours, &mut theirs])?;
    let speed = |nanos: f64| rate(count as f64 / nanos * 1e9, "series");
    let figure = Figure::published(&format!("forecasters, {name}, {LENGTH} values, fit and 12 steps"), speed(ours));
    Ok(figure.beside("statsforecast, one thread", &speed(theirs), theirs / ours, Gate::AtLeast(1.0)))
}

/// An autoregression around a walk; the peer makes the same from the same numbers.
fn made(number: usize) -> Vec<f64> {
    let mut state = number as u64 + 1;
    let (mut level, mut apart) = (100.0, 0.0);
    let mut shock = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64 - 0.5
    };
    let value = |_| {
        level += 0.6 * shock();
        apart = 0.6 * apart + 2.0 * shock();
        level + apart
    };
    (0..LENGTH).map(value).collect()
}
