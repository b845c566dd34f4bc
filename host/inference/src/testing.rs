//! What the tests share: the fixtures of `fixtures/generate.py`, in folders that may be spoilt.

use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::backend::{LibrarySearch, OnnxRuntime, Runtime};
use crate::digest::sha256;
use crate::features::FeatureRow;
use crate::manifest::{GoldenFile, Listed, Manifest};
use crate::registry::MANIFEST;
use sconce_domain::Nanos;
use sconce_domain::time::DAY;

pub(crate) fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

/// A copy of the set.
pub(crate) struct Folder(pub(crate) TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        copy(&fixtures().join("set"), folder.path());
        Folder(folder)
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn manifest(&self) -> Value {
        let text = std::fs::read_to_string(self.path().join(MANIFEST)).expect("a manifest");
        serde_json::from_str(&text).expect("JSON")
    }

    /// Changes the entry of a model in the manifest.
    pub(crate) fn edit(&self, name: &str, change: impl FnOnce(&mut Value)) {
        let mut manifest = self.manifest();
        let entries = manifest["models"]["BTC"].as_array_mut().expect("a list");
        change(entries.iter_mut().find(|entry| entry["name"] == name).expect("the model"));
        self.write(MANIFEST, manifest.to_string().as_bytes());
    }

    /// Replaces a file as a careful author does: whole, under another name first.
    pub(crate) fn write(&self, name: &str, bytes: &[u8]) {
        let aside = self.path().join("aside");
        std::fs::write(&aside, bytes).expect("written");
        std::fs::rename(aside, self.path().join(name)).expect("renamed");
    }

    /// Puts another graph into the place of `linear`, with a manifest that speaks of it.
    pub(crate) fn put_graph(&self, graph: &[u8]) {
        self.write("BTC/linear.onnx", graph);
        self.edit("linear", |entry| entry["digest"] = sha256(graph).into());
    }

    /// The later `linear`, or the first one, with its golden file.
    pub(crate) fn put_linear(&self, later: bool) {
        let from = fixtures().join(if later { "other" } else { "set" }).join("BTC");
        let [graph, golden] =
            ["linear.onnx", "linear.golden.json"].map(|name| std::fs::read(from.join(name)).expect("read"));
        self.write("BTC/linear.golden.json", &golden);
        self.write("BTC/linear.onnx", &graph);
        self.edit("linear", |entry| {
            entry["digest"] = sha256(&graph).into();
            entry["golden"]["digest"] = sha256(&golden).into();
        });
    }
}

/// A version of `linear` as somebody brings it.
#[derive(Clone)]
pub(crate) struct Made {
    pub(crate) entry: Value,
    pub(crate) graph: Vec<u8>,
    pub(crate) golden: Vec<u8>,
}

impl Made {
    /// The `at`-th of any number of versions; two neighbours answer differently.
    pub(crate) fn version(at: i64) -> Self {
        let from = fixtures().join(if at % 2 == 0 { "set" } else { "other" }).join("BTC");
        let [graph, golden] =
            ["linear.onnx", "linear.golden.json"].map(|name| std::fs::read(from.join(name)).expect("read"));
        let text = std::fs::read_to_string(fixtures().join("set").join(MANIFEST)).expect("a manifest");
        let manifest: Value = serde_json::from_str(&text).expect("JSON");
        let entries = manifest["models"]["BTC"].as_array().expect("a list");
        let mut entry = entries.iter().find(|entry| entry["name"] == "linear").expect("the model").clone();
        entry["digest"] = sha256(&graph).into();
        entry["golden"]["digest"] = sha256(&golden).into();
        entry["trained_on"] = format!("version {at}").into();
        entry["trained_at"] = (Nanos::parse("2024-07-01T00:00:00Z").expect("a time") + at * DAY).to_rfc3339().into();
        Made { entry, graph, golden }
    }

    /// With another graph, of which the entry speaks.
    pub(crate) fn with_graph(mut self, graph: Vec<u8>) -> Self {
        self.entry["digest"] = sha256(&graph).into();
        self.graph = graph;
        self
    }

    /// The digest that it is known by.
    pub(crate) fn digest(&self) -> String {
        Listed::read("BTC", &self.entry.to_string()).expect("a whole entry").version
    }
}

impl Folder {
    /// Puts a version into the place of `linear`.
    pub(crate) fn put(&self, made: &Made) {
        self.write("BTC/linear.golden.json", &made.golden);
        self.write("BTC/linear.onnx", &made.graph);
        self.edit("linear", |entry| entry.clone_from(&made.entry));
    }

    /// Takes `linear` out of the manifest.
    pub(crate) fn take_out(&self) {
        let mut manifest = self.manifest();
        manifest["models"]["BTC"].as_array_mut().expect("a list").retain(|entry| entry["name"] != "linear");
        self.write(MANIFEST, manifest.to_string().as_bytes());
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).expect("a folder").flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            std::fs::create_dir_all(&target).expect("a folder");
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), &target).expect("copied");
        }
    }
}

pub(crate) fn hostile(name: &str) -> Vec<u8> {
    std::fs::read(fixtures().join("hostile").join(format!("{name}.onnx"))).expect("a fixture")
}

/// The entry of a model of the set.
pub(crate) fn listed(name: &str) -> Listed {
    let text = std::fs::read_to_string(fixtures().join("set").join(MANIFEST)).expect("a manifest");
    let manifest = Manifest::parse(&text).expect("a manifest");
    manifest.listed.into_iter().find(|listed| listed.entry.name == name).expect("the model")
}

pub(crate) fn golden(name: &str) -> GoldenFile {
    let path = fixtures().join("set/BTC").join(format!("{name}.golden.json"));
    serde_json::from_slice(&std::fs::read(path).expect("a fixture")).expect("a golden file")
}

/// The golden window as rows of days that end at `as_of`.
pub(crate) fn rows(name: &str, as_of: Nanos, close: f64) -> Vec<FeatureRow> {
    let input = golden(name).input;
    let last = input.len() as i64 - 1;
    let row = |(at, values): (i64, Vec<f64>)| FeatureRow { ts: as_of - (last - at) * DAY, close, values };
    (0..).zip(input).map(row).collect()
}

/// ONNX Runtime, where `cargo xtask onnxruntime` has put its library.
pub(crate) fn onnx_runtime(test: &str) -> Option<Runtime> {
    let variable = |name: &str| std::env::var_os(name).map(PathBuf::from);
    let home = variable("XDG_CACHE_HOME").or_else(|| Some(variable("HOME")?.join(".cache")));
    let search = LibrarySearch {
        variable: variable("ORT_DYLIB_PATH"),
        cache: home.map(|home| home.join("sconce/onnxruntime")),
        system: true,
        ..LibrarySearch::default()
    };
    let (found, notes) = OnnxRuntime::find(&search);
    if found.is_none() {
        println!("SKIP {test}: {}", notes.join("; "));
    }
    Some(Runtime { backend: std::sync::Arc::new(found?), notes })
}

/// Both runtimes, or the fallback alone.
pub(crate) fn runtimes(test: &str) -> Vec<Runtime> {
    std::iter::once(Runtime::fallback()).chain(onnx_runtime(test)).collect()
}
