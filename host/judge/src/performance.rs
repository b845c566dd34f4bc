//! Scores of a series of simple returns, one per period, oldest first: growth, risk, and both against a benchmark.
//!
//! NaN is an absent period: it counts as time, but in no mean. Deviations are divided by n − 1. `per_year` is the number of
//! periods in a year (252 trading days, 365 days of a market that never closes). A figure that has no finite value, such as
//! a ratio to no risk, is absent. Functions of two series take them aligned by period and absent where lengths differ.

use crate::moments::{Association, Moments};
use crate::sum::{Sum, finite};

/// Cumulated returns, Π(1 + r) − 1 up to each period.
pub fn cumulative_returns(returns: &[f64]) -> Vec<f64> {
    growth(returns).map(|wealth| wealth - 1.0).collect()
}

/// Return over the whole series; absent for an empty one.
pub fn total_return(returns: &[f64]) -> Option<f64> {
    finite(growth(returns).last()? - 1.0)
}

/// Largest fall of the cumulated wealth from its peak, which begins at 1; <= 0.
pub fn max_drawdown(returns: &[f64]) -> Option<f64> {
    let (mut peak, mut deepest) = (1.0_f64, 0.0_f64);
    for wealth in growth(returns) {
        peak = peak.max(wealth);
        deepest = deepest.min(wealth / peak - 1.0);
    }
    finite(deepest).filter(|_| !returns.is_empty())
}

/// Compound annual growth rate; absent for an empty series and where more than everything was lost.
pub fn annual_return(returns: &[f64], per_year: f64) -> Option<f64> {
    let ending = 1.0 + total_return(returns)?;
    finite(libm::pow(ending, per_year / returns.len() as f64) - 1.0)
}

/// Deviation of the returns, scaled to a year by the square root of time.
pub fn annual_volatility(returns: &[f64], per_year: f64) -> Option<f64> {
    finite(present(returns).deviation()? * per_year.sqrt())
}

/// Annual return over the largest drawdown; absent without a drawdown.
pub fn calmar(returns: &[f64], per_year: f64) -> Option<f64> {
    let fall = max_drawdown(returns).filter(|fall| *fall < 0.0)?;
    finite(annual_return(returns, per_year)? / fall.abs())
}

/// Mean excess over its deviation, scaled to a year; `excess` is return minus risk-free return, period by period.
pub fn sharpe(excess: &[f64], per_year: f64) -> Option<f64> {
    finite(information(excess)? * per_year.sqrt())
}

/// Mean over deviation, per period: of returns minus a benchmark's, the information ratio.
pub fn information(excess: &[f64]) -> Option<f64> {
    let moments = present(excess);
    let deviation = moments.deviation().filter(|deviation| *deviation > 0.0)?;
    finite(moments.mean()? / deviation)
}

/// Root mean square of what falls short of 0, over all periods, scaled to a year; `excess` is return minus required return.
pub fn downside_risk(excess: &[f64], per_year: f64) -> Option<f64> {
    let (mut squares, mut n) = (Sum::default(), 0);
    for short in excess.iter().filter(|value| !value.is_nan()).map(|value| value.min(0.0)) {
        squares.add_product(short, short);
        n += 1;
    }
    finite(squares.mean(n)?.sqrt() * per_year.sqrt())
}

/// Annual mean excess over the downside risk; absent below two periods and without a shortfall.
pub fn sortino(excess: &[f64], per_year: f64) -> Option<f64> {
    let risk = downside_risk(excess, per_year).filter(|risk| *risk > 0.0 && excess.len() > 1)?;
    finite(present(excess).mean()? * per_year / risk)
}

/// Gains over losses beyond a threshold (C. Keating and W. F. Shadwick, 2002); `excess` is return minus threshold.
/// Absent below two periods and without a loss.
pub fn omega(excess: &[f64]) -> Option<f64> {
    let (mut gains, mut losses) = (Sum::default(), Sum::default());
    for value in excess.iter().filter(|value| !value.is_nan()) {
        if *value > 0.0 { gains.add(*value) } else { losses.add(-value) }
    }
    let losses = losses.value();
    finite(gains.value() / losses).filter(|_| losses > 0.0 && excess.len() > 1)
}

/// The 95th percentile over the size of the 5th; absent for an empty series and where the latter is 0.
pub fn tail_ratio(returns: &[f64]) -> Option<f64> {
    let mut sorted: Vec<f64> = returns.iter().copied().filter(|value| !value.is_nan()).collect();
    sorted.sort_by(f64::total_cmp);
    finite(percentile(&sorted, 0.95)?.abs() / percentile(&sorted, 0.05)?.abs())
}

/// R² of a straight line through the cumulated log returns, in [0, 1]; absent below two periods.
pub fn stability(returns: &[f64]) -> Option<f64> {
    let (mut line, mut total) = (Association::default(), 0.0);
    for (at, value) in returns.iter().filter(|value| !value.is_nan()).enumerate() {
        total += libm::log1p(*value);
        line.add(at as f64, total);
    }
    line.correlation().map(|correlation| correlation * correlation)
}

/// Sensitivity to a benchmark, cov(r, b)/var(b), over the periods where both are present; absent for a flat benchmark.
pub fn beta(returns: &[f64], benchmark: &[f64]) -> Option<f64> {
    together(returns, benchmark)?.slope()
}

/// Yearly return that the benchmark does not explain, (1 + r̄ − β·b̄)^`per_year` − 1.
pub fn alpha(returns: &[f64], benchmark: &[f64], per_year: f64) -> Option<f64> {
    let pairs = together(returns, benchmark)?;
    let unexplained = pairs.mean_y()? - pairs.slope()? * pairs.mean_x()?;
    finite(libm::pow(1.0 + unexplained, per_year) - 1.0)
}

/// Annual return over the benchmark's, in the periods in which the benchmark rose.
pub fn up_capture(returns: &[f64], benchmark: &[f64], per_year: f64) -> Option<f64> {
    capture(returns, benchmark, per_year, |moved| moved > 0.0)
}

/// Annual return over the benchmark's, in the periods in which the benchmark fell.
pub fn down_capture(returns: &[f64], benchmark: &[f64], per_year: f64) -> Option<f64> {
    capture(returns, benchmark, per_year, |moved| moved < 0.0)
}

fn capture(returns: &[f64], benchmark: &[f64], per_year: f64, counts: impl Fn(f64) -> bool) -> Option<f64> {
    if returns.len() != benchmark.len() {
        return None;
    }
    let kept = returns.iter().zip(benchmark).filter(|(_, moved)| counts(**moved));
    let (mine, theirs): (Vec<f64>, Vec<f64>) = kept.unzip();
    finite(annual_return(&mine, per_year)? / annual_return(&theirs, per_year)?)
}

/// Benchmark as x, returns as y.
fn together(returns: &[f64], benchmark: &[f64]) -> Option<Association> {
    if returns.len() != benchmark.len() {
        return None;
    }
    let mut pairs = Association::default();
    for (mine, theirs) in returns.iter().zip(benchmark).filter(|(mine, theirs)| !(mine.is_nan() || theirs.is_nan())) {
        pairs.add(*theirs, *mine);
    }
    Some(pairs)
}

/// Wealth after each period, from 1.
fn growth(returns: &[f64]) -> impl Iterator<Item = f64> {
    returns.iter().scan(1.0, |wealth, value| {
        *wealth *= 1.0 + if value.is_nan() { 0.0 } else { *value };
        Some(*wealth)
    })
}

fn present(values: &[f64]) -> Moments {
    values.iter().copied().filter(|value| !value.is_nan()).collect()
}

/// Linear interpolation between the two nearest of the sorted values; `share` in [0, 1].
fn percentile(sorted: &[f64], share: f64) -> Option<f64> {
    let place = share * sorted.len().checked_sub(1)? as f64;
    let (low, part) = (place.floor(), place.fract());
    let below = *sorted.get(low as usize)?;
    let above = *sorted.get(place.ceil() as usize)?;
    Some(below + part * (above - below))
}
