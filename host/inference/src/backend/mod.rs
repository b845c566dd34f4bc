//! The port to whatever runs a graph, and its two implementations. Each opens a graph once and hands out sessions, one for each
//! thread that runs it; an answer names the backend that gave it.

mod fallback;
mod library;
mod onnx_runtime;

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

pub use fallback::Fallback;
pub use library::LibrarySearch;
pub use onnx_runtime::OnnxRuntime;

/// Who runs a graph.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BackendInfo {
    /// `onnxruntime` or `rten`.
    pub name: &'static str,
    /// Its version.
    pub version: String,
}

impl fmt::Display for BackendInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.version)
    }
}

/// A kind of runtime.
pub trait InferenceBackend: Send + Sync + fmt::Debug {
    /// Which.
    fn info(&self) -> &BackendInfo;

    /// The library behind it, where there is one; another process that loads it runs graphs as this one does.
    fn library(&self) -> Option<&Path> {
        None
    }

    /// Reads a graph, within `limit`.
    ///
    /// # Errors
    /// In words for the author of the model: the graph is broken, or asks for what this runtime does not have.
    fn open(&self, bytes: &[u8], limit: Duration) -> Result<Arc<dyn Graph>, String>;
}

/// A graph that was read. Its weights are shared by all its sessions.
pub trait Graph: Send + Sync + fmt::Debug {
    /// Its only input.
    fn input(&self) -> &Port;
    /// Its only output.
    fn output(&self) -> &Port;
    /// A session of its own.
    ///
    /// # Errors
    /// When the runtime has no room for one more.
    fn session(&self) -> Result<Box<dyn Session>, String>;
}

/// Runs a graph, one call at a time, on one thread.
pub trait Session: Send {
    /// Runs it on a tensor of this shape and gives the numbers of its output, row by row.
    ///
    /// # Errors
    /// When it fails, or is stopped at `limit`.
    fn run(&mut self, input: &[f32], shape: &[usize], limit: Duration) -> Result<Vec<f32>, RunError>;
}

/// An input or output of a graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// Its name.
    pub name: String,
    /// Its dimensions; absent where any size does.
    pub dims: Vec<Option<usize>>,
}

/// Why a run has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// It took too long.
    #[error("the run was stopped after {0:?}")]
    Deadline(Duration),
    /// The runtime says why.
    #[error("the run failed: {0}")]
    Failed(String),
}

/// The runtime of this process, with what was said while it was looked for.
#[derive(Clone, Debug)]
pub struct Runtime {
    /// ONNX Runtime where its library was found, else the fallback.
    pub backend: Arc<dyn InferenceBackend>,
    /// What was passed over, and why; for people.
    pub notes: Vec<String>,
}

impl Runtime {
    /// Looks for the library of ONNX Runtime, and takes the fallback where there is none.
    #[must_use]
    pub fn find(search: &LibrarySearch) -> Self {
        let (found, notes) = OnnxRuntime::find(search);
        let backend: Arc<dyn InferenceBackend> = match found {
            Some(runtime) => Arc::new(runtime),
            None => Arc::new(Fallback::new()),
        };
        Runtime { backend, notes }
    }

    /// The fallback, whatever lies where.
    #[must_use]
    pub fn fallback() -> Self {
        Runtime { backend: Arc::new(Fallback::new()), notes: Vec::new() }
    }
}

/// The only one of several, as a runtime lists them.
fn only<T>(what: &str, mut list: Vec<T>) -> Result<T, String> {
    match (list.pop(), list.len()) {
        (Some(one), 0) => Ok(one),
        (None, _) => Err(format!("the graph has no {what}")),
        (Some(_), more) => Err(format!("the graph has {} {what}s; one is needed", more + 1)),
    }
}

/// An error of a runtime, on one line and not longer than anybody reads.
fn brief(error: &dyn fmt::Display) -> String {
    error.to_string().split_whitespace().collect::<Vec<_>>().join(" ").chars().take(400).collect()
}
