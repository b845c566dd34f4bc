//! PostgreSQL: a pool that reads and one connection that writes, made when they are first needed. A server that is away
//! when the host starts is no reason not to start.

use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{ConnectOptions, Postgres, Transaction};

use crate::error::StoreError;

pub(crate) static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations/postgres");

pub(crate) const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";
/// The position; a second writer waits here until the first is done.
pub(crate) const LOCK_POSITION: &str = "SELECT position FROM projections WHERE name = $1 FOR UPDATE";
/// Whether migrations were ever run.
pub(crate) const HAS_MIGRATIONS: &str =
    "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = current_schema() AND table_name = $1";

/// Name and text of every statement that only PostgreSQL takes.
pub(crate) const STATEMENTS: [(&str, &str); 2] = [("lock position", LOCK_POSITION), ("has migrations", HAS_MIGRATIONS)];

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(5);

/// Connections to a server.
#[derive(Debug, Clone)]
pub(crate) struct Postgreses {
    pub(crate) writer: PgPool,
    pub(crate) readers: PgPool,
}

/// Prepares connections; none is made yet.
pub(crate) fn open(options: &PgConnectOptions, readers: u32, statement_timeout: Duration) -> Postgreses {
    let millis = statement_timeout.as_millis().to_string();
    let options = options
        .clone()
        .application_name("sconce")
        .options([
            ("statement_timeout", millis.as_str()),
            ("lock_timeout", "10s"),
            // A host that vanished must not hold the position for ever.
            ("idle_in_transaction_session_timeout", "60s"),
        ])
        .disable_statement_logging();
    let pool = |connections: u32| {
        PgPoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(CONNECT)
            // Waiting for a server that is away is told by the projector.
            .acquire_slow_threshold(CONNECT * 2)
            .idle_timeout(Duration::from_mins(10))
            .connect_lazy_with(options.clone())
    };
    Postgreses { writer: pool(1), readers: pool(readers) }
}

pub(crate) async fn begin(pool: &PgPool) -> Result<Transaction<'static, Postgres>, StoreError> {
    pool.begin_with(BEGIN).await.map_err(StoreError::query("begin to write"))
}
