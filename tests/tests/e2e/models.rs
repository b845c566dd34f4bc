//! Hosted models while the host runs: versions come by HTTP and by the folder, are compared, put into force, taken back and retired,
//! and all of that outlives a restart. What takes too much to load takes nobody with it.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::forecasts::library;
use crate::harness::{Reply, Server, Setup, run_with, text};

const JSON: [(&str, &str); 1] = [("content-type", "application/json")];
const MODEL: &str = "/host/v1/models/BTC/dlinear";

pub(crate) fn tree() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn sha256(bytes: &[u8]) -> String {
    let digits: Vec<String> = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{}", digits.concat())
}

/// A version of a model with its files, as its author has it.
pub(crate) struct Version {
    coin: &'static str,
    entry: Value,
    graph: Vec<u8>,
    golden: Vec<u8>,
}

impl Version {
    /// A model of a folder of this tree.
    pub(crate) fn of(folder: &str, coin: &'static str, name: &str, market: &str) -> Self {
        let folder = tree().join(folder);
        let read = |name: &str| std::fs::read(folder.join(name)).expect("a file of the tree");
        let manifest: Value = serde_json::from_slice(&read("manifest.json")).expect("a manifest");
        let entries = manifest["models"][coin].as_array().expect("a coin").iter();
        let mut own = entries.filter(|entry| entry["name"] == name && entry["market"] == market);
        let entry = own.next().expect("the model").clone();
        let (graph, golden) = (read(text(&entry, "file")), read(text(&entry["golden"], "file")));
        Version { coin, entry, graph, golden }
    }

    /// The same model, told from others by what is said of it.
    pub(crate) fn called(&self, words: &str) -> Self {
        let mut entry = self.entry.clone();
        entry["trained_on"] = words.into();
        Version { coin: self.coin, entry, graph: self.graph.clone(), golden: self.golden.clone() }
    }

    /// The body that brings it.
    pub(crate) fn told(&self) -> Value {
        let (graph, golden) = (STANDARD.encode(&self.graph), STANDARD.encode(&self.golden));
        json!({"coin": self.coin, "entry": self.entry, "graph": graph, "golden": golden})
    }

    fn bring(&self, server: &Server) -> Reply {
        server.change(Method::POST, "/host/v1/models", &JSON, self.told().to_string().into_bytes())
    }

    /// Brings it and gives it a name.
    pub(crate) fn bring_as(&self, server: &Server, alias: &str, headers: &[(&str, &str)]) {
        let ask = |path: &str, body: &Value| {
            server.change(Method::POST, path, &[&JSON, headers].concat(), body.to_string().into_bytes())
        };
        let taken = ask("/host/v1/models", &self.told()).json(201);
        let path = format!("/host/v1/models/{}/{}/alias", self.coin, text(&self.entry, "name"));
        ask(&path, &json!({"alias": alias, "version": taken["version"]})).json(200);
    }

    /// A folder that holds this version and nothing else.
    fn lay(&self, folder: &Path) {
        let mut entry = self.entry.clone();
        (entry["file"], entry["golden"]["file"]) = ("graph.onnx".into(), "golden.json".into());
        std::fs::write(folder.join("graph.onnx"), &self.graph).expect("written");
        std::fs::write(folder.join("golden.json"), &self.golden).expect("written");
        let manifest = json!({"format": 1, "models": {self.coin: [entry]}});
        std::fs::write(folder.join("aside"), manifest.to_string()).expect("written");
        std::fs::rename(folder.join("aside"), folder.join("manifest.json")).expect("renamed");
    }
}

fn ask(server: &Server, what: &str, body: &Value) -> Reply {
    server.change(Method::POST, &format!("{MODEL}/{what}"), &JSON, body.to_string().into_bytes())
}

/// The digest of the version in force.
fn in_force(model: &Value) -> Option<String> {
    let mut versions = model["versions"].as_array().expect("versions").iter();
    versions.find(|version| version["in_force"] == true).map(|version| text(version, "version").to_owned())
}

/// What the audit holds of the newest changes, newest first.
fn newest_actions(server: &Server, count: usize) -> Vec<String> {
    let audit = server.get(&format!("/host/v1/audit?limit={count}")).json(200);
    audit["items"].as_array().expect("lines").iter().map(|line| text(line, "action").to_owned()).collect()
}

fn of_folder(folder: &Path) -> Setup {
    Setup::feed("demo", &["--demo-speed", "60"]).env("SCONCE_MODELS", folder.to_str().expect("a path"))
}

#[test]
fn a_model_lives_as_a_plugin_does() {
    let folder = tempfile::tempdir().expect("a folder");
    let shipped = Version::of("models/artifacts", "BTC", "dlinear", "demo");
    shipped.lay(folder.path());
    let setup = of_folder(folder.path());
    let server = setup.start();
    let first = server.get_until(MODEL, |body| body["stage"] == "active");
    let first = in_force(&first).expect("the folder's is in force");

    // Brought, compared, put into force.
    let mine = shipped.called("what I did on Sunday");
    let taken = mine.bring(&server).json(201);
    let second = text(&taken, "version").to_owned();
    assert_eq!(in_force(&taken["model"]), Some(first.clone()), "it answers nobody yet");
    mine.bring(&server).json(200);
    let digits = &second["sha256:".len()..][..12];
    let shadowed = ask(&server, "shadow", &json!({"version": digits})).json(200);
    assert_eq!(shadowed["shadows"], json!([second]));
    ask(&server, "alias", &json!({"alias": "sunday", "version": digits})).json(200);
    let promoted = ask(&server, "promote", &json!({"version": "sunday"})).json(200);
    assert_eq!((in_force(&promoted), &promoted["shadows"]), (Some(second.clone()), &json!([])));

    // The folder brings a third, which is kept and not in force.
    shipped.called("what came later").lay(folder.path());
    let held = server.get_until(MODEL, |body| body["versions"].as_array().is_some_and(|all| all.len() == 3));
    assert_eq!(in_force(&held), Some(second.clone()));
    assert!(text(&held, "note").ends_with("which is not in force"), "{held}");

    // All of it is there after a restart.
    assert!(server.terminate().success());
    let server = setup.start();
    let again = server.get_until(MODEL, |body| body["stage"] == "active");
    for key in ["versions", "aliases", "held", "note"] {
        assert_eq!(again[key], held[key], "{key}");
    }

    // Back, and out.
    assert_eq!(in_force(&ask(&server, "rollback", &json!({})).json(200)), Some(first));
    let followed = ask(&server, "promote", &json!({"version": "folder"})).json(200);
    assert_eq!((&followed["held"], &followed["trained_on"]), (&json!(false), &json!("what came later")));
    assert_eq!(ask(&server, "retire", &json!({})).json(200)["state"], "unavailable");
    let refused = ask(&server, "promote", &json!({"version": "sunday"})).json(409);
    assert_eq!(refused["detail"], "the model is retired; restore it first");
    assert_eq!(ask(&server, "restore", &json!({})).json(200)["stage"], "active");

    let expected = ["restore", "retire", "promote", "roll_back", "promote", "alias", "shadow", "upload"];
    assert_eq!(newest_actions(&server, expected.len()), expected.map(|what| format!("{what}_model")));
    assert!(server.terminate().success());
}

#[test]
fn a_folder_is_published_to_a_host() {
    let (served, mine) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let shipped = Version::of("models/artifacts", "BTC", "dlinear", "demo");
    shipped.lay(served.path());
    shipped.called("what I did on Monday").lay(mine.path());
    let server = of_folder(served.path()).env("OPERATOR_TOKEN", "sesame").start();
    let first = in_force(&server.get_until(MODEL, |body| body["stage"] == "active")).expect("the folder's");
    let (folder, host) = (mine.path().to_string_lossy().into_owned(), server.url(""));
    let publish = |args: &[&str], token: &str| {
        let args = [&["models", "publish", &folder, "--host", &host], args].concat();
        let output = run_with(&args, &[("OPERATOR_TOKEN", token)]);
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        (output.status.success(), text(output.stdout) + &text(output.stderr))
    };
    for (args, token, good, words) in [
        (&["--coin", "BTC"][..], "simsalabim", false, "set OPERATOR_TOKEN"),
        (&["--coin", "ETH"], "sesame", false, "names no such model; it has BTC dlinear (demo)"),
        (&["--market", "real"], "sesame", false, "names no such model"),
        (&["--promote", "--shadow"], "sesame", false, "cannot be used with"),
        (
            &["--coin", "btc", "--name", "dlinear", "--alias", "monday", "--shadow"],
            "sesame",
            true,
            "called monday, asked for",
        ),
    ] {
        let (went_well, said) = publish(args, token);
        assert!(went_well == good && said.contains(words), "{args:?}: {said}");
    }
    let model = server.get(MODEL).json(200);
    assert_eq!(in_force(&model), Some(first.clone()));
    let monday = model["aliases"]["monday"].clone();
    assert_eq!(model["shadows"], json!([monday]));
    let (good, said) = publish(&["--promote"], "sesame");
    assert!(
        good && said.contains(&format!("is there: {}, in force", &monday.as_str().expect("a digest")[7..19])),
        "{said}"
    );
    assert_eq!(in_force(&server.get(MODEL).json(200)).map(Value::from), Some(monday));

    // What the host refuses is told in its own words.
    let mut torn = shipped.called("what I did on Tuesday");
    torn.graph.truncate(torn.graph.len() / 2);
    torn.lay(mine.path());
    let (good, said) = publish(&[], "sesame");
    assert!(!good && said.contains("BTC dlinear (demo) was not brought") && said.contains("digest"), "{said}");
    assert!(server.terminate().success());
}

#[test]
fn what_takes_too_much_to_load_takes_nobody_with_it() {
    too_much_to_load("/nowhere");
}

#[test]
fn nor_where_the_library_runs_it() {
    let Some(library) = library("models::nor_where_the_library_runs_it") else { return };
    too_much_to_load(&library);
}

fn too_much_to_load(library: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let whole = Version::of("host/inference/fixtures/set", "BTC", "linear", "real");
    whole.lay(folder.path());
    let server = of_folder(folder.path()).env("SCONCE_ONNXRUNTIME", library).start();
    let path = "/host/v1/models/BTC/linear?market=real";
    let before = in_force(&server.get_until(path, |body| body["stage"] == "active"));

    // Right in its answers, and a gibibyte large while it works.
    let graph = std::fs::read(tree().join("host/inference/fixtures/hostile/greedy.onnx")).expect("a fixture");
    let mut greedy = whole.called("greed");
    greedy.entry["digest"] = sha256(&graph).into();
    greedy.graph = graph;
    let refused = greedy.bring(&server);
    assert!(refused.body.contains("took more than 512 MiB to load"), "{}", refused.body);
    greedy.lay(folder.path());
    let told = server.get_until(path, |body| body["state"] == "outdated");
    assert!(text(&told, "reason").contains("took more than 512 MiB to load"), "{told}");
    assert_eq!(in_force(&told), before);
    server.get("/health").json(200);
    assert!(server.terminate().success());
}
