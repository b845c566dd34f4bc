//! `GET /host/v1/audit`: who changed what, newest first.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use sconce_domain::ports::store::AuditRow;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::query::Cursor;
use crate::error::ApiError;
use crate::extract::{Asked, FromParams, Params};
use crate::number::Time;
use crate::openapi::{self, BadInput, Common, NotModified};
use crate::render::Rendered;
use crate::state::ApiState;

/// Lines in an answer when no limit is given.
const USUAL: u32 = 100;
/// What cursors of this list are bound to.
const SEAL: &str = "audit";

/// Which lines.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct AuditQuery {
    /// `next` of the answer before.
    cursor: Option<String>,
    /// At most so many; more than the host allows means as many as it allows.
    #[param(schema_with = openapi::clamped::<100>, required = false)]
    limit: u32,
}

impl FromParams for AuditQuery {
    fn from_params(params: &mut Params) -> Self {
        AuditQuery { cursor: params.text("cursor"), limit: params.limit(USUAL, u32::MAX) }
    }
}

/// One change.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditBody {
    /// Place in the ledger.
    seq: u64,
    /// When.
    ts: Time,
    /// `operator` (by token), `loopback` or `anyone` (no token is asked for), `cli`, or `host`.
    #[schema(example = "operator")]
    actor: String,
    /// What was done.
    #[schema(example = "post_trade")]
    action: String,
    /// To what.
    #[schema(example = "scalp-perp-15m")]
    target: String,
    /// `ok`, or what came of it.
    #[schema(example = "ok")]
    outcome: String,
    /// `X-Request-ID` of the request that asked for it.
    #[schema(required)]
    request_id: Option<String>,
}

impl From<AuditRow> for AuditBody {
    fn from(row: AuditRow) -> Self {
        AuditBody {
            seq: row.seq,
            ts: Time(row.record.ts),
            actor: row.record.actor,
            action: row.record.action,
            target: row.record.target,
            outcome: row.record.outcome,
            request_id: row.record.request_id,
        }
    }
}

/// A page of the audit.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditPage {
    /// Newest first.
    items: Vec<AuditBody>,
    /// `cursor` of the next page; null when this is the last one.
    #[schema(required)]
    next: Option<String>,
}

/// Who changed what, newest first.
///
/// Every change that was taken leaves one line, in the same commit as the change. Ask again with `cursor` set to `next`.
#[utoipa::path(get, path = "/host/v1/audit", tag = "host", params(AuditQuery), responses(
    (status = 200, description = "A page of the audit", body = AuditPage), NotModified, BadInput, Common,
))]
pub(crate) async fn list_audit(
    State(state): State<ApiState>,
    Asked(query): Asked<AuditQuery>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let before = query.cursor.as_deref().map(|text| Cursor::read(text, SEAL)).transpose()?;
    let limit = query.limit.min(state.config().max_page);
    // One more than is shown tells whether there is a next page.
    let mut rows = state.service().audit(before.map(|cursor| cursor.0), limit.saturating_add(1)).await?;
    let more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    let next = rows.last().filter(|_| more).map(|row| Cursor(row.seq).print(SEAL));
    let body = AuditPage { items: rows.into_iter().map(AuditBody::from).collect(), next };
    Ok(Rendered::once(&body)?.reply(&headers))
}
