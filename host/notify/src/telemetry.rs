//! The metrics of notices: their names, and what each means.

use metrics::{Unit, describe_counter};

pub(crate) const NOTICES: &str = "sconce_notices_total";

/// Name and help text of every metric of this crate, for the documentation and its test.
pub const METRICS: [(&str, &str); 1] = [(
    NOTICES,
    "Findings by `sink` and `outcome`: sent, held_back (cooldown), refused, failed (given up on), stale (too old to tell).",
)];

/// Registers the help texts with the recorder that is installed.
pub fn describe_metrics() {
    for (name, help) in METRICS {
        describe_counter!(name, Unit::Count, help);
    }
}

pub(crate) fn count(sink: &'static str, outcome: &'static str) {
    metrics::counter!(NOTICES, "sink" => sink, "outcome" => outcome).increment(1);
}
