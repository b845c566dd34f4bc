//! One row per rule.

use super::*;
use sconce_domain::Direction;

fn rules(scope: Scope, instruments: usize) -> OutputRules {
    OutputRules { caps: OutputCaps::default(), scope, instruments }
}

fn signal(change: impl FnOnce(&mut Signal)) -> Said {
    let mut signal = Signal {
        label: "up".into(),
        direction: Direction::Long,
        score: 1.0,
        probability: Some(0.5),
        horizon: Some(1),
        levels: vec![("stop".into(), 1.0)],
        attributes: vec![("a".into(), Scalar::Num(1.0))],
        finding: false,
    };
    change(&mut signal);
    Said { instrument: None, body: Body::Signal(signal) }
}

fn forecast(change: impl FnOnce(&mut Forecast)) -> Said {
    let point = |horizon| ForecastPoint { horizon, value: 1.0, lower: Some(0.5), upper: Some(1.5) };
    let mut forecast =
        Forecast { target: "close".into(), level: Some(0.9), points: vec![point(1), point(2)], attributes: vec![] };
    change(&mut forecast);
    Said { instrument: None, body: Body::Forecast(forecast) }
}

#[track_caller]
fn check(said: Said, broken: Option<&str>) {
    let answer = rules(Scope::Instrument, 1).of_row(vec![said]);
    assert_eq!(answer.err().map(|fault| fault.to_string()), broken.map(|why| format!("bad output: {why}")));
}

#[test]
fn signals() {
    check(signal(|_| ()), None);
    check(signal(|s| s.probability = Some(0.0)), None);
    check(signal(|s| s.probability = Some(1.0)), None);
    check(signal(|s| s.probability = Some(f64::NAN)), Some("probability NaN is outside of [0, 1]"));
    check(signal(|s| s.probability = Some(-0.1)), Some("probability -0.1 is outside of [0, 1]"));
    check(signal(|s| s.score = f64::NEG_INFINITY), Some("score is -inf, not a finite number"));
    check(signal(|s| s.horizon = Some(-1)), Some("horizon of -1 ns is not in the future"));
    check(signal(|s| s.label = "ü".repeat(64)), None);
    check(signal(|s| s.label = "\u{85}".into()), Some("label holds a control character"));
    check(signal(|s| s.levels = vec![("x".repeat(65), 1.0)]), Some("name of a level is longer than 64 characters"));
    check(signal(|s| s.levels = vec![("a".into(), 1.0); 33]), Some("33 levels, at most 32 are taken"));
    check(signal(|s| s.attributes.push(("a".into(), Scalar::Flag(true)))), Some("attribute `a` is given twice"));
    check(
        signal(|s| s.attributes[0].1 = Scalar::Num(f64::NAN)),
        Some("number of an attribute is NaN, not a finite number"),
    );
    check(
        signal(|s| s.attributes[0].1 = Scalar::Text("\u{1b}[31m".into())),
        Some("text of an attribute holds a control character"),
    );
    check(signal(|s| s.attributes[0].0 = String::new()), Some("attribute has no name"));
    let wordy = |n: usize| (0..n).map(|n| (format!("a{n}"), Scalar::Text("x".repeat(512)))).collect();
    check(signal(|s| s.attributes = wordy(20)), None);
    check(signal(|s| s.attributes = wordy(40)), Some("20596 bytes of text, at most 16384 are taken"));
}

#[test]
fn forecasts() {
    check(forecast(|_| ()), None);
    check(forecast(|f| f.level = None), None);
    check(forecast(|f| f.level = Some(1.0)), Some("level of the intervals is outside of (0, 1)"));
    check(forecast(|f| f.level = Some(f64::NAN)), Some("level of the intervals is outside of (0, 1)"));
    check(forecast(|f| f.target = String::new()), Some("target is empty"));
    check(forecast(|f| f.points.clear()), Some("forecast has no points"));
    check(forecast(|f| f.points.reverse()), Some("points of a forecast must be ordered by horizon, each once"));
    check(forecast(|f| f.points[1].horizon = 1), Some("points of a forecast must be ordered by horizon, each once"));
    check(forecast(|f| f.points[0].horizon = 0), Some("horizon of 0 ns is not in the future"));
    check(forecast(|f| f.points[0].value = f64::NAN), Some("value of a forecast is NaN, not a finite number"));
    check(
        forecast(|f| f.points[0].upper = Some(f64::INFINITY)),
        Some("end of an interval is inf, not a finite number"),
    );
    check(forecast(|f| f.points[0].lower = Some(2.0)), Some("interval of a forecast ends below its start"));
    check(forecast(|f| f.points = vec![f.points[0]; 513]), Some("513 points, at most 512 are taken"));
}

#[test]
fn instruments() {
    let about = |instrument| Said { instrument, ..signal(|_| ()) };
    for (scope, said, expected) in [
        (Scope::Instrument, None, Some(None)),
        (Scope::Instrument, Some(0), Some(None)),
        (Scope::Instrument, Some(3), None),
        (Scope::Universe, None, Some(None)),
        (Scope::Universe, Some(2), Some(Some(2))),
        (Scope::Universe, Some(3), None),
    ] {
        let answer = rules(scope, 3).of_row(vec![about(said)]).ok().map(|said| said[0].instrument);
        assert_eq!(answer, expected, "{scope:?} {said:?}");
    }
}

#[test]
fn one_broken_output_spoils_the_call() {
    let said = vec![signal(|_| ()), signal(|s| s.score = f64::NAN)];
    assert!(rules(Scope::Instrument, 1).of_row(said).is_err());
    assert!(rules(Scope::Instrument, 1).of_row(vec![signal(|_| ()); 17]).is_err());
    assert_eq!(rules(Scope::Instrument, 1).of_row(vec![signal(|_| ()); 16]).map(|said| said.len()), Ok(16));
}

#[test]
fn blocks() {
    let rules = rules(Scope::Instrument, 1);
    let at = |rows: &[u32]| rows.iter().map(|row| (*row, signal(|_| ()))).collect::<Vec<_>>();
    for (rows, fits) in [
        (vec![], true),
        (vec![0, 0, 4], true),
        (vec![5], false),
        (vec![1, 0], false),
        (vec![2; 16], true),
        (vec![2; 17], false),
        ([vec![1; 16], vec![2; 16]].concat(), true),
    ] {
        assert_eq!(rules.of_block(at(&rows), 5).is_ok(), fits, "{rows:?}");
    }
}
