//! The forms of the store's own files.

use sconce_domain::Nanos;
use serde::{Deserialize, Serialize};

use crate::registry::life::Life;

/// The form that is written and read.
pub(super) const FORMAT: u64 = 1;

/// Where a version came from.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// The folder of models.
    Folder,
    /// It was uploaded.
    Upload,
}

/// What is kept about a version besides its own files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::registry) struct Kept {
    /// When it came, in nanoseconds since 1970 UTC.
    pub(in crate::registry) at: Nanos,
    /// Whence.
    pub(in crate::registry) source: Source,
    /// The runtime with which it came through its trial; absent where none was held.
    pub(in crate::registry) tried_by: Option<String>,
}

/// `kept.json`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KeptFile {
    pub(super) format: u64,
    pub(super) version: Kept,
}

/// `life.json`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LifeFile {
    pub(super) format: u64,
    pub(super) life: Life,
}
