//! How often one caller may ask, by the rules of [`Limits`]. Every answer to a limited request carries
//! `X-RateLimit-Limit` (requests at once), `X-RateLimit-Remaining` and `X-RateLimit-Reset` (epoch seconds at which all may
//! be made again); who asks too often is answered 429 with `Retry-After`.
//!
//! Probes, scrapes, the files of pages and preflights are never limited: what watches the host must see it when others are
//! too busy. Metric: `rate_limited_requests_total{rule}`.

use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, Method};
use axum::response::{IntoResponse, Response};
use governor::clock::{Clock as _, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use metrics::counter;
use tower::{Layer, Service};

use super::caller::{caller, network};
use crate::config::{Limits, Rate};
use crate::error::{ApiError, whole_seconds};
use crate::state::ApiState;

/// Requests that are allowed at once.
pub(crate) const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
/// How many of them are left.
pub(crate) const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
/// When all of them are there again, epoch seconds.
pub(crate) const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// Callers that have their whole budget again are forgotten after this many requests, so that the table stays small.
const FORGET_EVERY: u64 = 4_096;

/// Paths that are never limited, exactly or with what lies below.
const FREE: [&str; 7] = ["/health", "/healthz", "/ready", "/metrics", "/page", "/docs", "/redoc"];

/// Which budget a request is taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    Reads,
    Changes,
    RunNow,
}

impl Rule {
    /// The rule for a route; none for one that is free.
    pub(crate) fn of(method: &Method, path: &str) -> Option<Self> {
        let below = |free: &&str| path.strip_prefix(*free).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        match *method {
            Method::OPTIONS => None,
            Method::GET | Method::HEAD if FREE.iter().any(below) => None,
            Method::GET | Method::HEAD => Some(Rule::Reads),
            Method::POST if path == "/agents/run-now" => Some(Rule::RunNow),
            _ => Some(Rule::Changes),
        }
    }

    fn label(self) -> &'static str {
        match self {
            Rule::Reads => "reads",
            Rule::Changes => "changes",
            Rule::RunNow => "run_now",
        }
    }
}

/// The budgets of all callers.
pub(crate) struct Limiter {
    limits: Limits,
    reads: Option<Budget>,
    changes: Option<Budget>,
    run_now: Option<Budget>,
}

impl Limiter {
    /// Full budgets by these limits.
    pub(crate) fn new(limits: &Limits) -> Self {
        Limiter {
            reads: limits.reads.map(Budget::new),
            changes: limits.changes.map(Budget::new),
            run_now: limits.run_now.map(Budget::new),
            limits: limits.clone(),
        }
    }

    /// Whether anything is limited.
    pub(crate) fn is_on(&self) -> bool {
        self.reads.is_some() || self.changes.is_some() || self.run_now.is_some()
    }

    fn budget(&self, rule: Rule) -> Option<&Budget> {
        match rule {
            Rule::Reads => self.reads.as_ref(),
            Rule::Changes => self.changes.as_ref(),
            Rule::RunNow => self.run_now.as_ref(),
        }
    }

    /// What is left to the caller of this request once it is answered; nothing where it is not limited.
    fn take(&self, request: &Request) -> Option<(Rule, Standing)> {
        let rule = Rule::of(request.method(), request.uri().path())?;
        let budget = self.budget(rule)?;
        let caller = caller(request.extensions(), request.headers(), &self.limits.proxies);
        Some((rule, budget.take(network(caller))))
    }
}

impl fmt::Debug for Limiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Limiter").field("limits", &self.limits).finish_non_exhaustive()
    }
}

type Callers = RateLimiter<IpAddr, HashMapStateStore<IpAddr>, DefaultClock, StateInformationMiddleware>;

/// One budget for each caller.
struct Budget {
    rate: Rate,
    callers: Callers,
    asked: AtomicU64,
}

impl Budget {
    fn new(rate: Rate) -> Self {
        let quota = Quota::with_period(rate.step()).expect("a step is never zero").allow_burst(rate.count());
        Budget { rate, callers: RateLimiter::hashmap(quota).with_middleware(), asked: AtomicU64::new(0) }
    }

    fn take(&self, caller: IpAddr) -> Standing {
        if self.asked.fetch_add(1, Ordering::Relaxed) % FORGET_EVERY == FORGET_EVERY - 1 {
            self.callers.retain_recent();
        }
        let (remaining, wait) = match self.callers.check_key(&caller) {
            Ok(state) => (state.remaining_burst_capacity(), None),
            Err(refusal) => (0, Some(refusal.wait_time_from(self.callers.clock().now()))),
        };
        let limit = self.rate.count().get();
        Standing { limit, remaining, full_in: self.rate.step() * limit.saturating_sub(remaining), wait }
    }
}

/// How a caller stands after a request.
#[derive(Debug, Clone, Copy)]
struct Standing {
    limit: u32,
    remaining: u32,
    full_in: Duration,
    /// How long to wait, where the request came too early.
    wait: Option<Duration>,
}

impl Standing {
    fn write(self, response: &mut Response, now: i64) {
        let reset = now.saturating_add(whole_seconds(self.full_in));
        let headers = response.headers_mut();
        headers.insert(LIMIT, HeaderValue::from(self.limit));
        headers.insert(REMAINING, HeaderValue::from(self.remaining));
        headers.insert(RESET, HeaderValue::from(reset));
    }
}

/// The layer.
#[derive(Clone)]
pub(crate) struct Limit(ApiState);

impl Limit {
    /// By the limits of the settings.
    pub(crate) fn new(state: ApiState) -> Self {
        Limit(state)
    }
}

impl<S> Layer<S> for Limit {
    type Service = Limited<S>;

    fn layer(&self, inner: S) -> Limited<S> {
        Limited { state: self.0.clone(), inner }
    }
}

/// What is limited.
#[derive(Clone)]
pub(crate) struct Limited<S> {
    state: ApiState,
    inner: S,
}

impl<S> Service<Request> for Limited<S>
where
    S: Service<Request, Error = Infallible>,
    S::Response: IntoResponse,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let Some((rule, standing)) = self.state.limiter().take(&request) else {
            let answering = self.inner.call(request);
            return Box::pin(async move { Ok(answering.await?.into_response()) });
        };
        let now = self.state.clock().now().as_secs();
        let answering = standing.wait.is_none().then(|| self.inner.call(request));
        Box::pin(async move {
            let mut response = match answering {
                Some(answering) => answering.await?.into_response(),
                None => {
                    counter!("rate_limited_requests_total", "rule" => rule.label()).increment(1);
                    ApiError::TooOften(standing.wait.unwrap_or_default()).into_response()
                }
            };
            standing.write(&mut response, now);
            Ok(response)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_has_its_rule() {
        for (method, path, rule) in [
            (Method::GET, "/v1/signals", Some(Rule::Reads)),
            (Method::HEAD, "/findings", Some(Rule::Reads)),
            (Method::GET, "/healthz", None),
            (Method::GET, "/healthzz", Some(Rule::Reads)),
            (Method::GET, "/page/app.js", None),
            (Method::GET, "/docs/swagger-ui.css", None),
            (Method::POST, "/health", Some(Rule::Changes)),
            (Method::POST, "/v1/trades", Some(Rule::Changes)),
            (Method::POST, "/agents/run-now", Some(Rule::RunNow)),
            (Method::GET, "/agents/run-now", Some(Rule::Reads)),
            (Method::OPTIONS, "/v1/signals", None),
        ] {
            assert_eq!(Rule::of(&method, path), rule, "{method} {path}");
        }
    }

    #[test]
    fn a_budget_is_taken_from_by_each_caller_alone() {
        let budget = Budget::new("3/hour".parse().expect("a rate"));
        let [one, other] = ["192.0.2.1", "192.0.2.2"].map(|text| text.parse().expect("an address"));
        let left: Vec<u32> = (0..4).map(|_| budget.take(one).remaining).collect();
        assert_eq!(left, [2, 1, 0, 0]);
        let refused = budget.take(one).wait.expect("too early");
        assert!((Duration::from_secs(1_190)..=Duration::from_secs(1_200)).contains(&refused), "{refused:?}");
        assert_eq!(budget.take(other).remaining, 2);
        assert_eq!(budget.take(other).full_in, Duration::from_secs(2_400));
    }

    #[test]
    fn callers_are_forgotten() {
        let budget = Budget::new("1000000/second".parse().expect("a rate"));
        for number in 0..u32::try_from(FORGET_EVERY * 3).expect("small") {
            budget.take(IpAddr::from(number.to_be_bytes()));
        }
        assert!(budget.callers.len() <= FORGET_EVERY as usize + 1, "{}", budget.callers.len());
    }
}
