//! Claims: what was said for one horizon. How an output is cut into them is the judge's business.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::answer::ModelAnswer;
use crate::deployment::DeploymentId;
use crate::digest::Digest;
use crate::instrument::InstrumentId;
use crate::output::{Direction, Output, OutputId};
use crate::time::Nanos;
use crate::timeframe::Timeframe;

/// Who said it. Another digest is another producer: a score belongs to what earned it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Producer {
    /// A deployment, with the plugin that it ran.
    Deployment {
        /// Which.
        id: DeploymentId,
        /// Digest of the artefact.
        plugin: Digest,
    },
    /// A model, by its own answers.
    Model {
        /// Its name.
        name: String,
        /// Its version.
        digest: Digest,
    },
}

impl Producer {
    /// Who said an output.
    pub fn of(output: &Output) -> Self {
        Producer::Deployment { id: output.deployment.clone(), plugin: output.provenance.plugin }
    }

    /// Who gave an answer.
    pub fn of_answer(answer: &ModelAnswer) -> Self {
        Producer::Model { name: answer.model.clone(), digest: answer.version }
    }
}

impl fmt::Display for Producer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Producer::Deployment { id, plugin } => write!(f, "{id} ({})", plugin.short()),
            Producer::Model { name, digest } => write!(f, "{name} ({})", digest.short()),
        }
    }
}

/// What was said for one horizon. Numbers are finite.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Statement {
    /// A signal, judged by what the price did.
    Signal {
        /// The plugin's word.
        label: String,
        /// Which way it leans; neither way makes no claim that can hit or miss.
        direction: Direction,
        /// On the plugin's scale.
        score: f64,
        /// That the direction is right, in [0, 1].
        probability: Option<f64>,
    },
    /// A point of a forecast, judged by the close.
    Forecast {
        /// Expected close; where there is an interval, taken for its median.
        value: f64,
        /// Lower and upper end, in order.
        interval: Option<(f64, f64)>,
        /// Nominal coverage of the interval, in (0, 1).
        level: Option<f64>,
    },
}

/// One claim.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Claim {
    /// The output, or the answer of a model, that it is a piece of; with the horizon, the identity of the claim.
    pub id: OutputId,
    /// Who said it.
    pub producer: Producer,
    /// About what.
    pub instrument: InstrumentId,
    /// The newest moment that it may know of.
    pub as_of: Nanos,
    /// When it was available. A signal is judged from here on.
    pub ts_init: Nanos,
    /// Nanoseconds, > 0: for a signal after its entry, for a forecast after the close of the bar on which it was made.
    pub horizon: i64,
    /// The bars on which it was made, the shortest that closed; absent where no bar's close was the cause.
    pub step: Option<Timeframe>,
    /// It was said about a time from which its producer had learned: it is judged, and enters no score card.
    pub in_sample: bool,
    /// What was said.
    pub statement: Statement,
}

impl Claim {
    /// Whether numbers are finite, probability and level in range, the interval in order and the horizon in the future.
    pub fn is_sound(&self) -> bool {
        let finite = |numbers: &[f64]| numbers.iter().all(|number| number.is_finite());
        let fits = match &self.statement {
            Statement::Signal { score, probability, .. } => {
                finite(&[*score]) && probability.is_none_or(|probability| (0.0..=1.0).contains(&probability))
            }
            Statement::Forecast { value, interval, level } => {
                let (lower, upper) = interval.unwrap_or((*value, *value));
                let levelled = level.is_none_or(|level| level > 0.0 && level < 1.0);
                finite(&[*value, lower, upper]) && lower <= upper && levelled
            }
        };
        fits && self.horizon > 0
    }
}
