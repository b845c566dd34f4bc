//! Answers of models as claims: one per point, judged against the close that many bars later.

use sconce_domain::{
    AnswerInterval, AnswerPoint, Digest, ModelAnswer, Nanos, Outcome, Producer, Statement, Timeframe, Verdict,
};
use sconce_judge::{Judge, JudgeOptions, Refusal, ScoreBook};

use crate::support::{at, bar, btc};

fn point(ahead: u32, log_return: f64) -> AnswerPoint {
    AnswerPoint { ahead, log_return, intervals: vec![], in_sample: false }
}

fn answer(points: Vec<AnswerPoint>) -> ModelAnswer {
    ModelAnswer {
        model: "lstm".to_owned(),
        version: Digest::of(b"lstm"),
        timeframe: Timeframe::M1,
        as_of: at(120),
        close: 10.0,
        points,
    }
}

/// Minute bars that end at these minutes with these closes, around an answer of minute 2 that is known at 122.5 s.
fn run(answer: &ModelAnswer, after: &[(i64, f64)]) -> (Judge, Vec<Outcome>) {
    let mut judge = Judge::new(JudgeOptions::default());
    let close = |judge: &mut Judge, (minute, price): (i64, f64)| {
        judge.close(&btc(), &bar(Timeframe::M1, minute * 60, price, price), at(minute * 60 + 2))
    };
    let mut outcomes: Vec<Outcome> = [(1, 9.0), (2, 10.0)].into_iter().flat_map(|bar| close(&mut judge, bar)).collect();
    judge.answer(&btc(), answer, Nanos(at(122).0 + 500_000_000));
    outcomes.extend(after.iter().flat_map(|bar| close(&mut judge, *bar)));
    (judge, outcomes)
}

#[test]
fn every_point_is_a_claim_about_a_close() {
    let said = answer(vec![point(1, 0.1), point(3, -0.2)]);
    let (judge, outcomes) = run(&said, &[(3, 11.0), (4, 12.0), (5, 13.0)]);
    let seen: Vec<_> = outcomes.iter().map(|one| (one.claim.horizon / 1_000_000_000, one.verdict, one.hit())).collect();
    let closed = |price: f64, minute: i64| Verdict::Closed {
        close: sconce_domain::PricePoint { ts: at(minute * 60), price },
        base: Some(10.0),
        scale: Some(1.0),
    };
    assert_eq!(seen, [(60, closed(11.0, 3), Some(true)), (180, closed(13.0, 5), Some(false))]);
    let values: Vec<f64> = outcomes
        .iter()
        .map(|one| if let Statement::Forecast { value, .. } = one.claim.statement { value } else { f64::NAN })
        .collect();
    assert!((values[0] - 10.0 * libm::exp(0.1)).abs() < 1e-12 && (values[1] - 10.0 * libm::exp(-0.2)).abs() < 1e-12);
    let lstm = Producer::Model { name: "lstm".to_owned(), digest: Digest::of(b"lstm") };
    assert!(outcomes.iter().all(|one| one.claim.producer == lstm && one.claim.step == Some(Timeframe::M1)));
    assert!(outcomes.iter().all(|one| one.claim.id == said.id(&btc()) && one.claim.as_of == at(122)));
    assert_eq!(judge.pending(), 0);
}

#[test]
fn intervals_are_those_of_95_percent_or_the_widest() {
    let range = |level: f64, width: f64| AnswerInterval { level, lower: 10.0 - width, upper: 10.0 + width };
    let check = |intervals: Vec<AnswerInterval>, expected: Option<(f64, f64, f64)>| {
        let said = answer(vec![AnswerPoint { intervals, ..point(1, 0.0) }]);
        let (_, outcomes) = run(&said, &[(3, 11.0)]);
        let Statement::Forecast { interval, level, .. } = outcomes[0].claim.statement else { unreachable!() };
        assert_eq!(interval.zip(level).map(|((lower, upper), level)| (lower, upper, level)), expected);
    };
    check(vec![], None);
    check(vec![range(0.8, 1.0), range(0.95, 2.0), range(0.99, 3.0)], Some((8.0, 12.0, 0.95)));
    check(vec![range(0.5, 1.0), range(0.8, 1.5)], Some((8.5, 11.5, 0.8)));
}

#[test]
fn what_may_have_been_learned_is_judged_and_enters_no_card() {
    let said = answer(vec![AnswerPoint { in_sample: true, ..point(1, 0.1) }, point(2, 0.1)]);
    let (_, outcomes) = run(&said, &[(3, 11.0), (4, 12.0)]);
    assert_eq!(outcomes.iter().map(|one| one.claim.in_sample).collect::<Vec<_>>(), [true, false]);
    let mut book = ScoreBook::default();
    assert_eq!(outcomes.iter().map(|one| book.add(one)).collect::<Vec<_>>(), [false, true]);
}

#[test]
fn answers_that_cannot_be_judged_are_refused_and_counted() {
    let check = |said: ModelAnswer, known_at: Nanos, refusal: Refusal| {
        let mut judge = Judge::new(JudgeOptions::default());
        judge.close(&btc(), &bar(Timeframe::M1, 180, 10.0, 10.0), at(182));
        assert_eq!(judge.answer(&btc(), &said, known_at), 0);
        let refused: Vec<_> = judge.refused_by_producer().flat_map(|(_, refused)| refused.iter()).collect();
        assert_eq!(refused.iter().find(|(_, count)| *count > 0), Some(&(refusal, 1)), "{said:?}");
    };
    let one = |log_return| answer(vec![point(1, log_return)]);
    check(one(f64::NAN), at(122), Refusal::Malformed);
    // A value without end.
    check(one(1_000.0), at(122), Refusal::Malformed);
    check(one(0.1), at(119), Refusal::Malformed);
    check(ModelAnswer { as_of: Nanos::MIN, ..one(0.1) }, at(122), Refusal::Malformed);
    check(one(0.1), at(183), Refusal::Late);
    check(ModelAnswer { timeframe: Timeframe::D1, ..answer(vec![point(401, 0.1)]) }, at(122), Refusal::TooFar);
}

#[test]
fn an_answer_is_judged_once() {
    let said = answer(vec![point(1, 0.1), point(2, 0.1)]);
    let (mut judge, _) = run(&said, &[]);
    assert_eq!((judge.answer(&btc(), &said, at(123)), judge.pending()), (0, 2));
    // Another version is another producer.
    assert_eq!(judge.answer(&btc(), &ModelAnswer { version: Digest::of(b"2"), ..said }, at(123)), 2);
}
