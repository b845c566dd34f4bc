//! `explain`: the row that a deployment saw, what was missing in it, and why it said what it said, or nothing.

use sconce_domain::error::Failure;
use sconce_domain::ports::Fault;
use sconce_domain::{DeploymentId, InstrumentId, Nanos, Output, Trigger};
use serde::Serialize;

use crate::error::EngineError;
use crate::rerun::{Call, Case, rerun_instrument};
use crate::verify::{Evidence, Verifier, VerifyRange};

/// The answer.
#[derive(Debug, Clone, Serialize)]
pub struct Explanation {
    /// Who was asked.
    pub deployment: DeploymentId,
    /// About what.
    pub instrument: InstrumentId,
    /// The row's time; absent when there was no row for it at or before the time asked for.
    pub as_of: Option<String>,
    /// Why the row was made.
    pub trigger: String,
    /// Which start.
    pub generation: u32,
    /// The columns with their values; null is absent.
    pub row: Vec<(String, Option<f64>)>,
    /// Columns that were absent.
    pub missing: Vec<String>,
    /// Share of columns that were present.
    pub coverage: f64,
    /// What was said.
    pub said: Vec<Output>,
    /// Why nothing was said, or what was.
    pub reason: String,
}

/// Runs the instance again up to the newest row at or before `at` and tells what happened there.
pub async fn explain(
    verifier: &Verifier,
    deployment: &DeploymentId,
    instrument: &InstrumentId,
    at: Nanos,
) -> Result<Explanation, EngineError> {
    let request = |message: String| EngineError::Request(Failure::not_found(message));
    let evidence =
        Evidence::load(verifier.ledger(), &VerifyRange { to: Some(Nanos::MIN), ..VerifyRange::default() }).await?;
    let start = evidence.newest_start(deployment, instrument, at).ok_or_else(|| {
        request(if evidence.was_universe(deployment, at) {
            format!("{deployment} sees all instruments at once; ask for an output with `verify`")
        } else {
            format!("{deployment} was not running on {instrument} at {at}")
        })
    })?;
    if let Some(end) = verifier.retired(start, at)? {
        return Err(request(format!("{deployment} was not running on {instrument} at {at}: it was retired at {end}")));
    }
    verifier.load_artifact(start.deployed.plugin).map_err(request)?;
    let life = evidence.life(deployment, Some(instrument), start.generation).unwrap_or_default();
    let starts: Vec<&sconce_domain::GenerationStart> = life.iter().collect();
    let rows = verifier.stream(&evidence, start.worker, instrument, at + 1).map_err(request)?;
    let warm_ups = verifier.warm_ups(&evidence, &starts).map_err(request)?;
    let kills = evidence.kills(deployment, Some(instrument));
    let answers = evidence.said_before.about(evidence.index_of(instrument).map_err(request)?);
    let case = Case { instrument, answers, starts, until: at + 1, kills };
    let columns = start.deployed.needs.columns.clone();
    let mut newest = nothing(deployment, instrument, start.generation);
    let warm_up = |start: &sconce_domain::GenerationStart| warm_ups.get(&start.generation).cloned().unwrap_or_default();
    rerun_instrument(verifier.plugins().as_ref(), &case, &rows, &warm_up, &evidence.layouts, &mut |call| {
        tell(&mut newest, call, &columns);
    });
    Ok(newest)
}

fn nothing(deployment: &DeploymentId, instrument: &InstrumentId, generation: u32) -> Explanation {
    Explanation {
        deployment: deployment.clone(),
        instrument: instrument.clone(),
        as_of: None,
        trigger: String::new(),
        generation,
        row: Vec::new(),
        missing: Vec::new(),
        coverage: 0.0,
        said: Vec::new(),
        reason: "no bar of its timeframes had closed and no timer was due: there was no row to speak about".to_owned(),
    }
}

fn tell(newest: &mut Explanation, call: Call<'_>, columns: &[String]) {
    newest.as_of = Some(call.row.ts.to_rfc3339());
    newest.trigger = trigger_words(call.trigger);
    newest.row =
        columns.iter().cloned().zip(call.values.iter().map(|value| value.is_finite().then_some(*value))).collect();
    newest.missing = newest.row.iter().filter(|(_, value)| value.is_none()).map(|(name, _)| name.clone()).collect();
    let present = newest.row.len() - newest.missing.len();
    newest.coverage = if columns.is_empty() { 1.0 } else { present as f64 / columns.len() as f64 };
    newest.reason = match &call.answer {
        None => "its breaker was open after repeated faults, so it was not called".to_owned(),
        Some(Ok(outputs)) if outputs.is_empty() => "it was called and had nothing to say".to_owned(),
        Some(Ok(outputs)) => format!("it was called and said {}", outputs.len()),
        Some(Err(Fault::NotReady(rows))) => format!("it was not ready: it needs {rows} more rows"),
        Some(Err(fault)) => format!("it failed: {fault}"),
    };
    newest.said = call.answer.and_then(Result::ok).unwrap_or_default();
}

fn trigger_words(trigger: Trigger) -> String {
    let mut words: Vec<String> = trigger.timeframes().iter().map(|timeframe| format!("{timeframe} closed")).collect();
    if trigger.contains(Trigger::TIMER) {
        words.push("timer".to_owned());
    }
    if trigger.contains(Trigger::ON_DEMAND) {
        words.push("on demand".to_owned());
    }
    words.join(", ")
}
