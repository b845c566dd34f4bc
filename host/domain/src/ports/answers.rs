//! The port to those who are asked when bars close: hosted models and forecasters. What they answer becomes facts on the input
//! log, so that the log can be folded again without them.

use super::BoxFuture;
use crate::answer::ModelAnswer;
use crate::instrument::InstrumentId;
use crate::time::Nanos;
use crate::timeframe::{Timeframe, TimeframeSet};

/// Who answers.
pub trait Answers: Send + Sync + std::fmt::Debug {
    /// The closes at which there is something to ask.
    fn timeframes(&self) -> TimeframeSet;
    /// Answers about every instrument whose bar of `timeframe` closed at `close`, from nothing later than that bar. Those that
    /// have none are left out; nothing that goes wrong with one keeps the others away.
    fn at_close(&self, timeframe: Timeframe, close: Nanos) -> BoxFuture<'_, Vec<(InstrumentId, ModelAnswer)>>;
}
