//! The continuous ranked probability score, ∫(F(x) − 1{y ≤ x})² dx, in units of the target; lower is better, and for a
//! point forecast it is the absolute error (T. Gneiting and A. E. Raftery, JASA 102, 2007).
//!
//! Here for ensembles and quantiles; closed forms of distributions are in [`closed`].

pub mod closed;

use crate::quantiles::mean_pinball;
use crate::sum::{Sum, finite};

/// CRPS of an ensemble: mean |xᵢ − y| − ½·mean |xᵢ − xⱼ| over all pairs, the plain estimator and not the "fair" one.
/// Absent for no member and for one that is not finite. O(n log n).
pub fn ensemble(members: &[f64], actual: f64) -> Option<f64> {
    weighted_ensemble(members, &vec![1.0; members.len()], actual)
}

/// The same with weights >= 0, which are normalised. Absent where lengths differ or all weights are zero.
pub fn weighted_ensemble(members: &[f64], weights: &[f64], actual: f64) -> Option<f64> {
    let usable = members.iter().all(|member| member.is_finite())
        && weights.iter().all(|weight| weight.is_finite() && *weight >= 0.0)
        && members.len() == weights.len()
        && actual.is_finite();
    if !usable {
        return None;
    }
    let mut sorted: Vec<(f64, f64)> = members.iter().copied().zip(weights.iter().copied()).collect();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut total, mut off) = (Sum::default(), Sum::default());
    for (member, weight) in &sorted {
        total.add(*weight);
        off.add_product(*weight, (member - actual).abs());
    }
    let total = total.value();
    // Σᵢⱼ wᵢwⱼ|xᵢ − xⱼ| = 2·Σ over gaps between neighbours of (weight below)·(weight above)·gap.
    let (mut spread, mut below) = (Sum::default(), Sum::default());
    for pair in sorted.windows(2) {
        below.add(pair[0].1);
        let share = below.value() / total;
        spread.add_product(share * (1.0 - share), pair[1].0 - pair[0].0);
    }
    finite(off.value() / total - spread.value()).filter(|_| total > 0.0)
}

/// CRPS from (level, quantile) pairs: twice their mean pinball loss. With the median alone it is the absolute error.
/// An approximation: it becomes the CRPS as the levels fill (0, 1) evenly.
pub fn from_quantiles(quantiles: impl IntoIterator<Item = (f64, f64)>, actual: f64) -> Option<f64> {
    finite(2.0 * mean_pinball(quantiles, actual)?)
}
