//! `sconce test`: the recorded cases of a strategy, on its built component.

use std::path::Path;
use std::process::ExitCode;

use sconce_kit::Artefact;
use sconce_kit::cases::{Answer, CaseError, Difference, Recorded, files};
use sconce_kit::compile::compile;

use super::open;
use crate::cli::TestArgs;
use crate::telemetry::{complain, say};

/// Differences of one case that are shown; the others are counted.
const SHOWN: usize = 10;

pub(in crate::commands) fn run(args: &TestArgs) -> anyhow::Result<ExitCode> {
    let folder = args.dir.join("cases");
    let files = files(&folder)?;
    anyhow::ensure!(!files.is_empty(), "there is no case in {}; a case is a file of rows, NAME.json", folder.display());
    let artefact = open(&compile(&args.dir, args.offline, complain)?)?;
    let mut failed = 0;
    for file in &files {
        let passed = one(&artefact, file, args.update).unwrap_or_else(|error| {
            say(&format!("FAIL {}: {error}", name(file)));
            false
        });
        failed += usize::from(!passed);
    }
    say(&format!("{} cases, {failed} failed", files.len()));
    if failed > 0 && !args.update {
        complain("sconce test --update accepts what is said now");
    }
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn one(artefact: &Artefact, file: &Path, update: bool) -> Result<bool, CaseError> {
    let mut case = Recorded::read(file)?;
    let answers = case.play(artefact)?;
    let differences = case.differences(&answers);
    if differences.is_empty() {
        say(&format!("ok   {} ({} rows)", name(file), answers.len()));
        return Ok(true);
    }
    let verdict = if update { "new " } else { "FAIL" };
    say(&format!("{verdict} {}: {} of {} rows differ", name(file), differences.len(), answers.len()));
    for difference in differences.iter().take(SHOWN) {
        show(&case, difference);
    }
    if differences.len() > SHOWN {
        say(&format!("    and {} more", differences.len() - SHOWN));
    }
    if update {
        case.accept(answers, file)?;
    }
    Ok(update)
}

fn show(case: &Recorded, difference: &Difference) {
    let Difference { row, expected, found } = difference;
    let at = case.rows.get(*row).map(|row| row.at.as_str()).unwrap_or_default();
    say(&format!("    row {row}, {at}"));
    say(&format!("      - {}", expected.as_ref().map_or_else(|| "nothing was recorded".to_owned(), words)));
    say(&format!("      + {}", words(found)));
}

fn words(answer: &Answer) -> String {
    serde_json::to_string(answer).unwrap_or_else(|error| error.to_string())
}

fn name(file: &Path) -> String {
    file.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}
