//! Handles of the metrics of requests, each looked up once: the recorder's own look-up allocates and hashes the labels
//! every time.
//!
//! Metrics: `http_requests_total{method,endpoint,status_code}`, `http_request_duration_seconds{method,endpoint}` and
//! `http_requests_in_flight`.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{OnceLock, PoisonError, RwLock};

use axum::http::StatusCode;
use metrics::{Counter, Gauge, Histogram, counter, gauge, histogram};

/// Method, endpoint, status. All three are few: methods and endpoints are those that the host knows.
type Labels<'a> = (&'static str, Cow<'a, str>, StatusCode);

/// The handles that were needed so far.
#[derive(Default)]
pub(crate) struct Meters {
    in_flight: OnceLock<Gauge>,
    answered: RwLock<HashMap<Labels<'static>, (Counter, Histogram)>>,
}

impl Meters {
    /// Counts a request that was answered.
    pub(crate) fn note(&self, method: &'static str, endpoint: &str, status: StatusCode, seconds: f64) {
        let known = self.answered.read().unwrap_or_else(PoisonError::into_inner);
        if let Some((count, duration)) = known.get(&(method, Cow::Borrowed(endpoint), status)) {
            count.increment(1);
            duration.record(seconds);
            return;
        }
        drop(known);
        let (count, duration) = look_up(method, endpoint, status);
        count.increment(1);
        duration.record(seconds);
        let labels = (method, Cow::Owned(endpoint.to_owned()), status);
        self.answered.write().unwrap_or_else(PoisonError::into_inner).insert(labels, (count, duration));
    }

    /// Counts a request while what is given back lives, also when its caller goes away.
    pub(crate) fn in_flight(&self) -> InFlight<'_> {
        let gauge = self.in_flight.get_or_init(|| gauge!("http_requests_in_flight"));
        gauge.increment(1.0);
        InFlight(gauge)
    }
}

fn look_up(method: &'static str, endpoint: &str, status: StatusCode) -> (Counter, Histogram) {
    let (method, endpoint) = (("method", method.to_owned()), ("endpoint", endpoint.to_owned()));
    let status_code = ("status_code", status.as_u16().to_string());
    let count = counter!("http_requests_total", &[method.clone(), endpoint.clone(), status_code]);
    (count, histogram!("http_request_duration_seconds", &[method, endpoint]))
}

/// A request that is being answered.
pub(crate) struct InFlight<'a>(&'a Gauge);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.decrement(1.0);
    }
}
