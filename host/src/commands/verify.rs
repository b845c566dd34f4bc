//! `sconce verify`: outputs made again and compared. It reads beside a running server.

use std::io::IsTerminal;
use std::process::ExitCode;

use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};
use sconce_domain::{Limits, Nanos};
use sconce_engine::{RawVerification, Verification, Verifier, VerifyRange};
use sconce_ledger::{DataDir, Ledger};
use serde::Serialize;

use super::serve::Shape;
use crate::cli::VerifyArgs;
use crate::config::Settings;
use crate::telemetry::say;
use crate::wiring;

/// What is printed with `--json`.
#[derive(Serialize)]
struct Report {
    #[serde(flatten)]
    verification: Verification,
    #[serde(skip_serializing_if = "Option::is_none")]
    ledger_entries: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from_raw: Option<RawVerification>,
}

pub(super) async fn run(args: &VerifyArgs) -> anyhow::Result<ExitCode> {
    let asked = args.id.is_some() || args.from.is_some() || args.to.is_some() || args.ledger || args.from_raw;
    anyhow::ensure!(asked, "name what to verify: an output id, --from and --to, or --ledger for everything");
    let verifier = open(&args.data)?;
    let range = VerifyRange {
        from: args.from.as_deref().map(Nanos::parse).transpose()?,
        to: args.to.as_deref().map(Nanos::parse).transpose()?,
        deployment: args.deployment.clone(),
        id: args.id,
    };
    let bar = bar();
    let mut progress = |done, of| {
        bar.set_length(of);
        bar.set_position(done);
    };
    let verification = verifier.verifier.verify(&range, &mut progress).await?;
    bar.finish_and_clear();
    let ledger_entries = if args.ledger { Some(verifier.ledger.verify_chain(0, u64::MAX).await?) } else { None };
    let from_raw = if args.from_raw {
        let shape =
            Shape::read(verifier.dir.root())?.context("the data directory has no shape.json: was it ever served?")?;
        Some(verifier.verifier.verify_from_raw(shape.workers, &shape.policy).await?)
    } else {
        None
    };
    let report = Report { verification, ledger_entries, from_raw };
    if args.json {
        say(&serde_json::to_string_pretty(&report)?);
    } else {
        print(&report);
    }
    Ok(status(&report))
}

/// A verifier over the data directory of the settings, and what it is made of.
pub(super) struct OpenVerifier {
    pub(super) verifier: Verifier,
    pub(super) ledger: Ledger,
    pub(super) dir: DataDir,
}

pub(super) fn open(data: &crate::cli::DataDirArgs) -> anyhow::Result<OpenVerifier> {
    let settings = Settings::for_data_dir(data)?;
    let dir = DataDir::open_read_only(&settings.data_dir)?;
    let ledger = Ledger::open_read_only(&settings.data_dir)?;
    let plugins = wiring::plugins(&dir, Limits::default())?;
    Ok(OpenVerifier { verifier: Verifier::new(ledger.clone(), dir.clone(), plugins), ledger, dir })
}

fn bar() -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(0);
    let style = ProgressStyle::with_template("verifying [{bar:30}] {pos}/{len}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}

fn print(report: &Report) {
    let verification = &report.verification;
    say(&format!(
        "{} of {} outputs equal, {} different, {} not comparable ({} rows fed)",
        verification.equal,
        verification.outputs,
        verification.different.len(),
        verification.expired,
        verification.rows
    ));
    for difference in &verification.different {
        say(&format!("  {} {} {}: {}", difference.id, difference.deployment, difference.as_of, difference.reason));
    }
    for note in &verification.notes {
        say(&format!("  note: {note}"));
    }
    if let Some(entries) = report.ledger_entries {
        say(&format!("ledger chain intact over {entries} entries"));
    }
    if let Some(raw) = &report.from_raw {
        say(&format!("from raw input: {} events, {} rows and {} outputs equal", raw.events, raw.rows, raw.outputs));
        if raw.expired > 0 {
            say(&format!("  {} outputs are from before the oldest checkpoint: inputs expired", raw.expired));
        }
        for difference in &raw.different {
            say(&format!("  {difference}"));
        }
    }
}

fn status(report: &Report) -> ExitCode {
    let raw_differs = report.from_raw.as_ref().is_some_and(|raw| !raw.different.is_empty());
    if !report.verification.different.is_empty() || raw_differs {
        return ExitCode::from(1);
    }
    let nothing = report.verification.outputs == 0 || report.verification.expired > 0;
    let raw_expired = report.from_raw.as_ref().is_some_and(|raw| raw.expired > 0);
    if raw_expired || nothing && report.from_raw.is_none() { ExitCode::from(2) } else { ExitCode::SUCCESS }
}
