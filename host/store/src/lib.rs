//! Query tables behind the [`sconce_domain::ports::Store`] port, and the projector that keeps them up to date.
//!
//! The tables are made from the ledger and can be made again from it at any time. A database that is away costs the
//! freshness of queries and nothing else. Knows no HTTP, no plugins and no ledger: it reads what is committed through
//! the [`sconce_domain::ports::Committed`] port.

mod error;
mod project;
mod projector;
mod query;
mod rows;
mod sqlite;
mod statements;
mod telemetry;

pub use error::StoreError;
pub use projector::{Projector, ProjectorOptions, ProjectorState};
pub use sqlite::SqliteStore;
pub use statements::STATEMENTS;
pub use telemetry::{METRICS, describe_metrics};
