//! `GET /findings`.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use sconce_domain::ports::ReadSource;
use sconce_domain::ports::store::{FindingPlace, OutputFilter, OutputRow};
use sconce_domain::{DeploymentId, Nanos, Stage};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::finding::{FindingBody, Shaper};
use super::registry::id_of;
use crate::error::ApiError;
use crate::extract::{Asked, FromParams, Params};
use crate::openapi::{BadInput, Common, NotModified, UnknownSymbol};
use crate::render::Rendered;
use crate::state::ApiState;
use crate::symbols;

/// Findings in an answer when no limit is given.
const USUAL: u32 = 20;
/// Most findings in one answer.
const MOST: u32 = 500;

/// Which findings.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct FindingsQuery {
    /// Only about this symbol, in any spelling.
    #[param(example = "BTC-USD")]
    symbol: Option<String>,
    /// Only of this agent.
    #[param(example = "rvol_spike")]
    agent: Option<String>,
    /// At most so many.
    #[param(minimum = 1, maximum = 500, default = 20, required = false)]
    limit: u32,
}

impl FromParams for FindingsQuery {
    fn from_params(params: &mut Params) -> Self {
        FindingsQuery {
            symbol: params.text("symbol"),
            agent: params.text("agent"),
            limit: params.bounded_limit(USUAL, MOST),
        }
    }
}

/// Findings.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FindingsBody {
    /// Newest first.
    findings: Vec<FindingBody>,
    /// The database is away: these are the newest that the host remembers, and older ones are missing.
    degraded: bool,
}

/// What agents found, newest first.
#[utoipa::path(get, path = "/findings", tag = "agents", params(FindingsQuery), responses(
    (status = 200, description = "Newest first", body = FindingsBody), NotModified, UnknownSymbol, BadInput, Common,
))]
pub(crate) async fn list_findings(
    State(state): State<ApiState>,
    Asked(query): Asked<FindingsQuery>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let filter = filter(&state, query.symbol.as_deref(), query.agent.as_deref(), (None, None)).await?;
    let mut pages = Pages::new(&state, filter).await?;
    let rows = pages.next(&state, query.limit).await?;
    let shaper = Shaper::new(&state).await?;
    let findings = rows.iter().filter_map(|row| shaper.finding(&row.output)).collect();
    Ok(Rendered::once(&FindingsBody { findings, degraded: pages.is_from_memory })?.reply(&headers))
}

/// Findings page by page, without those of shadows.
#[derive(Debug)]
pub(super) struct Pages {
    filter: OutputFilter,
    shadows: Vec<DeploymentId>,
    before: Option<FindingPlace>,
    /// The newest page came from memory.
    is_from_memory: bool,
}

impl Pages {
    pub(super) async fn new(state: &ApiState, filter: OutputFilter) -> Result<Self, ApiError> {
        let deployments = state.service().deployments().await?.into_iter();
        let shadows = deployments.filter(|one| one.spec.stage == Stage::Shadow).map(|one| one.spec.id).collect();
        Ok(Pages { filter, shadows, before: None, is_from_memory: false })
    }

    /// The next findings; fewer than `wanted` at the end.
    pub(super) async fn next(&mut self, state: &ApiState, wanted: u32) -> Result<Vec<OutputRow>, ApiError> {
        let mut rows: Vec<OutputRow> = Vec::new();
        loop {
            let left = wanted.saturating_sub(u32::try_from(rows.len()).unwrap_or(u32::MAX));
            let page = state.service().findings(&self.filter, self.before, left).await?;
            let whole = page.rows.len() == left as usize;
            let last = page.rows.last();
            self.before = last.map(|row| FindingPlace { as_of: row.output.as_of, seq: row.seq }).or(self.before);
            self.is_from_memory = page.source == ReadSource::Memory;
            rows.extend(page.rows.into_iter().filter(|row| !self.shadows.contains(&row.output.deployment)));
            if !whole || rows.len() >= wanted as usize {
                return Ok(rows);
            }
        }
    }
}

/// The findings that a query means.
pub(super) async fn filter(
    state: &ApiState,
    symbol: Option<&str>,
    agent: Option<&str>,
    (from, to): (Option<Nanos>, Option<Nanos>),
) -> Result<OutputFilter, ApiError> {
    let instrument = symbol.map(|symbol| symbols::instrument(state, Some(symbol))).transpose()?;
    let deployment = match agent {
        None => None,
        Some(name) => {
            let issue =
                || ApiError::issue("query", "agent", "value_error", "must be the name of an agent; see /agents");
            Some(id_of(&state.service().deployments().await?, name).ok_or_else(issue)?)
        }
    };
    Ok(OutputFilter { deployment, instrument, from, to, findings_only: true })
}
