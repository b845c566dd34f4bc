//! Ports: what the engine and the API need of the parts that know wasmtime, files, networks and SQL.
//!
//! Hot ports ([`Strategy`], [`Plugins`]) are synchronous and are called on worker threads; edge ports return boxed futures.

pub mod agents;
pub mod answers;
pub mod changes;
pub mod committed;
pub mod feed;
pub mod model_life;
pub mod models;
pub mod operations;
pub mod service;
pub mod sink;
pub mod store;
pub mod strategy;

use std::future::Future;
use std::pin::Pin;

/// A future that an edge port returns.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

pub use agents::{Present, PresentFrame, RunFailure, RunOutcome, RunRequest};
pub use answers::Answers;
pub use changes::{Begun, ChangeStatus, Step};
pub use committed::Committed;
pub use feed::{
    BreakerState, Connection, FallbackStatus, Feed, FeedBatch, FeedEnd, FeedError, FeedEvent, FeedInfo, FeedSink,
    FrameCounts, History, Resume, SourceStatus, StreamStatus,
};
pub use model_life::{
    ModelChange, ModelLife, ModelPlace, ModelRecord, ModelStage, ModelTaken, ModelUpload, ModelVersion,
};
pub use models::Models;
pub use operations::{InForce, Operations, Preflight, PreflightRule, Revision, Rollout, Tried, Uploaded};
pub use service::{
    Asker, BarPolicy, BarsAnswer, BrakeStatus, ColumnInfo, DeploymentStatus, FeedState, FeedStatus, Findings,
    HealthReport, InstanceState, InstanceStatus, InstrumentStatus, LedgerStatus, PluginStatus, ProjectionState,
    ProjectorStatus, Quarantine, ReadSource, Restart, RunStamp, Service, ServiceResult, WorkerStatus,
};
pub use sink::{Notice, Sink, SinkError};
pub use store::Store;
pub use strategy::{Fault, GuestLog, LoadError, LoadedPlugin, Plugins, RowCall, RowHistory, StartInstance, Strategy};
