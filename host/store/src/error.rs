//! What can go wrong in the query tables, by the operation that failed.

use std::path::PathBuf;

use sconce_domain::ErrorKind;
use sconce_domain::error::Failure;
use sqlx::migrate::MigrateError;

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
    #[error(
        "cannot bring the query tables {database} up to date: {source}; they hold nothing that the ledger does not: drop them to make them again"
    )]
    Migrate {
        /// Which database, without its password.
        database: String,
        /// The reason.
        source: MigrateError,
    },
    /// The schema is of a newer host.
    #[error(
        "the query tables {database} were made by a newer version of this program (schema {found}); update it, or give it another database"
    )]
    Newer {
        /// Which database, without its password.
        database: String,
        /// The version that this program does not know.
        found: i64,
    },
    /// A statement failed.
    #[error("cannot {action} in the query tables: {source}")]
    Query {
        /// What was tried, such as `read bars`.
        action: &'static str,
        /// The database's word.
        source: sqlx::Error,
    },
    /// The database did not answer in time.
    #[error("cannot {action} in the query tables: no answer within {seconds} s")]
    Silent {
        /// What was tried.
        action: &'static str,
        /// How long was waited.
        seconds: u64,
    },
    /// The tables were not looked at yet.
    #[error("the query tables are not attached yet: the database is away")]
    Detached,
    /// The tables belong to somebody else.
    #[error(
        "the database {database} holds the query tables of another data directory ({found}, this one is {own}); give this host a database of its own, or drop the tables there if that directory is gone"
    )]
    Foreign {
        /// Which database, without its password.
        database: String,
        /// The ledger that they belong to.
        found: String,
        /// The ledger of this host.
        own: String,
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
            StoreError::Query { .. } | StoreError::Open { .. } | StoreError::Silent { .. } | StoreError::Detached => {
                ErrorKind::Unavailable
            }
            // It may have been cut off in the middle, which takes everything back.
            StoreError::Migrate { source: MigrateError::ExecuteMigration(..), .. } => ErrorKind::Unavailable,
            StoreError::Hole { .. } | StoreError::Foreign { .. } | StoreError::Newer { .. } => ErrorKind::Conflict,
            StoreError::Migrate { .. } | StoreError::BadRow { .. } => ErrorKind::Internal,
        }
    }

    /// For `map_err` on a statement.
    pub(crate) fn query(action: &'static str) -> impl FnOnce(sqlx::Error) -> StoreError {
        move |source| StoreError::Query { action, source }
    }

    /// A migration of `database` failed.
    pub(crate) fn migrate(database: String, source: MigrateError) -> StoreError {
        match source {
            MigrateError::VersionMissing(found) => StoreError::Newer { database, found },
            // The database was not reached: nothing is wrong with the tables.
            MigrateError::Execute(source) => StoreError::Query { action: "bring the schema up to date", source },
            source => StoreError::Migrate { database, source },
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Failure::new(error.kind(), error.to_string())
    }
}
