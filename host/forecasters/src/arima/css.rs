//! The conditional sum of squares of an ARMA series: errors before the first value count as 0, and the first values that
//! the autoregression needs are taken as given (Box and Jenkins). Cheaper than the likelihood, and near it.

use super::lags::Arma;

/// Log-likelihood as if the errors after the first `ar` values were all of the series, with the mean concentrated out.
/// Nothing where a number is no longer finite.
pub(crate) fn log_likelihood(w: &[f64], arma: &Arma, with_mean: bool) -> Option<f64> {
    let lags = |coefficients: &[f64]| {
        let kept = coefficients.iter().enumerate().filter(|(_, coefficient)| **coefficient != 0.0);
        kept.map(|(at, coefficient)| (at + 1, *coefficient)).collect::<Vec<(usize, f64)>>()
    };
    let (ar, ma, given) = (lags(&arma.ar), lags(&arma.ma), arma.ar.len());
    if w.len() <= given + 1 {
        return None;
    }
    let errors = |series: &dyn Fn(usize) -> f64| {
        let mut errors = vec![0.0; w.len()];
        for t in given..w.len() {
            let past: f64 = ar.iter().map(|(lag, ar)| ar * series(t - lag)).sum();
            let shocks: f64 = ma.iter().filter(|(lag, _)| *lag <= t).map(|(lag, ma)| ma * errors[t - lag]).sum();
            errors[t] = series(t) - past - shocks;
        }
        errors
    };
    let of_values = errors(&|t| w[t]);
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let mut squares = dot(&of_values, &of_values);
    if with_mean {
        let of_ones = errors(&|_| 1.0);
        let (both, ones) = (dot(&of_values, &of_ones), dot(&of_ones, &of_ones));
        if ones > 0.0 {
            squares -= both * both / ones;
        }
    }
    let variance = squares / (w.len() - given) as f64;
    let value = -0.5 * w.len() as f64 * (libm::log(2.0 * std::f64::consts::PI * variance) + 1.0);
    (variance > 0.0 && value.is_finite()).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_the_likelihood_of_a_long_series() {
        let mut noise = 1_u64;
        let mut w = vec![0.0];
        for _ in 0..4_000 {
            noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let shock = (noise >> 11) as f64 / (1_u64 << 53) as f64 - 0.5;
            w.push(0.6 * w[w.len() - 1] + shock);
        }
        let arma = Arma { ar: vec![0.6], ma: vec![0.1] };
        for with_mean in [false, true] {
            let exact = super::super::likelihood::filter(&w, &arma, with_mean).expect("stationary").log_likelihood;
            let near = log_likelihood(&w, &arma, with_mean).expect("long enough");
            assert!((exact - near).abs() < 1.5, "{exact} {near}");
        }
    }
}
