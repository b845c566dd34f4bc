//! One number: a grid that finds the right valley, then golden sections of it.

/// Points of the grid.
const GRID: usize = 16;
/// Sections; each leaves 62 % of the stretch, all of them a millionth of it.
const SECTIONS: usize = 25;

/// Where the function is smallest on the stretch from the first to the second number.
pub(crate) fn minimum_on((low, high): (f64, f64), function: impl Fn(f64) -> f64) -> f64 {
    let place = |at: usize| low + (high - low) * at as f64 / (GRID - 1) as f64;
    let values: Vec<f64> = (0..GRID).map(|at| function(place(at))).collect();
    let best = (0..GRID).min_by(|a, b| values[*a].total_cmp(&values[*b])).unwrap_or(0);
    let (mut low, mut high) = (place(best.saturating_sub(1)), place((best + 1).min(GRID - 1)));
    let share = (5.0_f64.sqrt() - 1.0) / 2.0;
    let mut inner = [high - share * (high - low), low + share * (high - low)];
    let mut at = inner.map(&function);
    for _ in 0..SECTIONS {
        if at[0] <= at[1] {
            high = inner[1];
            inner = [high - share * (high - low), inner[0]];
            at = [function(inner[0]), at[0]];
        } else {
            low = inner[0];
            inner = [inner[1], low + share * (high - low)];
            at = [at[1], function(inner[1])];
        }
    }
    let middle = f64::midpoint(low, high);
    // The ends of the stretch are no inner points.
    [place(best), middle].into_iter().min_by(|a, b| function(*a).total_cmp(&function(*b))).unwrap_or(middle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inside_at_an_end_and_in_the_deeper_of_two_valleys() {
        assert!((minimum_on((0.0, 1.0), |x| (x - 0.3) * (x - 0.3)) - 0.3).abs() < 1e-6);
        assert!((minimum_on((0.0, 1.0), |x| -x) - 1.0).abs() < 1e-12);
        let two = |x: f64| (x - 0.1).abs().min((x - 0.8).abs() * 0.5 - 0.2);
        assert!((minimum_on((0.0, 1.0), two) - 0.8).abs() < 1e-6);
    }
}
