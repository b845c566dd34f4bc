//! Who may know what: the crate table of ARCHITECTURE.md as data, and the check of `cargo metadata` against it.
//! Dependencies of tests are free; a pure crate's rule holds for everything that it pulls in.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{CargoOpt, DependencyKind, Metadata, MetadataCommand, PackageId};

use crate::tree::root;
use crate::violation::Violation;

/// What one crate may and must not know.
#[derive(Debug)]
pub(crate) struct Row {
    /// Package name; a closing `*` stands for any ending.
    pub(crate) name: &'static str,
    /// Crates of ours that it may depend on.
    pub(crate) ours: &'static [&'static str],
    /// Foreign crates that it must not depend on.
    pub(crate) forbidden: &'static [&'static [&'static str]],
    /// Whether `forbidden` also holds for what its dependencies pull in.
    pub(crate) deep: bool,
}

const EXECUTOR: &[&str] = &["tokio", "tokio-util", "async-std", "smol"];
const SQL: &[&str] = &["sqlx", "sqlx-core", "rusqlite", "libsqlite3-sys", "tokio-postgres", "postgres", "diesel"];
const SERVER: &[&str] =
    &["axum", "hyper", "tower", "tower-http", "utoipa", "utoipa-axum", "utoipa-swagger-ui", "tungstenite"];
const CLIENT: &[&str] = &["reqwest", "ureq", "tokio-tungstenite"];
const WASM: &[&str] = &["wasmtime", "wasmtime-wasi"];
/// Errors without a type are for programs, not for libraries.
const UNTYPED: &[&str] = &["anyhow", "eyre"];
const PURE: &[&[&str]] = &[EXECUTOR, SQL, SERVER, CLIENT, WASM, UNTYPED];

const fn row(
    name: &'static str,
    ours: &'static [&'static str],
    forbidden: &'static [&'static [&'static str]],
    deep: bool,
) -> Row {
    Row { name, ours, forbidden, deep }
}

const DOMAIN: &str = "sconce-domain";
const INDICATORS: &str = "sconce-indicators";

pub(crate) const TABLE: [Row; 25] = [
    row(DOMAIN, &[], PURE, true),
    row(INDICATORS, &[], PURE, true),
    row("sconce-market", &[DOMAIN, INDICATORS], PURE, true),
    row("sconce-judge", &[DOMAIN, INDICATORS], PURE, true),
    row("sconce-forecasters", &[DOMAIN, INDICATORS], PURE, true),
    row("sconce-runtime", &[DOMAIN], &[SERVER, CLIENT, SQL, UNTYPED], false),
    row("sconce-inference", &[DOMAIN, INDICATORS], &[SERVER, CLIENT, SQL, UNTYPED], false),
    row("sconce-ledger", &[DOMAIN], &[SERVER, CLIENT, WASM, UNTYPED], true),
    row("sconce-store", &[DOMAIN], &[SERVER, CLIENT, WASM, UNTYPED], true),
    row("sconce-datasets", &[DOMAIN], &[SERVER, CLIENT, SQL, WASM, UNTYPED], true),
    row("sconce-feeds", &[DOMAIN, "sconce-datasets"], &[SERVER, SQL, WASM, UNTYPED], false),
    row("sconce-notify", &[DOMAIN], &[SERVER, SQL, WASM, UNTYPED], false),
    row(
        "sconce-engine",
        &[DOMAIN, "sconce-market", "sconce-ledger", "sconce-judge"],
        &[SERVER, CLIENT, SQL, WASM, UNTYPED],
        false,
    ),
    row("sconce-api", &[DOMAIN], &[SQL, WASM, CLIENT, UNTYPED], true),
    row("sconce-kit", &[DOMAIN, "sconce-market", "sconce-runtime", "sconce-datasets", "sconce-engine"], &[SQL], false),
    row("sconce", HOST, &[], false),
    row("sconce-sdk-macros", &[], PURE, true),
    row("sconce-sdk", &["sconce-sdk-macros", INDICATORS], PURE_GUEST, false),
    row("sconce-plugin-*", &["sconce-sdk", INDICATORS], PURE_GUEST, false),
    row("sconce-tests", &[], &[], false),
    row("sconce-test-postgres", &[], &[EXECUTOR, SQL, SERVER, CLIENT, WASM, UNTYPED], true),
    // It measures the parts that the host is made of, beside a bare runtime.
    row("sconce-bench", MEASURED, &[], false),
    // It puts hostile guests into the parts that the host is made of.
    row("sconce-evil", DRIVEN, &[SERVER, CLIENT, SQL], false),
    // Measured as a component and, from the same source, as a native program.
    row("sconce-bench-guest", &["sconce-sdk", INDICATORS], PURE_GUEST, false),
    row("xtask", &[], &[SERVER, CLIENT, SQL, WASM], true),
];

/// Guests pull in the binding generator, which has untyped errors of its own inside.
const PURE_GUEST: &[&[&str]] = &[EXECUTOR, SQL, SERVER, CLIENT, WASM, UNTYPED];
/// The binary wires everything of the host together, and nothing of a guest.
const HOST: &[&str] = &[
    DOMAIN,
    "sconce-market",
    "sconce-judge",
    "sconce-forecasters",
    "sconce-runtime",
    "sconce-inference",
    "sconce-ledger",
    "sconce-store",
    "sconce-datasets",
    "sconce-feeds",
    "sconce-notify",
    "sconce-engine",
    "sconce-api",
    "sconce-kit",
];

/// What hostile guests are put into.
const DRIVEN: &[&str] = &[DOMAIN, "sconce-market", "sconce-runtime", "sconce-ledger", "sconce-engine"];

/// What the benchmarks drive in their own process.
const MEASURED: &[&str] = &[
    DOMAIN,
    "sconce-market",
    "sconce-forecasters",
    "sconce-runtime",
    "sconce-ledger",
    "sconce-feeds",
    "sconce-engine",
    "sconce-store",
    "sconce-inference",
    "sconce-test-postgres",
    "sconce-bench-guest",
];

/// What one package depends on, outside its tests.
#[derive(Clone, Debug, Default)]
pub(crate) struct Node {
    pub(crate) manifest: String,
    /// Named in its manifest.
    pub(crate) direct: BTreeSet<String>,
    /// Pulled in by any way.
    pub(crate) all: BTreeSet<String>,
}

/// The packages of the workspace with what they depend on.
#[derive(Clone, Debug, Default)]
pub(crate) struct Graph(pub(crate) BTreeMap<String, Node>);

impl Graph {
    /// Asks cargo.
    pub(crate) fn of_the_workspace() -> Self {
        let metadata = metadata();
        let members = metadata.workspace_packages();
        let node = |package: &&cargo_metadata::Package| {
            let kept = package.dependencies.iter().filter(|dependency| dependency.kind != DependencyKind::Development);
            let manifest =
                package.manifest_path.strip_prefix(&metadata.workspace_root).unwrap_or(&package.manifest_path);
            let node = Node {
                manifest: manifest.to_string(),
                direct: kept.map(|dependency| dependency.name.clone()).collect(),
                all: reach(&metadata, &package.id),
            };
            (package.name.to_string(), node)
        };
        Graph(members.iter().map(node).collect())
    }
}

/// Every breach of the table.
pub(crate) fn check(table: &[Row], graph: &Graph) -> Vec<Violation> {
    let mut found = Vec::new();
    for (name, node) in &graph.0 {
        match table.iter().find(|row| names(row.name, name)) {
            Some(row) => found.extend(breaches(row, node, graph)),
            None => found.push(Violation::new(&node.manifest, 1, format!("`{name}` has no row in the crate table"))),
        }
    }
    found
}

fn breaches(row: &Row, node: &Node, graph: &Graph) -> Vec<Violation> {
    let mut found = Vec::new();
    for dependency in node.direct.iter().filter(|name| graph.0.contains_key(*name)) {
        if !row.ours.iter().any(|ours| names(ours, dependency)) {
            found.push(Violation::new(&node.manifest, 1, format!("`{}` must not know `{dependency}`", row.name)));
        }
    }
    let known = if row.deep { &node.all } else { &node.direct };
    for foreign in row.forbidden.iter().copied().flatten().filter(|foreign| known.contains(**foreign)) {
        let how = if node.direct.contains(*foreign) { "" } else { " (pulled in by a dependency)" };
        found.push(Violation::new(&node.manifest, 1, format!("`{}` must not know `{foreign}`{how}", row.name)));
    }
    found
}

fn names(pattern: &str, name: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == name, |start| name.starts_with(start))
}

/// The resolved graph of this machine's target, from the lock file.
pub(crate) fn metadata() -> Metadata {
    let version = std::process::Command::new("rustc").arg("-vV").output().expect("rustc runs");
    let version = String::from_utf8_lossy(&version.stdout).into_owned();
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).expect("rustc names its host");
    let mut command = MetadataCommand::new();
    command.manifest_path(root().join("Cargo.toml")).features(CargoOpt::SomeFeatures(Vec::new()));
    command.other_options(vec!["--filter-platform".to_owned(), host.to_owned()]);
    command.exec().expect("cargo metadata succeeds")
}

fn reach(metadata: &Metadata, from: &PackageId) -> BTreeSet<String> {
    let resolve = metadata.resolve.as_ref().expect("metadata with a resolved graph");
    let edges: BTreeMap<&PackageId, _> = resolve.nodes.iter().map(|node| (&node.id, &node.deps)).collect();
    let names: BTreeMap<&PackageId, &str> = metadata.packages.iter().map(|p| (&p.id, p.name.as_str())).collect();
    let mut seen = BTreeSet::new();
    let mut open = vec![from];
    while let Some(id) = open.pop() {
        let used =
            edges[id].iter().filter(|edge| edge.dep_kinds.iter().any(|kind| kind.kind == DependencyKind::Normal));
        open.extend(used.map(|edge| &edge.pkg).filter(|next| seen.insert(*next)));
    }
    seen.into_iter().map(|id| names[id].to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROWS: [Row; 2] = [row("a", &["b-*"], &[&["tokio"]], true), row("b-*", &[], &[&["tokio"]], false)];

    #[track_caller]
    fn expect(packages: &[(&str, &[&str], &[&str])], expected: &[&str]) {
        let own = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let node = |(name, direct, all): &(&str, &[&str], &[&str])| {
            ((*name).to_owned(), Node { manifest: (*name).to_owned(), direct: own(direct), all: own(all) })
        };
        let found = check(&ROWS, &Graph(packages.iter().map(node).collect()));
        assert_eq!(found.iter().map(|violation| violation.says.as_str()).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn the_table_can_be_broken() {
        expect(&[("a", &["b-x", "serde"], &["serde"]), ("b-x", &[], &["tokio"])], &[]);
        expect(&[("a", &["tokio"], &["tokio"])], &["`a` must not know `tokio`"]);
        expect(&[("a", &[], &["tokio"])], &["`a` must not know `tokio` (pulled in by a dependency)"]);
        expect(&[("b-x", &["tokio"], &["tokio"])], &["`b-*` must not know `tokio`"]);
        expect(&[("a", &["b-x"], &[]), ("b-x", &["a"], &[])], &["`b-*` must not know `a`"]);
        expect(&[("stranger", &[], &[])], &["`stranger` has no row in the crate table"]);
    }

    #[test]
    fn cargo_is_heard() {
        let graph = Graph::of_the_workspace();
        assert!(graph.0[DOMAIN].direct.contains("blake3") && !graph.0[DOMAIN].direct.contains("proptest"));
        assert!(graph.0["sconce"].all.contains(DOMAIN));
    }
}
