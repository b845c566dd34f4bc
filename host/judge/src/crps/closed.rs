//! Closed forms of the CRPS of named distributions, after A. Jordan, F. Krüger and S. Lerch, "Evaluating probabilistic
//! forecasts with scoringRules", Journal of Statistical Software 90 (2019), appendix A.
//!
//! Each is absent where a parameter makes no distribution. Location and scale are in units of the target.

use std::f64::consts::{FRAC_1_SQRT_2, PI, SQRT_2};

use statrs::distribution::{ContinuousCDF, StudentsT};

use crate::sum::{Sum, finite, positive};

/// Normal with mean `mu` and deviation `sigma` > 0.
pub fn normal(mu: f64, sigma: f64, actual: f64) -> Option<f64> {
    let z = standard(mu, sigma, actual)?;
    finite(sigma * (z * (2.0 * cdf(z) - 1.0) + 2.0 * density(z) - 1.0 / PI.sqrt()))
}

/// Normal that is cut off outside `lower` < `upper`, its mass spread over what is left.
pub fn truncated_normal(mu: f64, sigma: f64, lower: f64, upper: f64, actual: f64) -> Option<f64> {
    bounded_normal(mu, sigma, &Bounds { lower, upper, at_lower: 0.0, at_upper: 0.0 }, actual)
}

/// Normal whose mass outside `lower` < `upper` lies on the two ends.
pub fn censored_normal(mu: f64, sigma: f64, lower: f64, upper: f64, actual: f64) -> Option<f64> {
    let (low, high) = (standard(mu, sigma, lower)?, standard(mu, sigma, upper)?);
    bounded_normal(mu, sigma, &Bounds { lower, upper, at_lower: cdf(low), at_upper: cdf(-high) }, actual)
}

/// Laplace with median `location` and `scale` > 0.
pub fn laplace(location: f64, scale: f64, actual: f64) -> Option<f64> {
    let z = standard(location, scale, actual)?.abs();
    finite(scale * (z + libm::exp(-z) - 0.75))
}

/// Logistic with mean `mu` and scale `sigma` > 0.
pub fn logistic(mu: f64, sigma: f64, actual: f64) -> Option<f64> {
    let z = standard(mu, sigma, actual)?.abs();
    finite(sigma * (z + 2.0 * libm::log1p(libm::exp(-z)) - 1.0))
}

/// Student's t with `df` > 1 degrees of freedom, `location` and `scale` > 0.
pub fn student_t(df: f64, location: f64, scale: f64, actual: f64) -> Option<f64> {
    let z = standard(location, scale, actual)?;
    finite(df).filter(|df| *df > 1.0)?;
    let below = StudentsT::new(0.0, 1.0, df).ok()?.cdf(z);
    let log_beta = log_beta(0.5, df / 2.0);
    let density = libm::exp(-log_beta - 0.5 * libm::log(df) - 0.5 * (df + 1.0) * libm::log1p(z * z / df));
    let spread = libm::exp(self::log_beta(0.5, df - 0.5) - 2.0 * log_beta);
    let inner = z * (2.0 * below - 1.0) + 2.0 * density * (df + z * z) / (df - 1.0);
    finite(scale * (inner - 2.0 * df.sqrt() / (df - 1.0) * spread))
}

/// One part of a mixture.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Component {
    /// Mean.
    pub mu: f64,
    /// Deviation, > 0.
    pub sigma: f64,
    /// Share of the whole, >= 0; the shares are normalised.
    pub weight: f64,
}

/// Mixture of normals. O(n²).
pub fn normal_mixture(parts: &[Component], actual: f64) -> Option<f64> {
    let usable = |part: &Component| part.weight >= 0.0 && part.weight.is_finite();
    let total: f64 = parts.iter().map(|part| part.weight).sum();
    positive(total).filter(|_| parts.iter().all(usable))?;
    let (mut off, mut spread) = (Sum::default(), Sum::default());
    for part in parts {
        standard(part.mu, part.sigma, actual)?;
        off.add_product(part.weight / total, mean_absolute(actual - part.mu, part.sigma));
        for other in parts {
            let apart = mean_absolute(part.mu - other.mu, libm::hypot(part.sigma, other.sigma));
            spread.add_product(part.weight / total * (other.weight / total), apart);
        }
    }
    finite(off.value() - 0.5 * spread.value())
}

/// Number of hits among `n` trials of probability `p` in [0, 1]. O(n).
pub fn binomial(n: u32, p: f64, actual: f64) -> Option<f64> {
    if !((0.0..=1.0).contains(&p) && actual.is_finite()) {
        return None;
    }
    let mut total = Sum::default();
    let mut below = 0.0;
    for hits in 0..=n {
        let mass = binomial_mass(n, p, hits);
        below += mass;
        let step = f64::from(u8::from(actual < f64::from(hits)));
        total.add_product(mass * (step - below + mass / 2.0), f64::from(hits) - actual);
    }
    finite(2.0 * total.value())
}

/// Where a normal is cut, and the mass that lies on each end.
struct Bounds {
    lower: f64,
    upper: f64,
    at_lower: f64,
    at_upper: f64,
}

fn bounded_normal(mu: f64, sigma: f64, bounds: &Bounds, actual: f64) -> Option<f64> {
    let y = standard(mu, sigma, actual)?;
    let (low, high) = (standard(mu, sigma, bounds.lower)?, standard(mu, sigma, bounds.upper)?);
    positive(high - low)?;
    let (on_low, on_high) = (bounds.at_lower, bounds.at_upper);
    let z = y.clamp(low, high);
    let stretch = (1.0 - on_low - on_high) / (cdf(high) - cdf(low));
    let outside = (y - z).abs() + high * on_high * on_high - low * on_low * on_low;
    let middle = (1.0 - 2.0 * on_low) * cdf(high) + (1.0 - 2.0 * on_high) * cdf(low);
    let inside = stretch * z * (2.0 * cdf(z) - middle / (1.0 - on_low - on_high));
    let slopes = stretch * (2.0 * density(z) - 2.0 * density(high) * on_high - 2.0 * density(low) * on_low);
    let spread = stretch * stretch / PI.sqrt() * (cdf(high * SQRT_2) - cdf(low * SQRT_2));
    finite(sigma * (outside + inside + slopes - spread))
}

/// Distance from the location in scales; absent where there is none.
fn standard(location: f64, scale: f64, actual: f64) -> Option<f64> {
    finite((actual - location) / scale).filter(|_| scale > 0.0 && scale.is_finite())
}

/// E|X| of a normal with mean `mu` and deviation `sigma`.
fn mean_absolute(mu: f64, sigma: f64) -> f64 {
    let z = mu / sigma;
    2.0 * sigma * density(z) + mu * (2.0 * cdf(z) - 1.0)
}

fn cdf(z: f64) -> f64 {
    0.5 * libm::erfc(-z * FRAC_1_SQRT_2)
}

fn density(z: f64) -> f64 {
    libm::exp(-0.5 * z * z) / (2.0 * PI).sqrt()
}

fn log_beta(a: f64, b: f64) -> f64 {
    libm::lgamma(a) + libm::lgamma(b) - libm::lgamma(a + b)
}

fn binomial_mass(n: u32, p: f64, hits: u32) -> f64 {
    let (n, hits) = (f64::from(n), f64::from(hits));
    // 0·log 0 counts as 0.
    let power = |count: f64, log: f64| if count == 0.0 { 0.0 } else { count * log };
    let ways = libm::lgamma(n + 1.0) - libm::lgamma(hits + 1.0) - libm::lgamma(n - hits + 1.0);
    libm::exp(ways + power(hits, libm::log(p)) + power(n - hits, libm::log1p(-p)))
}
