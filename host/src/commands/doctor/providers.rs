//! The feed: files that are there, or providers that answer, and how far their clocks are from ours.

use std::path::Path;
use std::sync::Arc;

use sconce_domain::SystemClock;
use sconce_domain::time::SECOND;
use sconce_feeds::live::Probe;

use super::Finding;
use crate::config::Settings;
use crate::wiring;

/// A clock that is further off, in seconds, makes trades late or misdated.
const MOST_SKEW: i64 = 2;

/// Looks at what the feed reads.
pub(super) async fn look(settings: &Settings) -> Vec<Finding> {
    let live = match wiring::live_feed(settings, Arc::new(SystemClock)) {
        Ok(live) => live,
        Err(error) => {
            return vec![Finding::wrong("feed", format!("{error:#}"), "correct SYMBOL, --feed or the address")];
        }
    };
    if let Some(feed) = live {
        return feed.probe().await.into_iter().flat_map(of_probe).collect();
    }
    match settings.feed.strip_prefix("replay:") {
        Some(files) => files.split(',').filter(|part| !part.trim().is_empty()).map(of_file).collect(),
        None if settings.feed == "demo" => vec![Finding::fine("feed demo", "made up here; it needs no provider")],
        None => {
            let what = format!("`{}` is unknown", settings.feed);
            vec![Finding::wrong("feed", what, "use demo, replay:FILE, live, or a provider with instruments")]
        }
    }
}

fn of_file(part: &str) -> Finding {
    let path = if Path::new(part).exists() { part } else { part.rsplit_once('=').map_or(part, |(path, _)| path) };
    match std::fs::File::open(path.trim()) {
        Ok(_) => Finding::fine(format!("file {path}"), "can be read"),
        Err(error) => {
            Finding::wrong(format!("file {path}"), error, "name a file that is there, with --feed replay:FILE")
        }
    }
}

fn of_probe(Probe { source, address, fallback, outcome }: Probe) -> Vec<Finding> {
    let subject = format!("{source} {address}");
    match outcome {
        Err(failure) if fallback => {
            vec![Finding::note(
                subject,
                format!("{}; it would be asked in need only: {}", failure.what, failure.advice),
            )]
        }
        Err(failure) => vec![Finding::wrong(subject, failure.what, failure.advice)],
        Ok(skew) => {
            let mut findings = vec![Finding::fine(subject, "answers")];
            findings.extend(skew.map(|skew| of_skew(&source, skew)));
            findings
        }
    }
}

fn of_skew(source: &str, skew: i64) -> Finding {
    let seconds = skew as f64 / SECOND as f64;
    let subject = "clock of this machine";
    if skew.abs() <= MOST_SKEW * SECOND {
        return Finding::fine(subject, format!("within {MOST_SKEW} s of that of {source}"));
    }
    let side = if seconds > 0.0 { "behind" } else { "ahead of" };
    let what = format!("{:.1} s {side} that of {source}", seconds.abs());
    Finding::wrong(subject, what, "set it, for instance by switching on NTP")
}
