//! The operator's door: mutating routes ask for the bearer token when one is configured.

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
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
        let is_here = || caller(&parts.extensions, &parts.headers, &config.limits.proxies).is_loopback();
        if config.operator_token.is_none() {
            if !is_here() {
                let message = "without an operator token only this machine may change plugins and deployments: set OPERATOR_TOKEN";
                return Err(Failure::new(ErrorKind::Forbidden, message).into());
            }
            return Ok(Owner(Asker { actor: "loopback".to_owned(), ..asker }));
        }
        Ok(Owner(asker))
    }
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim()).filter(|token| !token.is_empty())
}
