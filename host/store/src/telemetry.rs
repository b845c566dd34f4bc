//! The store's metrics: their names, and what each means.

use metrics::{Unit, describe_counter, describe_gauge};

pub(crate) const LAG: &str = "sconce_store_lag_entries";
pub(crate) const PROJECTED: &str = "sconce_store_projected_total";
pub(crate) const FAILURES: &str = "sconce_store_projection_failures_total";

/// Name and help text of every metric of this crate, for the documentation and its test.
pub const METRICS: [(&str, &str); 3] = [
    (LAG, "Entries of the ledger that the query tables do not show yet."),
    (PROJECTED, "Entries and bars brought into the query tables, by `kind`."),
    (FAILURES, "Failed attempts to bring the query tables up to date. They are tried again."),
];

/// Registers the help texts with the recorder that is installed.
pub fn describe_metrics() {
    for (name, help) in METRICS {
        match name {
            LAG => describe_gauge!(name, Unit::Count, help),
            _ => describe_counter!(name, Unit::Count, help),
        }
    }
}
