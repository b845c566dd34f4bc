//! Graphs that are open, by the digest of their file. Versions with the same graph, such as one for each coin under scalers of its
//! own, share its sessions: their windows go through it together, and its weights are held once.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use crate::backend::{Port, Runtime};
use crate::model::ModelLimits;
use crate::pool::{Pool, RunFailure};
use crate::predict::Prepared;

/// A graph with its sessions.
#[derive(Debug)]
pub(crate) struct OpenGraph {
    pub(crate) input: Port,
    pub(crate) output: Port,
    pool: Pool,
    batch: usize,
}

impl OpenGraph {
    fn open(bytes: &[u8], runtime: &Runtime, limits: &ModelLimits) -> Result<Self, String> {
        let graph = runtime.backend.open(bytes, limits.load)?;
        let pool = Pool::new(&graph, limits.sessions, limits.run)?;
        let batch = limits.batch.max(1);
        Ok(OpenGraph { input: graph.input().clone(), output: graph.output().clone(), pool, batch })
    }

    /// Why it was closed, if it was.
    pub(crate) fn closed(&self) -> Option<&str> {
        self.pool.closed()
    }

    /// Runs it on windows of `dims` each, several at once; the `width` numbers of each are as the graph gives them.
    pub(crate) fn run(&self, windows: &[&Prepared], dims: &[usize], width: usize) -> Result<Vec<Vec<f64>>, RunFailure> {
        let mut answers = Vec::with_capacity(windows.len());
        for batch in windows.chunks(self.batch) {
            let shape: Vec<usize> = std::iter::once(batch.len()).chain(dims.iter().copied()).collect();
            let input: Vec<f32> = batch.iter().flat_map(|window| window.tensor.iter().copied()).collect();
            let numbers = self.pool.run(&input, &shape)?;
            if numbers.len() != batch.len() * width {
                let message =
                    format!("the graph gave {} numbers for {} windows of {width}", numbers.len(), batch.len());
                return Err(RunFailure::Failed(message));
            }
            answers.extend(numbers.chunks(width).map(|row| row.iter().copied().map(f64::from).collect()));
        }
        Ok(answers)
    }
}

/// See the module.
#[derive(Default)]
pub struct Graphs(Mutex<BTreeMap<String, Weak<OpenGraph>>>);

impl Graphs {
    /// The open graph of a file, opened where nobody uses it. One that was closed is opened anew.
    pub(crate) fn open(
        &self,
        digest: &str,
        bytes: &[u8],
        runtime: &Runtime,
        limits: &ModelLimits,
    ) -> Result<Arc<OpenGraph>, String> {
        // Held meanwhile: whoever brings the same file waits for it.
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, graph| graph.strong_count() > 0);
        if let Some(open) = known.get(digest).and_then(Weak::upgrade).filter(|open| open.closed().is_none()) {
            return Ok(open);
        }
        let open = Arc::new(OpenGraph::open(bytes, runtime, limits)?);
        known.insert(digest.to_owned(), Arc::downgrade(&open));
        Ok(open)
    }
}

impl fmt::Debug for Graphs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Graphs").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use sconce_domain::Nanos;

    use super::*;
    use crate::testing::{fixtures, hostile, listed, onnx_runtime, rows};

    #[test]
    fn a_file_is_open_once_while_it_is_used() {
        let (graphs, runtime, limits) = (Graphs::default(), Runtime::fallback(), ModelLimits::default());
        let bytes = std::fs::read(fixtures().join("set/BTC/linear.onnx")).expect("a fixture");
        let open = |digest: &str| graphs.open(digest, &bytes, &runtime, &limits).expect("opened");
        let (first, again, other) = (open("a"), open("a"), open("b"));
        assert!(Arc::ptr_eq(&first, &again) && !Arc::ptr_eq(&first, &other));
        drop((first, again));
        drop(open("c"));
        let known: Vec<String> = graphs.0.lock().expect("no panic").keys().cloned().collect();
        assert_eq!(known, ["b", "c"], "what nobody uses goes");
        assert!(graphs.open("d", b"no graph", &runtime, &limits).is_err());
    }

    #[test]
    fn one_that_was_stopped_is_not_handed_out_again() {
        let Some(runtime) = onnx_runtime("graphs::one_that_was_stopped_is_not_handed_out_again") else { return };
        let limits = ModelLimits { run: Duration::from_millis(100), ..ModelLimits::default() };
        let (graphs, endless) = (Graphs::default(), hostile("endless"));
        let open = || graphs.open("endless", &endless, &runtime, &limits).expect("opened");
        let entry = listed("linear").entry;
        let window = Prepared::of(&entry, &rows("linear", Nanos(0), 100.0)).expect("a window");
        let first = open();
        let stopped = first.run(&[&window], &[entry.window, entry.features.len()], entry.outputs());
        assert!(matches!(stopped, Err(RunFailure::Unloaded(_))), "{stopped:?}");
        assert!(first.closed().is_some() && !Arc::ptr_eq(&first, &open()));
    }
}
