//! Requests to one provider: a rate budget before, a breaker around, retries with growing pauses, and a bound on what
//! an answer may weigh. `Retry-After` stops all requests to the provider until then.

mod budget;
mod headers;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use reqwest::header::HeaderMap;
use reqwest::{Client, StatusCode};
use sconce_domain::ports::BreakerState;
use sconce_domain::time::SECOND;
use sconce_domain::{Clock, Nanos};

use super::breaker::Breaker;
use super::reach::Unreached;
use super::venue::ParseError;
pub(crate) use budget::Budget;

/// Requests of one call, the first included.
const ATTEMPTS: usize = 3;
/// A provider that asks for a longer pause than this is not waited for.
const LONGEST_WAIT: i64 = 20 * SECOND;
/// Largest body that is read, in bytes: a thousand trades weigh a tenth of it.
const MOST_BYTES: usize = 4 << 20;
/// What is quoted of a body that explains a failure.
const EXCERPT: usize = 200;

/// Why a call has no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RestError {
    /// Nobody answered.
    #[error("{reason} ({detail})")]
    Unreached {
        /// Why not.
        reason: Unreached,
        /// In the client's words.
        detail: String,
    },
    /// It answered with a failure.
    #[error("HTTP status {status}: {message}")]
    Status {
        /// The status.
        status: u16,
        /// The beginning of the body.
        message: String,
    },
    /// It asks for a pause.
    #[error("it asks for a pause until {0}")]
    RateLimited(Nanos),
    /// The breaker lets nothing through.
    #[error("it failed too often; the next try is at {0}")]
    BreakerOpen(Nanos),
    /// The body is larger than any answer should be.
    #[error("a body of more than {MOST_BYTES} bytes")]
    TooLarge,
    /// The body is not what was asked for.
    #[error("the answer is {0}")]
    Body(String),
}

impl From<ParseError> for RestError {
    fn from(error: ParseError) -> Self {
        RestError::Body(error.to_string())
    }
}

impl RestError {
    /// What an operator can do about it.
    pub(crate) fn advice(&self) -> &'static str {
        match self {
            RestError::Unreached { reason, .. } => reason.advice(),
            RestError::Status { status: 401 | 403, .. } => "check the key in the setting, and what its plan allows",
            RestError::Status { status: 404, .. } => "check the address and the instruments in the settings",
            RestError::Status { status: 451, .. } => "the provider does not serve this region; take another one",
            RestError::Status { status: 500.., .. } => "the provider has a problem of its own; try again later",
            RestError::RateLimited(_) => "ask less often: lower the budget in the settings, or use a key",
            RestError::BreakerOpen(_) => "wait; the host tries again by itself",
            _ => "check that the address in the setting is the provider's",
        }
    }

    /// Whether the provider cannot be asked at present, whatever the question.
    pub(crate) fn is_away(&self) -> bool {
        self.is_outage() || matches!(self, RestError::RateLimited(_) | RestError::BreakerOpen(_))
    }

    /// Whether the provider's health is in doubt, and another try may help.
    fn is_outage(&self) -> bool {
        matches!(self, RestError::Unreached { .. } | RestError::Status { status: 500.., .. })
    }
}

/// How requests are made.
#[derive(Debug, Clone)]
pub(crate) struct RestOptions {
    /// Without a slash at its end.
    pub(crate) base: String,
    /// For one request, from its start to the end of its body.
    pub(crate) timeout: Duration,
    /// Requests a minute, by their weight.
    pub(crate) per_minute: u32,
    /// Headers of every request.
    pub(crate) headers: HeaderMap,
}

/// Counts and state, for metrics and health.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct RestReading {
    pub(crate) breaker: BreakerState,
    pub(crate) answered: u64,
    pub(crate) failed: u64,
    /// Wall time of the newest answer.
    pub(crate) last_answer: Option<Nanos>,
    /// The provider's clock minus ours as its answers tell it, to the second.
    pub(crate) skew: Option<i64>,
}

#[derive(Debug, Default)]
struct State {
    breaker: Breaker,
    /// The provider asked to be left alone until then.
    paused_until: Option<Nanos>,
    reading: RestReading,
}

/// The client of one provider.
#[derive(Debug)]
pub(crate) struct Rest {
    client: Client,
    base: String,
    budget: Budget,
    state: Mutex<State>,
    clock: Arc<dyn Clock>,
}

impl Rest {
    pub(crate) fn new(options: RestOptions, clock: Arc<dyn Clock>) -> Result<Self, String> {
        let client = Client::builder()
            .user_agent(concat!("sconce/", env!("CARGO_PKG_VERSION")))
            .default_headers(options.headers)
            .timeout(options.timeout)
            .connect_timeout(options.timeout)
            .build()
            .map_err(|error| error.to_string())?;
        let base = options.base.trim_end_matches('/').to_owned();
        let budget = Budget::per_minute(options.per_minute);
        Ok(Rest { client, base, budget, state: Mutex::default(), clock })
    }

    /// Where it asks.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    pub(crate) fn read(&self) -> RestReading {
        let state = self.state();
        RestReading { breaker: state.breaker.state(self.clock.now()), ..state.reading }
    }

    /// What `parse` reads in the body behind a path with its query. `weight` is what the provider charges for it.
    pub(crate) async fn get<T>(
        &self,
        path: &str,
        weight: u32,
        parse: impl Fn(&[u8]) -> Result<T, ParseError>,
    ) -> Result<T, RestError> {
        self.get_within(LONGEST_WAIT, path, weight, parse).await
    }

    /// The same for somebody who has another provider to ask: one that asks for a pause is not waited for.
    pub(crate) async fn get_promptly<T>(
        &self,
        path: &str,
        weight: u32,
        parse: impl Fn(&[u8]) -> Result<T, ParseError>,
    ) -> Result<T, RestError> {
        self.get_within(0, path, weight, parse).await
    }

    async fn get_within<T>(
        &self,
        longest_wait: i64,
        path: &str,
        weight: u32,
        parse: impl Fn(&[u8]) -> Result<T, ParseError>,
    ) -> Result<T, RestError> {
        let pauses = ExponentialBuilder::default()
            .with_min_delay(Duration::from_millis(250))
            .with_max_delay(Duration::from_secs(5))
            .with_jitter()
            .with_max_times(ATTEMPTS - 1);
        let mut pauses = pauses.build();
        loop {
            let error = match self.once(path, weight, &parse).await {
                Ok(read) => return Ok(read),
                Err(error) => error,
            };
            let pause = match &error {
                RestError::RateLimited(until) if *until - self.clock.now() > longest_wait => None,
                RestError::RateLimited(until) => {
                    let asked = Duration::from_nanos(u64::try_from(*until - self.clock.now()).unwrap_or(0));
                    pauses.next().map(|pause| pause.max(asked))
                }
                outage if outage.is_outage() => pauses.next(),
                _ => None,
            };
            let Some(pause) = pause else { return Err(error) };
            tracing::debug!(base = self.base, path, %error, ?pause, "asking again");
            tokio::time::sleep(pause).await;
        }
    }

    async fn once<T>(
        &self,
        path: &str,
        weight: u32,
        parse: impl Fn(&[u8]) -> Result<T, ParseError>,
    ) -> Result<T, RestError> {
        self.budget.spend(weight).await;
        self.admit()?;
        let answer = self.ask(path).await.and_then(|body| parse(&body).map_err(RestError::from));
        self.note(&answer);
        answer
    }

    fn admit(&self) -> Result<(), RestError> {
        let now = self.clock.now();
        let mut state = self.state();
        if let Some(until) = state.paused_until.filter(|until| *until > now) {
            return Err(RestError::RateLimited(until));
        }
        state.breaker.admit(now).map_err(RestError::BreakerOpen)
    }

    async fn ask(&self, path: &str) -> Result<Vec<u8>, RestError> {
        let mut response = self.client.get(format!("{}{path}", self.base)).send().await.map_err(unreached)?;
        let (status, now) = (response.status(), self.clock.now());
        if let Some(theirs) = headers::answered_at(response.headers()) {
            self.state().reading.skew = Some(theirs - now);
        }
        if matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::IM_A_TEAPOT) {
            return Err(RestError::RateLimited(headers::retry_after(response.headers(), now)));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(unreached)? {
            if body.len() + chunk.len() > MOST_BYTES {
                return Err(RestError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        if status.is_success() {
            return Ok(body);
        }
        let message = String::from_utf8_lossy(&body).chars().filter(|c| !c.is_control()).take(EXCERPT).collect();
        Err(RestError::Status { status: status.as_u16(), message })
    }

    fn note<T>(&self, answer: &Result<T, RestError>) {
        let now = self.clock.now();
        let mut state = self.state();
        match answer {
            Ok(_) => {
                state.reading.answered += 1;
                state.reading.last_answer = Some(now);
                state.breaker.succeeded();
            }
            Err(error) => {
                state.reading.failed += 1;
                match error {
                    RestError::RateLimited(until) => state.paused_until = Some(*until),
                    error if error.is_outage() => state.breaker.failed(now),
                    // It answers; the question was wrong.
                    _ => state.breaker.succeeded(),
                }
            }
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn unreached(error: reqwest::Error) -> RestError {
    let error = error.without_url();
    let mut innermost: &dyn std::error::Error = &error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    RestError::Unreached { reason: Unreached::of(&error), detail: innermost.to_string() }
}
