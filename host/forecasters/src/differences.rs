//! Differencing: what it takes out of a series, and how it is put back into forecasts.

/// A series after `d` plain and `seasonal` differences over `season` values; shorter by as many values as it takes.
pub(crate) fn difference(y: &[f64], d: usize, seasonal: usize, season: usize) -> Vec<f64> {
    let mut series = y.to_vec();
    for _ in 0..seasonal {
        series = lagged(&series, season);
    }
    for _ in 0..d {
        series = lagged(&series, 1);
    }
    series
}

fn lagged(series: &[f64], lag: usize) -> Vec<f64> {
    series.iter().skip(lag).zip(series).map(|(new, old)| new - old).collect()
}

/// The product of two polynomials in the lag operator, each given from power 0.
pub(crate) fn product(left: &[f64], right: &[f64]) -> Vec<f64> {
    let mut powers = vec![0.0; left.len() + right.len() - 1];
    for (i, a) in left.iter().enumerate().filter(|(_, a)| **a != 0.0) {
        for (j, b) in right.iter().enumerate() {
            powers[i + j] += a * b;
        }
    }
    powers
}

/// `(1 - B)^d (1 - B^season)^seasonal`, from power 0.
pub(crate) fn polynomial(d: usize, seasonal: usize, season: usize) -> Vec<f64> {
    let mut once = vec![0.0; season + 1];
    (once[0], once[season]) = (1.0, -1.0);
    let all = (0..seasonal).fold(vec![1.0], |all, _| product(&all, &once));
    (0..d).fold(all, |all, _| product(&all, &[1.0, -1.0]))
}

/// Forecasts of the series out of forecasts of its differences: the recursion of the differencing polynomial, begun with
/// the last values of the series.
pub(crate) fn integrate(y: &[f64], differences: &[f64], polynomial: &[f64]) -> Vec<f64> {
    let lags = polynomial.len() - 1;
    let mut path = y[y.len() - lags..].to_vec();
    for change in differences {
        let past: f64 = polynomial[1..].iter().zip(path.iter().rev()).map(|(power, value)| power * value).sum();
        path.push(change - past);
    }
    path.split_off(lags)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_out_can_be_put_back() {
        let y: Vec<f64> = (0..30).map(|t| f64::from(t * t % 17) + 0.5 * f64::from(t)).collect();
        for (d, seasonal, season) in [(0, 0, 1), (1, 0, 1), (2, 0, 1), (0, 1, 4), (1, 1, 4), (2, 1, 7), (0, 2, 4)] {
            let (polynomial, split) = (polynomial(d, seasonal, season), 22);
            let future = &difference(&y, d, seasonal, season)[split - (polynomial.len() - 1)..];
            let back = integrate(&y[..split], future, &polynomial);
            assert!(back.iter().zip(&y[split..]).all(|(back, y)| (back - y).abs() < 1e-9), "{d} {seasonal} {season}");
        }
    }
}
