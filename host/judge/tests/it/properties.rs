//! Promises of every score and of the judge, on random numbers and random runs.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;
use sconce_domain::{Body, Direction, Outcome, Statement, Timeframe, Verdict};
use sconce_judge::crps::{ensemble, from_quantiles};
use sconce_judge::moments::{Association, Moments};
use sconce_judge::performance;
use sconce_judge::point::{Pair, PointErrors};
use sconce_judge::probability::ProbabilityScores;
use sconce_judge::proportion::{Z_95, wilson_lower, wilson_upper};
use sconce_judge::scores::GroupBy;
use sconce_judge::{Card, Judge, JudgeOptions, ScoreBook, Sum};

use crate::support::{at, bar, btc, forecast, output, price, signal};

fn amount() -> impl Strategy<Value = f64> {
    prop_oneof![-1e6..1e6, -1e-6..1e-6, Just(0.0), (-1e12..1e12)]
}

fn pair() -> impl Strategy<Value = Pair> {
    let maybe = || proptest::option::of(1e-3..1e6);
    (amount(), amount(), maybe(), maybe()).prop_map(|(actual, forecast, naive, scale)| Pair {
        actual,
        forecast,
        naive,
        scale,
    })
}

fn point_errors<'a>(pairs: impl IntoIterator<Item = &'a Pair>) -> PointErrors {
    let mut errors = PointErrors::default();
    pairs.into_iter().for_each(|pair| errors.add(pair));
    errors
}

fn bits(figures: [Option<f64>; 7]) -> [Option<u64>; 7] {
    figures.map(|figure| figure.map(f64::to_bits))
}

fn figures(errors: &PointErrors) -> [Option<f64>; 7] {
    [
        errors.mae(),
        errors.rmse(),
        errors.mape(),
        errors.smape(),
        errors.mase(),
        errors.relative_mae(),
        errors.r_squared(),
    ]
}

proptest! {
    #[test]
    fn sums_do_not_depend_on_order_or_parts(terms in vec(amount(), 0..60), cut in 0..60_usize) {
        let sum = |terms: &[f64]| {
            let mut sum = Sum::default();
            terms.iter().for_each(|term| sum.add(*term));
            sum
        };
        let mut turned = terms.clone();
        turned.reverse();
        turned.rotate_left(cut % terms.len().max(1));
        let (head, tail) = terms.split_at(cut.min(terms.len()));
        let mut merged = sum(tail);
        merged.merge(&sum(head));
        for other in [sum(&turned), merged] {
            prop_assert_eq!(other.value().to_bits(), sum(&terms).value().to_bits());
            prop_assert_eq!(other, sum(&terms));
        }
    }

    #[test]
    fn errors_of_parts_are_errors_of_the_whole(pairs in vec(pair(), 0..40), cut in 0..40_usize) {
        let whole = point_errors(&pairs);
        let (head, tail) = pairs.split_at(cut.min(pairs.len()));
        let mut merged = point_errors(head);
        merged.merge(&point_errors(tail));
        prop_assert_eq!(bits(figures(&merged)), bits(figures(&whole)));
        prop_assert_eq!(&merged, &whole);
        prop_assert_eq!(point_errors(pairs.iter().rev()), whole);
    }

    #[test]
    fn errors_stay_in_their_bounds(pairs in vec(pair(), 1..40)) {
        let errors = point_errors(&pairs);
        let (mae, rmse) = (errors.mae().expect("a mean"), errors.rmse().expect("a root"));
        prop_assert!(mae >= 0.0 && rmse >= mae * (1.0 - 1e-12), "{} {}", mae, rmse);
        prop_assert!((0.0..=2.0 + 1e-12).contains(&errors.smape().expect("a mean")));
        prop_assert!(errors.r_squared().is_none_or(|r_squared| r_squared <= 1.0));
        prop_assert!(figures(&errors).into_iter().flatten().all(f64::is_finite));
    }

    #[test]
    fn wilson_bounds_hold_the_rate(n in 1..2_000_u64, hits in 0..2_000_u64) {
        let hits = hits.min(n);
        let rate = hits as f64 / n as f64;
        let (lower, upper) = (wilson_lower(hits, n, Z_95), wilson_upper(hits, n, Z_95));
        prop_assert!(0.0 <= lower && lower <= rate + 1e-12 && rate <= upper + 1e-12 && upper <= 1.0);
        if hits < n {
            prop_assert!(wilson_lower(hits + 1, n, Z_95) > lower);
            prop_assert!(wilson_upper(hits + 1, n, Z_95) >= upper - 1e-12);
        }
        // More of the same says more.
        prop_assert!(wilson_lower(2 * hits, 2 * n, Z_95) >= lower - 1e-12);
        prop_assert!(wilson_upper(2 * hits, 2 * n, Z_95) <= upper + 1e-12);
    }

    #[test]
    fn probabilities_merge_and_stay_in_bounds(said in vec((0.0..=1.0, any::<bool>()), 1..60), cut in 0..60_usize) {
        let scores = |said: &[(f64, bool)]| {
            let mut scores = ProbabilityScores::default();
            said.iter().for_each(|(probability, hit)| scores.add(*probability, *hit));
            scores
        };
        let (head, tail) = said.split_at(cut.min(said.len()));
        let mut merged = scores(tail);
        merged.merge(&scores(head));
        let whole = scores(&said);
        prop_assert_eq!(&merged, &whole);
        for bounded in [whole.brier(), whole.calibration_error()] {
            prop_assert!((0.0..=1.0 + 1e-12).contains(&bounded.expect("a mean")));
        }
        prop_assert!(whole.log_loss().expect("a mean") >= 0.0);
        // Cauchy and Schwarz: a mean error cannot exceed the root of the mean squared one.
        let root = whole.brier().expect("a mean").sqrt();
        prop_assert!(whole.calibration_error().expect("a mean") <= root + 1e-12);
    }

    #[test]
    fn crps_is_a_distance(members in vec(-1e3..1e3_f64, 1..30), actual in -1e3..1e3_f64, shift in -1e3..1e3_f64) {
        let score = ensemble(&members, actual).expect("members");
        prop_assert!(score >= -1e-9);
        let moved: Vec<f64> = members.iter().map(|member| member + shift).collect();
        prop_assert!((ensemble(&moved, actual + shift).expect("members") - score).abs() < 1e-8);
        let n = members.len() as f64;
        let off: f64 = members.iter().map(|member| (member - actual).abs()).sum();
        let apart: f64 = members.iter().flat_map(|a| members.iter().map(move |b| (a - b).abs())).sum();
        prop_assert!((score - (off / n - apart / (2.0 * n * n))).abs() < 1e-8, "the double sum");
        prop_assert_eq!(from_quantiles([(0.5, members[0])], actual), Some((members[0] - actual).abs()));
    }

    #[test]
    fn spreads_agree_with_two_passes(values in vec((-1e3..1e3_f64, -1e3..1e3_f64), 2..40), far in 0..8_i32) {
        let far = libm::pow(10.0, f64::from(far));
        let shifted: Vec<(f64, f64)> = values.iter().map(|(x, y)| (x + far, y - far)).collect();
        let n = shifted.len() as f64;
        let mean = |pick: &dyn Fn(&(f64, f64)) -> f64| shifted.iter().map(pick).sum::<f64>() / n;
        let (mean_x, mean_y) = (mean(&|pair| pair.0), mean(&|pair| pair.1));
        let xx = mean(&|(x, _)| (x - mean_x) * (x - mean_x));
        let xy = mean(&|(x, y)| (x - mean_x) * (y - mean_y));
        let moments: Moments = shifted.iter().map(|(x, _)| *x).collect();
        let expected = (xx * n / (n - 1.0)).sqrt();
        let found = moments.deviation().expect("two values");
        prop_assert!((found - expected).abs() <= 1e-6 * expected.max(1e-6), "{} {}", found, expected);
        let mut pairs = Association::default();
        shifted.iter().for_each(|(x, y)| pairs.add(*x, *y));
        if let Some(slope) = pairs.slope().filter(|_| xx > 1.0) {
            prop_assert!((slope - xy / xx).abs() <= 1e-5 * (1.0 + slope.abs()), "{} {}", slope, xy / xx);
        }
        prop_assert!(pairs.correlation().is_none_or(|correlation| correlation.abs() <= 1.0));
    }

    #[test]
    fn drawdowns_are_losses(returns in vec(-0.99..2.0_f64, 1..60)) {
        let fall = performance::max_drawdown(&returns).expect("a series");
        prop_assert!((-1.0..=0.0).contains(&fall));
        let worst = returns.iter().copied().fold(0.0, f64::min);
        prop_assert!(fall <= worst + 1e-12, "at least the worst period");
        let longer: Vec<f64> = returns.iter().copied().chain([0.1]).collect();
        prop_assert_eq!(performance::max_drawdown(&longer), Some(fall), "a gain deepens none");
    }
}

/// A step of a random run; gaps are seconds since the one before.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    /// Seconds since the first.
    now: i64,
    what: What,
}

#[derive(Clone, Debug)]
enum What {
    Signal(u8, Direction, Option<i64>, Option<f64>),
    Forecast(u8, i64, f64, Option<f64>),
    /// Price, and seconds by which it is late.
    Price(f64, i64),
    Bar(f64),
    Tick,
}

/// A run in the order of the log.
pub(crate) fn any_steps() -> impl Strategy<Value = Vec<Step>> {
    let horizon = || prop_oneof![Just(1), 30..90_i64, 200..400_i64];
    let direction = prop_oneof![Just(Direction::Long), Just(Direction::Short), Just(Direction::Neutral)];
    let late = prop_oneof![9 => Just(0_i64), 1 => 1..100_i64];
    let what = prop_oneof![
        2 => (0..3_u8, direction, proptest::option::of(horizon()), proptest::option::of(0.0..=1.0))
            .prop_map(|(who, direction, horizon, probability)| What::Signal(who, direction, horizon, probability)),
        2 => (0..3_u8, horizon(), 90.0..110.0, proptest::option::of(0.0..5.0))
            .prop_map(|(who, horizon, value, half)| What::Forecast(who, horizon, value, half)),
        4 => (90.0..110.0, late).prop_map(|(price, late)| What::Price(price, late)),
        3 => (90.0..110.0).prop_map(What::Bar),
        1 => Just(What::Tick),
    ];
    let gap = prop_oneof![8 => 0..20_i64, 2 => 20..120_i64, 1 => 500..400_000_i64];
    vec((gap, what), 0..150).prop_map(|steps| {
        let mut now = 1_000;
        let step = |(gap, what)| {
            now += gap;
            Step { now, what }
        };
        steps.into_iter().map(step).collect()
    })
}

pub(crate) fn step(judge: &mut Judge, step: &Step, ordinal: u32) -> Vec<Outcome> {
    let who = |who: u8| format!("d{who}");
    match &step.what {
        What::Signal(by, direction, horizon, probability) => {
            let mut body = signal(*direction, *horizon);
            (body.label, body.probability) = (format!("{direction:?}"), *probability);
            judge.claim(&output(&who(*by), step.now, ordinal, Body::Signal(body)), *by == 2);
            Vec::new()
        }
        What::Forecast(by, horizon, value, half) => {
            let body = forecast(*horizon, *value, half.map(|half| (value - half, value + half)));
            judge.claim(&output(&who(*by), step.now, ordinal, Body::Forecast(body)), *by == 2);
            Vec::new()
        }
        What::Price(value, late) => judge.observe(&btc(), price(step.now - late, *value)),
        What::Bar(close) => {
            let closes = (step.now - 2).div_euclid(60) * 60;
            judge.close(&btc(), &bar(Timeframe::M1, closes, *close, *close), at(step.now))
        }
        What::Tick => judge.tick(at(step.now)),
    }
}

fn run(steps: &[Step]) -> (Judge, Vec<Outcome>) {
    let mut judge = Judge::new(JudgeOptions::default());
    let outcomes = steps.iter().zip(0..).flat_map(|(one, ordinal)| step(&mut judge, one, ordinal)).collect();
    (judge, outcomes)
}

fn refusals(judge: &Judge) -> u64 {
    judge.refused().iter().map(|(_, count)| count).sum()
}

fn said(steps: &[Step]) -> u64 {
    let claims = |step: &Step| match step.what {
        What::Signal(_, _, None, _) => 4,
        What::Signal(..) | What::Forecast(..) => 1,
        _ => 0,
    };
    steps.iter().map(claims).sum()
}

proptest! {
    #[test]
    fn nothing_said_is_lost(steps in any_steps()) {
        let (mut judge, mut outcomes) = run(&steps);
        let settled = outcomes.len() as u64 + judge.pending() + refusals(&judge);
        prop_assert_eq!(settled, said(&steps));
        outcomes.extend(judge.tick(at(100_000_000)));
        prop_assert_eq!(judge.pending(), 0);
        let ids: std::collections::BTreeSet<_> =
            outcomes.iter().map(|outcome| (outcome.claim.id, outcome.claim.horizon)).collect();
        prop_assert_eq!(ids.len(), outcomes.len(), "each once");
    }

    #[test]
    fn every_number_is_from_its_own_time(steps in any_steps()) {
        let options = JudgeOptions::default();
        for Outcome { claim, due, verdict } in run(&steps).1 {
            let within = options.tolerance(claim.horizon);
            match (verdict, &claim.statement) {
                (Verdict::Moved { entry, exit }, Statement::Signal { .. }) => {
                    prop_assert!((0..=within).contains(&(entry.ts - claim.ts_init)));
                    prop_assert_eq!(due, entry.ts + claim.horizon);
                    prop_assert!((0..=within).contains(&(exit.ts - due)));
                }
                (Verdict::Closed { close, .. }, Statement::Forecast { .. }) => {
                    prop_assert!((0..=within).contains(&(close.ts - due)));
                    prop_assert_eq!(due, Timeframe::M1.bucket(claim.as_of - options.grace) + claim.horizon);
                }
                (Verdict::Unjudged { .. }, _) => {}
                (verdict, statement) => prop_assert!(false, "{:?} of {:?}", verdict, statement),
            }
        }
    }

    #[test]
    fn what_comes_later_changes_nothing_said_before(steps in any_steps(), other in any_steps(), cut in 0..150_usize) {
        let cut = cut.min(steps.len());
        let now = steps.get(..cut).and_then(<[Step]>::last).map_or(0, |step| step.now);
        let mut changed = steps[..cut].to_vec();
        changed.extend(other.into_iter().map(|step| Step { now: step.now + now, ..step }));
        let before = run(&steps[..cut]).1;
        for whole in [run(&steps).1, run(&changed).1] {
            prop_assert_eq!(&whole[..before.len()], &before[..]);
        }
    }

    #[test]
    fn cards_do_not_depend_on_order_or_parts(steps in any_steps(), cut in 0..150_usize) {
        let outcomes = run(&steps).1;
        let together = GroupBy { instrument: false, horizon: false, label: false };
        let book = |outcomes: &[Outcome]| {
            let mut book = ScoreBook::default();
            outcomes.iter().for_each(|outcome| { book.add(outcome); });
            book
        };
        let whole = book(&outcomes);
        let mut turned = outcomes.clone();
        turned.reverse();
        turned.rotate_left(cut % outcomes.len().max(1));
        let turned = book(&turned);
        prop_assert_eq!(&turned, &whole);
        prop_assert_eq!(served(&turned, together), served(&whole, together));
        let (head, tail) = outcomes.split_at(cut.min(outcomes.len()));
        let mut merged = book(tail);
        merged.merge(&book(head));
        prop_assert_eq!(&merged, &whole);
        // A group is the card that its members would have filled together.
        for (key, card) in whole.grouped(together) {
            let mut alone = ScoreBook::default();
            for outcome in outcomes.iter().filter(|outcome| outcome.claim.producer == key.producer) {
                let mut outcome = outcome.clone();
                outcome.claim.horizon = 1;
                if let Statement::Signal { label, .. } = &mut outcome.claim.statement {
                    label.clear();
                }
                alone.add(&outcome);
            }
            let same = alone.cards().find(|(_, alone)| std::mem::discriminant(*alone) == std::mem::discriminant(&card));
            prop_assert_eq!(same.map(|(_, card)| card), Some(&card));
        }
    }
}

/// What would be served, as text.
fn served(book: &ScoreBook, by: GroupBy) -> BTreeMap<String, String> {
    let figures = |card: &Card| match card {
        Card::Signals(tally) => serde_json::to_string(&tally.figures()),
        Card::Forecasts(tally) => serde_json::to_string(&tally.figures()),
    };
    book.grouped(by).iter().map(|(key, card)| (format!("{key:?}"), figures(card).expect("JSON"))).collect()
}
