//! `sconce bench`: what calls cost, and how far that is from the limits.

use std::process::ExitCode;
use std::time::Duration;

use sconce_kit::bench::measure;

use super::{config, open, words};
use crate::cli::BenchArgs;
use crate::telemetry::say;

pub(in crate::commands) fn run(args: &BenchArgs) -> anyhow::Result<ExitCode> {
    let config = config(args.component.config.as_deref())?;
    let artefact = open(&args.component.file)?;
    let measured = measure(&artefact, &config, args.timeframe, args.rows)?;
    let line = |what: &str, text: &str| say(&format!("{what:<10}{text}"));
    line("rows", &words::count(measured.rows as u64));
    line("start", &time(measured.start));
    line(
        "call",
        &format!("p50 {}, p99 {}, longest {}", time(measured.p50), time(measured.p99), time(measured.longest)),
    );
    line("chunks", &measured.chunked.map_or_else(|| "refused".to_owned(), |each| format!("{} a row", time(each))));
    let (budget, cap) = artefact.usual();
    let most = measured.fuel_most;
    line(
        "fuel",
        &format!(
            "p50 {}, most {}: {} of {}",
            words::count(measured.fuel_p50),
            words::count(most),
            words::share(most, budget),
            words::count(budget)
        ),
    );
    let memory = measured.memory as u64;
    line("memory", &format!("{}: {} of {}", words::bytes(memory), words::share(memory, cap), words::bytes(cap)));
    if cfg!(debug_assertions) {
        line("note", "this is a debug build of sconce; times of a release build are shorter");
    }
    Ok(ExitCode::SUCCESS)
}

fn time(span: Duration) -> String {
    match span.as_nanos() {
        nanos @ 0..10_000 => format!("{nanos} ns"),
        10_000..10_000_000 => format!("{:.1} µs", span.as_secs_f64() * 1e6),
        _ => format!("{:.1} ms", span.as_secs_f64() * 1e3),
    }
}
