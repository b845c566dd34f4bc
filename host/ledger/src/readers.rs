//! Read-only connections, driven by a thread of their own, so that any executor and any plain thread may ask.

use std::future::Future;
use std::path::Path;
use std::sync::{Arc, mpsc};

use sqlx::sqlite::SqlitePool;
use tokio::runtime::{Builder, Handle, Runtime};

use crate::db;
use crate::error::{LedgerError, Result};

/// Clones share the connections.
#[derive(Debug, Clone)]
pub(crate) struct Readers {
    handle: Handle,
    pool: SqlitePool,
    _runtime: Arc<Driver>,
}

/// Ends the thread without waiting, because the last handle may be dropped on an executor.
#[derive(Debug)]
struct Driver(Option<Runtime>);

impl Drop for Driver {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

impl Readers {
    /// Opens the database for reading.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("ledger-read")
            .enable_all()
            .build()
            .map_err(LedgerError::io("start a thread to read", path))?;
        let handle = runtime.handle().clone();
        let driver = Arc::new(Driver(Some(runtime)));
        let path = path.to_owned();
        let pool = wait(&handle, async move { db::open_readers(&path).await })?;
        Ok(Readers { handle, pool, _runtime: driver })
    }

    /// Runs a question on the reading thread.
    pub(crate) async fn ask<T, F>(&self, question: impl FnOnce(SqlitePool) -> F) -> Result<T>
    where
        T: Send + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
    {
        self.handle.spawn(question(self.pool.clone())).await.unwrap_or(Err(LedgerError::Closed))
    }

    /// The same for callers that may block.
    pub(crate) fn blocking<T, F>(&self, question: impl FnOnce(SqlitePool) -> F) -> Result<T>
    where
        T: Send + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
    {
        wait(&self.handle, question(self.pool.clone()))
    }
}

/// Blocks until the future has run on the other thread; unlike `block_on` this is allowed anywhere.
fn wait<T, F>(handle: &Handle, future: F) -> Result<T>
where
    T: Send + 'static,
    F: Future<Output = Result<T>> + Send + 'static,
{
    let (sender, receiver) = mpsc::sync_channel(1);
    handle.spawn(async move {
        // An error only says that the caller has gone away.
        let _ = sender.send(future.await);
    });
    receiver.recv().unwrap_or(Err(LedgerError::Closed))
}
