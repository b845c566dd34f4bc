//! Columns of what models say: a row holds the newest answer that was known before it, for two bars and no longer.

use proptest::prelude::*;
use sconce_domain::time::{HOUR, MINUTE, SECOND};
use sconce_domain::{AnswerPoint, Digest, InputEvent, InstrumentIndex, ModelAnswer, Nanos, Payload, Timeframe};
use sconce_market::{AnswerBook, ForecastColumn};

use crate::support::{ONE, at, event, feed, frames, from_file, imported, market, names, tick, trade};

/// What `model` says at `known` seconds of the close at `as_of` seconds: `ahead × number` for each horizon.
pub(crate) fn answer(model: &str, as_of: f64, known: f64, number: f64, ahead: &[u32]) -> InputEvent {
    let point = |ahead: &u32| AnswerPoint {
        ahead: *ahead,
        log_return: number * f64::from(*ahead),
        intervals: vec![],
        in_sample: number < 0.0,
    };
    let answer = ModelAnswer {
        model: model.to_owned(),
        version: Digest::of(model.as_bytes()),
        timeframe: Timeframe::M1,
        as_of: at(as_of),
        close: 10.0,
        points: ahead.iter().map(point).collect(),
    };
    event(at(as_of), at(known), Payload::Answer(Box::new(answer)))
}

fn changed(answer: InputEvent, change: impl FnOnce(&mut ModelAnswer)) -> InputEvent {
    let mut answer = answer;
    if let Payload::Answer(inside) = &mut answer.payload {
        change(inside);
    }
    answer
}

const COLUMNS: [&str; 3] = ["forecast:lstm/h1", "forecast:lstm/h3", "forecast:ml_ensemble/h1"];

/// The columns in rows that are made at `at` seconds after these answers.
fn check(answers: &[InputEvent], expected: &[(f64, [Option<f64>; 3])]) -> u64 {
    let mut market = market(from_file(), &COLUMNS, &[Timeframe::M1], &[]);
    feed(&mut market, answers);
    for (seconds, expected) in expected {
        let mut row = Vec::new();
        market.present_into(ONE, at(*seconds), &mut row);
        let seen: Vec<Option<f64>> = row.iter().map(|value| (!value.is_nan()).then_some(*value)).collect();
        assert_eq!(seen, expected, "at {seconds} after {answers:?}");
        let standing = |column: &str| {
            let column = ForecastColumn::parse(column).expect("a column");
            market.standing(ONE, &column, at(*seconds)).map(|standing| standing.log_return)
        };
        assert_eq!(COLUMNS.map(standing).to_vec(), seen, "who stands is whose number is shown");
    }
    market.counters(ONE).dropped
}

#[test]
fn the_newest_answer_before_a_row_stands_for_two_bars() {
    let first = || answer("lstm", 60.0, 62.5, 0.01, &[1, 3]);
    let all = [Some(0.01), Some(0.03), None];
    let none = [None; 3];
    // Known at that very moment is not before it.
    let rows = [(60.0, none), (62.5, none), (62.501, all), (122.0, all), (180.0, all), (180.001, none)];
    assert_eq!(check(&[first()], &rows), 0);
    // A horizon that it lacks, and another model.
    check(&[answer("lstm", 60.0, 62.5, 0.01, &[3])], &[(70.0, [None, Some(0.03), None])]);
    check(&[first(), answer("ml_ensemble", 60.0, 63.0, 0.5, &[1])], &[(70.0, [Some(0.01), Some(0.03), Some(0.5)])]);
    // The next answer takes its place as a whole, and one about an earlier close changes nothing.
    let second = answer("lstm", 120.0, 122.5, -0.02, &[1]);
    check(&[first(), second.clone()], &[(122.5, all), (123.0, [Some(-0.02), None, None])]);
    check(&[second, answer("lstm", 60.0, 123.0, 0.01, &[1, 3])], &[(130.0, [Some(-0.02), None, None])]);
    // Another version of the same close does.
    let again = changed(answer("lstm", 60.0, 64.0, 0.04, &[1]), |answer| answer.version = Digest::of(b"2"));
    check(&[first(), again], &[(63.0, all), (70.0, [Some(0.04), None, None])]);
}

#[test]
fn impossible_answers_are_refused_and_counted() {
    let sound = || answer("lstm", 60.0, 62.0, 0.01, &[1]);
    type Change = fn(&mut ModelAnswer);
    let changes: [(&str, Change); 12] = [
        ("a number that is none", |answer| answer.points[0].log_return = f64::NAN),
        ("without end", |answer| answer.points[0].log_return = f64::INFINITY),
        ("no price", |answer| answer.close = 0.0),
        ("no points", |answer| answer.points.clear()),
        ("too many points", |answer| answer.points = vec![answer.points[0].clone(); 1_001]),
        ("twice the same", |answer| answer.points = vec![answer.points[0].clone(); 2]),
        ("no horizon", |answer| answer.points[0].ahead = 0),
        ("too far", |answer| answer.points[0].ahead = 10_001),
        ("a name in capitals", |answer| answer.model = "LSTM".to_owned()),
        ("no name", |answer| answer.model = String::new()),
        ("a bar to come", |answer| answer.as_of = at(62.001)),
        ("before all time", |answer| answer.as_of = Nanos(-1)),
    ];
    for (what, change) in changes {
        assert_eq!(check(&[changed(sound(), change)], &[(70.0, [None; 3])]), 1, "{what}");
    }
    // Names come from outside, and there is room for so many.
    let many: Vec<InputEvent> = (0..70).map(|number| answer(&format!("m{number}"), 60.0, 62.0, 0.01, &[1])).collect();
    assert_eq!(check(&many, &[]), 6);
    let mut market = market(from_file(), &COLUMNS, &[], &[]);
    feed(&mut market, &[InputEvent { instrument: InstrumentIndex(7), ..sound() }]);
    assert_eq!(market.unregistered(), 1);
}

#[test]
fn rows_and_warm_up_rows_hold_the_same() {
    let mut market = market(from_file(), &COLUMNS, &[Timeframe::M1], &[]);
    let mut events = vec![tick(0.0)];
    for minute in 1..40_u32 {
        let close = f64::from(minute) * 60.0;
        events.push(trade(close - 30.0, 0.0, u64::from(minute), 10.0, 1.0));
        // It falls silent for six minutes.
        if !(20..26).contains(&minute) {
            events.push(answer("lstm", close, close + 2.5, f64::from(minute) / 1_000.0, &[1, 3]));
        }
    }
    let seen = feed(&mut market, &events);
    let block = market.warm_up_rows(ONE, &names(&COLUMNS), frames(&[Timeframe::M1]), 1_000).expect("set");
    let live: Vec<(Nanos, Vec<u64>)> = seen.rows.iter().map(|row| (row.ts, row.bits.clone())).collect();
    let mut values = Vec::new();
    let warm: Vec<(Nanos, Vec<u64>)> = (0..block.len())
        .map(|row| {
            block.row_into(row, &mut values);
            (block.ts[row], values.iter().map(|value| value.to_bits()).collect())
        })
        .collect();
    assert_eq!(live, warm);
    let present = live.iter().filter(|(_, bits)| !f64::from_bits(bits[0]).is_nan()).count();
    assert_eq!(
        (live.len(), present),
        (39, 32),
        "nothing was said before the first row, nor of the bar before six others"
    );
}

#[test]
fn an_imported_bar_shows_what_was_known_before_its_row() {
    let mut market = market(from_file(), &COLUMNS, &[Timeframe::M1], &[]);
    let bars = [imported(Timeframe::M1, 0, [10.0; 5]), imported(Timeframe::M1, 60, [10.0; 5])];
    let events = [bars[0].clone(), answer("lstm", 60.0, 62.0, 0.01, &[1]), bars[1].clone(), tick(123.0)];
    let seen = feed(&mut market, &events);
    let values: Vec<f64> = seen.rows.iter().map(|row| row.values()[0]).collect();
    assert!(values[0].is_nan() && values[1] == 0.01, "{values:?}");
}

#[test]
fn names_of_columns() {
    let check = |name: &str, expected: Option<(&str, u32)>| {
        let found = ForecastColumn::parse(name);
        let expected = expected.map(|(model, ahead)| ForecastColumn { model: model.to_owned(), ahead });
        assert_eq!(found, expected, "{name}");
        assert!(found.is_none_or(|column| column.to_string() == name));
    };
    check("forecast:lstm/h7", Some(("lstm", 7)));
    check("forecast:ml_ensemble/h10000", Some(("ml_ensemble", 10_000)));
    check("forecast:auto-arima2/h1", Some(("auto-arima2", 1)));
    for name in [
        "forecast:lstm",
        "forecast:lstm/",
        "forecast:lstm/h",
        "forecast:lstm/h0",
        "forecast:lstm/h07",
        "forecast:lstm/h+7",
        "forecast:lstm/h-7",
        "forecast:lstm/h10001",
        "forecast:lstm/h99999999999999999999",
        "forecast:lstm/7",
        "forecast:lstm/h7/h8",
        "forecast:LSTM/h7",
        "forecast:2lstm/h7",
        "forecast:/h7",
        "forecast:a b/h7",
        "forecast:",
        "lstm/h7",
    ] {
        check(name, None);
    }
}

#[test]
fn a_book_that_forgets_agrees_with_one_that_does_not() {
    let (mut short, mut long) = (AnswerBook::default(), AnswerBook::of_everything());
    let column = ForecastColumn { model: "lstm".to_owned(), ahead: 1 };
    for bar in 1..1_000_i64 {
        let known = Nanos(bar * MINUTE + 3 * SECOND);
        let Payload::Answer(said) = answer("lstm", (bar * 60) as f64, 1e9, bar as f64, &[1]).payload else { continue };
        assert!(short.push(known, &said) && long.push(known, &said));
        assert_eq!(short.standing(&column, known + SECOND), long.standing(&column, known + SECOND));
    }
    let early = Nanos(10 * MINUTE);
    assert!(short.standing(&column, early).is_none() && long.standing(&column, early).is_some());
    assert!(long.standing(&column, Nanos(1_000 * HOUR)).is_none());
}

proptest! {
    #[test]
    fn a_book_shows_what_a_search_finds(said in prop::collection::vec((0_i64..40, 0_i64..90, -5_i64..5), 0..30), ts in 0_i64..3_000) {
        let mut book = AnswerBook::default();
        let column = ForecastColumn { model: "lstm".to_owned(), ahead: 1 };
        let mut said: Vec<(i64, i64, i64)> = said.into_iter().map(|(bar, late, number)| (60 * bar + late, 60 * bar, number)).collect();
        said.sort_by_key(|(known, ..)| *known);
        for (known, as_of, number) in &said {
            let Payload::Answer(answer) = answer("lstm", *as_of as f64, 0.0, *number as f64, &[1]).payload else { unreachable!() };
            prop_assert!(book.push(at(*known as f64), &answer));
        }
        // The newest close of which something was known, and of what was said about it the last.
        let before = said.iter().filter(|(known, ..)| *known < ts);
        let newest = before.enumerate().max_by_key(|(order, (_, as_of, _))| (*as_of, *order)).map(|(_, found)| *found);
        let expected = newest.filter(|(_, as_of, _)| as_of + 120 >= ts).map(|(_, _, number)| number as f64);
        prop_assert_eq!(book.standing(&column, at(ts as f64)).map(|standing| standing.log_return), expected);
    }
}
