//! Small cases whose result can be checked by hand.

use sconce_judge::crps::{ensemble, from_quantiles};
use sconce_judge::naive::{mase, naive_scale};
use sconce_judge::performance::tail_ratio;
use sconce_judge::point::{Pair, PointErrors};
use sconce_judge::probability::ProbabilityScores;
use sconce_judge::proportion::{Z_95, wilson_lower, wilson_upper};
use sconce_judge::quantiles::{Intervals, pinball};
use sconce_judge::trades::{TradeScores, r_multiple};

use crate::support::assert_close;

/// Half of the last of six decimals.
const SIX: f64 = 5.1e-7;

fn errors(pairs: &[(f64, f64)]) -> PointErrors {
    let mut errors = PointErrors::default();
    pairs.iter().for_each(|(actual, forecast)| {
        errors.add(&Pair { actual: *actual, forecast: *forecast, naive: Some(10.0), scale: Some(2.0) });
    });
    errors
}

#[test]
fn wilson_lower_bounds() {
    let rows = [
        (13, 20, 0.432_851),
        (0, 20, 0.0),
        (20, 20, 0.838_870),
        (1, 1, 0.206_543),
        (5, 10, 0.236_590),
        (50, 100, 0.403_830),
        (65, 100, 0.552_543),
        (0, 0, 0.0),
    ];
    for (hits, n, expected) in rows {
        assert_close(&format!("{hits}/{n}"), Some(wilson_lower(hits, n, Z_95)), Some(expected), SIX);
        // The interval is symmetric in hits and misses.
        let mirrored = 1.0 - wilson_upper(n - hits, n, Z_95);
        assert_close(&format!("{hits}/{n} mirrored"), Some(mirrored), Some(expected), SIX);
    }
}

#[test]
fn trades_in_r() {
    let scores: TradeScores = [1.5, -1.0, 2.0, -1.0, -1.0, -1.0, 0.5].into_iter().collect();
    assert_close("expectancy", scores.expectancy(), Some(0.0), 1e-12);
    assert_close("profit factor", scores.profit_factor(), Some(1.0), 1e-12);
    assert_close("max drawdown", scores.max_drawdown(), Some(3.0), 1e-12);
    assert_close("drawdown", scores.drawdown(), Some(2.5), 1e-12);
    assert_close("win rate", scores.wins.rate(), Some(3.0 / 7.0), 1e-12);
    let rows: [(&[f64], Option<f64>); 4] =
        [(&[], None), (&[1.0], None), (&[-1.0], Some(0.0)), (&[1.0, 0.0, -2.0], Some(0.5))];
    for (results, expected) in rows {
        let scores: TradeScores = results.iter().copied().collect();
        assert_close(&format!("profit factor of {results:?}"), scores.profit_factor(), expected, 1e-12);
    }
    let rows = [
        (100.0, 95.0, 110.0, Some(2.0)),
        (100.0, 105.0, 110.0, Some(-2.0)),
        (100.0, 105.0, 90.0, Some(2.0)),
        (1.0, 1.0, 2.0, None),
    ];
    for (entry, stop, exit, expected) in rows {
        assert_close("r", r_multiple(entry, stop, exit), expected, 1e-12);
    }
}

#[test]
fn tails() {
    // Sorted: −.1 −.04 .01 .01 .02 .02 .03 .1; the places of the percentiles are 6.65 and 0.35.
    let returns = [f64::NAN, 0.01, 0.1, -0.04, 0.02, 0.03, 0.02, 0.01, -0.1];
    let expected = (0.03 + 0.65 * 0.07) / (0.1 - 0.35 * 0.06);
    assert_close("tail ratio", tail_ratio(&returns), Some(expected), 1e-12);
    assert_close("no tail", tail_ratio(&[0.0, 0.0]), None, 0.0);
}

#[test]
fn probabilities() {
    let mut scores = ProbabilityScores::default();
    for (probability, hit) in [(0.9, true), (0.6, false), (0.2, false), (0.5, true)] {
        scores.add(probability, hit);
    }
    assert_close("brier", scores.brier(), Some(0.165), 1e-12);
    assert_close("log loss", scores.log_loss(), Some(0.484_485), SIX);
    // Each alone in its bin: |1 − .9|, |0 − .6|, |0 − .2|, |1 − .5|, over four.
    assert_close("calibration", scores.calibration_error(), Some(1.4 / 4.0), 1e-12);
    let rows = [(0.0, 0), (0.1, 1), (0.999, 9), (1.0, 9)];
    for (probability, bin) in rows {
        let mut scores = ProbabilityScores::default();
        scores.add(probability, true);
        assert_eq!(scores.bins()[bin].hits.n, 1, "{probability}");
        assert!(scores.log_loss().is_some_and(f64::is_finite), "{probability}");
    }
    assert_eq!(ProbabilityScores::default().calibration_error(), None);
}

#[test]
fn continuous_ranked_probability() {
    let rows: [(&[f64], f64, Option<f64>); 5] = [
        (&[1.0, 2.0, 3.0, 4.0], 2.5, Some(0.375)),
        (&[4.0, 2.0, 1.0, 3.0], 0.0, Some(1.875)),
        (&[2.0], 5.0, Some(3.0)),
        (&[], 5.0, None),
        (&[f64::NAN, 1.0], 5.0, None),
    ];
    for (members, actual, expected) in rows {
        assert_close(&format!("{members:?}"), ensemble(members, actual), expected, 1e-12);
    }
    assert_close("median alone", from_quantiles([(0.5, 2.0)], 5.0), Some(3.0), 1e-12);
    assert_close("no quantile", from_quantiles([], 5.0), None, 0.0);
    let three = [(0.1, 1.0), (0.5, 2.0), (0.9, 3.0)];
    assert_close("three", from_quantiles(three, 4.0), Some(2.0 * (0.3 + 1.0 + 0.9) / 3.0), 1e-12);
}

#[test]
fn point_errors() {
    let (history, actual, forecast) = ([10.0, 12.0, 11.0, 13.0, 12.0, 14.0], [15.0, 13.0, 16.0], [14.0; 3]);
    assert_close("scale", naive_scale(&history, 1), Some(1.6), 1e-12);
    assert_close("mase", mase(&history, 1, &actual, &forecast), Some(0.833_333), SIX);
    assert_close("seasonal scale", naive_scale(&history, 2), Some(1.0), 1e-12);
    for (series, season) in [(&history[..], 0), (&history[..], 6), (&[1.0, 1.0][..], 1), (&[][..], 1)] {
        assert_eq!(naive_scale(series, season), None, "{series:?} at {season}");
    }
    let pairs: Vec<_> = actual.into_iter().zip(forecast).collect();
    let all = errors(&pairs);
    assert_close("mae", all.mae(), Some(1.333_333), SIX);
    assert_close("smape", all.smape(), Some(0.092_124), SIX);
    assert_close("rmse", all.rmse(), Some(2.0_f64.sqrt()), 1e-12);
    assert_close("mape", all.mape(), Some(100.0 / 3.0 * (1.0 / 15.0 + 1.0 / 13.0 + 2.0 / 16.0)), 1e-12);
    assert_close("mase of pairs", all.mase(), Some(4.0 / 3.0 / 2.0), 1e-12);
    assert_close("relative", all.relative_mae(), Some(4.0 / (5.0 + 3.0 + 6.0)), 1e-12);
    // ā = 44/3; Σ(a − ā)² = 14/3.
    assert_close("r²", all.r_squared(), Some(1.0 - 6.0 / (14.0 / 3.0)), 1e-12);
}

#[test]
fn point_errors_at_their_edges() {
    let none = errors(&[]);
    for figure in
        [none.mae(), none.rmse(), none.mape(), none.smape(), none.mase(), none.relative_mae(), none.r_squared()]
    {
        assert_eq!(figure, None);
    }
    let zero = errors(&[(0.0, 0.0)]);
    assert_eq!((zero.mape(), zero.smape(), zero.r_squared()), (None, Some(0.0), None));
    assert_eq!(errors(&[(0.0, 1.0), (2.0, 1.0)]).mape(), Some(50.0));
    assert_eq!(errors(&[(5.0, 4.0), (5.0, 6.0)]).r_squared(), None, "a flat target");
    let huge = errors(&[(1.0, 1e200), (1.0, 2.0)]);
    assert_eq!(huge.rmse(), None, "a square that cannot be summed is no number");
    assert!(huge.mae().is_some());
}

#[test]
fn intervals() {
    let rows = [(0.2, 0.5, 0.3, 0.16), (0.2, 0.1, 0.3, 0.04), (0.5, 1.0, 1.0, 0.0)];
    for (level, forecast, actual, expected) in rows {
        assert_close("pinball", Some(pinball(level, forecast, actual)), Some(expected), 1e-12);
    }
    let mut intervals = Intervals::default();
    for actual in [1.0, 3.0, 3.5] {
        intervals.add(1.0, 3.0, Some(0.8), actual);
    }
    intervals.add(0.0, 4.0, None, 5.0);
    assert_eq!((intervals.inside.n, intervals.inside.hits), (4, 2));
    assert_eq!((intervals.coverage(), intervals.nominal(), intervals.width()), (Some(0.5), Some(0.8), Some(2.5)));
}
