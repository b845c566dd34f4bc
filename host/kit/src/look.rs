//! What a component is, seen from outside: what it says of itself, what it asks for, what it imports and gets for it.

use sconce_domain::ports::Plugins;
use sconce_domain::{Needs, PluginDescription};
use serde::Serialize;

use crate::artefact::Artefact;
use crate::cost;

/// Everything that can be told without running it on a market.
#[derive(Debug, Clone, Serialize)]
pub struct Look {
    /// Bytes of the file.
    pub size: u64,
    /// BLAKE3 of the file: its name in a host.
    pub digest: String,
    /// What it was written in: `rust`, `python`, `javascript` or `other`.
    pub language: &'static str,
    /// What that costs, where it brings an interpreter.
    pub advice: Option<String>,
    /// Interface version that it was built for.
    pub interface: String,
    /// Versions that this host speaks.
    pub spoken: Vec<String>,
    /// Its own words.
    pub description: PluginDescription,
    /// What it imports, sorted.
    pub imports: Vec<Import>,
    /// Whether the same rows always give the same words.
    pub pure: bool,
    /// Why.
    pub purity: &'static str,
    /// The configuration that `needs` are for.
    pub config: serde_json::Value,
    /// What it asks for with that configuration; absent where it refuses it.
    pub needs: Option<Needs>,
    /// Why it refuses it.
    pub refused: Option<String>,
}

/// One import, and what the host puts in its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Import {
    /// With its version.
    pub name: String,
    /// What it is given.
    pub given: &'static str,
}

/// A host that takes a component at all gives it nothing that could differ between two runs.
const PURE: &str = "everything that it imports is answered from its rows, its seed or not at all";

/// What stands behind an import, by its beginning; the first that fits.
const GIVEN: [(&str, &str); 14] = [
    ("sconce:strategy/history", "more rows back, where the deployment grants it"),
    ("sconce:strategy/log", "the plugin's log, bounded"),
    ("sconce:strategy/", "words of the interface"),
    ("wasi:cli/environment", "no variables and no arguments"),
    ("wasi:cli/exit", "ends the instance as a trap"),
    ("wasi:cli/stdin", "is at its end"),
    ("wasi:cli/terminal-", "no terminal"),
    ("wasi:cli/", "the plugin's log, bounded"),
    ("wasi:clocks/", "the time of the row"),
    ("wasi:filesystem/", "no files"),
    ("wasi:io/", "streams of the above; nothing ever waits"),
    ("wasi:random/", "numbers from the instance's seed"),
    ("wasi:sockets/", "no network"),
    ("", "nothing"),
];

/// Looks at a component with a configuration.
pub fn look(artefact: &Artefact, config: &serde_json::Value) -> Look {
    let loaded = &artefact.loaded;
    let needs = artefact.plugins.needs(loaded.digest, &config.to_string());
    let given =
        |name: &str| GIVEN.iter().find(|(start, _)| name.starts_with(start)).map_or("nothing", |(_, given)| given);
    Look {
        size: loaded.size,
        digest: loaded.digest.to_string(),
        language: artefact.language().as_str(),
        advice: cost::advice(artefact.language()),
        interface: loaded.description.interface.clone(),
        spoken: sconce_runtime::interface_lines().iter().map(|line| format!("{line}.x")).collect(),
        description: loaded.description.clone(),
        imports: loaded.imports.iter().map(|name| Import { name: name.clone(), given: given(name) }).collect(),
        pure: true,
        purity: PURE,
        config: config.clone(),
        refused: needs.as_ref().err().map(ToString::to_string),
        needs: needs.ok(),
    }
}
