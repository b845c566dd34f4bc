//! The store's metrics: their names, and what each means.

use metrics::{Unit, describe_counter, describe_gauge};

pub(crate) const LAG: &str = "sconce_store_lag_entries";
pub(crate) const PROJECTED: &str = "sconce_store_projected_total";
pub(crate) const FAILURES: &str = "sconce_store_projection_failures_total";
pub(crate) const REACHABLE: &str = "sconce_store_reachable";
pub(crate) const PROBE: &str = "sconce_store_probe_latency";
pub(crate) const REBUILDS: &str = "sconce_store_rebuilds_total";
pub(crate) const EXPIRED: &str = "sconce_store_expired_total";

/// Name and help text of every metric of this crate, for the documentation and its test.
pub const METRICS: [(&str, &str); 7] = [
    (LAG, "Entries of the ledger that the query tables do not show yet."),
    (PROJECTED, "Entries and bars brought into the query tables, by `kind`."),
    (FAILURES, "Failed attempts to bring the query tables up to date. They are tried again."),
    (REACHABLE, "1 while the database of the query tables answers."),
    (PROBE, "Seconds that the newest probe of the database took."),
    (REBUILDS, "Times that the query tables were emptied to be made again from the ledger."),
    (EXPIRED, "Rows that retention took out of the query tables, by `table`."),
];

/// Registers the help texts with the recorder that is installed.
pub fn describe_metrics() {
    for (name, help) in METRICS {
        match name {
            LAG | REACHABLE => describe_gauge!(name, Unit::Count, help),
            PROBE => describe_gauge!(name, Unit::Seconds, help),
            _ => describe_counter!(name, Unit::Count, help),
        }
    }
}
