//! Bodies ready to send: JSON, its entity tag, and for cached views the compressed form as well.
//!
//! A view is rendered once per change and then sent as shared bytes, so a cached read costs a few header lookups: no
//! serialising, no hashing, no compressing per request.

use std::io::Write;

use axum::body::Body;
use axum::http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use sconce_domain::Digest;
use sconce_domain::error::Failure;
use serde::Serialize;

use crate::error::ApiError;
use crate::http::COMPRESS_ABOVE;
use crate::http::guard::{Clean, cleaned};

/// A body that is sent as often as it is asked for.
#[derive(Debug, Clone)]
pub(crate) struct Rendered {
    body: Bytes,
    gzip: Option<Bytes>,
    etag: HeaderValue,
    clean: bool,
}

impl Rendered {
    /// For one answer: JSON and its tag; the compression layer does the rest.
    pub(crate) fn once<T: Serialize>(value: &T) -> Result<Self, ApiError> {
        let body = to_json(value)?;
        let etag = tag(&body);
        Ok(Rendered { body, gzip: None, etag, clean: false })
    }

    /// For a body that is kept outside `/v1`: compressed once.
    pub(crate) fn kept<T: Serialize>(value: &T) -> Result<Self, ApiError> {
        let once = Self::once(value)?;
        Ok(Rendered { gzip: compress_large(&once.body), ..once })
    }

    /// For a view under `/v1` that is kept: guarded, compressed, and tagged by `content`, which is the view without the
    /// ages that grow by themselves; so a caller's copy stays valid until something happens.
    pub(crate) fn view<T: Serialize, C: Serialize>(value: &T, content: &C) -> Result<Self, ApiError> {
        let body = cleaned(to_json(value)?);
        Ok(Rendered { etag: tag(&to_json(content)?), gzip: compress_large(&body), body, clean: true })
    }

    /// The answer to a request with these headers: the body, or 304 when the caller has it.
    pub(crate) fn reply(&self, headers: &HeaderMap) -> Response {
        let mut response = Response::new(Body::empty());
        if knows(headers, &self.etag) {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
        } else {
            let compressed = self.gzip.as_ref().filter(|_| accepts_gzip(headers));
            if compressed.is_some() {
                response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            }
            *response.body_mut() = Body::from(compressed.unwrap_or(&self.body).clone());
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        let out = response.headers_mut();
        if self.gzip.is_some() {
            out.insert(VARY, HeaderValue::from_static("accept-encoding"));
        }
        out.insert(ETAG, self.etag.clone());
        // Keep it, but ask before using it: the tag makes asking cheap and nobody sees an old number as new.
        out.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        if self.clean {
            response.extensions_mut().insert(Clean);
        }
        response
    }
}

fn to_json<T: Serialize>(value: &T) -> Result<Bytes, ApiError> {
    serde_json::to_vec(value).map(Bytes::from).map_err(|error| Failure::internal(error.to_string()).into())
}

/// Weak, because ages and compression may differ under one tag.
fn tag(content: &[u8]) -> HeaderValue {
    let digest = Digest::of(content).to_string();
    HeaderValue::from_str(&format!("W/\"{}\"", &digest[..32])).expect("hex digits fit a header")
}

fn knows(headers: &HeaderMap, etag: &HeaderValue) -> bool {
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let ours = opaque(etag.to_str().unwrap_or_default());
    headers
        .get_all(IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|theirs| theirs.trim() == "*" || opaque(theirs) == ours)
}

fn accepts_gzip(headers: &HeaderMap) -> bool {
    let offers = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    offers.flat_map(|value| value.split(',')).any(|offer| {
        let (coding, quality) = offer.split_once(';').unwrap_or((offer, "q=1"));
        let refused = quality.trim().strip_prefix("q=").and_then(|q| q.trim().parse::<f32>().ok()) == Some(0.0);
        coding.trim().eq_ignore_ascii_case("gzip") && !refused
    })
}

/// `None` for small bodies, and when compressing fails, which in memory it does not; the plain body is sent then.
fn compress_large(body: &[u8]) -> Option<Bytes> {
    if body.len() as u64 <= COMPRESS_ABOVE {
        return None;
    }
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(body).ok()?;
    encoder.finish().ok().map(Bytes::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_sent_to_those_who_accept_it() {
        for (offer, expected) in [
            ("gzip", true),
            ("br, GZIP;q=0.5", true),
            ("gzip;q=0", false),
            ("identity", false),
            ("", false),
            ("gzip; q=0.0", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(offer));
            assert_eq!(accepts_gzip(&headers), expected, "{offer}");
        }
    }

    #[test]
    fn tags_are_compared_weakly() {
        let etag = tag(b"x");
        let text = etag.to_str().expect("ascii").to_owned();
        let strong = text.trim_start_matches("W/").to_owned();
        for (given, expected) in [
            (text.clone(), true),
            (strong, true),
            (format!("\"a\", {text}"), true),
            ("*".into(), true),
            ("\"a\"".into(), false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(IF_NONE_MATCH, HeaderValue::from_str(&given).expect("a header"));
            assert_eq!(knows(&headers, &etag), expected, "{given}");
        }
    }
}
