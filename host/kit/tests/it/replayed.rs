//! Recorded cases on the guest: what is shown, what is refused, what a dead instance answers.

use sconce_kit::cases::{Answer, CaseError, Recorded};
use serde_json::{Value, json};

use crate::guest::misfit;

fn case(config: &Value, rows: &Value) -> Recorded {
    let case = json!({ "config": config, "instruments": ["BTC-USDT@demo"], "rows": rows });
    serde_json::from_value(case).expect("a case")
}

fn row(minute: u32) -> Value {
    json!({ "at": format!("2024-01-01T00:{minute:02}:00Z"), "closed": ["1m"], "columns": { "close": minute } })
}

#[test]
fn answers_are_what_the_guest_says() {
    let Some(misfit) = misfit("replayed::answers_are_what_the_guest_says") else { return };
    let check = |mode: &str, kind: fn(&Answer) -> bool, words: &str| {
        let case = case(&json!({ "mode": mode }), &json!([row(1), row(2)]));
        let answers = case.play(misfit).expect("it is shown");
        assert!(answers.len() == 2 && answers.iter().all(kind), "{mode}: {answers:?}");
        assert!(format!("{answers:?}").contains(words), "{mode}: {answers:?}");
        assert_eq!(case.differences(&answers).len(), 2, "nothing was recorded yet");
    };
    check("sum", |answer| matches!(answer, Answer::Says(words) if words.len() == 1), "sum");
    check("not-ready", |answer| matches!(answer, Answer::Abstains(_)), "7 more rows");
    check("panic", |answer| matches!(answer, Answer::Fails(_)), "the instance is dead");
    check("many", |answer| matches!(answer, Answer::Says(words) if words.is_empty()), "Says([])");
}

#[test]
fn what_cannot_be_shown_is_refused() {
    let Some(misfit) = misfit("replayed::what_cannot_be_shown_is_refused") else { return };
    let check = |config: Value, rows: Value, words: &str| {
        let said = case(&config, &rows).play(misfit).expect_err("is refused").to_string();
        assert!(said.contains(words), "{said}");
    };
    let honest = json!({ "mode": "sum" });
    check(honest.clone(), json!([row(2), row(1)]), "row 1: 2024-01-01T00:01:00Z lies before");
    check(honest.clone(), json!([{ "at": "noon", "columns": {} }]), "row 0");
    check(honest, json!([{ "at": "2024-01-01", "columns": { "sma_9": 1 } }]), "does not ask for `sma_9`");
    check(json!({}), json!([row(1)]), "mode");
    check(json!({ "mode": "create-refuse", "n": "x" }), json!([row(1)]), "does not start");
    assert!(matches!(case(&json!({}), &json!([])).play(misfit), Err(CaseError::Start(_))));
}
