//! Taking samples on a busy machine: what is compared takes turns, and the median of the turns counts.

use std::time::Instant;

/// One side of a comparison: makes one sample and gives its figure.
pub(crate) type Side<'a> = &'a mut dyn FnMut() -> anyhow::Result<f64>;

/// Lets the sides take turns for `rounds`, after one turn each that does not count; gives the median of each.
pub(crate) fn turns<const N: usize>(rounds: usize, mut sides: [Side<'_>; N]) -> anyhow::Result<[f64; N]> {
    let mut samples: [Vec<f64>; N] = std::array::from_fn(|_| Vec::with_capacity(rounds));
    for round in 0..=rounds {
        for (side, samples) in sides.iter_mut().zip(&mut samples) {
            let figure = side()?;
            if round > 0 {
                samples.push(figure);
            }
        }
    }
    Ok(samples.map(median))
}

/// The middle sample.
pub(crate) fn median(mut samples: Vec<f64>) -> f64 {
    samples.sort_unstable_by(f64::total_cmp);
    samples.get(samples.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The sample below which `share` of all lie; `samples` must be sorted.
pub(crate) fn quantile(samples: &[f64], share: f64) -> f64 {
    let last = samples.len().saturating_sub(1);
    samples.get((last as f64 * share).round() as usize).copied().unwrap_or(f64::NAN)
}

/// Nanoseconds of real time that `work` takes.
pub(crate) fn wall(work: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<f64> {
    let began = Instant::now();
    work()?;
    Ok(began.elapsed().as_nanos() as f64)
}

/// Does `work` `count` times and gives the median of the nanoseconds. Each piece should be short, well under a millisecond:
/// then few of them are interrupted, and the median is of those that were not.
pub(crate) fn often(count: u64, mut work: impl FnMut() -> anyhow::Result<()>) -> anyhow::Result<f64> {
    let spans = (0..count).map(|_| wall(&mut work));
    Ok(median(spans.collect::<Result<_, _>>()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_turn_does_not_count() {
        let mut n = 0.0;
        let mut side = || {
            n += 1.0;
            Ok(n)
        };
        assert_eq!(turns(3, [&mut side]).expect("no sample fails"), [3.0]);
    }

    #[test]
    fn quantiles() {
        let samples: Vec<f64> = (0..=100).map(f64::from).collect();
        assert_eq!([quantile(&samples, 0.5), quantile(&samples, 0.99), quantile(&samples, 1.0)], [50.0, 99.0, 100.0]);
        assert!(quantile(&[], 0.5).is_nan() && median(Vec::new()).is_nan());
    }
}
