//! The page for browsers: static files that come with the binary. It reads the same API as everybody else.

use axum::Router;
use axum::extract::Path;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use rust_embed::{Embed, EmbeddedFile};

use crate::error::ApiError;
use crate::state::ApiState;

#[derive(Embed)]
#[folder = "../../dashboard/page"]
struct Files;

/// Everything comes from this host, and nobody may put the page into a frame.
const POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'";

/// The files that the page asks for. They are no part of the API and of its description.
pub(crate) fn files() -> Router<ApiState> {
    Router::new().route("/page/{file}", get(file))
}

/// The page itself.
pub(crate) fn index(headers: &HeaderMap) -> Response {
    Files::get("index.html")
        .map_or_else(|| ApiError::not_found("no page").into_response(), |page| reply(&page, headers))
}

async fn file(Path(name): Path<String>, headers: HeaderMap) -> Response {
    match Files::get(&name).filter(|_| name != "index.html") {
        Some(file) => reply(&file, &headers),
        None => ApiError::not_found("no such file").into_response(),
    }
}

fn reply(file: &EmbeddedFile, headers: &HeaderMap) -> Response {
    let hash = file.metadata.sha256_hash();
    let etag = format!("\"{}\"", hash[..16].iter().map(|byte| format!("{byte:02x}")).collect::<String>());
    let known = headers.get(IF_NONE_MATCH).is_some_and(|theirs| theirs.as_bytes() == etag.as_bytes());
    let mut response =
        if known { StatusCode::NOT_MODIFIED.into_response() } else { file.data.clone().into_owned().into_response() };
    let out = response.headers_mut();
    if !known && let Ok(kind) = HeaderValue::from_str(file.metadata.mimetype()) {
        out.insert(CONTENT_TYPE, kind);
    }
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        out.insert(ETAG, etag);
    }
    out.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    out.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    out.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_asks_only_for_files_that_are_there() {
        let page = Files::get("index.html").expect("the page");
        let text = String::from_utf8(page.data.into_owned()).expect("text");
        let asked: Vec<&str> = text.split('"').filter_map(|part| part.strip_prefix("/page/")).collect();
        assert!(asked.len() >= 3, "{asked:?}");
        for name in asked {
            assert!(Files::get(name).is_some(), "{name}");
        }
        for name in Files::iter().filter(|name| name.ends_with(".js")) {
            let script = String::from_utf8(Files::get(&name).expect("listed").data.into_owned()).expect("text");
            for module in script.split('\'').filter_map(|part| part.strip_prefix("./")) {
                assert!(Files::get(module).is_some(), "{name} imports {module}");
            }
        }
    }

    #[test]
    fn a_known_file_is_not_sent_again() {
        let first = index(&HeaderMap::new());
        assert_eq!(first.status(), StatusCode::OK);
        let mut headers = HeaderMap::new();
        headers.insert(IF_NONE_MATCH, first.headers()[ETAG].clone());
        assert_eq!(index(&headers).status(), StatusCode::NOT_MODIFIED);
    }
}
