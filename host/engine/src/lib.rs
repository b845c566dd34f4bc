//! The fold: input log → market → rows → strategies → outputs, on workers that share nothing.
//!
//! Owns the order of events, the life of instances (start, swap, fault, rebuild), the universe merge, the reconciler,
//! and everything that runs the fold again: recovery, `verify`, `explain`. Knows strategies, feeds and the clock only
//! through the ports of `sconce_domain`; knows neither HTTP nor SQL nor wasmtime.

mod answered;
pub mod breaker;
pub mod chain;
mod checkpoint;
pub mod compose;
pub mod deployments;
pub mod effects;
pub mod engine;
pub mod error;
pub mod explain;
pub mod fold;
pub mod fork;
pub mod given;
pub mod graph;
pub mod instance;
mod intake;
mod judging;
mod look;
mod narration;
mod past;
pub mod posture;
mod preflight;
mod present;
mod rate;
pub mod recipe;
mod rerun;
pub mod router;
mod row_models;
pub mod status;
pub mod telemetry;
pub mod universe;
pub mod verify;
pub mod worker;

pub use deployments::{Prepared, prepare, reconcile};
pub use engine::{Asked, Engine, EngineOptions};
pub use error::EngineError;
pub use explain::{Explanation, explain};
pub use fold::Fold;
pub use fork::Forks;
pub use given::catalogue;
pub use graph::{Admitted, admit};
pub use judging::{Scores, Tallied};
pub use router::ActivityReading;
pub use row_models::RowModels;
pub use status::{InstanceState, InstanceStatus, Pause, StatusBoard};
pub use verify::{RawVerification, Verification, Verifier, VerifyRange};
pub use worker::MarketView;
