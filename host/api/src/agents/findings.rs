//! `GET /findings`.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use sconce_domain::Nanos;
use sconce_domain::ports::store::OutputFilter;
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
    let found = state.service().findings(&filter, None, query.limit).await?;
    let shaper = Shaper::new(&state).await?;
    let findings = found.rows.iter().filter_map(|row| shaper.finding(&row.output)).collect();
    Ok(Rendered::once(&FindingsBody { findings, degraded: found.from_memory })?.reply(&headers))
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
