//! Forecasts on the built host: who answers, from what, what happens to a model that changes or breaks, and that no number
//! stands anywhere without a source.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::{Server, Setup, finite, generated_trades, run, shared, until};

const HOSTED: [&str; 5] = ["dlinear", "tcn", "lstm", "transformer", "lightgbm"];

fn shipped() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/artifacts")
}

/// Where `cargo xtask onnxruntime` has put its library; a host that is not told finds none, for it has no home.
#[expect(clippy::print_stdout, reason = "a skip is told on standard output, where the runner counts it")]
pub(crate) fn library(test: &str) -> Option<String> {
    let variable = |name: &str| std::env::var_os(name).map(PathBuf::from);
    let cache = variable("XDG_CACHE_HOME").or_else(|| Some(variable("HOME")?.join(".cache")));
    let folder = cache.map(|cache| cache.join("sconce/onnxruntime")).filter(|folder| folder.is_dir());
    if folder.is_none() {
        println!("SKIP {test}: no library of ONNX Runtime; `cargo xtask onnxruntime` fetches it");
    }
    Some(folder?.to_string_lossy().into_owned())
}

fn demo(models: &Path) -> Setup {
    Setup::demo().env("SCONCE_MODELS", &models.to_string_lossy()).env("FORECAST_AT_CLOSE", "naive")
}

/// The forecast of an asset, once there is one.
#[track_caller]
fn forecast(server: &Server, id: &str, model: &str) -> Value {
    let path = format!("/api/forecasts?ids={id}&model={model}&days=30");
    let answer = server.get_until(&path, |answer| answer["forecasts"][id].is_object());
    assert!(finite(&answer), "{answer}");
    answer["forecasts"][id].clone()
}

fn prices(forecast: &Value) -> Vec<f64> {
    let steps = forecast["forecasts"].as_array().expect("a list");
    steps.iter().map(|step| step["predicted_price"].as_f64().expect("a price")).collect()
}

#[test]
fn each_model_answers_on_the_demo_market_and_says_what_it_is() {
    let Some(library) = library("forecasts::each_model_answers") else { return };
    let server = demo(&shipped()).env("SCONCE_ONNXRUNTIME", &library).start();
    for model in HOSTED.into_iter().chain(["ml_ensemble"]) {
        let told = forecast(&server, "bitcoin", model);
        assert_eq!((&told["model"], &told["requested_model"]), (&json!(model), &json!(model)), "{told}");
        assert_eq!((&told["using_ml"], &told["status"]), (&json!(true), &json!("ok")), "{told}");
        assert_eq!(prices(&told).len(), 30);
        assert_eq!(told["model_info"]["market"], "demo");
        assert!(told["model_info"]["backend"].as_str().is_some_and(|who| who.starts_with("onnxruntime ")), "{told}");
        assert!(told["model_info"]["trained_on"].as_str().is_some_and(|what| what.contains("demo")), "{told}");
        assert!(told["interval_kind"].as_str().is_some_and(|kind| kind.ends_with("residual_quantiles")), "{told}");
        assert_eq!(told["in_sample"], false);
        assert_eq!(told["members"].as_array().map(Vec::len), Some(if model == "ml_ensemble" { 5 } else { 0 }));
    }
    for model in ["baseline", "naive", "seasonal_naive", "ses", "theta", "ets", "mstl", "arima", "ensemble"] {
        let told = forecast(&server, "ethereum", model);
        assert_eq!(
            (&told["using_ml"], &told["status"], &told["model_info"]),
            (&json!(false), &json!("ok"), &Value::Null)
        );
        assert!(prices(&told).iter().all(|price| *price > 0.0), "{told}");
    }
    let naive = forecast(&server, "ethereum", "naive");
    assert!(prices(&naive).iter().all(|price| (price - naive["close"].as_f64().expect("a close")).abs() < 1e-6));
    let list = server.get("/api/forecasts/models").json(200);
    assert_eq!((&list["ml_available"], &list["market"]), (&json!(true), &json!("demo")));
    // Models that were trained on a real market are shown, and do not answer on this one.
    let coins = |model: &Value| model["coins"].as_array().expect("a list").len();
    let lstm = list["models"].as_array().expect("a list").iter().find(|one| one["name"] == "lstm").expect("listed");
    assert_eq!((coins(lstm), &lstm["status"]), (6, &json!("available")));
}

#[test]
fn without_the_library_the_fallback_answers_and_says_so() {
    let server = demo(&shipped()).start();
    let lstm = forecast(&server, "bitcoin", "lstm");
    assert!(lstm["model_info"]["backend"].as_str().is_some_and(|who| who.starts_with("rten ")), "{lstm}");
    // Trees are not among what the fallback runs: a forecaster stands in, by name and with the reason.
    let trees = forecast(&server, "bitcoin", "lightgbm");
    assert_eq!((&trees["model"], &trees["requested_model"]), (&json!("arima"), &json!("lightgbm")));
    assert_eq!((&trees["using_ml"], &trees["status"]), (&json!(false), &json!("fallback")));
    assert!(trees["note"].as_str().is_some_and(|note| note.contains("`lightgbm`")), "{trees}");
    let health = server.get("/health/detailed").json(200);
    assert_eq!(health["components"]["models"]["status"], "degraded", "{health}");
}

/// A folder with one model of BTC on the demo market, which can be exchanged for another one.
struct Folder {
    root: TempDir,
    entries: [Value; 2],
}

impl Folder {
    fn new() -> Self {
        let root = TempDir::new().expect("a temporary folder");
        let text = std::fs::read_to_string(shipped().join("manifest.json")).expect("it is shipped");
        let manifest: Value = serde_json::from_str(&text).expect("JSON");
        let entry = |name: &str| {
            let all = manifest["models"]["BTC"].as_array().expect("a list").iter();
            let mut own = all.filter(|entry| entry["name"] == name && entry["market"] == "demo");
            let mut entry = own.next().expect("it is shipped").clone();
            for place in ["/file", "/golden/file"] {
                let file = entry.pointer_mut(place).expect("every entry has it");
                let from = shipped().join(file.as_str().expect("a path"));
                let plain = format!("{name}-{}", from.file_name().expect("a name").to_string_lossy());
                std::fs::copy(&from, root.path().join(&plain)).expect("copied");
                *file = plain.into();
            }
            entry["name"] = "mine".into();
            entry
        };
        let entries = ["dlinear", "tcn"].map(entry);
        let folder = Folder { root, entries };
        folder.put(0);
        folder
    }

    /// Puts one of the two into the manifest, whole or not at all.
    fn put(&self, which: usize) {
        let manifest = json!({ "format": 1, "models": { "BTC": [self.entries[which]] } });
        let aside = self.root.path().join("aside.json");
        std::fs::write(&aside, manifest.to_string()).expect("written");
        std::fs::rename(&aside, self.root.path().join("manifest.json")).expect("renamed");
    }

    fn digest(&self, which: usize) -> &Value {
        &self.entries[which]["digest"]
    }

    fn graph(&self, which: usize) -> PathBuf {
        self.root.path().join(self.entries[which]["file"].as_str().expect("a path"))
    }
}

#[test]
fn a_changed_model_answers_the_next_request_and_a_broken_one_leaves_the_old_in_force() {
    let folder = Folder::new();
    let server = demo(folder.root.path()).start();
    assert_eq!(&forecast(&server, "bitcoin", "mine")["model_info"]["digest"], folder.digest(0));
    folder.put(1);
    assert_eq!(&forecast(&server, "bitcoin", "mine")["model_info"]["digest"], folder.digest(1));
    for broken in [&b"no graph"[..], b""] {
        std::fs::write(folder.graph(0), broken).expect("written");
        folder.put(0);
        let told = forecast(&server, "bitcoin", "mine");
        assert_eq!((&told["model_info"]["digest"], &told["status"]), (folder.digest(1), &json!("ok")), "{told}");
        let list = server.get("/api/forecasts/models").json(200);
        let mine = list["models"].as_array().expect("a list").iter().find(|one| one["name"] == "mine").expect("listed");
        assert_eq!((&mine["coins"][0]["state"], &mine["status"]), (&json!("outdated"), &json!("available")));
        assert!(mine["coins"][0]["reason"].as_str().is_some_and(|why| why.contains("manifest says")), "{mine}");
        let models = server.get("/health/detailed").json(200)["components"]["models"].clone();
        assert_eq!(models["status"], "degraded");
        assert!(models["message"].as_str().is_some_and(|why| why.contains("BTC/mine")), "{models}");
    }
    std::fs::write(folder.root.path().join("manifest.json"), "{").expect("written");
    assert_eq!(&forecast(&server, "bitcoin", "mine")["model_info"]["digest"], folder.digest(1));
    let complaints = server.get("/api/forecasts/models").json(200)["complaints"].clone();
    assert_eq!(complaints.as_array().map(Vec::len), Some(1), "{complaints}");
}

#[test]
fn nobody_who_asks_notices_a_hundred_swaps() {
    let folder = Folder::new();
    let server = demo(folder.root.path()).start();
    forecast(&server, "bitcoin", "mine");
    let (over, mut seen) = (AtomicBool::new(false), [0_u32; 2]);
    thread::scope(|scope| {
        let asking = scope.spawn(|| {
            let mut seen = [0_u32; 2];
            while !over.load(Ordering::SeqCst) {
                let told =
                    server.get("/api/forecasts?ids=bitcoin&model=mine").json(200)["forecasts"]["bitcoin"].clone();
                assert_eq!((&told["model"], &told["status"]), (&json!("mine"), &json!("ok")), "{told}");
                let which = (0..2).find(|which| *folder.digest(*which) == told["model_info"]["digest"]);
                seen[which.expect("one of the two")] += 1;
            }
            seen
        });
        for swap in 1..=100 {
            folder.put(swap % 2);
            let wanted = folder.digest(swap % 2);
            let in_force = || {
                let told = server.get("/api/forecasts?ids=bitcoin&model=mine&days=1").json(200);
                (told["forecasts"]["bitcoin"]["model_info"]["digest"] == *wanted).then_some(())
            };
            until("the model that was put there", in_force, || server.logs());
        }
        over.store(true, Ordering::SeqCst);
        seen = asking.join().expect("no request failed");
    });
    assert!(seen.iter().all(|count| *count > 0), "{seen:?}");
}

#[test]
fn a_feature_table_stands_in_where_there_are_no_bars() {
    let Some(shared) = shared("forecasts::a_feature_table_stands_in") else { return };
    let folder = TempDir::new().expect("a temporary folder");
    let tables = folder.path().join("tables");
    std::fs::create_dir(&tables).expect("a folder");
    let text = |path: PathBuf| path.to_string_lossy().into_owned();
    let (data, names) = (shared.join("market-data/btcusd_1d_2017-2021.csv"), "preprocessing/BTC/feature_names.json");
    let exported = run(&[
        "export",
        "features",
        "--data",
        &text(data),
        "--instrument",
        "BTC-USD@coinbase",
        "--model-features",
        &text(shipped().join(names)),
        "--out",
        &text(tables.join("BTC.parquet")),
    ]);
    assert!(exported.status.success(), "{}", String::from_utf8_lossy(&exported.stderr));
    let feed = format!("replay:{}", generated_trades(folder.path(), 400).display());
    let server = Setup::feed(&feed, &["--instrument", "BTC-USD@coinbase", "--speed", "max"])
        .env("SCONCE_MODELS", &text(shipped()))
        .env("SCONCE_FEATURE_TABLES", &text(tables))
        .start();
    for model in ["dlinear", "ml_ensemble"] {
        let told = forecast(&server, "BTC", model);
        assert_eq!((&told["model"], &told["status"]), (&json!(model), &json!("ok")), "{told}");
        assert_eq!((&told["model_info"]["market"], &told["using_ml"]), (&json!("real"), &json!(true)));
        assert!(told["note"].as_str().is_some_and(|note| note.contains("feature table")), "{told}");
        assert!(told["as_of"].as_str().is_some_and(|at| at.starts_with("2021-")), "{told}");
    }
    let arima = forecast(&server, "BTC", "arima");
    assert_eq!(arima["historical_data"].as_array().map(Vec::len), Some(30));
}

/// Daily bars with a wave and a drift, and a deployment that reads what a forecaster says.
fn daily(folder: &Path, days: u32) -> Setup {
    let mut text = String::from("timestamp,open,high,low,close,volume\n");
    let close = |day: u32| 100.0 + f64::from(day) / 4.0 + f64::from(day * 7 % 11);
    for day in 1..=days {
        let (open, close) = (close(day - 1), close(day));
        let (high, low) = (open.max(close) + 1.0, open.min(close) - 1.0);
        let at = 1_577_836_800_000_u64 + u64::from(day) * 86_400_000;
        writeln!(text, "{at},{open},{high},{low},{close},{}", 1_000 + day).expect("a String takes text");
    }
    let [bars, deployments] = ["bars.csv", "deployments.toml"].map(|name| folder.join(name));
    std::fs::write(&bars, text).expect("written");
    let deployment = "[[deployment]]\nid = \"follows\"\nplugin = \"ml-forecast\"\ninstruments = [\"*\"]\n\
        timeframes = [\"1d\"]\nconfig = { model = \"drift\", horizon = 1, buy_bps = 1, sell_bps = 1 }\n";
    std::fs::write(&deployments, deployment).expect("written");
    let flags = ["--instrument", "BTC-USD@coinbase", "--speed", "max", "--deployments"];
    let deployments = deployments.to_string_lossy();
    let flags: Vec<&str> = flags.into_iter().chain([&*deployments]).collect();
    Setup::feed(&format!("replay:{}", bars.display()), &flags).env("FORECAST_AT_CLOSE", "naive,drift")
}

/// What was said, by id, with the digests of its bytes.
fn said(server: &Server) -> BTreeMap<String, Value> {
    server.get_until("/host/v1/feeds", |feeds| feeds["items"][0]["state"] == "exhausted");
    server.get_until("/health", |health| health["store"]["lag"] == 0);
    let page = server.get("/host/v1/outputs?deployment=follows&limit=1000").json(200);
    let ids = page["items"].as_array().expect("a list").iter().map(|item| item["id"].as_str().expect("an id"));
    ids.map(|id| (id.to_owned(), server.get(&format!("/host/v1/outputs/{id}")).json(200))).collect()
}

#[test]
fn what_is_said_at_a_close_is_a_fact_that_rows_show_and_that_is_judged() {
    let folder = TempDir::new().expect("a temporary folder");
    let setup = daily(folder.path(), 80);
    let server = setup.start();
    let first = said(&server);
    assert!(first.len() > 10, "only {} outputs", first.len());
    for output in first.values() {
        assert_eq!(output["provenance"]["models"].as_array().map(Vec::len), Some(1), "{output}");
    }
    let told = |model: &str| server.get("/api/forecasts/performance").json(200)["performance_metrics"][model].clone();
    let naive =
        until("forecasts that matured", || Some(told("naive")).filter(|naive| naive["n"] != 0), || server.logs());
    assert!(naive["mape"].as_f64().is_some_and(|mape| mape > 0.0 && mape < 20.0), "{naive}");
    let horizons: BTreeSet<String> =
        naive["parts"].as_array().expect("a list").iter().map(|part| part["horizon_days"].to_string()).collect();
    assert!(horizons.contains("1.0"), "{horizons:?}");
    assert_eq!(told("arima")["n"], 0, "nobody asked it");
    let cards = server.get("/host/v1/scores?producer=drift").json(200);
    assert!(cards["items"].as_array().is_some_and(|cards| !cards.is_empty()), "{cards}");
    assert!(server.terminate().success());
    // Whoever makes it again asks no model; whoever runs it again gets the same bytes.
    let data = setup.data().to_string_lossy().into_owned();
    let verified = run(&["verify", "--json", "--data-dir", &data, "--ledger", "--from-raw"]);
    let result: Value = serde_json::from_slice(&verified.stdout).expect("JSON");
    assert_eq!(result["equal"], first.len(), "{result}");
    let again = said(&daily(folder.path(), 80).start());
    let digests = |all: &BTreeMap<String, Value>| -> BTreeMap<String, Value> {
        all.iter().map(|(id, output)| (id.clone(), output["canonical_digest"].clone())).collect()
    };
    assert_eq!(digests(&first), digests(&again));
}

/// Numbers that count or repeat the question, and so need no source.
const COUNTS: [&str; 12] = [
    "n",
    "total_assets",
    "requested_assets",
    "forecast_horizon",
    "cache_ttl",
    "total",
    "healthy",
    "degraded",
    "unhealthy",
    "hosted",
    "available",
    "response_time_ms",
];

/// Every number in an answer with the name of its field.
fn numbers(value: &Value, name: &str, found: &mut Vec<String>) {
    match value {
        Value::Number(_) if !COUNTS.contains(&name) => found.push(name.to_owned()),
        Value::Array(all) => all.iter().for_each(|one| numbers(one, name, found)),
        Value::Object(all) => all.iter().for_each(|(name, one)| numbers(one, name, found)),
        _ => {}
    }
}

#[test]
fn a_host_without_models_history_and_network_invents_no_number() {
    let folder = TempDir::new().expect("a temporary folder");
    let file = generated_trades(folder.path(), 2_000);
    let feed = format!("replay:{}", file.display());
    let flags = ["--instrument", "XRP-ETH", "--speed", "max"];
    let server = Setup::feed(&feed, &flags).env("SCONCE_MODELS", &folder.path().join("none").to_string_lossy()).start();
    server.get_until("/host/v1/feeds", |feeds| feeds["items"][0]["state"] == "exhausted");
    for model in HOSTED.into_iter().chain(["ml_ensemble", "baseline", "arima", "naive", "ensemble"]) {
        let answer = server.get(&format!("/api/forecasts?ids=XRP-ETH,bitcoin&model={model}")).json(200);
        assert_eq!(answer["forecasts"], json!({}), "{model}");
        assert_eq!(answer["metadata"]["skipped_assets"].as_array().map(Vec::len), Some(2), "{model}: {answer}");
        let mut found = Vec::new();
        numbers(&answer, "", &mut found);
        assert_eq!(found, Vec::<String>::new(), "{model}: {answer}");
    }
    for path in ["/api/forecasts/models", "/api/forecasts/performance"] {
        let answer = server.get(path).json(200);
        let mut found = Vec::new();
        numbers(&answer, "", &mut found);
        assert_eq!(found, Vec::<String>::new(), "{path}: {answer}");
    }
    let health = server.get("/health/detailed").json(200);
    let mut found = Vec::new();
    numbers(&health["components"]["models"], "", &mut found);
    assert_eq!(found, Vec::<String>::new(), "{health}");
}
