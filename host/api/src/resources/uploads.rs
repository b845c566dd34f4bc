//! `POST /host/v1/plugins` and what concerns one artefact: taking it in, looking at it, taking it out.

use axum::Json;
use axum::body::{Body, to_bytes};
use axum::extract::{FromRequest, FromRequestParts, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use sconce_domain::error::Failure;
use sconce_domain::ports::{Asker, PluginStatus};
use sconce_domain::{Digest, ErrorKind};

use super::changes::{ChangeBody, Patience};
use super::plugins::{PluginBody, shape};
use crate::error::ApiError;
use crate::extract::Segment;
use crate::http::auth::Owner;
use crate::openapi::{BadInput, Common, Conflicting, NotFound, NotModified, Posting, TooBusy};
use crate::render::Rendered;
use crate::state::ApiState;

/// Media types of a component.
const TYPES: [&str; 2] = ["application/wasm", "application/octet-stream"];

/// The signature of a component: Ed25519 over its bytes, in base64.
const SIGNATURE: HeaderName = HeaderName::from_static("sconce-signature");

/// A component of somebody who may bring one, up to the host's limit for plugins.
pub(crate) struct Upload {
    bytes: Vec<u8>,
    signature: Option<String>,
    by: Asker,
}

impl FromRequest<ApiState> for Upload {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &ApiState) -> Result<Self, ApiError> {
        let (mut parts, body) = request.into_parts();
        let limit = state.config().upload_limit;
        let by = match admit(&mut parts, state).await {
            Ok(by) => by,
            Err(error) => {
                pass_over(body, limit).await;
                return Err(error);
            }
        };
        let bytes = to_bytes(body, limit).await.map_err(|_| {
            Failure::new(ErrorKind::TooLarge, format!("a plugin may have {limit} bytes; or the upload broke off"))
        })?;
        let signature = parts.headers.get(SIGNATURE).map(|text| text.to_str().unwrap_or_default().to_owned());
        Ok(Upload { bytes: bytes.into(), signature, by })
    }
}

async fn admit(parts: &mut Parts, state: &ApiState) -> Result<Asker, ApiError> {
    let Owner(asker) = Owner::from_request_parts(parts, state).await?;
    let kind = parts.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if TYPES.contains(&kind.trim()) { Ok(asker) } else { Err(ApiError::ComponentType) }
}

/// Takes what is sent without keeping it: who is refused in the middle of sending sees a broken connection, not the reason.
pub(super) async fn pass_over(body: Body, limit: usize) {
    let mut pieces = body.into_data_stream();
    let mut passed = 0;
    while let Some(Ok(piece)) = pieces.next().await {
        passed += piece.len();
        if passed > limit {
            break;
        }
    }
}

/// Takes in a plugin.
///
/// The component is checked and compiled beside everything that runs, and kept. It runs nowhere until a deployment names
/// its digest. Sending the same bytes again answers 200 and changes nothing. A host that has keys of those whom it trusts
/// asks for a signature. What takes long is answered with 202 and goes on; `Prefer: respond-async` and `Prefer: wait=N`
/// choose how long to wait.
#[utoipa::path(post, path = "/host/v1/plugins", tag = "host", security((), ("operator" = [])),
    params(("sconce-signature" = Option<String>, Header, description = "Ed25519 signature of the bytes, in base64")),
    request_body(
        content((Vec<u8> = "application/octet-stream"), (Vec<u8> = "application/wasm")),
        description = "A WebAssembly component",
    ),
    responses(
        (status = 201, description = "Taken in", body = PluginBody),
        (status = 200, description = "The host had it already", body = PluginBody),
        (status = 202, description = "It goes on; `Location` tells how far it is", body = ChangeBody),
        Posting, BadInput, TooBusy, Common,
    ),
)]
pub(crate) async fn upload_plugin(
    State(state): State<ApiState>,
    patience: Patience,
    Upload { bytes, signature, by }: Upload,
) -> Result<Response, ApiError> {
    let begun = state.service().upload(bytes, signature, by);
    let uploaded = match patience.wait(&state, begun).await? {
        Ok(uploaded) => uploaded,
        Err(pending) => return Ok(pending),
    };
    let digest = uploaded.plugin.digest;
    let deployments = state.service().deployments().await?;
    let mut listed = state.service().plugins().await?.into_iter();
    let listed = listed.find(|status| status.plugin.as_ref().is_some_and(|plugin| plugin.digest == digest));
    let status = listed.unwrap_or_else(|| PluginStatus {
        name: digest.to_string(),
        plugin: Some(uploaded.plugin),
        error: None,
        checked_at: state.clock().now(),
    });
    let code = if uploaded.fresh { StatusCode::CREATED } else { StatusCode::OK };
    Ok((code, Json(shape(status, &deployments))).into_response())
}

/// One artefact, by name or digest.
#[utoipa::path(get, path = "/host/v1/plugins/{id}", tag = "host",
    params(("id" = String, Path, description = "Name or digest of the plugin", example = "zones")),
    responses((status = 200, description = "The plugin", body = PluginBody), NotModified, NotFound, Common),
)]
pub(crate) async fn get_plugin(
    State(state): State<ApiState>,
    Segment(id): Segment,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let digest: Option<Digest> = id.parse().ok();
    let is_asked = |status: &PluginStatus| {
        status.name == id || status.plugin.as_ref().is_some_and(|plugin| Some(plugin.digest) == digest)
    };
    let found = state.service().plugins().await?.into_iter().find(is_asked);
    let status = found.ok_or_else(|| ApiError::not_found("no such plugin"))?;
    let deployments = state.service().deployments().await?;
    Ok(Rendered::once(&shape(status, &deployments))?.reply(&headers))
}

/// Takes an uploaded plugin out of the listing.
///
/// What was said with it can still be verified. One that a deployment runs stays.
#[utoipa::path(delete, path = "/host/v1/plugins/{id}", tag = "host", security((), ("operator" = [])),
    params(("id" = String, Path, description = "Digest of the plugin")),
    responses((status = 204, description = "Taken out"), Posting, NotFound, Conflicting, Common),
)]
pub(crate) async fn remove_plugin(
    Owner(asker): Owner,
    State(state): State<ApiState>,
    Segment(id): Segment,
) -> Result<StatusCode, ApiError> {
    let digest: Digest = id.parse().map_err(|_| ApiError::not_found("no such plugin was uploaded: give its digest"))?;
    state.service().remove(digest, asker).await?;
    Ok(StatusCode::NO_CONTENT)
}
