//! Reductions of a window in one fixed order, so that wasm, native, scalar and vector code give the same bits.

/// Independent partial sums: enough to hide the latency of an addition, few enough for short windows.
const LANES: usize = 4;

/// Σ f(position, x) with position counted from the oldest value.
///
/// The newest value is added on its own: it was stored a moment ago, and a vector load across it would wait for that.
pub(crate) fn sum_by(xs: &[f64], f: impl Fn(usize, f64) -> f64) -> f64 {
    let Some((newest, older)) = xs.split_last() else {
        return 0.0;
    };
    let mut lanes = [0.0; LANES];
    let mut chunks = older.chunks_exact(LANES);
    let mut at = 0;
    for chunk in &mut chunks {
        for (i, lane) in lanes.iter_mut().enumerate() {
            *lane += f(at + i, chunk[i]);
        }
        at += LANES;
    }
    let mut tail = 0.0;
    for (i, x) in chunks.remainder().iter().enumerate() {
        tail += f(at + i, *x);
    }
    (lanes[0] + lanes[2]) + (lanes[1] + lanes[3]) + (tail + f(older.len(), *newest))
}

/// Σ (x − mean)².
pub(crate) fn squared_deviations(xs: &[f64], mean: f64) -> f64 {
    sum_by(xs, |_, x| (x - mean) * (x - mean))
}

/// Population standard deviation around a mean already known.
pub(crate) fn population_deviation(xs: &[f64], mean: f64) -> f64 {
    (squared_deviations(xs, mean) / count(xs)).sqrt()
}

/// Largest value.
pub(crate) fn max(xs: &[f64]) -> f64 {
    extreme(xs, |a, b| if b > a { b } else { a })
}

/// Smallest value.
pub(crate) fn min(xs: &[f64]) -> f64 {
    extreme(xs, |a, b| if b < a { b } else { a })
}

/// The window's length as a divisor.
pub(crate) fn count(xs: &[f64]) -> f64 {
    xs.len() as f64
}

fn extreme(xs: &[f64], pick: impl Fn(f64, f64) -> f64) -> f64 {
    let older = &xs[..xs.len() - 1];
    let newest = xs[xs.len() - 1];
    let mut lanes = [newest; LANES];
    let mut chunks = older.chunks_exact(LANES);
    for chunk in &mut chunks {
        for (i, lane) in lanes.iter_mut().enumerate() {
            *lane = pick(*lane, chunk[i]);
        }
    }
    let tail = chunks.remainder().iter().fold(newest, |a, b| pick(a, *b));
    pick(pick(pick(lanes[0], lanes[1]), pick(lanes[2], lanes[3])), tail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sliding::SlidingMean;

    #[test]
    fn reductions_of_every_remainder() {
        for n in 1..=13_u32 {
            let xs: Vec<f64> = (1..=n).map(f64::from).collect();
            let n = f64::from(n);
            assert_eq!(sum_by(&xs, |_, x| x), n * (n + 1.0) / 2.0);
            assert_eq!(sum_by(&xs, |i, _| i as f64), n * (n - 1.0) / 2.0);
            assert_eq!((min(&xs), max(&xs)), (1.0, n));
        }
    }

    #[test]
    fn a_constant_window_has_exactly_no_deviation() {
        for x in [0.1, 1e-8, 94_250.5, -3.3] {
            let mut mean = SlidingMean::new(21);
            let mean = [x; 21].map(|x| mean.push(x))[20];
            assert_eq!(population_deviation(&[x; 21], mean), 0.0);
        }
    }
}
