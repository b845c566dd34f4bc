//! Forecasts of a fitted model: the state moved on step by step, the differences put back, and the variance by the weights
//! of the innovations in the integrated process (Box and Jenkins, chapter 5).

use super::fit::Fit;
use super::lags::Arma;
use super::likelihood::psi;
use crate::differences::{integrate, polynomial, product};
use crate::path::Path;
use crate::task::Stop;

/// The variance of step `h` is `σ² Σ_{j < h} ψ(j)²`, with `σ²` corrected for the number of estimated coefficients.
pub(crate) fn forecast(fit: &Fit, y: &[f64], horizon: usize) -> Result<Path, Stop> {
    let (order, season) = (&fit.order, fit.season);
    let arma = fit.coefficients.expanded(season);
    let mean = fit.coefficients.mean.unwrap_or(0.0);
    let mut state = fit.state.clone();
    let mut changes = Vec::with_capacity(horizon);
    for _ in 0..horizon {
        let first = state[0];
        changes.push(first + mean);
        state.rotate_left(1);
        if let Some(last) = state.last_mut() {
            *last = 0.0;
        }
        state.iter_mut().zip(&arma.ar).for_each(|(part, ar)| *part += ar * first);
    }
    let differences = polynomial(order.d, order.seasonal_d, season);
    let signed: Vec<f64> = std::iter::once(1.0).chain(arma.ar.iter().map(|ar| -ar)).collect();
    let ar = product(&signed, &differences)[1..].iter().map(|power| -power).collect();
    let weights = psi(&Arma { ar, ma: arma.ma }, horizon - 1);
    let spare = fit.n.saturating_sub(order.coefficients()).max(1);
    let variance = fit.variance * fit.n as f64 / spare as f64;
    let growing = weights.iter().scan(0.0, |sum, weight| {
        *sum += weight * weight;
        Some((variance * *sum).sqrt())
    });
    let path = Path { name: order.label(season), sd: growing.collect(), mean: integrate(y, &changes, &differences) };
    path.sound()
}
