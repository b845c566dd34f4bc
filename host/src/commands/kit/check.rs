//! `sconce check`: does it fit this host, and what does it do when the market is at its worst?

use std::process::ExitCode;

use sconce_kit::chunks::{ChunkVerdict, compare};
use sconce_kit::cost;
use sconce_kit::faults::{CASES, Case, CaseReport, CheckOptions, ENOUGH, show};
use sconce_kit::look::look;

use super::{config, open, words};
use crate::cli::CheckArgs;
use crate::commands::progress;
use crate::telemetry::say;

pub(in crate::commands) fn run(args: &CheckArgs) -> anyhow::Result<ExitCode> {
    let config = config(args.component.config.as_deref())?;
    let cases = chosen(&args.case)?;
    let artefact = open(&args.component.file)?;
    let look = look(&artefact, &config);
    say(&format!("{} {}, interface {}: fits this host", look.description.id, look.description.version, look.interface));
    if let Some(refused) = &look.refused {
        say(&format!("configuration {config}: {refused}"));
        return Ok(ExitCode::FAILURE);
    }
    say(&format!("configuration {config}: fits\n"));
    let language = artefact.language();
    let rows = args.rows.unwrap_or_else(|| cost::rows_to_check(language));
    if args.rows.is_none() {
        say(&format!(
            "written in {language}: the long case has {} bars; --rows sets another number\n",
            words::count(rows)
        ));
    }
    let options = CheckOptions { config, timeframe: args.timeframe, rows };
    let bar = progress::count("cases");
    let mut failed = 0;
    for case in &cases {
        let report = show(&artefact, &options, case)?;
        bar.inc(1);
        bar.suspend(|| tell(&report, artefact.usual()));
        failed += usize::from(!report.passed());
    }
    bar.finish_and_clear();
    if args.case.is_empty() {
        failed += usize::from(!tell_chunks(&compare(&artefact, &options.config, options.timeframe)?));
    }
    say(&format!("\n{} cases, {failed} failed", cases.len() + usize::from(args.case.is_empty())));
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn chosen(names: &[String]) -> anyhow::Result<Vec<&'static Case>> {
    for name in names {
        let known = || CASES.iter().map(|case| case.name).collect::<Vec<_>>().join(", ");
        anyhow::ensure!(CASES.iter().any(|case| case.name == name), "there is no case `{name}`; there are {}", known());
    }
    Ok(CASES.iter().filter(|case| names.is_empty() || names.iter().any(|name| name == case.name)).collect())
}

/// Whether it says the same in chunks.
fn tell_chunks(verdict: &ChunkVerdict) -> bool {
    let (passed, text) = match verdict {
        ChunkVerdict::Same(rows) => {
            (true, format!("the same in chunks as row by row; {} rows", words::count(*rows as u64)))
        }
        ChunkVerdict::Differs(difference) => (false, difference.to_string()),
        ChunkVerdict::Failed(fault) => (false, fault.to_string()),
        ChunkVerdict::NotCompared => (true, "not compared: it asks for history, or was given no row".to_owned()),
    };
    say(&format!("{} {:<16}{text}", if passed { "ok  " } else { "FAIL" }, "chunks"));
    passed
}

fn tell(report: &CaseReport, usual: (u64, u64)) {
    let CaseReport { case, rows, seen, ended } = report;
    let over = if *ended { format!(", ended after {ENOUGH} failures") } else { String::new() };
    let verdict = if report.passed() { "ok  " } else { "FAIL" };
    say(&format!("{verdict} {:<16}{}; {} rows{over}", case.name, case.what, words::count(*rows)));
    say(&format!("    {}; {}", words::said(seen), words::used(seen, usual)));
    words::failures(seen).for_each(|line| say(&line));
}
