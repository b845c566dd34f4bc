//! `POST /agents/run-now`: calls agents on demand.
//!
//! Without `insert` forks of the live agents answer, and nothing is recorded and nothing of them changes. With it the
//! live ones are called, at a place on the log, and what they say is recorded as if their time had come; their schedule
//! stays as it is. Requests queue; one beyond the queue is answered 429.

use axum::Json;
use axum::extract::State;
use sconce_domain::ports::{DeploymentStatus, RunFailure, RunOutcome, RunRequest};
use sconce_domain::{DeploymentId, InstrumentId, Output};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::finding::{FindingBody, Shaper};
use super::registry::{covers, find, is_shown};
use crate::error::ApiError;
use crate::extract::{Asked, FromParams, Params};
use crate::http::auth::Operator;
use crate::openapi::{BadInput, Common, Posting, TooBusy, UnknownSymbol};
use crate::resources::SaidBody;
use crate::state::ApiState;
use crate::symbols;

/// Most names in one request.
const MOST_NAMES: usize = 64;
/// Longest part of an unknown name that is told back: as long as an id can be.
const TOLD_BACK: usize = 64;

/// Whom to call, and about what.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct RunQuery {
    /// Names of agents, by commas; absent: all that run on the symbol.
    #[param(value_type = Option<String>, example = "rvol_spike,trend_score")]
    names: Vec<String>,
    /// In any spelling; absent: the first one of `/health`.
    #[param(example = "BTC-USD")]
    symbol: Option<String>,
    /// Record what they say. Absent or false: only answer it.
    #[param(required = false, default = false)]
    insert: bool,
}

impl FromParams for RunQuery {
    fn from_params(params: &mut Params) -> Self {
        let text = params.text("names").unwrap_or_default();
        let mut names: Vec<String> = Vec::new();
        for name in text.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            if !names.iter().any(|known| known == name) {
                names.push(name.to_owned());
            }
        }
        if names.len() > MOST_NAMES {
            params.broken("names", "too_long", format!("must be at most {MOST_NAMES} names"));
        }
        RunQuery { names, symbol: params.text("symbol"), insert: params.flag("insert") }
    }
}

/// What came of one agent.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct RunResult {
    /// Its name.
    #[schema(example = "rvol_spike")]
    agent: String,
    /// What it found, if it found anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    finding: Option<FindingBody>,
    /// Everything that it said.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    said: Vec<SaidBody>,
    /// Why it did not answer: `unknown`, `disabled`, `paused`, `quarantined`, `rebuilding`, `symbol` (it does not run
    /// there), `universe` (it sees all symbols at once), `not_ready`, `failed`, `expired` or `timeout`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "unknown")]
    error: Option<&'static str>,
    /// The same for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

/// What came of a request.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RunNowBody {
    /// The request was served; what went wrong with an agent stands in its result.
    #[schema(example = true)]
    ok: bool,
    /// About what.
    #[schema(example = "BTC-USDT")]
    symbol: String,
    /// Whether it was recorded.
    insert: bool,
    /// Agents that answered, in the order in which they were called.
    #[schema(example = json!(["rvol_spike"]))]
    ran: Vec<String>,
    /// One for each agent that was asked for.
    results: Vec<RunResult>,
}

/// Call agents now, whether or not their time has come.
///
/// Without `insert` forks answer and nothing changes. A failing agent is named in `results` and the answer stays 200.
#[utoipa::path(post, path = "/agents/run-now", tag = "agents", params(RunQuery), security((), ("operator" = [])),
    responses(
        (status = 200, description = "What each of them said", body = RunNowBody),
        Posting, UnknownSymbol, BadInput, TooBusy, Common,
    ),
)]
pub(crate) async fn run_agents_now(
    Operator(by): Operator,
    State(state): State<ApiState>,
    Asked(query): Asked<RunQuery>,
) -> Result<Json<RunNowBody>, ApiError> {
    let instrument = symbols::instrument(&state, query.symbol.as_deref())?;
    let deployments = state.service().deployments().await?;
    let asked = asked(&state, &deployments, &query.names, &instrument);
    let ids = asked.iter().filter_map(|asked| asked.as_ref().ok()).cloned().collect();
    let request = RunRequest { deployments: ids, instrument: instrument.clone(), insert: query.insert, by };
    let mut outcomes = state.service().run_now(request).await?.into_iter();
    let shaper = Shaper::new(&state).await?;
    let mut body = RunNowBody {
        ok: true,
        symbol: state.config().agents.symbols.name(&instrument),
        insert: query.insert,
        ran: Vec::new(),
        results: Vec::with_capacity(asked.len()),
    };
    for asked in asked {
        let result = match asked {
            Err(refused) => *refused,
            Ok(id) => result(
                &shaper,
                outcomes.next().unwrap_or(RunOutcome { deployment: id, answer: Err(RunFailure::Timeout) }),
            ),
        };
        if result.error.is_none() {
            body.ran.push(result.agent.clone());
        }
        body.results.push(result);
    }
    Ok(Json(body))
}

/// Whom the names mean; in place of one that means nobody who can be called, the result that says so.
fn asked(
    state: &ApiState,
    deployments: &[DeploymentStatus],
    names: &[String],
    instrument: &InstrumentId,
) -> Vec<Result<DeploymentId, Box<RunResult>>> {
    if names.is_empty() {
        let all = deployments.iter().filter(|deployment| is_shown(deployment) && covers(deployment, instrument));
        return all.map(|deployment| Ok(deployment.spec.id.clone())).collect();
    }
    let one = |name: &String| {
        if let Some(deployment) = find(deployments, name) {
            return Ok(deployment.spec.id.clone());
        }
        let agent: String = name.chars().take(TOLD_BACK).collect();
        let disabled = state.config().agents.disabled.iter().find(|disabled| disabled.name == *name);
        Err(Box::new(match disabled {
            Some(disabled) => RunResult {
                agent,
                error: Some("disabled"),
                detail: Some(disabled.reason.clone()),
                ..RunResult::default()
            },
            None => refused(agent, &RunFailure::Unknown),
        }))
    };
    names.iter().map(one).collect()
}

fn refused(agent: String, failure: &RunFailure) -> RunResult {
    RunResult { agent, error: Some(failure.word()), detail: Some(failure.to_string()), ..RunResult::default() }
}

fn result(shaper: &Shaper<'_>, RunOutcome { deployment, answer }: RunOutcome) -> RunResult {
    let agent = deployment.agent_name();
    match answer {
        Err(failure) => refused(agent, &failure),
        Ok(outputs) => RunResult {
            agent,
            finding: outputs.iter().find_map(|output| shaper.finding(output)),
            said: outputs.into_iter().map(|Output { body, .. }| SaidBody::from(body)).collect(),
            ..RunResult::default()
        },
    }
}
