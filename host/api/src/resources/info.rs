//! `GET /` and `GET /version`.

use axum::extract::State;
use axum::http::header::{ACCEPT, VARY};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::ApiError;
use crate::openapi::{Common, NotModified};
use crate::page;
use crate::render::Rendered;
use crate::state::ApiState;

/// What this is and where to go on.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InfoBody {
    /// `sconce`.
    #[schema(example = "sconce")]
    name: &'static str,
    /// Version of the host.
    #[schema(example = "0.1.0")]
    version: String,
    /// One sentence.
    description: &'static str,
    /// Where to go on.
    links: LinksBody,
}

/// Paths to go on from.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LinksBody {
    /// The API described for people.
    docs: &'static str,
    /// The API described for programs.
    openapi: &'static str,
    /// Whether it lives.
    health: &'static str,
    /// Current signals.
    signals: &'static str,
    /// What runs.
    deployments: &'static str,
}

/// Which version runs.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VersionBody {
    /// `sconce`.
    #[schema(example = "sconce")]
    name: &'static str,
    /// Version of the host.
    #[schema(example = "0.1.0")]
    version: String,
    /// Revision of the source; null where nobody told it.
    #[schema(required, example = "1f19888")]
    git_sha: Option<String>,
    /// Time of the build; null where nobody told it.
    #[schema(required, example = "2025-11-05T04:16:00Z")]
    build_time: Option<String>,
    /// `realtime`, or `backtest` where files are replayed.
    #[schema(value_type = String, example = "realtime")]
    mode: &'static str,
}

/// What this host is; for a browser the page.
#[utoipa::path(get, path = "/", tag = "operation", responses(
    (status = 200, description = "What this is and where to go on; a page for callers that want HTML before JSON", body = InfoBody),
    NotModified, Common,
))]
pub(crate) async fn get_info(State(state): State<ApiState>, headers: HeaderMap) -> Result<Response, ApiError> {
    let mut response = if wants_html(&headers) { page::index(&headers) } else { info(&state)?.reply(&headers) };
    response.headers_mut().append(VARY, HeaderValue::from_static("accept"));
    Ok(response)
}

fn info(state: &ApiState) -> Result<Rendered, ApiError> {
    let info = InfoBody {
        name: "sconce",
        version: state.config().version.clone(),
        description: "A WebAssembly host for trading strategies and forecasting models",
        links: LinksBody {
            docs: "/docs/",
            openapi: "/openapi.json",
            health: "/health",
            signals: "/v1/signals",
            deployments: "/host/v1/deployments",
        },
    };
    Rendered::once(&info)
}

/// Which version runs.
#[utoipa::path(get, path = "/version", tag = "operation", responses(
    (status = 200, description = "The version", body = VersionBody), NotModified, Common,
))]
pub(crate) async fn get_version(State(state): State<ApiState>, headers: HeaderMap) -> Result<Response, ApiError> {
    let config = state.config();
    let body = VersionBody {
        name: "sconce",
        version: config.version.clone(),
        git_sha: config.agents.git_sha.clone(),
        build_time: config.agents.build_time.clone(),
        mode: config.agents.mode,
    };
    Ok(Rendered::once(&body)?.reply(&headers))
}

/// Whether `text/html` is asked for before JSON; `*/*` alone, as programs send it, is not.
fn wants_html(headers: &HeaderMap) -> bool {
    let accept = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default().to_ascii_lowercase();
    let html = accept.find("text/html");
    html.is_some() && html < accept.find("application/json").or(Some(usize::MAX))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn browsers_want_html_and_programs_do_not() {
        for (accept, expected) in [
            ("text/html,application/xhtml+xml,*/*;q=0.8", true),
            ("*/*", false),
            ("", false),
            ("application/json, text/html", false),
            ("text/html, application/json", true),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT, HeaderValue::from_static(accept));
            assert_eq!(wants_html(&headers), expected, "{accept}");
        }
    }
}
