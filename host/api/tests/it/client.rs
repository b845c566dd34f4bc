//! A caller of the API: sends a request to the router and keeps what came back.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use sconce_api::{ApiConfig, ApiState, Front, SymbolBook, router};
use sconce_domain::{Clock, Nanos};
use serde_json::Value;
use tower::ServiceExt;

use crate::fake::Fake;
use crate::world::{NOW, World};

/// A clock that tests move.
#[derive(Debug)]
pub(crate) struct TestClock(AtomicI64);

impl Clock for TestClock {
    fn now(&self) -> Nanos {
        Nanos(self.0.load(Ordering::SeqCst))
    }
}

/// The API over a fake service.
pub(crate) struct Api {
    pub(crate) service: Arc<Fake>,
    clock: Arc<TestClock>,
    router: Front,
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Api {
    /// The sample world with usual settings.
    pub(crate) fn new() -> Self {
        Self::with(World::sample(), ApiConfig::default())
    }

    /// This world with these settings.
    pub(crate) fn with(world: World, config: ApiConfig) -> Self {
        Self::pausing(world, ApiConfig { view_pause: Duration::ZERO, ..config })
    }

    /// The same with the pause between renderings that the settings name.
    pub(crate) fn pausing(world: World, config: ApiConfig) -> Self {
        let mut config = config;
        if config.agents.symbols == SymbolBook::default() {
            let instruments: Vec<_> = world.instruments.iter().map(|status| status.instrument.clone()).collect();
            config.agents.symbols = SymbolBook::of(&instruments);
        }
        let service = Arc::new(Fake::new(world));
        let clock = Arc::new(TestClock(AtomicI64::new(NOW.0)));
        let (shared, now): (Arc<Fake>, Arc<TestClock>) = (Arc::clone(&service), Arc::clone(&clock));
        let state = ApiState::new(config, shared, now, || "up 1\n".to_owned());
        Api { service, clock, router: router(&state) }
    }

    /// Lets the clock run.
    pub(crate) fn later(&self, nanos: i64) {
        self.clock.0.fetch_add(nanos, Ordering::SeqCst);
    }

    /// Sends any request.
    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.expect("the router never fails");
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.expect("a body in memory").to_vec();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    /// Asks for a path.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.get_with(path, &[]).await
    }

    /// Asks for a path with headers.
    pub(crate) async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.request(Method::GET, path, headers, Body::empty()).await
    }

    /// Posts a JSON text.
    pub(crate) async fn post(&self, path: &str, body: &str) -> Answer {
        self.post_with(path, body, &[("content-type", "application/json")]).await
    }

    /// Posts a text with headers.
    pub(crate) async fn post_with(&self, path: &str, body: &str, headers: &[(&str, &str)]) -> Answer {
        self.request(Method::POST, path, headers, Body::from(body.to_owned())).await
    }

    /// Sends a request.
    pub(crate) async fn request(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Body) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(body).expect("a well-formed request")).await
    }
}

impl Answer {
    /// The body as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// The body as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// A header as text; empty when absent.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("an ASCII header"))
    }
}
