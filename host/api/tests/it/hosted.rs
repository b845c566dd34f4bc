//! Hosted models of the fake, and the routes that change them.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sconce_api::{ApiConfig, OperatorToken};
use sconce_domain::error::Failure;
use sconce_domain::ports::models::HostedState;
use sconce_domain::ports::{
    Asker, Begun, BoxFuture, ModelChange, ModelLife, ModelPlace, ModelRecord, ModelStage, ModelTaken, ModelUpload,
    ModelVersion, ServiceResult,
};
use sconce_domain::time::DAY;
use sconce_domain::{Digest, ErrorKind, MarketKind, Timeframe};
use serde_json::{Value, json};

use crate::client::{Answer, Api};
use crate::door::{ask, begun};
use crate::fake::Fake;
use crate::world::{NOW, World};

/// A demo and a real model of one name, and one that lies idle.
pub(crate) fn models() -> Vec<ModelRecord> {
    let version = |text: &str, in_force: bool| ModelVersion {
        version: format!("sha256:{}", Digest::of(text.as_bytes())),
        digest: format!("sha256:{}", Digest::of(b"graph")),
        trained_at: NOW - 30 * DAY,
        uploaded: !in_force,
        kept_at: NOW - DAY,
        since: in_force.then_some(NOW - DAY),
        in_force,
        shadow: false,
        aliases: Vec::new(),
        trouble: None,
    };
    let model = |name: &str, market: MarketKind| ModelRecord {
        coin: "BTC".into(),
        name: name.into(),
        market,
        state: HostedState::Available,
        stage: ModelStage::Active,
        held: false,
        reason: None,
        note: None,
        backend: Some("onnxruntime 1.24.1".into()),
        trained_on: Some("closed-form numbers".into()),
        timeframe: Some(Timeframe::D1),
        horizons: vec![1, 7],
        versions: vec![version("first", true), version("second", false)],
    };
    let mut idle = model("mine", MarketKind::Demo);
    (idle.state, idle.stage) = (HostedState::Unavailable, ModelStage::Idle);
    (idle.reason, idle.backend) = (Some("no version of it is in force; promote one".into()), None);
    idle.versions = vec![version("mine", false)];
    vec![model("lstm", MarketKind::Demo), model("lstm", MarketKind::Real), idle]
}

fn find<'a>(world: &'a mut World, place: &ModelPlace) -> ServiceResult<&'a mut ModelRecord> {
    let market = place.market.unwrap_or(MarketKind::Demo);
    let same =
        |model: &&mut ModelRecord| model.coin == place.coin && model.name == place.name && model.market == market;
    world.hosted.iter_mut().find(same).ok_or_else(|| Failure::not_found("no such model"))
}

fn wanted<'a>(model: &'a mut ModelRecord, version: &str) -> ServiceResult<&'a mut ModelVersion> {
    let same = |one: &&mut ModelVersion| one.version == version || one.aliases.iter().any(|alias| alias == version);
    model.versions.iter_mut().find(same).ok_or_else(|| Failure::not_found("no such version"))
}

fn make(model: &mut ModelRecord, change: ModelChange) -> ServiceResult<()> {
    let retired = model.stage == ModelStage::Retired;
    if retired != (change == ModelChange::Restore) && !matches!(change, ModelChange::Alias { .. }) {
        return Err(Failure::new(ErrorKind::Conflict, "the model is retired, or is not"));
    }
    match change {
        ModelChange::Alias { alias, version } => {
            model.versions.iter_mut().for_each(|one| one.aliases.retain(|other| *other != alias));
            if let Some(version) = version {
                wanted(model, &version)?.aliases.push(alias);
            }
        }
        ModelChange::Shadow { version, on } => wanted(model, &version)?.shadow = on,
        ModelChange::Promote { version } => {
            let version = wanted(model, &version)?.version.clone();
            model.versions.iter_mut().for_each(|one| one.in_force = one.version == version);
            model.held = true;
        }
        ModelChange::RollBack if model.versions.len() < 2 => {
            return Err(Failure::new(ErrorKind::Conflict, "there is no earlier version to go back to"));
        }
        ModelChange::RollBack => model.versions.iter_mut().for_each(|one| one.in_force = !one.in_force),
        ModelChange::Retire => model.stage = ModelStage::Retired,
        ModelChange::Restore => model.stage = ModelStage::Active,
    }
    Ok(())
}

impl ModelLife for Fake {
    fn hosted_models(&self) -> BoxFuture<'_, ServiceResult<Vec<ModelRecord>>> {
        self.answer(|world| world.hosted.clone())
    }

    fn hosted_model(&self, place: ModelPlace) -> BoxFuture<'_, ServiceResult<ModelRecord>> {
        self.attempt(|world| find(world, &place).cloned())
    }

    fn upload_model(&self, upload: ModelUpload, by: Asker) -> Begun<ModelTaken> {
        let end = self.attempt(|world| {
            let entry: Value = serde_json::from_str(&upload.entry).expect("JSON");
            let name = entry["name"].as_str().unwrap_or_default().to_owned();
            if upload.graph != b"graph" {
                return Err(Failure::new(ErrorKind::Invalid, "no whole ONNX graph"));
            }
            world.note("upload_model", &name, by);
            let model = find(world, &ModelPlace { coin: upload.coin, name, market: None })?;
            let version = format!("sha256:{}", Digest::of(upload.entry.as_bytes()));
            let fresh = wanted(model, &version).is_err();
            if fresh {
                let one =
                    ModelVersion { version: version.clone(), in_force: upload.promote, ..model.versions[0].clone() };
                model.versions.push(one);
            }
            Ok(ModelTaken { version, fresh, model: model.clone() })
        });
        begun(self, "upload_model", end)
    }

    fn change_model(
        &self,
        place: ModelPlace,
        change: ModelChange,
        by: Asker,
    ) -> BoxFuture<'_, ServiceResult<ModelRecord>> {
        self.attempt(|world| {
            let action = change.action();
            let model = find(world, &place)?;
            make(model, change)?;
            let model = model.clone();
            world.note(action, &format!("{}/{}", place.coin, place.name), by);
            Ok(model)
        })
    }
}

const HERE: &str = "127.0.0.1";
const JSON: &str = "application/json";

async fn post(api: &Api, path: &str, body: &Value) -> Answer {
    ask(api, HERE, (Method::POST, path), JSON, &body.to_string(), "").await
}

fn brought() -> Value {
    json!({"coin": "BTC", "entry": {"name": "mine", "window": 60}, "graph": STANDARD.encode("graph"),
        "golden": STANDARD.encode("{}")})
}

#[tokio::test]
async fn models_are_listed_and_chosen() {
    let api = Api::new();
    let names = async |query: &str| {
        let answer = api.get(&format!("/host/v1/models{query}")).await;
        assert_eq!(answer.status, 200, "{query}: {}", answer.text());
        let body = answer.json();
        let items = body["items"].as_array().expect("a list").iter();
        items.map(|item| format!("{}/{}", item["name"], item["market"]).replace('"', "")).collect::<Vec<_>>()
    };
    assert_eq!(names("").await, ["lstm/demo", "lstm/real", "mine/demo"]);
    assert_eq!(names("?market=real").await, ["lstm/real"]);
    assert_eq!(names("?name=lstm&market=demo").await, ["lstm/demo"]);
    assert_eq!(names("?stage=idle").await, ["mine/demo"]);
    assert!(names("?coin=ETH").await.is_empty());
    for (path, status) in [
        ("/host/v1/models?market=moon", 422),
        ("/host/v1/models?stage=quarantined", 422),
        ("/host/v1/models/BTC/lstm?market=moon", 422),
        ("/host/v1/models/BTC/lstm?market=real", 200),
        ("/host/v1/models/BTC/oracle", 404),
        ("/host/v1/models/BTC/%FF", 422),
        ("/host/v1/models/..%2F/lstm", 404),
    ] {
        let answer = api.get(path).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.text());
    }
}

#[tokio::test]
async fn a_model_lives_its_life() {
    let api = Api::new();
    let second = models()[0].versions[1].version.clone();
    let change = async |what: &str, body: Value| {
        let answer = post(&api, &format!("/host/v1/models/BTC/lstm/{what}"), &body).await;
        assert_eq!(answer.status, 200, "{what}: {}", answer.text());
        answer.json()
    };
    let named = change("alias", json!({"alias": "next", "version": second})).await;
    assert_eq!(named["aliases"]["next"], second.as_str());
    let shadowed = change("shadow", json!({"version": "next"})).await;
    assert_eq!(shadowed["shadows"], json!([second]));
    assert_eq!(change("shadow", json!({"version": "next", "on": false})).await["shadows"], json!([]));
    let promoted = change("promote", json!({"version": "next"})).await;
    assert_eq!((&promoted["held"], &promoted["versions"][1]["in_force"]), (&json!(true), &json!(true)));
    assert_eq!(change("rollback", json!({})).await["versions"][0]["in_force"], true);
    assert_eq!(change("alias", json!({"alias": "next", "version": null})).await["aliases"], json!({}));
    assert_eq!(change("retire", json!({})).await["stage"], "retired");
    assert_eq!(post(&api, "/host/v1/models/BTC/lstm/retire", &json!({})).await.status, 409);
    assert_eq!(change("restore", json!({})).await["stage"], "active");
    let audit = api.get("/host/v1/audit?limit=3").await.json();
    let lines = audit["items"].as_array().expect("lines").iter();
    let said: Vec<_> = lines.map(|line| (line["action"].clone(), line["target"].clone())).collect();
    let line = |action: &str| (json!(action), json!("BTC/lstm"));
    assert_eq!(said, [line("restore_model"), line("retire_model"), line("alias_model")]);
}

#[tokio::test]
async fn changes_are_read_strictly() {
    let api = Api::new();
    for (what, body, status) in [
        ("BTC/lstm/alias", json!({}), 422),
        ("BTC/lstm/alias", json!({"alias": 1}), 422),
        ("BTC/lstm/alias", json!({"alias": "a", "version": "x".repeat(101)}), 422),
        ("BTC/lstm/shadow", json!({"on": true}), 422),
        ("BTC/lstm/shadow", json!({"version": "a", "on": "yes"}), 422),
        ("BTC/lstm/promote", json!({"version": " "}), 422),
        ("BTC/lstm/promote", json!([]), 422),
        ("BTC/lstm/promote", json!({"version": "nobody"}), 404),
        ("BTC/lstm/promote?market=moon", json!({"version": "nobody"}), 422),
        ("BTC/oracle/retire", json!({}), 404),
        ("BTC/mine/rollback", json!({}), 409),
        ("BTC/lstm/restore", json!({}), 409),
    ] {
        let answer = post(&api, &format!("/host/v1/models/{what}"), &body).await;
        assert_eq!(answer.status, status, "{what} {body}: {}", answer.text());
    }
}

#[tokio::test]
async fn a_model_is_brought_whole_or_not_at_all() {
    let api = Api::new();
    let with = |key: &str, value: Value| {
        let mut body = brought();
        body[key] = value;
        body
    };
    for (body, words) in [
        (json!([]), "invalid type"),
        (json!({}), "missing field"),
        (with("color", json!("red")), "unknown field `color`"),
        (with("entry", json!("text")), "invalid type"),
        (with("graph", json!("***")), "must be base64"),
        (with("golden", json!("===")), "must be base64"),
        (with("promote", json!("yes")), "invalid type"),
        (with("graph", json!(STANDARD.encode("garbage"))), "no whole ONNX graph"),
    ] {
        let answer = post(&api, "/host/v1/models", &body).await;
        assert_eq!(answer.status, 422, "{body}: {}", answer.text());
        assert!(answer.text().contains(words), "{words}: {}", answer.text());
    }
    let first = post(&api, "/host/v1/models", &brought()).await;
    assert_eq!(first.status, 201, "{}", first.text());
    let body = first.json();
    assert_eq!(body["model"]["versions"][1]["version"], body["version"]);
    assert_eq!(post(&api, "/host/v1/models", &brought()).await.status, 200);
    let large = format!("{{\"graph\":\"{}\"}}", "A".repeat(17 << 20));
    let answer = ask(&api, HERE, (Method::POST, "/host/v1/models"), JSON, &large, "").await;
    assert_eq!(answer.status, 413);
}

#[tokio::test]
async fn only_this_machine_or_the_token_changes_models() {
    let open = Api::new();
    let token = OperatorToken::new("sesame").expect("a token");
    let closed = Api::with(World::sample(), ApiConfig { operator_token: Some(token), ..ApiConfig::default() });
    let changes = ["alias", "shadow", "promote", "rollback", "retire", "restore"];
    let paths = changes.map(|change| format!("/host/v1/models/BTC/lstm/{change}"));
    for path in paths.iter().map(String::as_str).chain(["/host/v1/models"]) {
        let at = || (Method::POST, path);
        assert_eq!(ask(&open, "192.0.2.1", at(), JSON, "{}", "").await.status, 403, "{path}");
        assert_eq!(ask(&closed, HERE, at(), JSON, "{}", "").await.status, 401, "{path}");
        assert_eq!(ask(&closed, HERE, at(), JSON, "{}", "wrong").await.status, 403, "{path}");
        let admitted = ask(&closed, "192.0.2.1", at(), JSON, "{}", "sesame").await.status;
        assert!(![401, 403].contains(&admitted.as_u16()), "{path}: {admitted}");
    }
    let form = ask(&open, HERE, (Method::POST, "/host/v1/models"), "text/plain", "{}", "").await;
    assert_eq!(form.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let page =
        Request::builder().method(Method::POST).uri("/host/v1/models/BTC/lstm/retire").header("content-type", JSON);
    let page = page.header("origin", "https://elsewhere.example").body(Body::from("{}")).expect("a request");
    assert_eq!(open.send(page).await.status, 403);
}
