//! What the headers of an answer say about time.

use chrono::DateTime;
use reqwest::header::{DATE, HeaderMap, HeaderName, RETRY_AFTER};
use sconce_domain::Nanos;
use sconce_domain::time::{HOUR, SECOND};

/// The pause where a provider asks for one and does not say how long.
const USUAL_PAUSE: i64 = 10 * SECOND;

/// Until when to leave the provider alone: `Retry-After` in seconds or as a date, at most an hour.
pub(crate) fn retry_after(headers: &HeaderMap, now: Nanos) -> Nanos {
    let text = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()).map(str::trim);
    let seconds = text.and_then(|text| text.parse::<i64>().ok()).map(|seconds| seconds.saturating_mul(SECOND));
    let dated = || time_of(headers, RETRY_AFTER).map(|until| until - now);
    now + seconds.or_else(dated).unwrap_or(USUAL_PAUSE).clamp(0, HOUR)
}

/// The provider's time as it answered; the header gives whole seconds, so the middle of that second.
pub(crate) fn answered_at(headers: &HeaderMap) -> Option<Nanos> {
    time_of(headers, DATE).map(|date| date + SECOND / 2)
}

fn time_of(headers: &HeaderMap, name: HeaderName) -> Option<Nanos> {
    let date = DateTime::parse_from_rfc2822(headers.get(name)?.to_str().ok()?.trim()).ok()?;
    date.timestamp_nanos_opt().map(Nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: HeaderName, value: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(name, value.parse().expect("a header value"));
        headers
    }

    #[test]
    fn pauses_are_read_in_either_form_and_bounded() {
        let now = Nanos::from_secs(1_710_328_241);
        let check = |text: &str, seconds: i64| {
            assert_eq!(retry_after(&headers(RETRY_AFTER, text), now) - now, seconds * SECOND, "{text}");
        };
        check("7", 7);
        check(" 0 ", 0);
        check("-5", 0);
        check("99999999999999999", 3_600);
        check("Wed, 13 Mar 2024 11:10:51 GMT", 10);
        check("soon", 10);
        assert_eq!(retry_after(&HeaderMap::new(), now) - now, 10 * SECOND);
    }

    #[test]
    fn the_date_is_the_providers_time() {
        let date = answered_at(&headers(DATE, "Wed, 13 Mar 2024 11:10:41 GMT"));
        assert_eq!(date, Some(Nanos::from_secs(1_710_328_241) + SECOND / 2));
        assert_eq!(answered_at(&headers(DATE, "yesterday")), None);
    }
}
