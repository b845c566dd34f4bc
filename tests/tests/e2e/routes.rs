//! Every documented route has a row here: an ask that succeeds, one that fails, and whether it asks for a token. A route
//! without a row, and a row without a route, fail.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Reply, Server, Setup, another, finite, shaped, text};
use crate::models::{Version, tree};

/// Media type and body.
type Told = fn() -> (&'static str, Vec<u8>);

/// One route. `{deployment}`, `{output}` and `{uploaded}` stand for something that exists. Rows are asked in order: what one
/// puts there another may use.
struct Route {
    /// Method and path as documented.
    documented: (&'static str, &'static str),
    /// Path that succeeds.
    good: &'static str,
    /// Media type and body that succeed, for a change.
    body: Option<Told>,
    /// Method, path and status that fail.
    bad: (&'static str, &'static str, u16),
}

const fn get(path: &'static str, good: &'static str, bad: (&'static str, &'static str, u16)) -> Route {
    Route { documented: ("get", path), good, body: None, bad }
}

const fn post(path: &'static str, good: &'static str, body: Told, bad: (&'static str, &'static str, u16)) -> Route {
    change("post", path, good, body, bad)
}

const fn change(
    method: &'static str,
    path: &'static str,
    good: &'static str,
    body: Told,
    bad: (&'static str, &'static str, u16),
) -> Route {
    Route { documented: (method, path), good, body: Some(body), bad }
}

const ROUTES: [Route; 63] = [
    get("/", "/", ("PUT", "/", 405)),
    get("/version", "/version", ("PUT", "/version", 405)),
    get("/health", "/health", ("PUT", "/health", 405)),
    get("/healthz", "/healthz", ("PUT", "/healthz", 405)),
    get("/health/detailed", "/health/detailed", ("PUT", "/health/detailed", 405)),
    get("/ready", "/ready", ("PUT", "/ready", 405)),
    get("/metrics", "/metrics", ("PUT", "/metrics", 405)),
    get("/openapi.json", "/openapi.json", ("PUT", "/openapi.json", 405)),
    get("/db-health", "/db-health", ("PUT", "/db-health", 405)),
    get("/agents", "/agents", ("PUT", "/agents", 405)),
    post(
        "/agents/run-now",
        "/agents/run-now?names=trend_score,nobody&symbol=BTC-USD&insert=true",
        nothing,
        ("POST", "/agents/run-now?symbol=NOTHING-USD", 400),
    ),
    get("/findings", "/findings?symbol=BTC-USD&limit=3", ("GET", "/findings?limit=501", 422)),
    get("/signals", "/signals?symbol=BTC-USD", ("GET", "/signals?symbol=NOTHING-USD", 400)),
    get("/signals_tf", "/signals_tf?symbol=bitcoin", ("GET", "/signals_tf?symbol=NOTHING-USD", 400)),
    get("/debug/state", "/debug/state", ("GET", "/debug/state?symbol=%3Cscript%3E", 400)),
    get("/debug/features", "/debug/features?symbol=ETH", ("GET", "/debug/features?symbol=%00", 400)),
    get("/export-csv", "/export-csv?limit=5", ("GET", "/export-csv?from=soon", 422)),
    get("/api/forecasts", "/api/forecasts?ids=bitcoin,SOL&days=3", ("GET", "/api/forecasts?model=prophet", 422)),
    get("/api/forecasts/models", "/api/forecasts/models", ("PUT", "/api/forecasts/models", 405)),
    get("/api/forecasts/performance", "/api/forecasts/performance", ("PUT", "/api/forecasts/performance", 405)),
    get("/v1/signals", "/v1/signals", ("PUT", "/v1/signals", 405)),
    get("/v1/summary", "/v1/summary", ("PUT", "/v1/summary", 405)),
    get("/v1/strategies", "/v1/strategies", ("PUT", "/v1/strategies", 405)),
    get("/v1/strategies/{id}", "/v1/strategies/{deployment}", ("GET", "/v1/strategies/nobody", 404)),
    get(
        "/v1/strategies/{id}/logs",
        "/v1/strategies/{deployment}/logs?limit=2",
        ("GET", "/v1/strategies/{deployment}/logs?limit=x", 422),
    ),
    post(
        "/v1/strategies/{id}/logs",
        "/v1/strategies/{deployment}/logs",
        line,
        ("POST", "/v1/strategies/{deployment}/logs", 422),
    ),
    post("/v1/trades", "/v1/trades", observation, ("POST", "/v1/trades", 422)),
    get("/host/v1/plugins", "/host/v1/plugins", ("PUT", "/host/v1/plugins", 405)),
    post("/host/v1/plugins", "/host/v1/plugins", component, ("POST", "/host/v1/plugins", 415)),
    get("/host/v1/changes", "/host/v1/changes", ("PUT", "/host/v1/changes", 405)),
    get("/host/v1/changes/{id}", "/host/v1/changes/1", ("GET", "/host/v1/changes/0", 404)),
    get("/host/v1/plugins/{id}", "/host/v1/plugins/{uploaded}", ("GET", "/host/v1/plugins/nothing", 404)),
    change(
        "put",
        "/host/v1/deployments/{id}",
        "/host/v1/deployments/route",
        deployment,
        ("PUT", "/host/v1/deployments/route", 422),
    ),
    change(
        "patch",
        "/host/v1/deployments/{id}",
        "/host/v1/deployments/route",
        nothing,
        ("PATCH", "/host/v1/deployments/route", 422),
    ),
    get(
        "/host/v1/deployments/{id}/logs",
        "/host/v1/deployments/route/logs?limit=2",
        ("GET", "/host/v1/deployments/route/logs?limit=1001", 422),
    ),
    post(
        "/host/v1/deployments/{id}/preflight",
        "/host/v1/deployments/route/preflight",
        deployment,
        ("POST", "/host/v1/deployments/route/preflight", 422),
    ),
    get(
        "/host/v1/deployments/{id}/comparison",
        "/host/v1/deployments/route/comparison",
        ("GET", "/host/v1/deployments/zones-1d/comparison", 409),
    ),
    post(
        "/host/v1/deployments/{id}/promote",
        "/host/v1/deployments/route/promote",
        nothing,
        ("POST", "/host/v1/deployments/zones-1d/promote", 409),
    ),
    post(
        "/host/v1/deployments/{id}/release",
        "/host/v1/deployments/zones-1d/release",
        nothing,
        ("POST", "/host/v1/deployments/nobody/release", 404),
    ),
    get(
        "/host/v1/deployments/{id}/revisions",
        "/host/v1/deployments/zones-1d/revisions",
        ("GET", "/host/v1/deployments/nobody/revisions", 404),
    ),
    post(
        "/host/v1/deployments/{id}/rollback",
        "/host/v1/deployments/zones-1d/rollback?revision=1",
        nothing,
        ("POST", "/host/v1/deployments/zones-1d/rollback?revision=x", 422),
    ),
    post(
        "/host/v1/deployments/{id}/retire",
        "/host/v1/deployments/macro-watcher/retire",
        nothing,
        ("POST", "/host/v1/deployments/nobody/retire", 404),
    ),
    change(
        "delete",
        "/host/v1/plugins/{id}",
        "/host/v1/plugins/{uploaded}",
        nothing,
        ("DELETE", "/host/v1/plugins/zones", 404),
    ),
    get(
        "/host/v1/scores",
        "/host/v1/scores?group_by=instrument,horizon",
        ("GET", "/host/v1/scores?producer=nobody", 404),
    ),
    get("/host/v1/deployments", "/host/v1/deployments", ("PUT", "/host/v1/deployments", 405)),
    get("/host/v1/deployments/{id}", "/host/v1/deployments/{deployment}", ("GET", "/host/v1/deployments/nobody", 404)),
    get(
        "/host/v1/bars",
        "/host/v1/bars?instrument=BTC&timeframe=1h&limit=3",
        ("GET", "/host/v1/bars?instrument=BTC&timeframe=7m", 422),
    ),
    get("/host/v1/bars/policy", "/host/v1/bars/policy", ("PUT", "/host/v1/bars/policy", 405)),
    get("/host/v1/columns", "/host/v1/columns", ("PUT", "/host/v1/columns", 405)),
    get("/host/v1/outputs", "/host/v1/outputs?limit=2", ("GET", "/host/v1/outputs?limit=-1", 422)),
    get(
        "/host/v1/outputs/{id}",
        "/host/v1/outputs/{output}",
        ("GET", "/host/v1/outputs/00000000000000000000000000000000", 404),
    ),
    get("/host/v1/models", "/host/v1/models?coin=BTC&stage=active", ("GET", "/host/v1/models?stage=late", 422)),
    post("/host/v1/models", "/host/v1/models", model, ("POST", "/host/v1/models", 422)),
    get(
        "/host/v1/models/{coin}/{name}",
        "/host/v1/models/BTC/dlinear?market=demo",
        ("GET", "/host/v1/models/BTC/oracle", 404),
    ),
    post(
        "/host/v1/models/{coin}/{name}/alias",
        "/host/v1/models/BTC/dlinear/alias",
        alias,
        ("POST", "/host/v1/models/BTC/dlinear/alias", 422),
    ),
    post(
        "/host/v1/models/{coin}/{name}/shadow",
        "/host/v1/models/BTC/dlinear/shadow",
        model_version,
        ("POST", "/host/v1/models/BTC/dlinear/shadow", 422),
    ),
    post(
        "/host/v1/models/{coin}/{name}/promote",
        "/host/v1/models/BTC/dlinear/promote",
        model_version,
        ("POST", "/host/v1/models/BTC/dlinear/promote", 422),
    ),
    post(
        "/host/v1/models/{coin}/{name}/rollback",
        "/host/v1/models/BTC/dlinear/rollback",
        nothing,
        ("POST", "/host/v1/models/BTC/lstm/rollback", 409),
    ),
    post(
        "/host/v1/models/{coin}/{name}/retire",
        "/host/v1/models/BTC/dlinear/retire",
        nothing,
        ("POST", "/host/v1/models/BTC/dlinear/retire", 409),
    ),
    post(
        "/host/v1/models/{coin}/{name}/restore",
        "/host/v1/models/BTC/dlinear/restore",
        nothing,
        ("POST", "/host/v1/models/BTC/dlinear/restore", 409),
    ),
    get("/host/v1/audit", "/host/v1/audit?limit=2", ("GET", "/host/v1/audit?cursor=x", 422)),
    get("/host/v1/feeds", "/host/v1/feeds", ("PUT", "/host/v1/feeds", 405)),
    get("/host/v1/instruments", "/host/v1/instruments", ("PUT", "/host/v1/instruments", 405)),
];

/// A body of JSON.
fn told(body: &Value) -> (&'static str, Vec<u8>) {
    ("application/json", body.to_string().into_bytes())
}

fn nothing() -> (&'static str, Vec<u8>) {
    told(&json!({}))
}

fn line() -> (&'static str, Vec<u8>) {
    told(&json!({"event": "evaluation"}))
}

fn observation() -> (&'static str, Vec<u8>) {
    told(&json!({"strategyId": "s", "name": "S", "market": "BTC", "action": "OBSERVATION", "price": 1.5}))
}

fn component() -> (&'static str, Vec<u8>) {
    ("application/wasm", another("zones", "route"))
}

fn deployment() -> (&'static str, Vec<u8>) {
    told(&json!({"plugin": "zones", "instruments": ["BTC"], "timeframes": ["1d"], "stage": "shadow",
        "shadow_of": "zones-1d"}))
}

/// Another version of a shipped model.
fn model() -> (&'static str, Vec<u8>) {
    told(&Version::of("models/artifacts", "BTC", "dlinear", "demo").called("another").told())
}

fn alias() -> (&'static str, Vec<u8>) {
    told(&json!({"alias": "again", "version": "route"}))
}

fn model_version() -> (&'static str, Vec<u8>) {
    told(&json!({"version": "route"}))
}

/// A host that has said something, with what the placeholders stand for.
struct Running {
    server: Server,
    output: String,
}

impl Running {
    /// With a version of a model that is called `route`, brought with these headers.
    fn start(setup: Setup, headers: &[(&str, &str)]) -> Self {
        let setup = setup.env("SCONCE_MODELS", &tree().join("models/artifacts").to_string_lossy());
        let server = setup.start();
        Version::of("models/artifacts", "BTC", "dlinear", "demo").called("a route").bring_as(&server, "route", headers);
        let outputs = server.get_until("/host/v1/outputs?limit=1", |body| first_output(body).is_some());
        let output = first_output(&outputs).expect("just seen");
        Running { server, output }
    }

    fn path(&self, path: &str) -> String {
        let path = path.replace("{deployment}", "zones-1d").replace("{output}", &self.output);
        if path.contains("{uploaded}") { path.replace("{uploaded}", &self.uploaded()) } else { path }
    }

    /// Digest of the plugin that was brought.
    fn uploaded(&self) -> String {
        let plugins = self.server.get("/host/v1/plugins").json(200);
        let mut names = plugins["items"].as_array().expect("plugins").iter().map(|item| text(item, "name").to_owned());
        names.rfind(|name| name.len() == 64).unwrap_or_default()
    }

    fn good(&self, route: &Route, headers: &[(&str, &str)]) -> Reply {
        let path = self.path(route.good);
        match route.body {
            Some(body) => {
                let method = route.documented.0.to_uppercase().parse().expect("a method");
                let (kind, body) = body();
                self.server.change(method, &path, &[&[("content-type", kind)], headers].concat(), body)
            }
            None => self.server.request(Method::GET, &path, headers),
        }
    }
}

/// The id of the first output in a list, whatever the list is called.
fn first_output(body: &Value) -> Option<String> {
    let list = body.as_object()?.values().find_map(Value::as_array)?;
    Some(list.first()?["id"].as_str()?.to_owned())
}

#[test]
fn every_documented_route_has_a_row() {
    let api = Server::demo().get("/openapi.json").json(200);
    let mut documented = BTreeSet::new();
    for (path, operations) in api["paths"].as_object().expect("paths") {
        documented
            .extend(operations.as_object().expect("operations").keys().map(|method| (method.clone(), path.clone())));
    }
    let rows = ROUTES.iter().map(|route| (route.documented.0.to_owned(), route.documented.1.to_owned()));
    assert_eq!(documented, rows.collect());
}

#[test]
fn every_route_succeeds_and_fails_as_documented() {
    let running = Running::start(Setup::demo(), &[]);
    for route in &ROUTES {
        let reply = running.good(route, &[]);
        assert!((200..300).contains(&reply.status), "{}: {} {}", reply.asked, reply.status, reply.body);
        if !reply.body.is_empty() && reply.header("content-type").starts_with("application/json") {
            assert!(finite(&reply.json(reply.status)), "{}: {}", reply.asked, reply.body);
        }
        let (method, path, status) = route.bad;
        let method: Method = method.parse().expect("a method");
        let reply = running.server.request(method, &running.path(path), &[("content-type", "application/json")]);
        shaped(&reply.json(status), &["detail"]);
    }
}

#[test]
fn only_changes_ask_for_the_token() {
    let running = Running::start(Setup::demo().env("OPERATOR_TOKEN", "sesame"), &[("authorization", "Bearer sesame")]);
    for route in &ROUTES {
        let bare = running.good(route, &[]);
        let wrong = running.good(route, &[("authorization", "Bearer sesam")]);
        let right = running.good(route, &[("authorization", "Bearer sesame")]);
        assert!((200..300).contains(&right.status), "{}: {}", right.asked, right.status);
        let expected = if route.body.is_some() { (401, 403) } else { (right.status, right.status) };
        assert_eq!((bare.status, wrong.status), expected, "{}", bare.asked);
        assert!(!format!("{}{}", bare.body, wrong.body).contains("sesame"), "the token is not told");
    }
}
