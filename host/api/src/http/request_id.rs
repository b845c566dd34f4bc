//! `X-Request-ID`: taken over from the caller when it is safe to log, made up otherwise.

use std::hash::{BuildHasher, RandomState};
use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::http::{HeaderMap, HeaderName, HeaderValue};

/// The header, in and out.
pub(crate) const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// Longest id that is taken over.
const LONGEST: usize = 128;

/// Longest id that is made up: two numbers of 64 bits and a dash.
const LENGTH: usize = 16 + 1 + 16;

/// The id of a request, for its handler.
#[derive(Debug, Clone)]
pub(crate) struct RequestId(pub(crate) HeaderValue);

/// Makes ids that are unique in this process and unlikely in any other.
#[derive(Debug)]
pub(crate) struct RequestIds {
    process: u64,
    next: AtomicU64,
}

impl Default for RequestIds {
    fn default() -> Self {
        // The standard library seeds its hashers at random: enough to tell two processes apart.
        RequestIds { process: RandomState::new().hash_one(0_u8), next: AtomicU64::new(1) }
    }
}

impl RequestIds {
    /// The id of the request with these headers.
    pub(crate) fn of(&self, headers: &HeaderMap) -> HeaderValue {
        headers.get(HEADER).filter(|value| is_safe(value.as_bytes())).cloned().unwrap_or_else(|| self.make())
    }

    fn make(&self) -> HeaderValue {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let mut text = [0; LENGTH];
        let mut rest = text.as_mut_slice();
        write!(rest, "{:016x}-{number:x}", self.process).expect("two numbers of 64 bits and a dash fit");
        let written = LENGTH - rest.len();
        HeaderValue::from_bytes(&text[..written]).expect("hex digits and a dash fit a header")
    }
}

/// Safe: short, and nothing that could break a log line or a label.
fn is_safe(id: &[u8]) -> bool {
    (1..=LONGEST).contains(&id.len())
        && id.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_safe_ids_are_taken_over() {
        let ids = RequestIds::default();
        for (given, kept) in
            [("abc-1.2:Z_", true), ("", false), ("a b", false), ("a\"b", false), (&"x".repeat(129), false)]
        {
            let mut headers = HeaderMap::new();
            headers.insert(HEADER, HeaderValue::from_str(given).expect("a header value"));
            assert_eq!(ids.of(&headers) == given, kept, "{given}");
        }
        assert_ne!(ids.of(&HeaderMap::new()), ids.of(&HeaderMap::new()));
    }
}
