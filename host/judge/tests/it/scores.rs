//! Score cards: figures of a few outcomes worked by hand, groups, and what stays off a card.

use sconce_domain::score::{ForecastFigures, SignalFigures};
use sconce_domain::{Body, Digest, Direction, Outcome, Producer, Timeframe, Unjudged};
use sconce_judge::scores::{GroupBy, VERSIONS};
use sconce_judge::{Card, CardKey, Judge, JudgeOptions, ScoreBook, Subject};

use crate::support::{assert_close, at, bar, btc, forecast, output, price, signal};

const MINUTE: i64 = 60;
const TOGETHER: GroupBy = GroupBy { instrument: false, horizon: false, label: false };

/// Signals said at `at`, each with (label, direction, score, probability), between prices of 100 and `exit`.
fn signals(said: &[(&str, Direction, f64, Option<f64>)], exit: f64) -> Vec<Outcome> {
    let mut judge = Judge::new(JudgeOptions::default());
    for (ordinal, (label, direction, score, probability)) in (0..).zip(said) {
        let mut body = signal(*direction, Some(MINUTE));
        (body.label, body.score, body.probability) = ((*label).to_owned(), *score, *probability);
        assert_eq!(judge.claim(&output("trend", 100, ordinal, Body::Signal(body)), false), 1);
    }
    judge.observe(&btc(), price(100, 100.0));
    judge.observe(&btc(), price(160, exit))
}

fn book(outcomes: &[Outcome]) -> ScoreBook {
    let mut book = ScoreBook::default();
    outcomes.iter().for_each(|outcome| assert!(book.add(outcome)));
    book
}

fn only<'a>(cards: impl IntoIterator<Item = (&'a CardKey, &'a Card)>) -> &'a Card {
    let mut cards = cards.into_iter();
    let (_, card) = cards.next().expect("a card");
    assert!(cards.next().is_none());
    card
}

fn signal_figures(card: &Card) -> SignalFigures {
    match card {
        Card::Signals(tally) => tally.figures(),
        Card::Forecasts(_) => panic!("a card of signals"),
    }
}

fn forecast_figures(card: &Card) -> ForecastFigures {
    match card {
        Card::Forecasts(tally) => tally.figures(),
        Card::Signals(_) => panic!("a card of forecasts"),
    }
}

#[test]
fn of_signals() {
    use Direction::{Long, Neutral, Short};
    let mut outcomes =
        signals(&[("A", Long, 1.0, Some(0.9)), ("A", Short, 3.0, None), ("B", Neutral, 2.0, Some(0.7))], 110.0);
    outcomes.extend(signals(&[("A", Long, 4.0, Some(0.6))], 80.0));
    let book = book(&outcomes);
    let labels: Vec<_> = book.cards().map(|(key, _)| key.subject.clone()).collect();
    let of = |label: &str| Subject::Signals { label: Some(label.to_owned()) };
    assert_eq!(labels, [of("A"), of("B")]);
    let all = signal_figures(only(&book.grouped(TOGETHER)));
    // Forward: +.1, +.1, +.1, −.2; in the signal's direction: +.1, −.1, −.2.
    assert_eq!((all.n, all.directional_n, all.hits, all.probability_n), (4, 3, 1, 2));
    assert_close("forward", all.forward_return, Some(0.025), 1e-12);
    assert_close("deviation", all.forward_return_deviation, Some(0.15), 1e-12);
    assert_close("directional", all.directional_return, Some(-0.2 / 3.0), 1e-12);
    assert_close("profit factor", all.profit_factor, Some(0.1 / 0.3), 1e-12);
    assert_close("hit rate", all.hit_rate, Some(1.0 / 3.0), 1e-12);
    assert_close("brier", all.brier, Some((0.01 + 0.36) / 2.0), 1e-12);
    assert_close("calibration", all.calibration_error, Some((0.1 + 0.6) / 2.0), 1e-12);
    // Scores 1, 3, 2, 4 around 2.5 with returns .075, .075, .075, −.225: −.45 / √(5·.0675).
    assert_close("information", all.information_coefficient, Some(-0.45 / (5.0_f64 * 0.0675).sqrt()), 1e-12);
    let bins: Vec<_> = all.calibration.iter().map(|bin| (bin.n, bin.mean_probability, bin.hit_rate)).collect();
    assert_eq!(bins, [(1, Some(0.6), Some(0.0)), (1, Some(0.9), Some(1.0))]);
    let bound = (all.hit_rate_lower.expect("a bound"), all.hit_rate_upper.expect("a bound"));
    assert!(bound.0 < 1.0 / 3.0 && bound.1 > 1.0 / 3.0, "{bound:?}");
}

#[test]
fn of_forecasts() {
    let mut judge = Judge::new(JudgeOptions::default());
    judge.close(&btc(), &bar(Timeframe::M1, 60, 98.0, 98.0), at(62));
    judge.close(&btc(), &bar(Timeframe::M1, 120, 100.0, 100.0), at(122));
    let said = [(104.0, Some((101.0, 107.0))), (99.0, Some((98.0, 100.0))), (103.0, None)];
    for (ordinal, (value, interval)) in (0..).zip(said) {
        judge.claim(&output("trend", 122, ordinal, Body::Forecast(forecast(MINUTE, value, interval))), false);
    }
    let outcomes = judge.close(&btc(), &bar(Timeframe::M1, 180, 100.0, 102.0), at(182));
    let figures = forecast_figures(only(book(&outcomes).cards()));
    assert_eq!((figures.n, figures.directional_n, figures.hits, figures.interval_n), (3, 3, 2, 2));
    // Errors 2, 3, 1; the last close was off by 2, and the scale is one change of 2.
    assert_close("mae", figures.mae, Some(2.0), 1e-12);
    assert_close("rmse", figures.rmse, Some((14.0_f64 / 3.0).sqrt()), 1e-12);
    assert_close("mase", figures.mase, Some(1.0), 1e-12);
    assert_close("relative", figures.relative_mae, Some(1.0), 1e-12);
    assert_close("coverage", figures.coverage, Some(0.5), 1e-12);
    assert_close("nominal", figures.nominal_coverage, Some(0.8), 1e-12);
    assert_close("width", figures.width, Some(4.0), 1e-12);
    // Quantiles at .1, .5, .9: (.1 + 1 + .5)/3, (.4 + 1.5 + 1.8)/3, and .5 for the value alone.
    let pinball = (1.6 / 3.0 + 3.7 / 3.0 + 0.5) / 3.0;
    assert_close("pinball", figures.pinball, Some(pinball), 1e-12);
    assert_close("crps", figures.crps, Some(2.0 * pinball), 1e-12);
    assert_eq!(figures.r_squared, None, "one close says nothing of a spread");
}

#[test]
fn before_anything_has_matured() {
    let mut judge = Judge::new(JudgeOptions::default());
    judge.claim(&output("trend", 100, 0, Body::Signal(signal(Direction::Long, Some(MINUTE)))), false);
    let given_up = judge.observe(&btc(), price(100_000, 1.0));
    let figures = signal_figures(only(book(&given_up).cards()));
    let json = serde_json::to_value(&figures).expect("JSON");
    for (name, figure) in json.as_object().expect("an object") {
        let count = matches!(name.as_str(), "n" | "directional_n" | "hits" | "probability_n");
        let list = matches!(name.as_str(), "calibration" | "unjudged");
        assert!(list || (count && figure == 0) || figure.is_null(), "{name}: {figure}");
    }
    assert_eq!(figures.unjudged[&Unjudged::NoEntryPrice], 1);
    let Card::Forecasts(empty) = Card::Forecasts(Default::default()) else { unreachable!() };
    let figures = serde_json::to_value(empty.figures()).expect("JSON");
    assert!(
        figures
            .as_object()
            .expect("an object")
            .values()
            .all(|figure| figure.is_null() || *figure == 0 || figure.is_object())
    );
}

#[test]
fn groups_keep_apart_what_they_are_asked_to() {
    let outcomes = signals(&[("A", Direction::Long, 1.0, None), ("B", Direction::Long, 1.0, None)], 110.0);
    let book = book(&outcomes);
    let rows = [
        (GroupBy { instrument: true, horizon: true, label: true }, 2),
        (GroupBy { instrument: true, horizon: true, label: false }, 1),
        (GroupBy { instrument: false, horizon: false, label: true }, 2),
        (TOGETHER, 1),
    ];
    for (by, expected) in rows {
        let groups = book.grouped(by);
        assert_eq!(groups.len(), expected, "{by:?}");
        for key in groups.keys() {
            assert_eq!((key.instrument.is_some(), key.horizon.is_some()), (by.instrument, by.horizon));
        }
        let n: u64 = groups.values().map(|card| signal_figures(card).n).sum();
        assert_eq!(n, 2);
    }
}

#[test]
fn what_was_learned_from_is_on_no_card() {
    let mut judge = Judge::new(JudgeOptions::default());
    judge.claim(&output("trend", 100, 0, Body::Signal(signal(Direction::Long, Some(MINUTE)))), true);
    judge.observe(&btc(), price(100, 1.0));
    let outcomes = judge.observe(&btc(), price(160, 2.0));
    assert_eq!(outcomes[0].hit(), Some(true), "it is judged");
    let mut book = ScoreBook::default();
    assert!(!book.add(&outcomes[0]));
    assert_eq!(book.cards().count(), 0);
    let (_, unscored) = book.unscored().next().expect("a producer");
    assert_eq!((unscored.in_sample, unscored.no_room), (1, 0));
}

#[test]
fn a_producers_cards_are_bounded() {
    let labels: Vec<String> = (0..5).map(|label| label.to_string()).collect();
    let said: Vec<_> = labels.iter().map(|label| (label.as_str(), Direction::Long, 1.0, None)).collect();
    let outcomes = signals(&said, 110.0);
    let mut book = ScoreBook::new(3);
    let taken: Vec<bool> = outcomes.iter().map(|outcome| book.add(outcome)).collect();
    assert_eq!(taken, [true, true, true, false, false]);
    assert!(book.add(&outcomes[0]), "a card that stands still takes more");
    let mut other = outcomes[4].clone();
    other.claim.producer = Producer::Model { name: "lstm".to_owned(), digest: Digest::of(b"m") };
    assert!(book.add(&other), "and so does another producer's");
    let no_room: Vec<u64> = book.unscored().map(|(_, unscored)| unscored.no_room).collect();
    assert_eq!(no_room, [2, 0]);
}

#[test]
fn the_versions_that_spoke_last_are_held() {
    let sample = signals(&[("A", Direction::Long, 1.0, None)], 110.0).remove(0);
    let of_version = |number: i64, seconds: i64| {
        let mut outcome = sample.clone();
        let id = "trend".parse().expect("a deployment");
        outcome.claim.producer = Producer::Deployment { id, plugin: Digest::of(&number.to_le_bytes()) };
        outcome.claim.as_of = at(seconds);
        outcome
    };
    let held = i64::try_from(VERSIONS).expect("few");
    let mut book = ScoreBook::default();
    assert!((0..held).all(|number| book.add(&of_version(number, 100 + number))));
    assert!(book.add(&of_version(0, 200)), "the first one speaks again");
    assert!(book.add(&of_version(held, 300)), "the second one goes for a new one");
    assert!(!book.add(&of_version(1, 101)), "what it said before comes too late");
    assert_eq!((book.cards().count(), book.superseded()), (VERSIONS, 1));
    let mut other = of_version(1, 1);
    other.claim.producer =
        Producer::Deployment { id: "other".parse().expect("a deployment"), plugin: Digest::of(b"x") };
    assert!(book.add(&other), "another name has versions of its own");
    let first = book.cards().find(|(key, _)| key.producer == of_version(0, 0).claim.producer);
    assert_eq!(signal_figures(first.expect("held").1).n, 2);
}
