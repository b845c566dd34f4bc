//! What can go wrong in the query tables, by the operation that failed.

use std::path::PathBuf;

use sconce_domain::ErrorKind;
use sconce_domain::error::Failure;

/// Why a store call failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file cannot be opened as a database.
    #[error("cannot open the query tables {}: {source}; they hold nothing that the ledger does not: delete the file to make them again", path.display())]
    Open {
        /// Which file.
        path: PathBuf,
        /// The database's word.
        source: sqlx::Error,
    },
    /// The schema could not be brought up to date.
    #[error("cannot bring the query tables {} up to date: {source}; they hold nothing that the ledger does not: delete the file to make them again", path.display())]
    Migrate {
        /// Which file.
        path: PathBuf,
        /// The reason.
        source: sqlx::migrate::MigrateError,
    },
    /// A statement failed.
    #[error("cannot {action} in the query tables: {source}")]
    Query {
        /// What was tried, such as `read bars`.
        action: &'static str,
        /// The database's word.
        source: sqlx::Error,
    },
    /// A row cannot be read back.
    #[error("row {key} of {table} in the query tables cannot be read: {what}; rebuild them from the ledger")]
    BadRow {
        /// Which table.
        table: &'static str,
        /// Which row.
        key: i64,
        /// What is wrong.
        what: String,
    },
    /// An entry was left out.
    #[error("entry {found} came where {expected} comes next; project entries in order")]
    Hole {
        /// The entry that comes next.
        expected: u64,
        /// The entry that came.
        found: u64,
    },
}

impl StoreError {
    /// What the error means to a caller.
    pub fn kind(&self) -> ErrorKind {
        match self {
            StoreError::Query { .. } | StoreError::Open { .. } => ErrorKind::Unavailable,
            StoreError::Hole { .. } => ErrorKind::Conflict,
            StoreError::Migrate { .. } | StoreError::BadRow { .. } => ErrorKind::Internal,
        }
    }

    /// For `map_err` on a statement.
    pub(crate) fn query(action: &'static str) -> impl FnOnce(sqlx::Error) -> StoreError {
        move |source| StoreError::Query { action, source }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Failure::new(error.kind(), error.to_string())
    }
}
