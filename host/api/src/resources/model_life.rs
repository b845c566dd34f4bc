//! `POST /host/v1/models` and below: what operators change of hosted models.

use axum::Json;
use axum::body::to_bytes;
use axum::extract::{FromRequest, FromRequestParts, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sconce_domain::ErrorKind;
use sconce_domain::error::Failure;
use sconce_domain::ports::{Asker, ModelChange, ModelUpload};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::changes::{ChangeBody, Patience};
use super::models::{HostedModelBody, MarketQuery, place};
use super::uploads::pass_over;
use crate::error::ApiError;
use crate::extract::{Asked, Fields, FromFields, JsonBody, Segments, is_json};
use crate::http::auth::Owner;
use crate::openapi::{BadInput, Common, Conflicting, NotFound, Posting, TooBusy};
use crate::state::ApiState;

/// The largest body of an upload: a graph has 4 MiB at most, and base64 adds a third.
const MOST_BYTES: usize = 16 << 20;
/// The longest text that names a version or an alias; more is no such thing.
const LONGEST: usize = 100;

/// A version of a model that is brought.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ModelUploadBody {
    /// Base symbol.
    #[schema(example = "BTC")]
    coin: String,
    /// The entry, as it would stand in a manifest. Its paths are names only.
    #[schema(value_type = Object)]
    entry: Map<String, Value>,
    /// The graph, in base64.
    graph: String,
    /// The golden file, in base64.
    golden: String,
    /// Whether it is put into force at once.
    #[serde(default)]
    promote: bool,
}

/// A version of somebody who may bring one.
pub(crate) struct Brought {
    upload: ModelUpload,
    by: Asker,
}

impl FromRequest<ApiState> for Brought {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &ApiState) -> Result<Self, ApiError> {
        let (mut parts, body) = request.into_parts();
        let admitted = match Owner::from_request_parts(&mut parts, state).await {
            Ok(_) if !is_json(&parts.headers) => Err(ApiError::MediaType),
            admitted => admitted,
        };
        let Owner(by) = match admitted {
            Ok(owner) => owner,
            Err(error) => {
                pass_over(body, MOST_BYTES).await;
                return Err(error);
            }
        };
        let bytes = to_bytes(body, MOST_BYTES).await.map_err(|_| {
            Failure::new(ErrorKind::TooLarge, format!("a model may have {MOST_BYTES} bytes; or the upload broke off"))
        })?;
        let wrong = |error: serde_json::Error| ApiError::issue("body", "", "value_error", error.to_string());
        // An object: what is meant is told by names, never by the order of a list.
        let fields: Map<String, Value> = serde_json::from_slice(&bytes).map_err(wrong)?;
        let body: ModelUploadBody = serde_json::from_value(Value::Object(fields)).map_err(wrong)?;
        let decoded = |name: &'static str, text: &str| {
            let words = |error| ApiError::issue("body", name, "base64", format!("must be base64: {error}"));
            STANDARD.decode(text).map_err(words)
        };
        let (graph, golden) = (decoded("graph", &body.graph)?, decoded("golden", &body.golden)?);
        let entry = Value::Object(body.entry).to_string();
        let upload = ModelUpload { coin: body.coin, entry, graph, golden, promote: body.promote };
        Ok(Brought { upload, by })
    }
}

/// A version that was taken in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ModelTakenBody {
    /// Its digest.
    version: String,
    /// The model as it is now.
    model: HostedModelBody,
}

/// Takes in a version of a model.
///
/// It is checked like one of the folder, opened and held to its golden window in a process of its own, and kept. It answers
/// nobody until it is promoted, unless `promote` is true. Sending the same again answers 200. What takes long is
/// answered with 202 and goes on; `Prefer: respond-async` and `Prefer: wait=N` choose how long to wait.
#[utoipa::path(post, path = "/host/v1/models", tag = "host", security((), ("operator" = [])),
    request_body = ModelUploadBody,
    responses(
        (status = 201, description = "Taken in", body = ModelTakenBody),
        (status = 200, description = "The host had it already", body = ModelTakenBody),
        (status = 202, description = "It goes on; `Location` tells how far it is", body = ChangeBody),
        Posting, BadInput, Conflicting, TooBusy, Common,
    ),
)]
pub(crate) async fn upload_model(
    State(state): State<ApiState>,
    patience: Patience,
    Brought { upload, by }: Brought,
) -> Result<Response, ApiError> {
    let begun = state.service().upload_model(upload, by);
    let taken = match patience.wait(&state, begun).await? {
        Ok(taken) => taken,
        Err(pending) => return Ok(pending),
    };
    let code = if taken.fresh { StatusCode::CREATED } else { StatusCode::OK };
    let body = ModelTakenBody { version: taken.version, model: taken.model.into() };
    Ok((code, Json(body)).into_response())
}

/// A name for a version.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct AliasBody {
    /// Small letters, digits, `_` and `-`.
    #[schema(example = "stable")]
    alias: String,
    /// An alias, or 12 digits of its digest or more; null takes the name away.
    version: Option<String>,
}

impl FromFields for AliasBody {
    fn from_fields(fields: &mut Fields) -> Self {
        AliasBody { alias: fields.text("alias", LONGEST), version: fields.optional_text("version", LONGEST) }
    }
}

/// Whether a version is asked for comparison.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct ShadowBody {
    /// An alias, or 12 digits of its digest or more.
    version: String,
    /// False: no longer.
    #[schema(default = true)]
    on: Option<bool>,
}

impl FromFields for ShadowBody {
    fn from_fields(fields: &mut Fields) -> Self {
        ShadowBody { version: fields.text("version", LONGEST), on: fields.optional_flag("on") }
    }
}

/// What is put into force.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct PromoteBody {
    /// An alias, 12 digits of its digest or more, or `folder`: whatever the folder holds from now on.
    #[schema(example = "folder")]
    version: String,
}

impl FromFields for PromoteBody {
    fn from_fields(fields: &mut Fields) -> Self {
        PromoteBody { version: fields.text("version", LONGEST) }
    }
}

/// Makes a change and shows the model as it is then.
async fn change(
    state: &ApiState,
    (path, query): (Segments, &MarketQuery),
    change: ModelChange,
    by: Asker,
) -> Result<Json<HostedModelBody>, ApiError> {
    let model = state.service().change_model(place(path, query), change, by).await?;
    Ok(Json(model.into()))
}

/// Names a version of a model, or takes a name away.
#[utoipa::path(post, path = "/host/v1/models/{coin}/{name}/alias", tag = "host", security((), ("operator" = [])),
    params(
        ("coin" = String, Path, description = "Base symbol", example = "BTC"),
        ("name" = String, Path, description = "Name of the model", example = "lstm"), MarketQuery,
    ),
    request_body = AliasBody,
    responses(
        (status = 200, description = "The model as it is now", body = HostedModelBody), Posting, BadInput, NotFound, Conflicting,
        Common,
    ),
)]
pub(crate) async fn alias_model(
    Owner(by): Owner,
    State(state): State<ApiState>,
    path: Segments,
    Asked(query): Asked<MarketQuery>,
    JsonBody(AliasBody { alias, version }): JsonBody<AliasBody>,
) -> Result<Json<HostedModelBody>, ApiError> {
    change(&state, (path, &query), ModelChange::Alias { alias, version }, by).await
}

/// Has a version asked beside the one in force, for comparison, or no longer.
#[utoipa::path(post, path = "/host/v1/models/{coin}/{name}/shadow", tag = "host", security((), ("operator" = [])),
    params(
        ("coin" = String, Path, description = "Base symbol", example = "BTC"),
        ("name" = String, Path, description = "Name of the model", example = "lstm"), MarketQuery,
    ),
    request_body = ShadowBody,
    responses(
        (status = 200, description = "The model as it is now", body = HostedModelBody), Posting, BadInput, NotFound, Conflicting,
        Common,
    ),
)]
pub(crate) async fn shadow_model(
    Owner(by): Owner,
    State(state): State<ApiState>,
    path: Segments,
    Asked(query): Asked<MarketQuery>,
    JsonBody(ShadowBody { version, on }): JsonBody<ShadowBody>,
) -> Result<Json<HostedModelBody>, ApiError> {
    change(&state, (path, &query), ModelChange::Shadow { version, on: on.unwrap_or(true) }, by).await
}

/// Puts a version of a model into force and holds it there.
///
/// What comes into the folder meanwhile is kept and not in force, until `folder` is promoted.
#[utoipa::path(post, path = "/host/v1/models/{coin}/{name}/promote", tag = "host", security((), ("operator" = [])),
    params(
        ("coin" = String, Path, description = "Base symbol", example = "BTC"),
        ("name" = String, Path, description = "Name of the model", example = "lstm"), MarketQuery,
    ),
    request_body = PromoteBody,
    responses(
        (status = 200, description = "The model as it is now", body = HostedModelBody), Posting, BadInput, NotFound, Conflicting,
        Common,
    ),
)]
pub(crate) async fn promote_model(
    Owner(by): Owner,
    State(state): State<ApiState>,
    path: Segments,
    Asked(query): Asked<MarketQuery>,
    JsonBody(PromoteBody { version }): JsonBody<PromoteBody>,
) -> Result<Json<HostedModelBody>, ApiError> {
    change(&state, (path, &query), ModelChange::Promote { version }, by).await
}

/// Puts the version that was in force before into force again and holds it there.
#[utoipa::path(post, path = "/host/v1/models/{coin}/{name}/rollback", tag = "host", security((), ("operator" = [])),
    params(
        ("coin" = String, Path, description = "Base symbol", example = "BTC"),
        ("name" = String, Path, description = "Name of the model", example = "lstm"), MarketQuery,
    ),
    responses(
        (status = 200, description = "The model as it is now", body = HostedModelBody), Posting, BadInput, NotFound, Conflicting,
        Common,
    ),
)]
pub(crate) async fn roll_back_model(
    Owner(by): Owner,
    State(state): State<ApiState>,
    path: Segments,
    Asked(query): Asked<MarketQuery>,
) -> Result<Json<HostedModelBody>, ApiError> {
    change(&state, (path, &query), ModelChange::RollBack, by).await
}

/// Ends a model: nobody is answered by any version of it. Everything is kept.
#[utoipa::path(post, path = "/host/v1/models/{coin}/{name}/retire", tag = "host", security((), ("operator" = [])),
    params(
        ("coin" = String, Path, description = "Base symbol", example = "BTC"),
        ("name" = String, Path, description = "Name of the model", example = "lstm"), MarketQuery,
    ),
    responses(
        (status = 200, description = "The model as it is now", body = HostedModelBody), Posting, BadInput, NotFound, Conflicting,
        Common,
    ),
)]
pub(crate) async fn retire_model(
    Owner(by): Owner,
    State(state): State<ApiState>,
    path: Segments,
    Asked(query): Asked<MarketQuery>,
) -> Result<Json<HostedModelBody>, ApiError> {
    change(&state, (path, &query), ModelChange::Retire, by).await
}

/// Has a retired model answer again.
#[utoipa::path(post, path = "/host/v1/models/{coin}/{name}/restore", tag = "host", security((), ("operator" = [])),
    params(
        ("coin" = String, Path, description = "Base symbol", example = "BTC"),
        ("name" = String, Path, description = "Name of the model", example = "lstm"), MarketQuery,
    ),
    responses(
        (status = 200, description = "The model as it is now", body = HostedModelBody), Posting, BadInput, NotFound, Conflicting,
        Common,
    ),
)]
pub(crate) async fn restore_model(
    Owner(by): Owner,
    State(state): State<ApiState>,
    path: Segments,
    Asked(query): Asked<MarketQuery>,
) -> Result<Json<HostedModelBody>, ApiError> {
    change(&state, (path, &query), ModelChange::Restore, by).await
}
