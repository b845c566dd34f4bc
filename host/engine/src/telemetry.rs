//! The engine's metrics: their names, what each means, and where they are counted. The folds themselves count nothing:
//! replay would count twice.

use metrics::{Unit, counter, describe_counter, describe_gauge, gauge};
use sconce_domain::Record;

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

/// Name and help text of every metric of this crate, for the documentation and its test.
pub const METRICS: [(&str, &str); 8] = [
    (EVENTS, "Events that the input logs took, by `worker`."),
    (ROWS, "Rows that were taped, by `worker`."),
    (OUTPUTS, "Outputs that were handed to the ledger, by `deployment`."),
    (FAULTS, "Faults that count against a plugin, by `deployment` and `class`."),
    (BARS, "Bars and revisions of bars that became known, by `worker`."),
    (CALLS, "Calls of the instances of a deployment since the process started."),
    (FUEL, "Fuel of the newest call of an instance, the highest of a deployment."),
    (QUARANTINED, "Instances of a deployment whose breaker is open."),
];

/// Registers the help texts with the recorder that is installed.
pub fn describe_metrics() {
    for (name, help) in METRICS {
        match name {
            CALLS | FUEL | QUARANTINED => describe_gauge!(name, Unit::Count, help),
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
        gauge!(QUARANTINED, "deployment" => deployment).set(open as f64);
    }
}
