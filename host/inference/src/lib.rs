//! Hosted models: what they are fed, which of them are in force, and what they answer.
//!
//! A folder holds models (`.onnx`) and a manifest that says everything about them. [`Registry`] keeps the folder's models
//! loaded and swaps a changed one in once it has been checked beside the old one; [`Model`] answers for windows of features;
//! a backend runs the graph: ONNX Runtime where its library is found, else a fallback in pure Rust. Nothing here knows a
//! network, a database or an executor: calls block, and are short.
//!
//! A graph is not trusted: its file is capped and screened before any backend reads it, it is tried on its golden window
//! before it answers anybody, and a run is stopped at its deadline. Where the host has a place aside for it ([`Trial`]), that
//! is where a graph is read and tried first. A model that is stopped is unloaded until its file changes.

pub mod backend;
mod digest;
pub mod features;
mod graph;
mod graphs;
pub mod manifest;
mod model;
mod pool;
pub mod predict;
pub mod registry;
#[cfg(test)]
mod testing;
mod trial;
mod watchdog;

pub use graphs::Graphs;
pub use model::{LoadError, Model, ModelLimits};
pub use pool::RunFailure;
pub use registry::Registry;
pub use trial::{Candidate, Trial};
