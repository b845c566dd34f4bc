//! Migrations: from each version one comes to the same schema as from nothing, with rows in the tables or without, and
//! both databases have the same tables, columns and indices.

use std::collections::BTreeSet;
use std::path::Path;

use sconce_store::{Address, migrate, migrations};
use sconce_test_postgres::Cluster;
use sqlx::migrate::Migrator;
use sqlx::{AssertSqlSafe, Connection, Executor};

use crate::backend::{attached, detached, file, ledger};
use sconce_domain::ports::Store;

/// What stands in the tables while the schema changes under them.
const ROWS: &str = "INSERT INTO faults (seq, deployment, instrument, generation, as_of, class, message) \
    VALUES (1, 'scalp', NULL, 1, 2, 'trap', 'x'); UPDATE projections SET position = 1";

const SQLITE_CATALOGUE: &str = "SELECT m.name || '.' || c.name || CASE WHEN c.\"notnull\" = 1 THEN ' required' ELSE '' END \
    FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE '%migrations' \
    UNION ALL SELECT 'index ' || tbl_name || '.' || name FROM sqlite_master WHERE type = 'index' \
    AND name NOT LIKE 'sqlite_autoindex%' ORDER BY 1";
const SQLITE_TEXT: &str =
    "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND tbl_name NOT LIKE '%migrations' ORDER BY sql";
const POSTGRES_CATALOGUE: &str = "SELECT table_name || '.' || column_name || CASE WHEN is_nullable = 'NO' THEN ' required' \
    ELSE '' END FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE '%migrations' \
    UNION ALL SELECT 'index ' || tablename || '.' || indexname FROM pg_indexes WHERE schemaname = 'public' \
    AND indexname NOT LIKE '%_pkey' AND indexname NOT LIKE '%_key' ORDER BY 1";
const POSTGRES_TEXT: &str = "SELECT table_name || '.' || column_name || ' ' || data_type || ' ' || \
    coalesce(column_default, '') || is_nullable FROM information_schema.columns WHERE table_schema = 'public' \
    AND table_name NOT LIKE '%migrations' UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' \
    AND tablename NOT LIKE '%migrations' UNION ALL SELECT conrelid::regclass::text || ' ' || pg_get_constraintdef(oid) \
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace ORDER BY 1";

fn migrator(database: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations").join(database)
}

/// The migrations up to a version, from the folder.
async fn up_to(database: &str, version: i64) -> Migrator {
    let mut all = Migrator::new(migrator(database)).await.expect("readable");
    all.migrations = all.migrations.iter().filter(|one| one.version <= version).cloned().collect::<Vec<_>>().into();
    all
}

async fn versions(database: &str) -> Vec<i64> {
    Migrator::new(migrator(database)).await.expect("readable").iter().map(|one| one.version).collect()
}

async fn sqlite_texts(url: &str, question: &'static str) -> BTreeSet<String> {
    let mut connection = sqlx::SqliteConnection::connect(url).await.expect("opens");
    let found = sqlx::query_scalar::<_, String>(question).fetch_all(&mut connection).await.expect("readable");
    found.into_iter().collect()
}

async fn postgres_texts(url: &str, question: &'static str) -> BTreeSet<String> {
    let mut connection = sqlx::PgConnection::connect(url).await.expect("opens");
    let found = sqlx::query_scalar::<_, String>(question).fetch_all(&mut connection).await.expect("readable");
    found.into_iter().collect()
}

#[tokio::test]
async fn from_every_version_one_comes_to_the_fresh_sqlite_schema() {
    let fresh = tempfile::tempdir().expect("temporary directory");
    attached(&file(fresh.path())).await.close().await;
    let expected = sqlite_texts(&file(fresh.path()), SQLITE_TEXT).await;
    for version in versions("sqlite").await {
        let root = tempfile::tempdir().expect("temporary directory");
        let url = format!("{}?mode=rwc", file(root.path()));
        let mut connection = sqlx::SqliteConnection::connect(&url).await.expect("opens");
        up_to("sqlite", version).await.run(&mut connection).await.expect("migrates");
        if version == 1 {
            (&mut connection).execute(ROWS).await.expect("written");
        }
        connection.close().await.expect("closed");
        let store = detached(&file(root.path())).await;
        store.attach(&ledger(), 0).await.expect("up to date");
        assert_eq!(store.position().await, Ok(0), "from version {version}: what was there is projected again");
        store.close().await;
        assert_eq!(sqlite_texts(&file(root.path()), SQLITE_TEXT).await, expected, "from version {version}");
    }
}

#[tokio::test]
async fn from_every_version_one_comes_to_the_fresh_postgres_schema() {
    let Some(cluster) = Cluster::or_skip("store::schema::from_every_version_one_comes_to_the_fresh_postgres_schema")
    else {
        return;
    };
    let fresh = cluster.database("fresh");
    attached(&fresh).await.close().await;
    let expected = postgres_texts(&fresh, POSTGRES_TEXT).await;
    for version in versions("postgres").await {
        let url = cluster.database(&format!("version{version}"));
        let mut connection = sqlx::PgConnection::connect(&url).await.expect("opens");
        up_to("postgres", version).await.run(&mut connection).await.expect("migrates");
        if version == 1 {
            (&mut connection).execute(AssertSqlSafe(ROWS)).await.expect("written");
        }
        let store = detached(&url).await;
        store.attach(&ledger(), 0).await.expect("up to date");
        assert_eq!(store.position().await, Ok(0), "from version {version}: what was there is projected again");
        store.close().await;
        assert_eq!(postgres_texts(&url, POSTGRES_TEXT).await, expected, "from version {version}");
    }
    let root = tempfile::tempdir().expect("temporary directory");
    attached(&file(root.path())).await.close().await;
    let sqlite = sqlite_texts(&file(root.path()), SQLITE_CATALOGUE).await;
    assert_eq!(sqlite, postgres_texts(&fresh, POSTGRES_CATALOGUE).await, "both databases have the same tables");
    insta::assert_snapshot!(sqlite.into_iter().collect::<Vec<_>>().join("\n"));
}

#[tokio::test]
async fn what_is_to_come_is_told_before_it_is_done() {
    let Some(cluster) = Cluster::or_skip("store::schema::what_is_to_come_is_told_before_it_is_done") else { return };
    let root = tempfile::tempdir().expect("temporary directory");
    for url in [file(root.path()), cluster.database("told")] {
        let address = Address::parse(&url, Path::new("nowhere")).expect("a good URL");
        let before = migrations(&address).await.expect("readable");
        let all = versions(address.backend()).await.len();
        assert!(before.applied.is_empty() && before.pending.len() == all, "{before:?}");
        assert_eq!(migrations(&address).await.expect("readable"), before, "looking changes nothing");
        assert_eq!(migrate(&address).await.expect("migrates"), before);
        let after = migrations(&address).await.expect("readable");
        assert_eq!((after.applied, after.pending.len()), (before.pending, 0));
    }
    cluster.psql("told", "UPDATE _sqlx_migrations SET version = 99 WHERE version = 1").expect("changed");
    let address = Address::parse(&cluster.url("told"), Path::new("nowhere")).expect("a good URL");
    assert_eq!(migrations(&address).await.expect("readable").unknown, [99]);
    let refused = migrate(&address).await.expect_err("newer").to_string();
    assert!(refused.contains("newer version"), "{refused}");
}
