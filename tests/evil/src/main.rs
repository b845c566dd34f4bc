//! `sconce-evil`: every hostile guest beside honest ones, as a table. `cargo xtask evil` builds and starts it.
#![expect(clippy::print_stdout, reason = "a command line tool speaks on stdout")]

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use sconce_evil::cases::{CASES, Case};
use sconce_evil::guests;
use sconce_evil::verdict::{Scale, Seen, Trial};

/// The host's allocator: memory is held to come back as it would there.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Attempts at a case whose figures are out of bounds: on a busy machine some are noise, and the best counts.
const ATTEMPTS: u32 = 3;

#[derive(Debug, Parser)]
struct Cli {
    /// The host's binary, which compiles what is loaded.
    #[arg(long)]
    host: PathBuf,
    /// Fewer minutes of market.
    #[arg(long)]
    quick: bool,
    /// Only these guests; may be repeated.
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
}

fn main() -> anyhow::Result<ExitCode> {
    let cli = Cli::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(tell(&cli))
}

async fn tell(cli: &Cli) -> anyhow::Result<ExitCode> {
    let Some(misfit) = guests::misfit()? else {
        println!("SKIP: the target wasm32-wasip2 is not installed, so there are no guests");
        return Ok(ExitCode::SUCCESS);
    };
    let minutes = if cli.quick { 1_200 } else { 3_000 };
    let pace = Some(Duration::from_millis(1));
    let scale = Scale { honest: 20, before: 100, quiet: minutes, beside: minutes, after: 100, pace, compiling: 120 };
    let trial = Trial { misfit, host: cli.host.clone(), scale };
    // The first run pays for what every process pays once.
    trial.reference(true).await?;
    let (words, quiet) = trial.reference(false).await?;
    let (_, with_checkpoints) = trial.reference(true).await?;
    println!(
        "{} honest deployments, {} words, p99 {} µs and {} µs, memory grows by {} KiB by itself, by {} KiB with checkpoints\n",
        scale.honest,
        words.len(),
        quiet.quiet / 1_000,
        quiet.beside / 1_000,
        quiet.growth() >> 10,
        with_checkpoints.growth() >> 10,
    );
    println!("| guest | fault | missed by others | p99 quiet / beside (µs) | memory before / after (MiB) | verdict |");
    println!("|---|---|---|---|---|---|");
    let mut misses = 0_u32;
    for case in CASES.iter().filter(|case| cli.only.is_empty() || cli.only.iter().any(|name| name == case.name)) {
        let (mut seen, mut attempts) = (trial.run(case, &words).await?, 1);
        let usual = if case.asks_for_snapshots() { &with_checkpoints } else { &quiet };
        while attempts < ATTEMPTS && !(seen.is_in_time() && seen.is_clean(usual)) {
            let again = trial.run(case, &words).await?;
            seen = better(seen, again);
            attempts += 1;
        }
        misses += u32::from(!line(case, &seen, usual, attempts));
    }
    println!("\n{misses} missed");
    Ok(if misses == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The attempt with the better figures; whoever missed something in either has missed it.
fn better(one: Seen, other: Seen) -> Seen {
    let missed = one.missed.max(other.missed);
    let ratio = |seen: &Seen| seen.beside as f64 / seen.quiet.max(1) as f64;
    let best =
        if ratio(&other) < ratio(&one) || other.growth() < one.growth() && one.is_in_time() { other } else { one };
    Seen { missed, ..best }
}

fn line(case: &Case, seen: &Seen, usual: &Seen, attempts: u32) -> bool {
    let checks = [
        (seen.is_named(case), "the fault has another name"),
        (seen.missed == 0, "others missed rows"),
        (seen.is_in_time(), "others were held up"),
        (seen.is_clean(usual), "memory did not come back"),
    ];
    let failed: Vec<&str> = checks.iter().filter(|(holds, _)| !holds).map(|(_, words)| *words).collect();
    let verdict = if failed.is_empty() { "held".to_owned() } else { failed.join("; ") };
    let best = if attempts > 1 { format!(", best of {attempts}") } else { String::new() };
    let (before, after) = seen.memory.unwrap_or_default();
    let fault: String = seen.fault.chars().take(80).collect();
    println!(
        "| `{}` | {fault} | {} | {} / {} | {:.1} / {:.1} | {verdict}{best} |",
        case.name,
        seen.missed,
        seen.quiet / 1_000,
        seen.beside / 1_000,
        before as f64 / f64::from(1 << 20),
        after as f64 / f64::from(1 << 20),
    );
    failed.is_empty()
}
