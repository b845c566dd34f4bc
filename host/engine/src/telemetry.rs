//! The engine's metrics: their names, what each means, and where they are counted. The folds themselves count nothing:
//! replay would count twice.

use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use sconce_domain::time::SECOND;
use sconce_domain::{Nanos, Outcome, Record, Statement, Timeframe, Verdict};
use sconce_judge::Judge;

use crate::effects::Effects;
use crate::status::{InstanceState, StatusBoard};

const EVENTS: &str = "sconce_engine_events_total";
const ROWS: &str = "sconce_engine_rows_total";
const OUTPUTS: &str = "sconce_engine_outputs_total";
const FAULTS: &str = "sconce_engine_faults_total";
const BARS: &str = "sconce_engine_bars_total";
const CALLS: &str = "sconce_instance_calls";
const FUEL: &str = "sconce_instance_last_fuel";
const QUARANTINED: &str = "sconce_instance_quarantined";
const FOR_GOOD: &str = "sconce_instance_quarantined_for_good";

const CHECKPOINT_BYTES: &str = "sconce_engine_checkpoint_bytes";
const CHECKPOINT_AT: &str = "sconce_engine_checkpoint_at_seconds";
const CHECKPOINT_WRITE: &str = "sconce_engine_checkpoint_write_seconds";
const CHECKPOINT_PAUSE: &str = "sconce_engine_checkpoint_pause_seconds";
const CHECKPOINT_FAILURES: &str = "sconce_engine_checkpoint_failures_total";
const QUESTIONS: &str = "sconce_engine_questions_total";
const QUESTION_TIME: &str = "sconce_engine_question_seconds";
const ANSWERS: &str = "sconce_engine_answers_total";
const JUDGE_PENDING: &str = "sconce_judge_pending";
const JUDGE_MATURED: &str = "sconce_judge_matured_total";
const JUDGE_UNJUDGED: &str = "sconce_judge_unjudged_total";
const JUDGE_REFUSED: &str = "sconce_judge_refused";
const JUDGE_AT: &str = "sconce_judge_at_seconds";
const JUDGE_NOTE_FAILURES: &str = "sconce_judge_note_failures_total";

/// Name and help text of every metric of this crate, for the documentation and its test.
pub const METRICS: [(&str, &str); 23] = [
    (EVENTS, "Events that the input logs took, by `worker`."),
    (ROWS, "Rows that were taped, by `worker`."),
    (OUTPUTS, "Outputs that were handed to the ledger, by `deployment`."),
    (FAULTS, "Faults that count against a plugin, by `deployment` and `class`."),
    (BARS, "Bars and revisions of bars that became known, by `worker`."),
    (CALLS, "Calls of the instances of a deployment since it was put into force."),
    (FUEL, "Fuel of the newest call of an instance, the highest of a deployment."),
    (QUARANTINED, "Instances of a deployment whose breaker is open."),
    (FOR_GOOD, "Instances of a deployment that are not tried again before an operator releases it."),
    (
        CHECKPOINT_AT,
        "Wall time of the newest whole checkpoint, in seconds since 1970: its age is the present less this.",
    ),
    (CHECKPOINT_BYTES, "Bytes of the newest whole checkpoint, all workers together."),
    (CHECKPOINT_WRITE, "Time to serialise and write the checkpoint of one worker, beside the worker."),
    (CHECKPOINT_PAUSE, "Time that a worker stands still for its checkpoint."),
    (CHECKPOINT_FAILURES, "Checkpoints of workers that could not be written."),
    (
        QUESTIONS,
        "Closes about which models were to be asked, by `timeframe` and `outcome`: `answered`, `panicked`, `late` (no answer in \
         time), `resting` (passed over after it was late).",
    ),
    (QUESTION_TIME, "Time until models had answered about a close, by `timeframe`."),
    (
        ANSWERS,
        "Answers of models by `outcome`: `taken` onto the log, `known` to it already, `refused` with a line that says why.",
    ),
    (JUDGE_PENDING, "Claims that wait for their horizon."),
    (JUDGE_MATURED, "Claims that matured, by `kind`: `signal`, `forecast`."),
    (JUDGE_UNJUDGED, "Claims that matured without a number, by `reason`."),
    (JUDGE_REFUSED, "Claims that the judge did not take since it began, by `reason`."),
    (
        JUDGE_AT,
        "Market time up to which everything is judged, in seconds since 1970: its lag is the market time less this.",
    ),
    (JUDGE_NOTE_FAILURES, "Times that what the judge knows could not be written down."),
];

/// Registers the help texts with the recorder that is installed.
pub fn describe_metrics() {
    for (name, help) in METRICS {
        match name {
            CALLS | FUEL | QUARANTINED | FOR_GOOD | JUDGE_PENDING | JUDGE_REFUSED => {
                describe_gauge!(name, Unit::Count, help)
            }
            CHECKPOINT_AT | JUDGE_AT => describe_gauge!(name, Unit::Seconds, help),
            CHECKPOINT_BYTES => describe_gauge!(name, Unit::Bytes, help),
            CHECKPOINT_WRITE | CHECKPOINT_PAUSE | QUESTION_TIME => describe_histogram!(name, Unit::Seconds, help),
            _ => describe_counter!(name, Unit::Count, help),
        }
    }
}

/// Counts what a worker is about to hand to the ledger.
pub(crate) fn count(worker: u32, events: usize, effects: &Effects) {
    let worker = worker.to_string();
    counter!(EVENTS, "worker" => worker.clone()).increment(events as u64);
    counter!(ROWS, "worker" => worker.clone()).increment(effects.rows.len() as u64);
    counter!(BARS, "worker" => worker).increment(effects.bars.len() as u64);
    for record in &effects.records {
        match record {
            Record::Output(output) => {
                counter!(OUTPUTS, "deployment" => output.deployment.to_string()).increment(1);
            }
            Record::Fault(fault) => {
                let class = fault.class.clone();
                counter!(FAULTS, "deployment" => fault.deployment.to_string(), "class" => class).increment(1);
            }
            _ => {}
        }
    }
}

/// Shows the board as gauges; called when metrics are asked for.
pub fn show(board: &StatusBoard) {
    for (deployment, statuses) in board.by_deployment() {
        let deployment = deployment.to_string();
        let quarantined = |state: &InstanceState| matches!(state, InstanceState::Quarantined { .. });
        let calls: u64 = statuses.iter().map(|status| status.calls).sum();
        let fuel = statuses.iter().map(|status| status.last_fuel).max().unwrap_or(0);
        let open = statuses.iter().filter(|status| quarantined(&status.state)).count();
        gauge!(CALLS, "deployment" => deployment.clone()).set(calls as f64);
        gauge!(FUEL, "deployment" => deployment.clone()).set(fuel as f64);
        let for_good = |state: &InstanceState| matches!(state, InstanceState::Quarantined { until: None, .. });
        let given_up = statuses.iter().filter(|status| for_good(&status.state)).count();
        gauge!(QUARANTINED, "deployment" => deployment.clone()).set(open as f64);
        gauge!(FOR_GOOD, "deployment" => deployment).set(given_up as f64);
    }
}

/// Notes that a set of checkpoints is whole.
pub(crate) fn checkpoint_whole(bytes: u64, at: Nanos) {
    gauge!(CHECKPOINT_BYTES).set(bytes as f64);
    gauge!(CHECKPOINT_AT).set(at.0 as f64 / SECOND as f64);
}

/// Notes how long the checkpoint of one worker took to write, in nanoseconds.
pub(crate) fn checkpoint_written(nanos: i64) {
    histogram!(CHECKPOINT_WRITE).record(nanos as f64 / SECOND as f64);
}

/// Notes how long a worker stood still for its checkpoint, in nanoseconds.
pub(crate) fn checkpoint_pause(nanos: i64) {
    histogram!(CHECKPOINT_PAUSE).record(nanos as f64 / SECOND as f64);
}

/// Notes that a checkpoint could not be written.
pub(crate) fn checkpoint_failed() {
    counter!(CHECKPOINT_FAILURES).increment(1);
}

/// Counts a close about which models were to be asked, and how many nanoseconds they took.
pub(crate) fn asked(timeframe: Timeframe, outcome: &'static str, nanos: Option<u64>) {
    counter!(QUESTIONS, "timeframe" => timeframe.as_str(), "outcome" => outcome).increment(1);
    if let Some(nanos) = nanos {
        histogram!(QUESTION_TIME, "timeframe" => timeframe.as_str()).record(nanos as f64 / SECOND as f64);
    }
}

/// Counts answers of models.
pub(crate) fn answers(outcome: &'static str, count: u64) {
    counter!(ANSWERS, "outcome" => outcome).increment(count);
}

/// Notes how the judge stands after a step.
pub(crate) fn judged(judge: &Judge, at: Nanos) {
    gauge!(JUDGE_PENDING).set(judge.pending() as f64);
    gauge!(JUDGE_AT).set(at.0 as f64 / SECOND as f64);
    for (refusal, count) in judge.refused().iter() {
        gauge!(JUDGE_REFUSED, "reason" => refusal.as_str()).set(count as f64);
    }
}

/// Counts an outcome that the ledger took.
pub(crate) fn matured(outcome: &Outcome) {
    let kind = match outcome.claim.statement {
        Statement::Signal { .. } => "signal",
        Statement::Forecast { .. } => "forecast",
    };
    counter!(JUDGE_MATURED, "kind" => kind).increment(1);
    if let Verdict::Unjudged { reason } = outcome.verdict {
        counter!(JUDGE_UNJUDGED, "reason" => reason.as_str()).increment(1);
    }
}

/// Notes that what the judge knows could not be written down.
pub(crate) fn note_failed() {
    counter!(JUDGE_NOTE_FAILURES).increment(1);
}
