//! Moves as tables: what is heard on the left, what it comes to on the right.

use super::*;

const PRICES: Prices =
    Prices { bid: Some(99.0), ask: Some(101.0), last: Some(100.0), close: Some(100.5), base_low: Some(97.0) };

fn rule(persist: u32) -> PostureOptions {
    PostureOptions { persist, ..PostureOptions::default() }
}

/// An evaluation of the bar that closed at `minute`.
fn at(minute: i64, probability: f64) -> Heard {
    Heard::Evaluation(Evaluation {
        as_of: Nanos(minute),
        probability: Some(probability),
        closed: true,
        inputs: Digest::of(&minute.to_le_bytes()),
    })
}

fn hear(state: &mut PostureState, heard: &Heard, minute: i64) -> Vec<Transition> {
    state.step(&rule(2), heard, Nanos(minute), || PRICES)
}

/// Feeds one probability a minute and gives the posture after each, as `.`, `L`, `S`.
fn walk(persist: u32, probabilities: &[f64]) -> String {
    let mut state = PostureState::default();
    let mut seen = String::new();
    for (probability, minute) in probabilities.iter().zip(1..) {
        state.step(&rule(persist), &at(minute, *probability), Nanos(minute), || PRICES);
        seen.push(match state.posture() {
            Posture::Flat => '.',
            Posture::Long => 'L',
            Posture::Short => 'S',
        });
    }
    seen
}

#[test]
fn evaluations_must_persist() {
    let check = |persist: u32, probabilities: &[f64], expected: &str| {
        assert_eq!(walk(persist, probabilities), expected, "{persist} of {probabilities:?}");
    };
    check(2, &[0.7, 0.7], ".L");
    check(1, &[0.7, 0.3, 0.7], "L.L");
    check(3, &[0.7, 0.7, 0.7, 0.3, 0.3, 0.3], "..LLL.");
    // The limits themselves speak.
    check(2, &[0.65, 0.65, 0.35, 0.35], ".LL.");
    check(2, &[0.649, 0.649, 0.649], "...");
    // Between the limits nothing changes.
    check(2, &[0.7, 0.5, 0.5, 0.7], "...L");
    check(2, &[0.7, 0.7, 0.3, 0.5, 0.3], ".LLL.");
    // The opposite side takes one back.
    check(2, &[0.7, 0.3, 0.7, 0.7], "...L");
    check(2, &[0.7, 0.7, 0.3, 0.7, 0.3, 0.3], ".LLLL.");
    // A move sets both counters back: a long run up delays no way down, and none up again.
    check(2, &[0.7, 0.7, 0.7, 0.7, 0.7, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3], ".LLLLL.....");
}

#[test]
fn what_was_said_before_a_move_does_not_count_after_it() {
    assert_eq!(walk(2, &[0.7, 0.7, 0.7, 0.7, 0.3, 0.3, 0.7, 0.7]), ".LLLL..L");
}

#[test]
fn only_new_data_counts() {
    let evaluation = |as_of: i64, closed: bool, inputs: &[u8]| {
        let inputs = Digest::of(inputs);
        Heard::Evaluation(Evaluation { as_of: Nanos(as_of), probability: Some(0.9), closed, inputs })
    };
    let check = |second: Heard, counts: bool| {
        let mut state = PostureState::default();
        hear(&mut state, &evaluation(10, true, b"bar"), 10);
        hear(&mut state, &second, 20);
        assert_eq!(state.posture() == Posture::Long, counts, "{second:?}");
    };
    check(evaluation(20, true, b"other"), true);
    check(evaluation(20, true, b"bar"), true);
    check(evaluation(20, false, b"other"), true);
    check(evaluation(20, false, b"bar"), false);
    check(evaluation(10, true, b"other"), false);
    check(evaluation(9, true, b"other"), false);
}

#[test]
fn a_withheld_direction_says_nothing() {
    let mut state = PostureState::default();
    let withheld = |as_of| {
        let inputs = Digest::of(b"x");
        Heard::Evaluation(Evaluation { as_of: Nanos(as_of), probability: None, closed: true, inputs })
    };
    hear(&mut state, &at(1, 0.9), 1);
    hear(&mut state, &withheld(2), 2);
    assert_eq!(state.posture(), Posture::Flat);
    hear(&mut state, &at(3, 0.9), 3);
    assert_eq!(state.posture(), Posture::Long);
}

#[test]
fn prices_and_where_they_come_from() {
    let check = |prices: Prices, to: Posture, expected: Option<(f64, PriceSource)>| {
        let mut state = PostureState::default();
        let moves = state.step(&rule(2), &Heard::Proposal(to), Nanos(7), || prices);
        let leg = moves[0].leg;
        assert_eq!(leg.entry.map(|entry| (entry.price, entry.source)), expected, "{prices:?} {to}");
        assert_eq!((leg.peak, leg.base_low), (expected.map(|(price, _)| price), prices.base_low));
        assert_eq!((leg.started_at, moves[0].exit), (Nanos(7), None));
    };
    let unquoted = Prices { bid: None, ask: None, ..PRICES };
    check(PRICES, Posture::Long, Some((101.0, PriceSource::Ask)));
    check(PRICES, Posture::Short, Some((99.0, PriceSource::Bid)));
    check(unquoted, Posture::Long, Some((100.0, PriceSource::Last)));
    check(unquoted, Posture::Short, Some((100.0, PriceSource::Last)));
    check(Prices { last: None, ..unquoted }, Posture::Long, Some((100.5, PriceSource::Close)));
    check(Prices::default(), Posture::Long, None);
}

#[test]
fn proposals_move_at_once() {
    let check = |proposals: &[Posture], expected: &[(Posture, Posture)]| {
        let mut state = PostureState::default();
        let moves = proposals.iter().flat_map(|posture| hear(&mut state, &Heard::Proposal(*posture), 1));
        assert_eq!(moves.map(|moved| (moved.from, moved.to)).collect::<Vec<_>>(), expected, "{proposals:?}");
    };
    use Posture::{Flat, Long, Short};
    check(&[Flat], &[]);
    check(&[Long, Long], &[(Flat, Long)]);
    check(&[Long, Flat], &[(Flat, Long), (Long, Flat)]);
    check(&[Long, Short], &[(Flat, Long), (Long, Flat), (Flat, Short)]);
    check(&[Short, Long, Flat], &[(Flat, Short), (Short, Flat), (Flat, Long), (Long, Flat)]);
}

#[test]
fn a_short_leg_ends_by_the_driver_and_begins_by_proposals_only() {
    let mut state = PostureState::default();
    for minute in 1..9 {
        hear(&mut state, &at(minute, 0.1), minute);
    }
    assert_eq!(state.posture(), Posture::Flat);
    hear(&mut state, &Heard::Proposal(Posture::Short), 9);
    hear(&mut state, &at(10, 0.9), 10);
    assert_eq!(state.posture(), Posture::Short);
    let ended = hear(&mut state, &at(11, 0.9), 11);
    assert_eq!((state.posture(), ended[0].exit.map(|exit| exit.source)), (Posture::Flat, Some(PriceSource::Ask)));
}

#[test]
fn the_peak_is_the_best_price_of_the_leg() {
    let check = |posture: Posture, seen: &[f64], expected: f64| {
        let mut state = PostureState::default();
        state.observe(1_000.0);
        hear(&mut state, &Heard::Proposal(posture), 1);
        seen.iter().for_each(|price| state.observe(*price));
        assert_eq!(state.leg().and_then(|leg| leg.peak), Some(expected), "{posture} {seen:?}");
        let ended = hear(&mut state, &Heard::Proposal(Posture::Flat), 2);
        assert_eq!((ended[0].leg.peak, state.leg()), (Some(expected), None));
    };
    check(Posture::Long, &[], 101.0);
    check(Posture::Long, &[100.0, 105.0, 103.0], 105.0);
    check(Posture::Short, &[], 99.0);
    check(Posture::Short, &[100.0, 95.0, 98.0], 95.0);
}
