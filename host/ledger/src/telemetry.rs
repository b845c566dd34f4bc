//! The ledger's metrics: their names, and what each means. `describe` registers the help texts with the recorder.

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};

pub(crate) const COMMITS: &str = "sconce_ledger_commits_total";
pub(crate) const COMMIT_SECONDS: &str = "sconce_ledger_commit_seconds";
pub(crate) const ENTRIES: &str = "sconce_ledger_entries_total";
pub(crate) const BYTES: &str = "sconce_ledger_bytes_total";
pub(crate) const REPLAYED: &str = "sconce_ledger_replayed_total";
pub(crate) const DIVERGED: &str = "sconce_ledger_diverged_total";
pub(crate) const STALLED: &str = "sconce_ledger_stalled";
pub(crate) const QUEUED: &str = "sconce_ledger_queued_items";
pub(crate) const LAGGED: &str = "sconce_ledger_subscriber_lagged_total";

/// Name and help text of every metric of this crate, for the documentation and its test.
pub const METRICS: [(&str, &str); 9] = [
    (COMMITS, "Group commits of the ledger."),
    (COMMIT_SECONDS, "Seconds that a group commit took, from the end of gathering to the acknowledgement."),
    (ENTRIES, "Entries written to the ledger."),
    (BYTES, "Bytes written to the input log and the row tape, by `kind`."),
    (REPLAYED, "Outputs that stood in the ledger already with the same bytes and were left out."),
    (
        DIVERGED,
        "Outputs that stood in the ledger already with other bytes and were left out. Anything but 0 is a defect.",
    ),
    (
        STALLED,
        "1 while commits fail and are tried again, else 0. Nothing is acknowledged meanwhile and nothing is lost.",
    ),
    (QUEUED, "Events, rows, records and bars that wait for the committer."),
    (LAGGED, "Times that a subscriber fell behind the live stream and was served from the table instead."),
];

/// Registers the help texts with the recorder that is installed.
pub fn describe_metrics() {
    for (name, help) in METRICS {
        match name {
            COMMIT_SECONDS => describe_histogram!(name, Unit::Seconds, help),
            BYTES => describe_counter!(name, Unit::Bytes, help),
            STALLED | QUEUED => describe_gauge!(name, Unit::Count, help),
            _ => describe_counter!(name, Unit::Count, help),
        }
    }
}
