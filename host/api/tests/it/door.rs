//! The operators' door of the fake, and who may go through it.

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Method, Request};
use futures::FutureExt;
use sconce_api::{ApiConfig, Limits, OperatorToken, Proxies};
use sconce_domain::error::Failure;
use sconce_domain::ports::{
    Asker, Begun, BoxFuture, ChangeStatus, DeploymentStatus, InForce, Operations, PluginStatus, Preflight,
    PreflightRule, Revision, Rollout, ServiceResult, Step, Tried, Uploaded,
};
use sconce_domain::time::SECOND;
use sconce_domain::{DeploymentId, DeploymentSpec, Digest, ErrorKind, Stage};
use serde_json::{Value, json};

use crate::client::{Answer, Api};
use crate::fake::{Fake, Mood};
use crate::world::{NOW, World};

fn refused(reason: &str) -> Failure {
    Failure::not_found(reason.to_owned())
}

fn found<'a>(world: &'a mut World, id: &DeploymentId) -> ServiceResult<&'a mut DeploymentStatus> {
    world.deployments.iter_mut().find(|status| status.spec.id == *id).ok_or_else(|| refused("no such deployment"))
}

fn tried(world: &World, spec: &DeploymentSpec) -> Preflight {
    let one = Tried {
        instrument: Some(world.instruments[0].instrument.id()),
        rows: 3,
        said: 2,
        abstained: 1,
        faults: 0,
        first_fault: None,
        present_faults: 1,
        fuel: Some(400),
        present_fuel: Some(300),
        pairs: 2,
        alike: 1,
        first_difference: Some((NOW, "a (long)".to_owned(), format!("{} (neutral)", spec.plugin))),
    };
    Preflight { instruments: vec![one], missing: Vec::new(), skipped: None }
}

/// A change that is made at once, unless the fake hangs.
pub(crate) fn begun<T: Send + 'static>(
    fake: &Fake,
    action: &'static str,
    end: BoxFuture<'_, ServiceResult<T>>,
) -> Begun<T> {
    let end = end.now_or_never();
    let change = fake.world(|world| {
        let id = 1 + world.changes.len() as u64;
        let step = if end.is_some() { Step::Made } else { Step::Compiling };
        let (target, preflight, refused) = ("something".to_owned(), None, None);
        let change = ChangeStatus { id, action, target, step, asked_at: NOW, step_at: NOW, preflight, refused };
        world.changes.insert(0, change);
        id
    });
    let end: BoxFuture<'static, ServiceResult<T>> = match end {
        Some(end) => Box::pin(std::future::ready(end)),
        None => Box::pin(std::future::pending()),
    };
    Begun { change, end }
}

impl Fake {
    /// Begins a change of which something is known.
    pub(crate) fn begin_one(&self) {
        drop(begun(self, "deploy", self.attempt(|_| Ok(()))));
        let spec = self.world(|world| world.deployments[0].spec.clone());
        self.world(|world| world.changes[0].preflight = Some(tried(&world.clone(), &spec)));
    }
}

impl Operations for Fake {
    fn upload(&self, bytes: Vec<u8>, signature: Option<String>, by: Asker) -> Begun<Uploaded> {
        let end = self.attempt(|world| {
            let digest = Digest::of(&bytes);
            if signature.is_some_and(|signature| signature != "good") {
                return Err(Failure::new(ErrorKind::Forbidden, "not signed"));
            }
            let known =
                world.plugins.iter().find_map(|status| status.plugin.clone().filter(|one| one.digest == digest));
            if let Some(plugin) = known {
                return Ok(Uploaded { plugin, fresh: false });
            }
            world.note("upload_plugin", &digest.to_string(), by);
            let model = world.plugins.iter().find_map(|status| status.plugin.clone()).expect("a plugin");
            let plugin = sconce_domain::ports::LoadedPlugin { digest, size: bytes.len() as u64, ..model };
            let (name, checked_at) = (digest.to_string(), NOW);
            world.plugins.push(PluginStatus { name, plugin: Some(plugin.clone()), error: None, checked_at });
            Ok(Uploaded { plugin, fresh: true })
        });
        begun(self, "upload_plugin", end)
    }

    fn remove(&self, plugin: Digest, by: Asker) -> BoxFuture<'_, ServiceResult<()>> {
        self.attempt(|world| {
            let place = world.plugins.iter().position(|status| status.name == plugin.to_string());
            world.plugins.remove(place.ok_or_else(|| refused("no such plugin"))?);
            world.note("remove_plugin", &plugin.to_string(), by);
            Ok(())
        })
    }

    fn preflight(&self, spec: DeploymentSpec) -> BoxFuture<'_, ServiceResult<Preflight>> {
        self.answer(|world| tried(world, &spec))
    }

    fn deploy(&self, spec: DeploymentSpec, how: Rollout, by: Asker) -> Begun<InForce> {
        let end = self.attempt(|world| {
            let model = world.deployments.first().expect("a deployment").clone();
            world.note("deploy", spec.id.as_str(), by);
            let probation = how.probation.map(|seconds| NOW + i64::from(seconds) * SECOND);
            let status = DeploymentStatus { stage: spec.stage, spec, probation, ..model };
            world.deployments.retain(|other| other.spec.id != status.spec.id);
            world.deployments.push(status.clone());
            let preflight = (how.preflight != PreflightRule::Skip).then(|| tried(world, &status.spec));
            Ok(InForce { status, preflight })
        });
        begun(self, "deploy", end)
    }

    fn changes(&self) -> Vec<ChangeStatus> {
        self.world(|world| world.changes.clone())
    }

    fn retire<'a>(&'a self, id: &'a DeploymentId, by: Asker) -> BoxFuture<'a, ServiceResult<()>> {
        self.attempt(|world| {
            found(world, id)?;
            world.deployments.retain(|other| other.spec.id != *id);
            world.note("retire", id.as_str(), by);
            Ok(())
        })
    }

    fn promote<'a>(
        &'a self,
        id: &'a DeploymentId,
        probation: Option<u32>,
        by: Asker,
    ) -> BoxFuture<'a, ServiceResult<DeploymentStatus>> {
        self.attempt(|world| {
            let status = found(world, id)?;
            status.stage = Stage::Active;
            status.probation = probation.map(|seconds| NOW + i64::from(seconds) * SECOND);
            let status = status.clone();
            world.note("promote", id.as_str(), by);
            Ok(status)
        })
    }

    fn roll_back<'a>(
        &'a self,
        id: &'a DeploymentId,
        to: Option<u32>,
        by: Asker,
    ) -> BoxFuture<'a, ServiceResult<DeploymentStatus>> {
        self.attempt(|world| {
            let status = found(world, id)?.clone();
            if to.is_some_and(|to| to > 1) {
                return Err(refused("no such revision"));
            }
            world.note("roll_back", id.as_str(), by);
            Ok(status)
        })
    }

    fn release<'a>(&'a self, id: &'a DeploymentId, by: Asker) -> BoxFuture<'a, ServiceResult<DeploymentStatus>> {
        self.attempt(|world| {
            let status = found(world, id)?.clone();
            world.note("release", id.as_str(), by);
            Ok(status)
        })
    }

    fn revisions<'a>(&'a self, id: &'a DeploymentId) -> BoxFuture<'a, ServiceResult<Vec<Revision>>> {
        self.attempt(|world| {
            let status = found(world, id)?;
            let (spec, plugin) = (status.spec.clone(), status.plugin);
            Ok(vec![Revision { revision: 1, spec, plugin, since: status.since, recorded_at: NOW }])
        })
    }
}

/// Asks for a change from an address.
pub(crate) async fn ask(
    api: &Api,
    from: &str,
    (method, path): (Method, &str),
    kind: &str,
    body: &str,
    token: &str,
) -> Answer {
    let mut request = Request::builder().method(method).uri(path).header("content-type", kind);
    if !token.is_empty() {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let mut request = request.body(Body::from(body.to_owned())).expect("a request");
    let peer: std::net::SocketAddr = format!("{from}:4711").parse().expect("an address");
    request.extensions_mut().insert(ConnectInfo(peer));
    api.send(request).await
}

const HERE: &str = "127.0.0.1";
const THERE: &str = "192.0.2.1";
const JSON: &str = "application/json";
const WASM: &str = "application/wasm";

fn spec() -> Value {
    json!({"plugin": "zones", "instruments": ["BTC"], "timeframes": ["15m"], "config": {"min": 2}})
}

#[tokio::test]
async fn only_this_machine_or_the_token_changes_what_runs() {
    let open = Api::new();
    let token = OperatorToken::new("sesame").expect("a token");
    let closed = Api::with(World::sample(), ApiConfig { operator_token: Some(token), ..ApiConfig::default() });
    let changes = [
        (Method::PUT, "/host/v1/deployments/new", JSON, spec().to_string()),
        (Method::PATCH, "/host/v1/deployments/new", JSON, json!({"stage": "paused"}).to_string()),
        (Method::POST, "/host/v1/deployments/zones-1d/preflight", JSON, spec().to_string()),
        (Method::POST, "/host/v1/deployments/zones-1d/promote", JSON, String::new()),
        (Method::POST, "/host/v1/deployments/zones-1d/rollback", JSON, String::new()),
        (Method::POST, "/host/v1/deployments/zones-1d/release", JSON, String::new()),
        (Method::POST, "/host/v1/plugins", WASM, "bytes".to_owned()),
        (Method::POST, "/host/v1/deployments/zones-1d/retire", JSON, String::new()),
    ];
    for (method, path, kind, body) in changes {
        let asked = (method, path);
        let status = async |api: &Api, from: &str, token: &str| {
            ask(api, from, asked.clone(), kind, &body, token).await.status.as_u16()
        };
        assert_eq!(status(&open, THERE, "").await, 403, "{path}");
        assert!((200..=204).contains(&status(&open, HERE, "").await), "{path}");
        assert_eq!(status(&closed, HERE, "").await, 401, "{path}");
        assert_eq!(status(&closed, HERE, "simsalabim").await, 403, "{path}");
        assert!((200..=204).contains(&status(&closed, THERE, "sesame").await), "{path}");
    }
    // Without a connection nothing is known of the caller.
    assert_eq!(open.post("/host/v1/deployments/pump-5m/retire", "").await.status, 403);
}

#[tokio::test]
async fn a_proxy_on_this_machine_does_not_lend_its_address() {
    let proxies = Proxies::parse("127.0.0.1").expect("a list");
    let limits = Limits { proxies, ..Limits::default() };
    let api = Api::with(World::sample(), ApiConfig { limits, ..ApiConfig::default() });
    for (forwarded, status) in [("192.0.2.1", 403), ("127.0.0.1", 204)] {
        let mut request = Request::builder()
            .method(Method::POST)
            .uri("/host/v1/deployments/zones-1d/retire")
            .header("x-forwarded-for", forwarded)
            .body(Body::empty())
            .expect("a request");
        let peer: std::net::SocketAddr = "127.0.0.1:4711".parse().expect("an address");
        request.extensions_mut().insert(ConnectInfo(peer));
        assert_eq!(api.send(request).await.status, status, "{forwarded}");
    }
}

#[tokio::test]
async fn no_page_of_another_site_acts_through_a_browser_here() {
    for (name, value, status) in [
        ("origin", "https://evil.example", 403),
        ("origin", "null", 403),
        ("host", "evil.example:8000", 403),
        ("host", "127.0.0.1.evil.example", 403),
        ("origin", "http://localhost:3000", 204),
        ("host", "[::1]:8000", 204),
        ("host", "127.0.0.1:8000", 204),
    ] {
        let mut request = Request::builder()
            .method(Method::POST)
            .uri("/host/v1/deployments/zones-1d/retire")
            .header(name, value)
            .body(Body::empty())
            .expect("a request");
        let peer: std::net::SocketAddr = "127.0.0.1:4711".parse().expect("an address");
        request.extensions_mut().insert(ConnectInfo(peer));
        assert_eq!(Api::new().send(request).await.status, status, "{name}: {value}");
    }
}

#[tokio::test]
async fn an_upload_is_bounded_typed_and_made_once() {
    let api = Api::with(World::sample(), ApiConfig { upload_limit: 100, ..ApiConfig::default() });
    let upload =
        async |kind: &str, body: &str| ask(&api, HERE, (Method::POST, "/host/v1/plugins"), kind, body, "").await;
    assert_eq!(upload(JSON, "{}").await.status, 415);
    assert_eq!(upload(WASM, &"x".repeat(101)).await.status, 413);
    let first = upload(WASM, "component").await;
    assert_eq!(first.status, 201, "{}", first.text());
    let digest = first.json()["plugin"]["digest"].as_str().expect("a digest").to_owned();
    assert_eq!(upload("application/octet-stream", "component").await.status, 200);
    assert_eq!(api.get(&format!("/host/v1/plugins/{digest}")).await.json()["name"], digest.as_str());
    let path = format!("/host/v1/plugins/{digest}");
    let remove = async || ask(&api, HERE, (Method::DELETE, &path), JSON, "", "").await.status.as_u16();
    assert_eq!([remove().await, remove().await], [204, 404]);
    let audit = api.get("/host/v1/audit").await.json();
    let actions: Vec<&str> =
        audit["items"].as_array().expect("lines").iter().filter_map(|line| line["action"].as_str()).collect();
    assert_eq!(actions[..2], ["remove_plugin", "upload_plugin"]);
    assert_eq!(audit["items"][0]["actor"], "loopback");
}

#[tokio::test]
async fn what_shall_run_is_read_strictly() {
    let api = Api::new();
    let put = async |id: &str, body: Value| {
        let path = format!("/host/v1/deployments/{id}");
        ask(&api, HERE, (Method::PUT, &path), JSON, &body.to_string(), "").await
    };
    let with = |key: &str, value: Value| {
        let mut body = spec();
        body[key] = value;
        body
    };
    for (id, body, named) in [
        ("new", with("color", json!("red")), "unknown field `color`"),
        ("new", with("limits", json!([1, 2])), "invalid type: sequence"),
        ("new", json!({"plugin": "zones"}), "missing field `instruments`"),
        ("new", with("timeframes", json!(["7m"])), "7m"),
        ("new", with("stage", json!("quarantined")), "unknown variant `quarantined`"),
        ("new", with("every_seconds", json!(-1)), "-1"),
        ("a%20b", spec(), "id"),
    ] {
        let answer = put(id, body).await;
        assert_eq!(answer.status, 422, "{id}: {}", answer.text());
        assert!(answer.text().contains(named), "{named}: {}", answer.text());
    }
    let answer = put("new", with("stage", json!("shadow"))).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let body = answer.json();
    assert_eq!((&body["id"], &body["stage"], &body["config"]["min"]), (&json!("new"), &json!("shadow"), &json!(2)));
    let listed = api.get("/host/v1/deployments/new/revisions").await.json();
    assert_eq!(listed["items"][0]["revision"], 1);
}

#[tokio::test]
async fn a_change_that_takes_long_is_told_of() {
    let api = Api::new();
    let made = ask(&api, HERE, (Method::PUT, "/host/v1/deployments/new"), JSON, &spec().to_string(), "").await;
    let made = made.json();
    assert_eq!((&made["id"], &made["preflight"]["instruments"][0]["present_faults"]), (&json!("new"), &json!(1)));
    assert_eq!(api.get("/host/v1/changes/1").await.json()["step"], "made");
    let path = "/host/v1/deployments/new?preflight=skip&probation_seconds=60";
    let made = ask(&api, HERE, (Method::PUT, path), JSON, &spec().to_string(), "").await.json();
    assert!(made["preflight"].is_null() && made["probation_until"].is_string(), "{made}");

    api.service.mood(Mood::Hangs);
    let mut request = Request::builder()
        .method(Method::POST)
        .uri("/host/v1/plugins")
        .header("content-type", WASM)
        .header("prefer", "respond-async")
        .body(Body::from("component"))
        .expect("a request");
    request.extensions_mut().insert(ConnectInfo("127.0.0.1:4711".parse::<std::net::SocketAddr>().expect("an address")));
    let answer = api.send(request).await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (202, "/host/v1/changes/3"));
    assert_eq!(answer.header("preference-applied"), "respond-async");
    api.service.mood(Mood::Fine);
    let change = api.get("/host/v1/changes/3").await.json();
    assert_eq!(
        (&change["action"], &change["step"], &change["ended"]),
        (&json!("upload_plugin"), &json!("compiling"), &json!(false))
    );
    let all = api.get("/host/v1/changes").await.json();
    assert_eq!(all["items"].as_array().map(Vec::len), Some(3));
    for missing in ["4", "x", "-1", "99999999999999999999"] {
        assert_eq!(api.get(&format!("/host/v1/changes/{missing}")).await.status, 404, "{missing}");
    }
}

#[tokio::test]
async fn what_is_asked_of_a_rollout_is_read_strictly() {
    let api = Api::new();
    let put = "/host/v1/deployments/new";
    let promote = "/host/v1/deployments/zones-next/promote";
    for (method, path, query, status) in [
        (Method::PUT, put, "preflight=report", 200),
        (Method::PUT, put, "preflight=maybe", 422),
        (Method::PUT, put, "probation_seconds=2592001", 422),
        (Method::PUT, put, "probation_seconds=-1", 422),
        (Method::POST, promote, "min_agreement=1.1", 422),
        (Method::POST, promote, "min_agreement=NaN", 422),
        (Method::POST, promote, "max_score_drift=inf", 422),
        (Method::POST, promote, "max_score_drift=-1", 422),
        (Method::POST, promote, "min_pairs=1000000", 409),
        (Method::POST, promote, "max_faults=1000&probation_seconds=0", 200),
    ] {
        let body = if method == Method::PUT { spec().to_string() } else { String::new() };
        let answer = ask(&api, HERE, (method, &format!("{path}?{query}")), JSON, &body, "").await;
        assert_eq!(answer.status, status, "{query}: {}", answer.text());
    }
}

#[tokio::test]
async fn parts_of_a_deployment_are_changed() {
    let api = Api::new();
    let patch = async |id: &str, kind: &str, body: Value| {
        ask(&api, HERE, (Method::PATCH, &format!("/host/v1/deployments/{id}")), kind, &body.to_string(), "").await
    };
    let merge = "application/merge-patch+json";
    let changed = patch("zones-1d", merge, json!({"stage": "paused", "instruments": ["BTC"]})).await;
    assert_eq!((changed.status.as_u16(), &changed.json()["stage"]), (200, &json!("paused")));
    assert_eq!(patch("zones-1d", JSON, json!({"color": "red"})).await.status, 422);
    assert_eq!(patch("zones-1d", JSON, json!([])).await.status, 422);
    assert_eq!(patch("zones-1d", "text/plain", json!({})).await.status, 415);
    assert_eq!(patch("nobody", merge, json!({})).await.status, 404);
}
