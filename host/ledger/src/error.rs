//! What can go wrong in the ledger, by the operation that failed. Callers across crates see a [`Failure`] of its kind.

use std::path::PathBuf;

use sconce_domain::ErrorKind;
use sconce_domain::error::Failure;

/// Result of a ledger call.
pub type Result<T, E = LedgerError> = std::result::Result<T, E>;

/// Why a ledger call failed.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// A file or directory of the data directory cannot be made, read or written.
    #[error("cannot {action} {}: {source}; check the path, its permissions and the space that is left", path.display())]
    Io {
        /// What was tried, such as `create`.
        action: &'static str,
        /// Which file.
        path: PathBuf,
        /// The system's word.
        source: std::io::Error,
    },
    /// Another process holds the data directory.
    #[error("the data directory {} is in use by {holder}; stop that process or choose another directory", path.display())]
    Locked {
        /// Which directory.
        path: PathBuf,
        /// `process 123`, or `another process` where it left no number.
        holder: String,
    },
    /// The database file is something else.
    #[error("{} is not a ledger; move it away or choose another data directory", path.display())]
    Foreign {
        /// Which file.
        path: PathBuf,
    },
    /// The database was written by a newer host.
    #[error("{} has schema version {found} and this host knows {known}; run the newer host that wrote it", path.display())]
    Newer {
        /// Which file.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// The database was written by an older host and is opened without the right to change it.
    #[error("{} has schema version {found} and this host reads {known}; start the host once to bring it up to date", path.display())]
    Older {
        /// Which file.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// The schema could not be brought up to date.
    #[error("cannot bring the schema of {} up to date: {source}", path.display())]
    Migrate {
        /// Which file.
        path: PathBuf,
        /// The reason.
        source: sqlx::migrate::MigrateError,
    },
    /// A statement failed.
    #[error("cannot {action} in the ledger: {source}")]
    Query {
        /// What was tried, such as `read entries`.
        action: &'static str,
        /// The database's word.
        source: sqlx::Error,
    },
    /// Committed bytes are not what was written.
    #[error("{} is damaged at byte {offset}: {what}; restore the file from a backup", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// Where the unreadable part begins.
        offset: u64,
        /// What is wrong with it.
        what: String,
    },
    /// An entry, layout or instrument in the database cannot be read back.
    #[error("{table} {key} of the ledger cannot be read: {what}; restore ledger.db from a backup")]
    BadRecord {
        /// Which table.
        table: &'static str,
        /// Which row of it.
        key: i64,
        /// What is wrong.
        what: String,
    },
    /// The hash chain of the entries is broken.
    #[error("entry {seq} of the ledger does not fit the chain: {what}")]
    BrokenChain {
        /// The first entry that does not fit.
        seq: u64,
        /// What differs.
        what: String,
    },
    /// What was asked for is past its retention.
    #[error("inputs expired: the {kind} of worker {worker} is kept from position {kept_from} on")]
    Expired {
        /// `input` or `tape`.
        kind: &'static str,
        /// Whose.
        worker: u32,
        /// The first position that is still there.
        kept_from: u64,
    },
    /// A commit does not continue its worker's log.
    #[error("worker {worker} submitted {kind} {found} where {expected} comes next; submit in order and without holes")]
    OutOfOrder {
        /// `input` or `tape`.
        kind: &'static str,
        /// Whose.
        worker: u32,
        /// The position that comes next.
        expected: u64,
        /// The position that came.
        found: u64,
    },
    /// A layout number is taken by other columns, or an instrument index by another instrument.
    #[error("{0}; ask the ledger for a number instead of choosing one")]
    Taken(String),
    /// A record cannot be written in a form that reads back equal.
    #[error("the {kind} cannot be recorded: {what}; every number must be finite")]
    Unrecordable {
        /// [`sconce_domain::Record::kind`].
        kind: &'static str,
        /// Why.
        what: String,
    },
    /// Rows or events could not be encoded.
    #[error("cannot encode a record batch: {0}")]
    Encode(arrow_schema::ArrowError),
    /// No artefact of this digest.
    #[error("there is no artefact {0}; upload it again")]
    NoArtifact(sconce_domain::Digest),
    /// The ledger takes nothing any more.
    #[error("the ledger is closed; the host is shutting down")]
    Closed,
    /// Opened for reading only.
    #[error("the ledger is open for reading only")]
    ReadOnly,
}

impl LedgerError {
    /// What the error means to a caller.
    pub fn kind(&self) -> ErrorKind {
        match self {
            LedgerError::Io { .. } | LedgerError::Query { .. } | LedgerError::Closed => ErrorKind::Unavailable,
            LedgerError::Locked { .. } | LedgerError::OutOfOrder { .. } | LedgerError::Taken(_) => ErrorKind::Conflict,
            LedgerError::Expired { .. } => ErrorKind::Expired,
            LedgerError::NoArtifact(_) => ErrorKind::NotFound,
            LedgerError::Unrecordable { .. } => ErrorKind::Invalid,
            LedgerError::Foreign { .. }
            | LedgerError::Newer { .. }
            | LedgerError::Older { .. }
            | LedgerError::Migrate { .. }
            | LedgerError::Damaged { .. }
            | LedgerError::BadRecord { .. }
            | LedgerError::BrokenChain { .. }
            | LedgerError::Encode(_)
            | LedgerError::ReadOnly => ErrorKind::Internal,
        }
    }

    /// For `map_err` on a statement.
    pub(crate) fn query(action: &'static str) -> impl FnOnce(sqlx::Error) -> LedgerError {
        move |source| LedgerError::Query { action, source }
    }

    /// For `map_err` on a file operation.
    pub(crate) fn io(action: &'static str, path: &std::path::Path) -> impl FnOnce(std::io::Error) -> LedgerError {
        let path = path.to_owned();
        move |source| LedgerError::Io { action, path, source }
    }
}

impl From<LedgerError> for Failure {
    fn from(error: LedgerError) -> Self {
        Failure::new(error.kind(), error.to_string())
    }
}
