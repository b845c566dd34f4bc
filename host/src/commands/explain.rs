//! `sconce explain`: the row, what was missing, and why there was no signal.

use std::process::ExitCode;

use anyhow::Context;
use sconce_domain::Nanos;
use sconce_domain::symbol::Resolver;
use sconce_engine::{Explanation, explain};

use super::verify::open;
use crate::cli::ExplainArgs;
use crate::telemetry::say;

pub(super) async fn run(args: &ExplainArgs) -> anyhow::Result<ExitCode> {
    let open = open(&args.data)?;
    let known = open.ledger.instruments().await?;
    let resolver = Resolver::new(known.into_iter().map(|(_, id)| id.instrument()).collect());
    let instrument = resolver.resolve(&args.instrument).context("which instrument?")?.id();
    let at = args.at.as_deref().map(Nanos::parse).transpose()?.unwrap_or(Nanos(i64::MAX - 1));
    let explanation = explain(&open.verifier, &args.deployment, &instrument, at).await?;
    print(&explanation)?;
    Ok(ExitCode::SUCCESS)
}

fn print(explanation: &Explanation) -> anyhow::Result<()> {
    let when = explanation.as_of.as_deref().unwrap_or("no row");
    say(&format!("{} on {}, generation {}", explanation.deployment, explanation.instrument, explanation.generation));
    say(&format!("row of {when} ({})", explanation.trigger));
    let width = explanation.row.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    for (name, value) in &explanation.row {
        let value = value.map_or_else(|| "absent".to_owned(), |value| value.to_string());
        say(&format!("  {name:width$}  {value}"));
    }
    say(&format!("coverage {:.0} %", explanation.coverage * 100.0));
    say(&explanation.reason);
    for output in &explanation.said {
        say(&format!("  {}", serde_json::to_string(&output.body)?));
    }
    Ok(())
}
