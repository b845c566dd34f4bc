//! Exact division of whole numbers among parts.

/// Divides `total` by weight; the parts are whole and add up to it.
pub(super) fn split(total: i64, weights: &[f64]) -> Vec<i64> {
    let whole: f64 = weights.iter().sum();
    let (mut sum, mut given) = (0.0, 0);
    let last = weights.len().saturating_sub(1);
    let mut parts = Vec::with_capacity(weights.len());
    for (index, weight) in weights.iter().enumerate() {
        sum += weight;
        let until = if index == last { total } else { ((total as f64 * (sum / whole)) as i64).clamp(given, total) };
        parts.push(until - given);
        given = until;
    }
    parts
}

/// Scales the weights of the prices above `mean` against the others, so that the weighted average becomes `mean`:
/// the law of the lever. No side is given less than a fiftieth of the whole.
pub(super) fn lever(mean: f64, prices: &[f64], weights: &mut [f64]) {
    let (mut above, mut below) = ((0.0, 0.0), (0.0, 0.0));
    for (price, weight) in prices.iter().zip(&*weights) {
        let side = if *price > mean { &mut above } else { &mut below };
        side.0 += weight;
        side.1 += weight * price;
    }
    if above.0 <= 0.0 || below.0 <= 0.0 {
        return;
    }
    let (high, low) = (above.1 / above.0, below.1 / below.0);
    let share = ((mean - low) / (high - low)).clamp(0.02, 0.98);
    for (price, weight) in prices.iter().zip(weights) {
        *weight *= if *price > mean { share / above.0 } else { (1.0 - share) / below.0 };
    }
}

/// Adds `rest` to the parts, each within its bounds, as far as they go; answers what nobody could take.
pub(super) fn absorb(mut rest: i64, parts: &mut [i64], bounds: impl Fn(usize) -> (i64, i64)) -> i64 {
    for (index, part) in parts.iter_mut().enumerate() {
        if rest == 0 {
            break;
        }
        let (low, high) = bounds(index);
        let step = rest.clamp((low - *part).min(0), (high - *part).max(0));
        *part += step;
        rest -= step;
    }
    rest
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn parts_add_up(total in 0_i64..1_000_000_000, weights in prop::collection::vec(0.001_f64..100.0, 1..80)) {
            let parts = split(total, &weights);
            prop_assert_eq!(parts.iter().sum::<i64>(), total);
            prop_assert!(parts.iter().all(|part| *part >= 0));
        }

        #[test]
        fn a_lever_hits_the_mean(prices in prop::collection::vec(1.0_f64..100.0, 2..50), at in 0.1_f64..0.9) {
            let (low, high) = prices.iter().fold((f64::MAX, f64::MIN), |(l, h), p| (l.min(*p), h.max(*p)));
            prop_assume!(high - low > 1.0);
            let mean = low + at * (high - low);
            let mut weights = vec![1.0; prices.len()];
            lever(mean, &prices, &mut weights);
            let total: f64 = weights.iter().sum();
            let found = prices.iter().zip(&weights).map(|(p, w)| p * w).sum::<f64>() / total;
            let clamped = (high - low) * 0.05;
            prop_assert!((found - mean).abs() < clamped, "{} {}", found, mean);
        }
    }
}
