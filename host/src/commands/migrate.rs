//! `sconce migrate`: what the schema of the query tables lacks, and bringing it up to date.

use std::process::ExitCode;

use sconce_domain::{AuditRecord, Clock, Record, SystemClock};
use sconce_ledger::{DataDir, Ledger, LedgerOptions};
use sconce_store::{Migrations, migrate, migrations};

use crate::cli::MigrateArgs;
use crate::config::Settings;
use crate::telemetry::say;

pub(super) async fn run(args: &MigrateArgs) -> anyhow::Result<ExitCode> {
    let settings = Settings::for_data_dir(&args.data)?;
    let address = settings.database()?;
    say(&format!("{address}"));
    if args.dry_run {
        let found = migrations(&address).await?;
        print(&found, "would be applied");
        if !found.unknown.is_empty() {
            say("it was made by a newer version of this program, which would refuse to work with it");
            return Ok(ExitCode::FAILURE);
        }
        return Ok(ExitCode::SUCCESS);
    }
    // A running host does it by itself, and its lock keeps us away.
    let dir = DataDir::open(&settings.data_dir)?;
    let before = migrate(&address).await?;
    print(&before, "applied now");
    if !before.pending.is_empty() {
        let (ledger, _) = Ledger::open(&dir, LedgerOptions::default())?;
        let versions: Vec<String> = before.pending.iter().map(|(version, _)| version.to_string()).collect();
        let line = AuditRecord {
            ts: SystemClock.now(),
            actor: "cli".to_owned(),
            action: "migrate".to_owned(),
            target: address.to_string(),
            outcome: format!("applied {}", versions.join(", ")),
            request_id: None,
        };
        ledger.append(vec![Record::Audit(line)]).await?;
        tokio::task::spawn_blocking(move || ledger.close()).await?;
    }
    Ok(ExitCode::SUCCESS)
}

fn print(found: &Migrations, pending: &str) {
    for (version, name) in &found.applied {
        say(&format!("  {version:04} {name}: there"));
    }
    for (version, name) in &found.pending {
        say(&format!("  {version:04} {name}: {pending}"));
    }
    for version in &found.unknown {
        say(&format!("  {version:04}: not known to this program"));
    }
    if found.pending.is_empty() {
        say("nothing to do");
    }
}
