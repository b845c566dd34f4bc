//! What the fault kit, the comparison of chunks and the measurement make of each way to misbehave.

use sconce_domain::Timeframe;
use sconce_domain::ports::StartInstance;
use sconce_kit::Artefact;
use sconce_kit::bench::{BenchError, measure};
use sconce_kit::chunks::{ChunkVerdict, compare};
use sconce_kit::faults::{CASES, CaseReport, CheckOptions, ENOUGH, show};
use sconce_runtime::Frame;
use sconce_runtime::audit::Cheat;
use serde_json::{Value, json};

use crate::guest::{misfit, misfit_with_lines};

fn ordinary(artefact: &Artefact, config: Value) -> CaseReport {
    let options = CheckOptions { config, timeframe: Timeframe::M15, rows: 10 };
    show(artefact, &options, &CASES[0]).expect("a host puts it into force")
}

#[test]
fn each_way_to_fail_is_seen_as_itself() {
    let Some(misfit) = misfit("market::each_way_to_fail_is_seen_as_itself") else { return };
    let check = |mode: &str, n: u32, class: &str, words: &str| {
        let report = ordinary(misfit, json!({ "mode": mode, "n": n }));
        let seen = &report.seen;
        assert!(!report.passed() && report.ended && seen.failed() >= ENOUGH, "{mode}: {seen:?}");
        let failure = &seen.failures[0];
        assert!(failure.class == class && failure.message.contains(words), "{mode}: {failure:?}");
        assert_eq!((seen.signals, seen.abstentions()), (0, 0), "{mode}");
    };
    check("panic", 0, "trap", "not to my taste");
    check("exit", 0, "trap", "exit(1)");
    check("recurse", 0, "trap", "");
    check("spin", 0, "out_of_fuel", "5000000");
    check("many", 17, "bad_output", "17");
    check("elsewhere", 7, "bad_output", "");
    check("internal", 0, "internal", "broken");
}

#[test]
fn where_a_call_died_is_named_to_the_line() {
    let Some(misfit) = misfit_with_lines("market::where_a_call_died_is_named_to_the_line") else { return };
    for (mode, file, function) in
        [("panic", "misfit/src/on_row.rs:", "on_row"), ("create-panic", "misfit/src/lib.rs:", "create")]
    {
        let report = ordinary(misfit, json!({ "mode": mode }));
        let place = report.seen.failures[0].place.clone().unwrap_or_default();
        assert!(place.contains(file) && place.contains(function), "{mode}: {:?}", report.seen.failures);
    }
    let start = StartInstance {
        plugin: misfit.loaded.digest,
        config: json!({ "mode": "restore-panic" }).to_string(),
        snapshot: Some(vec![0; 12]),
        ..StartInstance::bare(misfit.loaded.digest)
    };
    let failed = misfit.plugins.start_wasm(&start).expect_err("it dies");
    let own = |frame: &Frame| frame.file.as_deref().is_some_and(|file| file.ends_with("misfit/src/lib.rs"));
    assert!(failed.frames.iter().any(|frame| own(frame) && frame.line.is_some()), "{failed:?}");
}

#[test]
fn abstaining_and_speaking_pass() {
    let Some(misfit) = misfit("market::abstaining_and_speaking_pass") else { return };
    let check = |mode: &str, abstains: Option<&str>| {
        let report = ordinary(misfit, json!({ "mode": mode }));
        let seen = &report.seen;
        assert!(
            report.passed() && !report.ended && seen.calls == report.rows && seen.calls > 1_000,
            "{mode}: {seen:?}"
        );
        let why: Vec<&str> = seen.abstained.keys().map(String::as_str).collect();
        assert_eq!((why, seen.signals == seen.calls), (abstains.into_iter().collect(), abstains.is_none()), "{mode}");
        assert!(seen.fuel > 0 && seen.memory > 0, "{mode}: {seen:?}");
    };
    check("sum", None);
    check("not-ready", Some("not ready"));
    check("bad-input", Some("bad input: no"));
    check("other", Some("else"));
}

#[test]
fn every_case_makes_rows_and_harms_no_honest_guest() {
    let Some(misfit) = misfit("market::every_case_makes_rows_and_harms_no_honest_guest") else { return };
    let options = CheckOptions { config: json!({ "mode": "sum" }), timeframe: Timeframe::H1, rows: 50 };
    for case in &CASES {
        let report = show(misfit, &options, case).expect("a host puts it into force");
        assert!(report.passed() && report.seen.calls == report.rows && report.rows > 1, "{}: {report:?}", case.name);
    }
}

#[test]
fn what_differs_in_chunks_is_named() {
    let Some(misfit) = misfit("market::what_differs_in_chunks_is_named") else { return };
    let verdict = |mode: &str| compare(misfit, &json!({ "mode": mode }), Timeframe::H1).expect("it is put into force");
    assert!(matches!(verdict("sum"), ChunkVerdict::Same(rows) if rows > 500));
    assert!(matches!(verdict("peek"), ChunkVerdict::Differs(difference) if difference.cheat == Cheat::LooksAhead));
    assert!(matches!(verdict("internal"), ChunkVerdict::Failed(_)));
}

#[test]
fn only_what_lives_is_measured() {
    let Some(misfit) = misfit("market::only_what_lives_is_measured") else { return };
    let measured = |mode: &str| measure(misfit, &json!({ "mode": mode }), Timeframe::H1, 200);
    let honest = measured("sum").expect("it lives");
    assert!(honest.rows == 200 && honest.p50 <= honest.p99 && honest.p99 <= honest.longest, "{honest:?}");
    assert!(honest.fuel_p50 > 0 && honest.fuel_p50 <= honest.fuel_most && honest.chunked.is_some(), "{honest:?}");
    assert!(matches!(measured("panic"), Err(BenchError::Call { row: 0, .. })));
    assert!(measured("needs-refuse").is_err());
}
