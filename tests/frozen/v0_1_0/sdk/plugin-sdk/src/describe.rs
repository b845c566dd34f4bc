//! What a plugin says of itself before it is configured.

/// A kind of output.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
pub enum OutputKind {
    /// See [`crate::Signal`].
    Signal,
    /// See [`crate::Forecast`].
    Forecast,
}

/// What one instance sees.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Scope {
    /// One instrument.
    #[default]
    Instrument,
    /// All instruments of the deployment, and a cohort row after the last of each moment.
    Universe,
}

/// How much of the past decides what is said next. The host rebuilds state by it, so it must be true.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Memory {
    /// At most the newest so many rows before the present one.
    Finite(u32),
    /// Everything since the start.
    #[default]
    Unbounded,
}

/// What a plugin says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// Short stable name: letters, digits, `-`.
    pub id: &'static str,
    /// For people.
    pub name: &'static str,
    /// Semantic version; `env!("CARGO_PKG_VERSION")`.
    pub version: &'static str,
    /// One sentence.
    pub description: &'static str,
    /// What it says.
    pub outputs: &'static [OutputKind],
    /// What `score` means: `0-100`, `0-10`, `0-1`, `ratio` …
    pub score_scale: &'static str,
    /// JSON Schema of the configuration; see [`NO_CONFIG_SCHEMA`] for plugins without one.
    pub config_schema: &'static str,
    /// What one instance sees.
    pub scope: Scope,
    /// How much of the past matters.
    pub memory: Memory,
}

/// The schema of a plugin without settings; goes with [`NoConfig`].
pub const NO_CONFIG_SCHEMA: &str = r#"{"type":"object","properties":{},"additionalProperties":false}"#;

/// The configuration of a plugin without settings.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoConfig {}
