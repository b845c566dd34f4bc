//! One strategy of `/v1/strategies`: a deployment in the words of the observational API.

use std::cmp::Reverse;

use sconce_domain::ports::store::OutputRow;
use sconce_domain::ports::{DeploymentStatus, InstanceState};
use sconce_domain::{Body, Stage};
use serde::Serialize;
use utoipa::ToSchema;

use super::board::Board;
use super::signal::{Ages, SignalBody, shape};
use crate::number::{Finite, Time, age_seconds};

/// The state of a strategy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) enum StrategyStatus {
    /// Evaluates.
    Active,
    /// Has not seen enough of the market yet.
    Waiting,
    /// Kept, not evaluated.
    Paused,
    /// Stopped after repeated failures.
    Error,
}

/// The newest word of a strategy, whatever its kind.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct LatestOutput {
    /// The plugin's word.
    #[schema(example = "Observation")]
    pub(crate) label: String,
    /// On the scale `score_scale`.
    #[schema(required)]
    pub(crate) score: Option<Finite>,
    /// What `score` means, such as `0-100`.
    #[schema(example = "0-100")]
    pub(crate) score_scale: String,
    /// Base symbol; null when it is about all markets together.
    #[schema(required)]
    pub(crate) market: Option<String>,
    /// The newest moment that it knows of, in market time.
    pub(crate) as_of: Time,
    /// Seconds since `as_of` on the clock of its feed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0)]
    pub(crate) age_s: Option<i64>,
    /// Id of the output.
    #[schema(example = "00000000000000000000000000000000")]
    pub(crate) output_id: String,
}

/// A strategy.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StrategyBody {
    /// Stable id.
    #[schema(example = "scalp-perp-15m")]
    pub(crate) id: String,
    /// For people.
    #[schema(example = "Scalp Perp (15m)")]
    pub(crate) name: String,
    /// For people.
    #[schema(example = "15m scalp strategy")]
    pub(crate) description: String,
    /// Free word that listings group by.
    #[schema(example = "perp")]
    pub(crate) category: String,
    /// Its state.
    pub(crate) status: StrategyStatus,
    /// Pairs as exchanges spell them.
    #[schema(example = json!(["BTCUSDT", "ETHUSDT"]))]
    pub(crate) markets: Vec<String>,
    /// Wall time of its newest evaluation.
    #[schema(required)]
    pub(crate) last_evaluated: Option<Time>,
    /// The newest signal of any of its markets, when its plugin gives signals of the shape of `/v1/signals`.
    #[schema(required)]
    pub(crate) latest_signal: Option<SignalBody>,
    /// The newest output of any of its markets, whatever its shape.
    #[schema(required)]
    pub(crate) latest_output: Option<LatestOutput>,
    /// True when one of its markets is made up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) synthetic: Option<bool>,
}

impl StrategyBody {
    /// Shapes a deployment.
    pub(crate) fn new(board: &Board, deployment: &DeploymentStatus, clock: Ages) -> Self {
        let spec = &deployment.spec;
        let mut rows: Vec<&OutputRow> = board.latest(&spec.id).iter().collect();
        rows.sort_by_key(|row| Reverse((row.output.as_of, row.seq)));
        let shaped = |row: &OutputRow| shape(board, deployment, row.output.instrument.as_ref()?, row, clock).ok();
        let synthetic =
            deployment.instruments.iter().filter_map(|id| board.feed_of(id)).any(|feed| feed.info.synthetic);
        StrategyBody {
            id: spec.id.to_string(),
            name: if spec.name.is_empty() { spec.id.to_string() } else { spec.name.clone() },
            description: spec.description.clone(),
            category: spec.category.clone(),
            status: status(deployment),
            markets: deployment.instruments.iter().map(|id| id.instrument().pair()).collect(),
            last_evaluated: deployment.last_run().map(|run| Time(run.at)),
            latest_signal: rows.iter().find_map(|row| shaped(row)),
            latest_output: rows.first().map(|row| latest(board, deployment, row, clock)),
            synthetic: synthetic.then_some(true),
        }
    }
}

fn status(deployment: &DeploymentStatus) -> StrategyStatus {
    let ready = deployment.instances.iter().any(|instance| !matches!(instance.state, InstanceState::WarmingUp(_)));
    match deployment.stage {
        Stage::Paused | Stage::Retired => StrategyStatus::Paused,
        Stage::Quarantined => StrategyStatus::Error,
        Stage::Active | Stage::Shadow if ready && deployment.last_run().is_some() => StrategyStatus::Active,
        Stage::Active | Stage::Shadow => StrategyStatus::Waiting,
    }
}

fn latest(board: &Board, deployment: &DeploymentStatus, row: &OutputRow, clock: Ages) -> LatestOutput {
    let output = &row.output;
    let (label, score) = match &output.body {
        Body::Signal(signal) => (signal.label.clone(), Finite::new(signal.score)),
        Body::Forecast(forecast) => (format!("forecast of {}", forecast.target), None),
    };
    let subject = output.instrument.as_ref().or(deployment.instruments.first());
    let present = subject.map_or(clock.wall, |instrument| board.present(instrument, clock.wall));
    LatestOutput {
        label,
        score,
        score_scale: deployment.score_scale.clone(),
        market: output.instrument.as_ref().map(|instrument| instrument.instrument().base),
        as_of: Time(output.as_of),
        age_s: clock.shown.then(|| age_seconds(present, output.as_of)),
        output_id: output.id.to_string(),
    }
}
