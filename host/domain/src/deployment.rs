//! Deployments: a plugin with a configuration on instruments and timeframes, under a stable id.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::digest::Digest;
use crate::limits::Limits;
use crate::timeframe::Timeframe;

/// A stable id such as `scalp-perp-15m`: 1 to 64 of letters, digits, `.`, `_`, `-`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct DeploymentId(String);

/// Why a text is no deployment id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a deployment id: use 1 to 64 letters, digits, `.`, `_` or `-`")]
pub struct ParseDeploymentIdError(pub String);

impl DeploymentId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name under which the API of agents knows it: `rvol_spike` for `rvol-spike`.
    pub fn agent_name(&self) -> String {
        self.0.replace('-', "_")
    }
}

impl FromStr for DeploymentId {
    type Err = ParseDeploymentIdError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = (1..=64).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
            && text.bytes().any(|b| b != b'.');
        if fits {
            Ok(DeploymentId(text.to_owned()))
        } else {
            Err(ParseDeploymentIdError(text.chars().take(80).collect()))
        }
    }
}

impl fmt::Display for DeploymentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for DeploymentId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// How far a deployment's word reaches.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// Runs and is judged, but no view shows it.
    Shadow,
    /// In force.
    #[default]
    Active,
    /// Kept, not called.
    Paused,
    /// Stopped by its breaker; abstains with the reason.
    Quarantined,
    /// Ended.
    Retired,
}

/// What one instance sees.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// One instrument.
    #[default]
    Instrument,
    /// All instruments of the deployment, on the universe worker.
    Universe,
}

/// What is asked for under an id: an entry of the deployments file, or of a control event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeploymentSpec {
    /// Stable id.
    pub id: DeploymentId,
    /// Name of the plugin: the stem of its file, or its digest.
    pub plugin: String,
    /// For people.
    #[serde(default)]
    pub name: String,
    /// For people, one sentence.
    #[serde(default)]
    pub description: String,
    /// Free word that listings group by, such as `perp`.
    #[serde(default)]
    pub category: String,
    /// Spellings of instruments, resolved against the feed's; `*` is all.
    pub instruments: Vec<String>,
    /// Timeframes, primary first; a column without `@` is of the primary one.
    pub timeframes: Vec<Timeframe>,
    /// How far its word reaches.
    #[serde(default)]
    pub stage: Stage,
    /// The deployment beside which it runs as a shadow, and in whose place it goes when it is promoted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shadow_of: Option<DeploymentId>,
    /// Evaluate every so many seconds of market time as well; absent: at bar closes only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every_seconds: Option<u32>,
    /// Abilities that are granted, by name (`history`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grants: Vec<String>,
    /// What its instances may take, where they shall take more or less than plugins of their kind do.
    #[serde(default, skip_serializing_if = "Limits::is_empty")]
    pub limits: Limits,
    /// Configuration of the plugin, checked against its schema.
    #[serde(default = "empty_object")]
    pub config: Value,
}

fn empty_object() -> Value {
    Value::Object(serde_json::Map::new())
}

impl DeploymentSpec {
    /// Canonical JSON of the configuration: keys sorted, no white space.
    pub fn canonical_config(&self) -> String {
        self.config.to_string()
    }

    /// Digest of [`DeploymentSpec::canonical_config`].
    pub fn config_digest(&self) -> Digest {
        Digest::of(self.canonical_config().as_bytes())
    }
}

/// How much of the past determines what a plugin says next.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Memory {
    /// At most the newest so many rows before the present one.
    Finite(u32),
    /// Everything since its start.
    Unbounded,
}

/// What a plugin says of itself (`describe`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PluginDescription {
    /// Short stable name, such as `zones`.
    pub id: String,
    /// For people.
    pub name: String,
    /// Semantic version of the plugin.
    pub version: String,
    /// One sentence.
    pub description: String,
    /// `signal`, `forecast`.
    pub outputs: Vec<String>,
    /// `0-100`, `0-10`, `0-1`, `ratio` … ; what `score` means.
    pub score_scale: String,
    /// JSON Schema of the configuration.
    pub config_schema: Value,
    /// What one instance sees.
    pub scope: Scope,
    /// How much of the past matters.
    pub memory: Memory,
    /// Version of the interface that it was built for, such as `0.1.0`.
    pub interface: String,
}

/// What a configured plugin needs (`needs`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Needs {
    /// Columns in the order in which rows will hold them; without `@` of the primary timeframe.
    pub columns: Vec<String>,
    /// Rows that it wants to be warmed up with.
    pub look_back: u32,
    /// Asks for a timer every so many seconds of market time; the deployment's `every_seconds` wins.
    pub every_seconds: Option<u32>,
    /// Abilities that it asks for, by name.
    pub abilities: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_cannot_leave_a_directory() {
        for good in ["scalp-perp-15m", "a", "a.b_c-d", "..a"] {
            assert!(good.parse::<DeploymentId>().is_ok(), "{good}");
        }
        for bad in ["", ".", "..", "a/b", "a b", "ü", &"x".repeat(65)] {
            assert!(bad.parse::<DeploymentId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn configuration_digest_ignores_key_order() {
        let spec = |config: &str| DeploymentSpec {
            id: "x".parse().expect("valid"),
            plugin: "zones".into(),
            name: String::new(),
            description: String::new(),
            category: String::new(),
            instruments: vec!["*".into()],
            timeframes: vec![Timeframe::D1],
            stage: Stage::Active,
            shadow_of: None,
            every_seconds: None,
            grants: vec![],
            limits: Limits::default(),
            config: serde_json::from_str(config).expect("json"),
        };
        assert_eq!(spec(r#"{"a":1,"b":2}"#).config_digest(), spec(r#"{ "b":2, "a":1 }"#).config_digest());
    }
}
