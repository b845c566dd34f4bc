//! Query tables behind the [`sconce_domain::ports::Store`] port, in SQLite or PostgreSQL, and the projector that keeps
//! them up to date.
//!
//! The tables are made from the ledger and can be made again from it at any time. A database that is away costs the
//! freshness of queries and nothing else. Knows no HTTP, no plugins and no ledger: it reads what is committed through
//! the [`sconce_domain::ports::Committed`] port. The text of statements is shared where both databases take it; what
//! only one of them takes stands in its file below `dialect`.

mod address;
mod bulk;
mod db;
mod dialect;
mod error;
mod migrate;
mod probe;
mod project;
mod projector;
mod query;
mod retention;
mod rows;
mod statements;
mod store;
mod telemetry;
mod value;

pub use address::{Address, AddressError};
pub use bulk::{BULK, Bulk, CHUNK, Marks};
pub use error::StoreError;
pub use migrate::{Migrations, migrate, migrations};
pub use probe::{Probe, ProbeState};
pub use projector::{Projector, ProjectorOptions, ProjectorState};
pub use retention::{Kept, Retention};
pub use statements::{STATEMENTS, postgres_statements, sqlite_statements};
pub use store::{SqlStore, StoreOptions};
pub use telemetry::{METRICS, describe_metrics};
