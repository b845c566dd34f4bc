//! The suite on PostgreSQL, each case on a database of its own; and every statement, prepared.

use sconce_store::{BULK, CHUNK, Marks, STATEMENTS, postgres_statements};
use sconce_test_postgres::Cluster;
use sqlx::{AssertSqlSafe, Connection, Executor, SqlSafeStr};

use crate::backend::attached;
use crate::suite::CASES;

#[tokio::test]
async fn postgres_behaves() {
    let Some(cluster) = Cluster::or_skip("store::postgres_behaves") else { return };
    for (name, case) in CASES {
        let store = attached(&cluster.database(name)).await;
        eprintln!("{name}");
        case(&store).await;
        store.close().await;
    }
}

#[tokio::test]
async fn every_statement_prepares() {
    let Some(cluster) = Cluster::or_skip("store::postgres::every_statement_prepares") else { return };
    let url = cluster.database("prepared");
    attached(&url).await.close().await;
    let mut connection = sqlx::PgConnection::connect(&url).await.expect("opens");
    for (name, statement) in STATEMENTS.into_iter().chain(postgres_statements()) {
        if let Err(error) = (&mut connection).prepare(statement.into_sql_str()).await {
            panic!("`{name}` does not prepare: {error}");
        }
    }
    for bulk in &BULK {
        for rows in [1, 2, CHUNK] {
            let statement = AssertSqlSafe(bulk.text(rows, Marks::Numbered)).into_sql_str();
            if let Err(error) = (&mut connection).prepare(statement).await {
                panic!("{rows} rows into `{}` do not prepare: {error}", bulk.name);
            }
        }
    }
}
