//! `sconce doctor`: looks at what `serve` needs, one line each, and says what to do about what is wrong.

mod files;
mod providers;
mod tables;

use std::process::ExitCode;

use crate::cli::DoctorArgs;
use crate::config::Settings;
use crate::telemetry::say;

/// How a look ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing to do.
    Fine,
    /// Worth knowing.
    Note,
    /// Something must be done.
    Wrong,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) verdict: Verdict,
    /// What was looked at.
    pub(super) subject: String,
    /// What was found, and what to do.
    pub(super) text: String,
}

impl Finding {
    pub(super) fn fine(subject: impl Into<String>, text: impl Into<String>) -> Self {
        Finding { verdict: Verdict::Fine, subject: subject.into(), text: text.into() }
    }

    pub(super) fn note(subject: impl Into<String>, text: impl Into<String>) -> Self {
        Finding { verdict: Verdict::Note, subject: subject.into(), text: text.into() }
    }

    pub(super) fn wrong(subject: impl Into<String>, what: impl std::fmt::Display, advice: &str) -> Self {
        Finding { verdict: Verdict::Wrong, subject: subject.into(), text: format!("{what}; {advice}") }
    }
}

pub(super) async fn run(args: &DoctorArgs) -> anyhow::Result<ExitCode> {
    let settings = Settings::for_doctor(args)?;
    let mut findings = files::data_directory(&settings);
    findings.push(files::query_tables(&settings).await);
    findings.extend(files::plugins_and_deployments(&settings));
    findings.extend(tables::look(&settings));
    findings.extend(providers::look(&settings).await);
    for Finding { verdict, subject, text } in &findings {
        let mark = match verdict {
            Verdict::Fine => "ok   ",
            Verdict::Note => "note ",
            Verdict::Wrong => "WRONG",
        };
        say(&format!("{mark} {subject}: {text}"));
    }
    let wrong = findings.iter().filter(|finding| finding.verdict == Verdict::Wrong).count();
    say(&match wrong {
        0 => "nothing is wrong".to_owned(),
        1 => "1 thing is wrong".to_owned(),
        many => format!("{many} things are wrong"),
    });
    Ok(if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
