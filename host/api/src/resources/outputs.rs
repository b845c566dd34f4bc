//! `GET /host/v1/outputs` and `GET /host/v1/outputs/{id}`: everything that was ever said, and where it came from.

use axum::extract::State;
use axum::http::header::LINK;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use sconce_domain::ports::store::{OutputFilter, OutputRow};
use sconce_domain::{DeploymentId, Digest, OutputId, Provenance};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::query::{self, Cursor};
use super::said::SaidBody;
use crate::error::ApiError;
use crate::extract::{Asked, FromParams, Params, Segment};
use crate::number::Time;
use crate::openapi::{self, BadInput, Common, Gone, NotFound, NotModified};
use crate::render::Rendered;
use crate::state::ApiState;

/// Outputs in an answer when no limit is given.
const USUAL: u32 = 100;

/// Which outputs.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct OutputsQuery {
    /// Only of this deployment.
    #[param(value_type = Option<String>, example = "zones-1d")]
    deployment: Option<DeploymentId>,
    /// Only about this instrument: id or spelling.
    instrument: Option<String>,
    /// Market time at or after: RFC 3339, a date, or an epoch number.
    #[param(value_type = Option<String>)]
    from: Option<sconce_domain::Nanos>,
    /// Market time before.
    #[param(value_type = Option<String>)]
    to: Option<sconce_domain::Nanos>,
    /// Only findings.
    #[param(required = false, default = false)]
    findings: bool,
    /// `next` of the answer before.
    cursor: Option<String>,
    /// At most so many; more than the host allows means as many as it allows.
    #[param(schema_with = openapi::clamped::<100>, required = false)]
    limit: u32,
}

impl FromParams for OutputsQuery {
    fn from_params(params: &mut Params) -> Self {
        let (from, to) = query::span(params);
        OutputsQuery {
            deployment: params.parsed("deployment"),
            instrument: params.text("instrument"),
            from,
            to,
            findings: params.flag("findings"),
            cursor: params.text("cursor"),
            limit: params.limit(USUAL, u32::MAX),
        }
    }
}

impl OutputsQuery {
    fn filter(&self, state: &ApiState) -> Result<OutputFilter, ApiError> {
        let instrument = self.instrument.as_deref().map(|spelling| query::instrument(state, spelling)).transpose()?;
        Ok(OutputFilter {
            deployment: self.deployment.clone(),
            instrument,
            from: self.from,
            to: self.to,
            findings_only: self.findings,
        })
    }

    /// Where to go on, with everything that the next request has to repeat. Values need no escaping but `@` and `+`,
    /// which queries allow: ids, times in nanoseconds, hex digits.
    fn next_link(&self, filter: &OutputFilter, cursor: &str, limit: u32) -> String {
        let mut link = format!("/host/v1/outputs?cursor={cursor}&limit={limit}");
        let mut add = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                link.push_str(&format!("&{name}={value}"));
            }
        };
        add("deployment", filter.deployment.as_ref().map(ToString::to_string));
        add("instrument", filter.instrument.as_ref().map(ToString::to_string));
        add("from", filter.from.map(exact));
        add("to", filter.to.map(exact));
        add("findings", filter.findings_only.then(|| "true".to_owned()));
        link
    }
}

/// RFC 3339 with all nine digits, so that the next page has the same filter to the nanosecond.
fn exact(time: sconce_domain::Nanos) -> String {
    time.datetime().format("%Y-%m-%dT%H:%M:%S%.9fZ").to_string()
}

/// An output.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OutputBody {
    /// Hash of its coordinates.
    #[schema(example = "00000000000000000000000000000000")]
    id: String,
    /// Place in the ledger.
    seq: u64,
    /// Wall time of its commit.
    recorded_at: Time,
    /// Who said it.
    #[schema(example = "zones-1d")]
    deployment: String,
    /// About what; null: about all instruments of the deployment together.
    #[schema(required)]
    instrument: Option<String>,
    /// The newest moment that it may know of.
    as_of: Time,
    /// Counts the outputs of one call from 0.
    ordinal: u32,
    /// What was said.
    #[serde(flatten)]
    said: SaidBody,
}

impl From<OutputRow> for OutputBody {
    fn from(row: OutputRow) -> Self {
        OutputBody {
            id: row.output.id.to_string(),
            seq: row.seq,
            recorded_at: Time(row.recorded_at),
            deployment: row.output.deployment.to_string(),
            instrument: row.output.instrument.map(|instrument| instrument.to_string()),
            as_of: Time(row.output.as_of),
            ordinal: row.output.ordinal,
            said: row.output.body.into(),
        }
    }
}

/// A page of outputs.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OutputsBody {
    /// In the order of the ledger.
    items: Vec<OutputBody>,
    /// `cursor` of the next page; null when this is the last one at present.
    #[schema(required)]
    next: Option<String>,
}

/// Where an output came from.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProvenanceBody {
    /// Digest of the artefact.
    plugin: String,
    /// Digest of the canonical configuration.
    config: String,
    /// Digests of the models whose answers stood in the row.
    models: Vec<String>,
    /// Whether one of those answers spoke of a time from which its model may have learned: then no score card counts it.
    in_sample: bool,
    /// Fingerprint of the engine.
    engine: String,
    /// Which start of the deployment.
    generation: u32,
    /// Chain over every row that the stream ever showed.
    input: String,
    /// Why the row was made, as a bit word.
    trigger: u32,
}

impl From<&Provenance> for ProvenanceBody {
    fn from(provenance: &Provenance) -> Self {
        ProvenanceBody {
            plugin: provenance.plugin.to_string(),
            config: provenance.config.to_string(),
            models: provenance.models.iter().map(ToString::to_string).collect(),
            in_sample: provenance.in_sample,
            engine: provenance.engine.to_string(),
            generation: provenance.generation,
            input: provenance.input.to_string(),
            trigger: provenance.trigger.0,
        }
    }
}

/// An output with its provenance.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OutputPage {
    #[serde(flatten)]
    output: OutputBody,
    /// Where it came from.
    provenance: ProvenanceBody,
    /// The canonical text: what `sconce verify` makes again and compares.
    canonical: String,
    /// BLAKE3 digest of the canonical text.
    canonical_digest: String,
}

/// Everything that was said, in the order of the ledger.
///
/// Ask again with `cursor` set to `next`; the `Link` header names the same page. A cursor belongs to its filter.
#[utoipa::path(get, path = "/host/v1/outputs", tag = "host", params(OutputsQuery), responses(
    (status = 200, description = "A page of outputs", body = OutputsBody, headers(
        ("Link" = String, description = "The next page, when there is one"),
    )),
    NotModified, BadInput, NotFound, Common,
))]
pub(crate) async fn list_outputs(
    State(state): State<ApiState>,
    Asked(query): Asked<OutputsQuery>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let filter = query.filter(&state)?;
    let seal = format!("{filter:?}");
    let after = query.cursor.as_deref().map_or(Ok(Cursor(0)), |text| Cursor::read(text, &seal))?;
    let limit = query.limit.min(state.config().max_page);
    // One more than is shown tells whether there is a next page.
    let mut rows = state.service().outputs(&filter, after.0, limit.saturating_add(1)).await?;
    let more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    let next = rows.last().filter(|_| more).map(|row| Cursor(row.seq).print(&seal));
    let link = next.as_deref().map(|cursor| format!("<{}>; rel=\"next\"", query.next_link(&filter, cursor, limit)));
    let body = OutputsBody { items: rows.into_iter().map(OutputBody::from).collect(), next };
    let mut response = Rendered::once(&body)?.reply(&headers);
    if let Some(link) = link.and_then(|link| HeaderValue::from_str(&link).ok()) {
        response.headers_mut().insert(LINK, link);
    }
    Ok(response)
}

/// One output, its provenance and its canonical text.
#[utoipa::path(get, path = "/host/v1/outputs/{id}", tag = "host",
    params(("id" = String, Path, description = "32 hex digits", example = "00000000000000000000000000000000")),
    responses((status = 200, description = "The output", body = OutputPage), NotModified, NotFound, Gone, Common),
)]
pub(crate) async fn get_output(
    State(state): State<ApiState>,
    Segment(id): Segment,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let missing = || ApiError::not_found("no such output");
    let id: OutputId = id.parse().map_err(|_| missing())?;
    let row = state.service().output(id).await?.ok_or_else(missing)?;
    let canonical = row.output.canonical();
    let page = OutputPage {
        provenance: (&row.output.provenance).into(),
        canonical_digest: Digest::of(&canonical).to_string(),
        canonical: String::from_utf8_lossy(&canonical).into_owned(),
        output: row.into(),
    };
    Ok(Rendered::once(&page)?.reply(&headers))
}
