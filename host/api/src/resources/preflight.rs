//! How a candidate did on rows of the past, as callers see it; and the route that only asks for it.

use axum::Json;
use axum::extract::State;
use sconce_domain::ports::{Preflight, Tried};
use serde::Serialize;
use utoipa::ToSchema;

use super::rollout::{NewDeployment, Wanted, read_id};
use crate::error::ApiError;
use crate::extract::{JsonBody, Segment};
use crate::http::auth::Owner;
use crate::number::Time;
use crate::openapi::{BadInput, Common, NotFound, Posting, TooBusy};
use crate::state::ApiState;

/// A candidate on the taped rows of one instrument, or of all where it has universe scope.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TriedBody {
    /// Which instrument; null: the universe, with a call after the last row of each moment.
    #[schema(required, example = "BTC-USDT@demo")]
    instrument: Option<String>,
    /// Rows that it was called with.
    rows: u64,
    /// Calls in which it said something.
    said: u64,
    /// Calls in which it abstained.
    abstained: u64,
    /// Calls that counted against it: traps, overruns, words that a host refuses.
    faults: u64,
    /// The first of them.
    #[schema(required)]
    first_fault: Option<String>,
    /// Calls that counted against what is in force.
    present_faults: u64,
    /// Fuel of a call, on average; null where there was none.
    #[schema(required)]
    fuel: Option<u64>,
    /// Fuel of a call of what is in force, on average.
    #[schema(required)]
    present_fuel: Option<u64>,
    /// Calls in which both, it and what is in force, said something.
    pairs: u64,
    /// Pairs with the same words.
    alike: u64,
    /// The first pair with other words.
    #[schema(required)]
    first_difference: Option<DifferenceBody>,
}

/// A row about which two versions say different things.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DifferenceBody {
    /// The moment.
    at: Time,
    /// What is in force.
    #[schema(example = "observation (neutral)")]
    present: String,
    /// The candidate.
    #[schema(example = "accumulation (long)")]
    candidate: String,
}

/// How a candidate did on rows of the past.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PreflightBody {
    /// By instrument.
    instruments: Vec<TriedBody>,
    /// Columns that it needs and the rows on the tape do not hold; they were absent.
    missing: Vec<String>,
    /// Why there was none.
    #[schema(required)]
    skipped: Option<String>,
}

impl From<Preflight> for PreflightBody {
    fn from(preflight: Preflight) -> Self {
        let tried = |tried: Tried| TriedBody {
            instrument: tried.instrument.map(|instrument| instrument.to_string()),
            rows: tried.rows,
            said: tried.said,
            abstained: tried.abstained,
            faults: tried.faults,
            first_fault: tried.first_fault,
            present_faults: tried.present_faults,
            fuel: tried.fuel,
            present_fuel: tried.present_fuel,
            pairs: tried.pairs,
            alike: tried.alike,
            first_difference: tried.first_difference.map(|(at, present, candidate)| DifferenceBody {
                at: Time(at),
                present,
                candidate,
            }),
        };
        PreflightBody {
            instruments: preflight.instruments.into_iter().map(tried).collect(),
            missing: preflight.missing,
            skipped: preflight.skipped,
        }
    }
}

/// Shows a candidate the newest rows of the past, beside what is in force.
///
/// Under its id, or under that of which it shall be the shadow. Both begin with the first of these rows, off the workers.
/// Nothing changes.
#[utoipa::path(post, path = "/host/v1/deployments/{id}/preflight", tag = "host", security((), ("operator" = [])),
    params(("id" = String, Path, description = "Id of the deployment", example = "zones-15m")),
    request_body = NewDeployment,
    responses((status = 200, description = "How it did", body = PreflightBody), Posting, BadInput, NotFound, TooBusy, Common),
)]
pub(crate) async fn preflight(
    Owner(_by): Owner,
    State(state): State<ApiState>,
    Segment(id): Segment,
    JsonBody(wanted): JsonBody<Wanted>,
) -> Result<Json<PreflightBody>, ApiError> {
    let id = read_id(&id)?;
    Ok(Json(state.service().preflight(wanted.spec(id)?).await?.into()))
}
