//! What the ledger is told beside outputs: lines of the strategy's log, and faults.

use sconce_domain::ports::Fault;
use sconce_domain::{Body, FaultRecord, Nanos, Output, Record, StrategyLogLine};

use crate::instance::Instance;

/// Adds an output with its lines of the strategy's log: one per evaluation, one more when the label changes.
pub(crate) fn record_output(instance: &mut Instance, output: Output, records: &mut Vec<Record>) {
    if let Body::Signal(signal) = &output.body {
        records.push(line(
            &output,
            "strategy_tick",
            signal.score,
            format!("score {}, label {}", signal.score, signal.label),
        ));
        if let Some(before) = instance.replace_label(output.instrument.as_ref(), &signal.label) {
            let note = format!("label {} after {before}", signal.label);
            records.push(line(&output, "signal_assessed", signal.score, note));
        }
    }
    records.push(Record::Output(Box::new(output)));
}

fn line(output: &Output, event: &str, score: f64, note: String) -> Record {
    Record::StrategyLog(StrategyLogLine {
        ts: output.as_of,
        strategy: output.deployment.clone(),
        event: event.to_owned(),
        market: output.instrument.as_ref().map(|id| id.instrument().base),
        note: Some(note),
        score: Some(score),
        details: None,
    })
}

/// Adds a fault that counts against the plugin; `not-ready` and the like stay on the board only.
pub(crate) fn record_fault(instance: &Instance, as_of: Nanos, fault: &Fault, records: &mut Vec<Record>) {
    if fault.feeds_breaker() {
        record_failure(instance, as_of, fault, records);
    }
}

/// Adds a fault whatever it is: a start that failed.
pub(crate) fn record_failure(instance: &Instance, as_of: Nanos, fault: &Fault, records: &mut Vec<Record>) {
    records.push(Record::Fault(FaultRecord {
        deployment: instance.deployed().spec.id.clone(),
        instrument: instance.instrument().cloned(),
        generation: instance.generation(),
        as_of,
        class: fault.class().to_owned(),
        message: fault.to_string(),
    }));
}
