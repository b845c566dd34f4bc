//! Answers that were given lately. Several who ask the same wait for one computation; another version of a model, another bar or
//! another feature table is another question.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use sconce_domain::Nanos;
use sconce_domain::ports::ServiceResult;
use sconce_domain::ports::models::{ForecastAnswer, ForecastQuestion};
use tokio::sync::OnceCell;

use super::KEPT_FOR;

/// Answers that are held; each is some tens of kilobytes.
const MOST: usize = 512;

/// A question, and everything that its answer rests on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) question: ForecastQuestion,
    /// Versions of the hosted models.
    pub(super) versions: Vec<String>,
    /// Close of the newest bar.
    pub(super) as_of: Nanos,
    /// The feature table that was at hand, by its number.
    pub(super) table: Option<u64>,
}

type Cell = Arc<OnceCell<Arc<ForecastAnswer>>>;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Kept(Mutex<HashMap<Key, (Nanos, Cell)>>);

impl Kept {
    /// The kept answer, or the one that `make` gives. A failure is not kept.
    pub(super) async fn answer(
        &self,
        key: Key,
        now: Nanos,
        make: impl Future<Output = ServiceResult<ForecastAnswer>>,
    ) -> ServiceResult<Arc<ForecastAnswer>> {
        let cell = self.cell(key, now);
        cell.get_or_try_init(|| async { make.await.map(Arc::new) }).await.cloned()
    }

    fn cell(&self, key: Key, now: Nanos) -> Cell {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kept_for = i64::try_from(KEPT_FOR.as_nanos()).unwrap_or(i64::MAX);
        all.retain(|_, (since, _)| now - *since < kept_for);
        if all.len() >= MOST && !all.contains_key(&key) {
            let oldest = all.iter().min_by_key(|(_, (since, _))| *since).map(|(key, _)| key.clone());
            oldest.and_then(|oldest| all.remove(&oldest));
        }
        Arc::clone(&all.entry(key).or_insert_with(|| (now, Cell::default())).1)
    }
}
