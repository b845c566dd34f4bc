//! The OpenAPI document: what every route shares. The routes describe themselves.

use std::sync::LazyLock;

use axum::extract::State;
use axum::http::header::CONTENT_SECURITY_POLICY;
use axum::http::{HeaderMap, Method};
use axum::response::{Html, IntoResponse, Response};
use bytes::Bytes;
use utoipa::IntoResponses;
use utoipa::openapi::schema::{Object, ObjectBuilder, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{ContentBuilder, InfoBuilder, OpenApi, OpenApiBuilder, Ref, RefOr, ResponseBuilder};
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::error::{ApiError, ErrorBody, InvalidBody};
use crate::http::limit::Rule;
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

/// What is asked for does not go with what runs.
#[derive(IntoResponses)]
#[response(status = 409, description = "It does not go with what runs; the text says why")]
#[expect(dead_code, reason = "only describes an answer")]
pub(crate) struct Conflicting(ErrorBody);

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
const TAGS: [(&str, &str); 5] = [
    ("observations", "What deployments see in the markets, in words that advise nobody."),
    ("agents", "Agents, what they found, and the market as it stands at this moment."),
    ("forecasts", "What forecasters and hosted models expect, who they are, and how they did."),
    ("host", "Deployments, plugins, outputs, bars, feeds: the host's own resources."),
    ("operation", "Health, readiness, metrics, version, this document."),
];

const DESCRIPTION: &str = "Sconce hosts strategy plugins and serves what they say.\n\n\
    Errors are `{\"detail\": \"…\"}`; bad input is 422 with a list of issues. Times are RFC 3339 with `Z`, except \
    `last_updated`, which is epoch seconds. Numbers are finite or null. While the market is made up by a generator, every answer names it \
    and its speed in `X-Market`. Reads carry an entity tag: send it back in \
    `If-None-Match`. Every answer carries `X-Request-ID`; where the caller may ask only so often, `X-RateLimit-Limit`, \
    `X-RateLimit-Remaining` and `X-RateLimit-Reset` (epoch seconds) say how it stands.";

/// What answers refer to and no route brings along.
#[derive(utoipa::OpenApi)]
#[openapi(components(schemas(ErrorBody, InvalidBody)))]
struct Errors;

/// The document before the routes are added.
pub(crate) fn skeleton(version: &str) -> OpenApi {
    let info = InfoBuilder::new().title("Sconce").version(version).description(Some(DESCRIPTION)).build();
    let tags = TAGS.map(|(name, description)| TagBuilder::new().name(name).description(Some(description)).build());
    let mut document = OpenApiBuilder::new().info(info).tags(Some(tags)).build();
    document.merge(<Errors as utoipa::OpenApi>::openapi());
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("The operator token, when one is configured."))
        .build();
    document.components.get_or_insert_default().add_security_scheme("operator", SecurityScheme::Http(bearer));
    document
}

/// The complete document.
pub fn document(version: &str) -> OpenApi {
    let mut document = crate::routes::documented(version).split_for_parts().1;
    for (path, item) in &mut document.paths.paths {
        let each = [
            (Method::GET, &mut item.get),
            (Method::POST, &mut item.post),
            (Method::PUT, &mut item.put),
            (Method::PATCH, &mut item.patch),
            (Method::DELETE, &mut item.delete),
        ];
        for (method, operation) in each {
            if let (Some(operation), Some(_)) = (operation, Rule::of(&method, path)) {
                operation.responses.responses.entry("429".to_owned()).or_insert_with(too_often);
            }
        }
    }
    document
}

/// A count from 1 on, of any size: what is more than the host allows means as many as it allows.
pub(crate) fn clamped<const USUAL: u32>() -> Object {
    let count = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1));
    let description = "At most so many; more than the host allows means as many as it allows.";
    count.default(Some(USUAL.into())).description(Some(description)).build()
}

/// What the limits of a caller answer. Which routes are limited is said in one place, so this is added to them here.
fn too_often() -> RefOr<utoipa::openapi::Response> {
    let body = ContentBuilder::new().schema(Some(Ref::from_schema_name("ErrorBody"))).build();
    let description = "The caller asks too often; `Retry-After` says when the next request is answered";
    let response = ResponseBuilder::new().description(description).content("application/json", body);
    RefOr::T(response.build())
}

/// Where the document is.
const DOCUMENT: &str = "/openapi.json";
/// Where `/docs` keeps its page.
const PAGE: &str = "/docs";

/// The page that shows the document; its scripts and styles come from this binary.
pub(crate) fn page() -> SwaggerUi {
    // The page would ask a foreign server to check the document unless it is told not to.
    SwaggerUi::new(PAGE).config(Config::from(DOCUMENT).validator_url("none").try_it_out_enabled(true))
}

/// A picture that the script of the reference would load from a foreign server.
const FOREIGN_PICTURE: &str = "https://cdn.redoc.ly/redoc/logo-mini.svg";
/// Everything comes from this host; the script is part of the page and starts a worker of its own.
const POLICY: &str = "default-src 'self'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src 'self' data:; \
    worker-src blob:; frame-ancestors 'none'; base-uri 'none'";

/// The document as a reference to read, made up once.
pub(crate) async fn reference() -> impl IntoResponse {
    static PAGE: LazyLock<Bytes> = LazyLock::new(|| {
        let page = aide::redoc::Redoc::new(DOCUMENT).with_title("Sconce").html();
        page.replace(FOREIGN_PICTURE, "").into()
    });
    ([(CONTENT_SECURITY_POLICY, POLICY)], Html(PAGE.clone()))
}

/// The OpenAPI document of this host.
#[utoipa::path(get, path = "/openapi.json", tag = "operation", responses(
    (status = 200, description = "OpenAPI 3.1", body = Object), NotModified, Common,
))]
pub(crate) async fn openapi_document(State(state): State<ApiState>, headers: HeaderMap) -> Result<Response, ApiError> {
    Ok(state.document()?.reply(&headers))
}
