//! The vocabulary of the host: instruments, times, events, rows, outputs, deployments, errors and ports.
//!
//! Every other crate speaks these words. Nothing here does I/O, knows an executor, or depends on another crate of ours.
//! The one clock of the system is read in [`clock`]; everything after the input log asks an event for its time instead.

pub mod answer;
pub mod bar;
pub mod claim;
pub mod clock;
pub mod control;
pub mod deployment;
pub mod digest;
pub mod error;
pub mod event;
pub mod instrument;
pub mod limits;
pub mod market_kind;
pub mod outcome;
pub mod output;
pub mod ports;
pub mod posture;
pub mod record;
pub mod row;
pub mod score;
pub mod symbol;
pub mod time;
pub mod timeframe;

pub use answer::{AnswerInterval, AnswerPoint, ModelAnswer};
pub use bar::{Bar, BarSource};
pub use claim::{Claim, Producer, Statement};
pub use clock::{Clock, Stopwatch, SystemClock};
pub use control::{Control, Deployed};
pub use deployment::{DeploymentId, DeploymentSpec, Needs, PluginDescription, Scope, Stage};
pub use digest::Digest;
pub use error::ErrorKind;
pub use event::{InputEvent, Outage, Payload, Quote, SeriesPoint, TakerSide, Trade};
pub use instrument::{Instrument, InstrumentId, InstrumentIndex, InstrumentKind};
pub use limits::Limits;
pub use market_kind::MarketKind;
pub use outcome::{Outcome, PricePoint, Unjudged, Verdict};
pub use output::{Body, Direction, Forecast, Output, OutputId, Provenance, Said, Scalar, Signal};
pub use posture::{Leg, Posture, PostureCause, PostureChange, PostureOptions, PriceSource, Priced};
pub use record::{
    AuditRecord, BarRecord, DesiredChange, Entry, FaultRecord, GenerationStart, Observation, Record, StartCause,
    StrategyLogLine,
};
pub use row::{ColumnName, Layout, Row, RowBlock, Trigger};
pub use time::Nanos;
pub use timeframe::{Timeframe, TimeframeSet};
