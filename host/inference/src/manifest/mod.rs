//! The manifest: what is said about each model of a folder. Owns its form, what makes an entry unusable, and how it is
//! written from what lies in the folder; reads no graph.

mod build;
mod check;
mod files;
mod read;
mod types;

pub use build::{BuildError, build};
pub(crate) use files::MOST_TEXT_BYTES;
pub use files::{FileError, MOST_GRAPH_BYTES, inside, read_capped};
pub use read::{Listed, Manifest, ManifestError, Refused};
pub use types::{
    Entry, FeatureScaler, Golden, GoldenFile, Input, Interval, ScalerKind, TargetScaler, Task, Validation,
};

#[cfg(test)]
mod tests;
