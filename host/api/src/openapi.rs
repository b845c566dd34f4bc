//! The OpenAPI document: what every route shares. The routes describe themselves.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use utoipa::IntoResponses;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{InfoBuilder, OpenApi, OpenApiBuilder};
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::error::{ApiError, ErrorBody, InvalidBody};
use crate::state::ApiState;

/// The caller's copy is still good.
#[derive(IntoResponses)]
#[response(status = 304, description = "The copy that If-None-Match names is still good")]
pub(crate) struct NotModified;

/// Input that breaks rules.
#[derive(IntoResponses)]
#[response(status = 422, description = "The input breaks rules; all of them are listed")]
#[expect(dead_code, reason = "only describes an answer")]
pub(crate) struct BadInput(InvalidBody);

/// A symbol that means no instrument of the host.
#[derive(IntoResponses)]
#[response(status = 400, description = "No instrument is known by this symbol")]
#[expect(dead_code, reason = "only describes an answer")]
pub(crate) struct UnknownSymbol(ErrorBody);

/// Too much is asked for at once.
#[derive(IntoResponses)]
#[response(status = 429, description = "Too many such requests are waiting; `Retry-After` says when to try again")]
#[expect(dead_code, reason = "only describes an answer")]
pub(crate) struct TooBusy(ErrorBody);

/// Something that does not exist.
#[derive(IntoResponses)]
#[response(status = 404, description = "No such thing")]
#[expect(dead_code, reason = "only describes an answer")]
pub(crate) struct NotFound(ErrorBody);

/// Something whose retention has passed.
#[derive(IntoResponses)]
#[response(status = 410, description = "Past its retention")]
#[expect(dead_code, reason = "only describes an answer")]
pub(crate) struct Gone(ErrorBody);

/// What a mutating route can answer besides.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "only describes answers")]
pub(crate) enum Posting {
    /// An operator token is configured and none was sent.
    #[response(status = 401)]
    Unauthenticated(ErrorBody),
    /// What was sent is not the operator token.
    #[response(status = 403)]
    Forbidden(ErrorBody),
    /// The body is too large.
    #[response(status = 413)]
    TooLarge(ErrorBody),
    /// The body is not JSON by its type.
    #[response(status = 415)]
    MediaType(ErrorBody),
}

/// What every route can answer.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "only describes answers")]
pub(crate) enum Common {
    /// A defect of the host.
    #[response(status = 500)]
    Internal(ErrorBody),
    /// A part that is needed is away for now.
    #[response(status = 503)]
    Unavailable(ErrorBody),
    /// It took too long.
    #[response(status = 504)]
    TimedOut(ErrorBody),
}

/// Tags, in the order in which the page shows them.
const TAGS: [(&str, &str); 4] = [
    ("observations", "What deployments see in the markets, in words that advise nobody."),
    ("agents", "Agents, what they found, and the market as it stands at this moment."),
    ("host", "Deployments, plugins, outputs, bars, feeds: the host's own resources."),
    ("operation", "Health, readiness, metrics, version, this document."),
];

const DESCRIPTION: &str = "Sconce hosts strategy plugins and serves what they say.\n\n\
    Errors are `{\"detail\": \"…\"}`; bad input is 422 with a list of issues. Times are RFC 3339 with `Z`, except \
    `last_updated`, which is epoch seconds. Numbers are finite or null. While the market is made up by a generator, every answer names it \
    and its speed in `X-Market`. Reads carry an entity tag: send it back in \
    `If-None-Match`. Every answer carries `X-Request-ID`.";

/// The document before the routes are added.
pub(crate) fn skeleton(version: &str) -> OpenApi {
    let info = InfoBuilder::new().title("Sconce").version(version).description(Some(DESCRIPTION)).build();
    let tags = TAGS.map(|(name, description)| TagBuilder::new().name(name).description(Some(description)).build());
    let mut document = OpenApiBuilder::new().info(info).tags(Some(tags)).build();
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("The operator token, when one is configured."))
        .build();
    document.components.get_or_insert_default().add_security_scheme("operator", SecurityScheme::Http(bearer));
    document
}

/// The complete document.
pub fn document(version: &str) -> OpenApi {
    crate::routes::documented(version).split_for_parts().1
}

/// Where `/docs` keeps its page.
const PAGE: &str = "/docs";

/// The page that shows the document; its scripts and styles come from this binary.
pub(crate) fn page() -> SwaggerUi {
    // The page would ask a foreign server to check the document unless it is told not to.
    SwaggerUi::new(PAGE).config(Config::from("/openapi.json").validator_url("none").try_it_out_enabled(true))
}

/// The OpenAPI document of this host.
#[utoipa::path(get, path = "/openapi.json", tag = "operation", responses(
    (status = 200, description = "OpenAPI 3.1", body = Object), NotModified, Common,
))]
pub(crate) async fn openapi_document(State(state): State<ApiState>, headers: HeaderMap) -> Result<Response, ApiError> {
    Ok(state.document()?.reply(&headers))
}
