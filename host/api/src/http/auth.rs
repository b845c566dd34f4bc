//! The operator's door: mutating routes ask for the bearer token when one is configured.

use std::net::IpAddr;

use axum::extract::FromRequestParts;
use axum::http::header::{AUTHORIZATION, HOST, ORIGIN};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri};
use sconce_domain::ErrorKind;
use sconce_domain::error::Failure;
use sconce_domain::ports::Asker;

use crate::error::ApiError;
use crate::http::caller::caller;
use crate::http::request_id::RequestId;
use crate::state::ApiState;

/// Proof that the caller may change things, and who that is for the audit.
#[derive(Debug, Clone)]
pub(crate) struct Operator(pub(crate) Asker);

impl FromRequestParts<ApiState> for Operator {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, ApiError> {
        let request_id = parts.extensions.get::<RequestId>().and_then(|id| id.0.to_str().ok()).map(str::to_owned);
        let asker = |actor: &str| Operator(Asker { actor: actor.to_owned(), request_id });
        let Some(token) = &state.config().operator_token else {
            return Ok(asker(state.config().open_to));
        };
        let offered = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(bearer);
        match offered {
            None => Err(ApiError::Unauthenticated),
            Some(offered) if token.accepts(offered) => Ok(asker("operator")),
            Some(_) => Err(Failure::new(ErrorKind::Forbidden, "this is not the operator token").into()),
        }
    }
}

/// Proof that the caller may change what runs here: by the token, or where none is asked for, by sitting at this machine.
#[derive(Debug, Clone)]
pub(crate) struct Owner(pub(crate) Asker);

impl FromRequestParts<ApiState> for Owner {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, ApiError> {
        let Operator(asker) = Operator::from_request_parts(parts, state).await?;
        let config = state.config();
        if config.operator_token.is_some() {
            return Ok(Owner(asker));
        }
        let is_here = caller(&parts.extensions, &parts.headers, &config.limits.proxies).is_loopback();
        if !is_here || !is_meant_for_here(&parts.headers) {
            let message = "without an operator token only this machine may change plugins and deployments, and no page of \
                           another site: set OPERATOR_TOKEN";
            return Err(Failure::new(ErrorKind::Forbidden, message).into());
        }
        Ok(Owner(Asker { actor: "loopback".to_owned(), ..asker }))
    }
}

/// Whether no page of another site asks through a browser on this machine: that one names its own site as the origin, or,
/// where it made its own name mean this machine, as the host.
fn is_meant_for_here(headers: &HeaderMap) -> bool {
    let origin = headers.get(ORIGIN).map(|origin| origin.to_str().unwrap_or_default());
    let host = headers.get(HOST).map(|host| host.to_str().unwrap_or_default());
    origin.is_none_or(names_this_machine) && host.is_none_or(|host| names_this_machine(&format!("http://{host}")))
}

fn names_this_machine(origin: &str) -> bool {
    let Ok(uri) = origin.parse::<Uri>() else { return false };
    let host = uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim()).filter(|token| !token.is_empty())
}
