//! The append-only truth: input log, row tape, ledger, artefacts, and the bus.
//!
//! Workers hand over what they took in and said ([`Ledger::submit`]); one thread commits it in groups: events and rows
//! are appended to Arrow files, everything else and the files' new lengths go into one SQLite transaction. The database
//! is the one authority of what is committed, and only what is committed is published. Knows no HTTP and no plugins.
//!
//! Nothing acknowledged is lost when the process is killed; [`FsyncPolicy`] says what a power cut may take. A full disk
//! or an I/O error stalls the committer, which keeps what it has, holds the workers back, tries again, and says so in
//! [`Ledger::status`].

mod artifacts;
mod batch;
pub mod bus;
mod catalog;
mod chain;
mod checkpoint;
mod codec;
mod commit;
mod committer;
mod compact;
mod data_dir;
mod db;
mod error;
mod identity;
mod ledger;
mod log;
mod options;
mod port;
mod prepare;
mod queue;
mod readers;
mod reading;
mod recover;
mod segment;
mod snapshot;
mod subscription;
mod telemetry;

pub use checkpoint::{CheckpointFile, CheckpointMark};
pub use commit::{Commit, LedgerStatus, Recovery, Ticket, WorkerPosition};
pub use data_dir::DataDir;
pub use error::{LedgerError, Result};
pub use ledger::{CommittedSeq, Ledger};
pub use log::LogReader;
pub use options::{FsyncPolicy, LedgerOptions, Retention};
pub use snapshot::{Snapshot, SnapshotFile};
pub use subscription::Subscription;
pub use telemetry::{METRICS, describe_metrics};
