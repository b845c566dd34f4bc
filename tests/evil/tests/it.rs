//! Every hostile guest beside honest ones, without the clock: nobody misses a word, and the fault bears its name.
#![expect(clippy::print_stdout, reason = "a skip is told on standard output, where the runner counts it")]

use std::path::PathBuf;

use sconce_evil::cases::{CASES, Way};
use sconce_evil::guests;
use sconce_evil::verdict::{Scale, Trial};

fn host() -> Option<PathBuf> {
    let built = guests::target().join("debug").join(format!("sconce{}", std::env::consts::EXE_SUFFIX));
    let host = std::env::var_os("SCONCE_BIN").map_or(built, PathBuf::from);
    host.is_file().then_some(host)
}

async fn check(is_wanted: impl Fn(&Way) -> bool) {
    let (Some(misfit), Some(host)) = (guests::misfit().expect("guests are built"), host()) else {
        println!("SKIP {}: no wasm32-wasip2 target, or no built host", module_path!());
        return;
    };
    let scale = Scale { honest: 4, before: 20, quiet: 10, beside: 120, after: 10, pace: None, compiling: 10 };
    let trial = Trial { misfit, host, scale };
    let (words, _) = trial.reference(false).await.expect("honest guests run");
    assert!(words.len() > 500, "they speak: {}", words.len());
    for case in CASES.iter().filter(|case| is_wanted(&case.way)) {
        let seen = trial.run(case, &words).await.expect(case.name);
        assert!(seen.is_named(case), "{}: {seen:?}", case.name);
        assert_eq!(seen.missed, 0, "{}: {seen:?}", case.name);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_misbehaves_while_it_runs_harms_nobody() {
    check(|way| matches!(way, Way::Runs(..) | Way::Restored(_))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_misbehaves_off_the_workers_harms_nobody() {
    check(|way| matches!(way, Way::Needs(_) | Way::Chunks(_))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_misbehaves_while_it_is_loaded_is_refused() {
    check(|way| matches!(way, Way::Describe(_) | Way::Added(_))).await;
}
