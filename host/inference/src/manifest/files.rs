//! Files of a folder of models: a path that leads out of it is refused, through links as well, and nothing large is read.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Component, Path, PathBuf};

/// The largest graph that is read.
pub const MOST_GRAPH_BYTES: u64 = 4 << 20;
/// The largest manifest, card or golden file.
pub(crate) const MOST_TEXT_BYTES: u64 = 16 << 20;

/// Why a file of a folder cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// The path is absolute, climbs, or leads through a link to somewhere else.
    #[error("`{0}` leads out of the folder")]
    Outside(String),
    /// There is no such file.
    #[error("`{0}` is missing")]
    Missing(String),
    /// It is no regular file.
    #[error("`{0}` is no file")]
    NoFile(String),
    /// It is too large.
    #[error("`{name}` has {bytes} bytes, over the limit of {limit}")]
    TooLarge {
        /// Which.
        name: String,
        /// Its size.
        bytes: u64,
        /// The limit.
        limit: u64,
    },
    /// It cannot be read.
    #[error("`{0}` cannot be read")]
    Read(String, #[source] std::io::Error),
}

/// The file behind a path that is given from a folder, `/` between its parts.
///
/// # Errors
/// When the path leads out of the folder, or there is no such file.
pub fn inside(root: &Path, name: &str) -> Result<PathBuf, FileError> {
    let shown: String = name.chars().take(200).collect();
    let path = Path::new(name);
    let plain = path.components().all(|part| matches!(part, Component::Normal(_)));
    if name.is_empty() || !plain || name.contains(['\\', ':', '\0']) {
        return Err(FileError::Outside(shown));
    }
    let of = |error: std::io::Error| match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => FileError::Missing(shown.clone()),
        _ => FileError::Read(shown.clone(), error),
    };
    let found = root.join(path).canonicalize().map_err(of)?;
    if !found.starts_with(root.canonicalize().map_err(of)?) {
        return Err(FileError::Outside(shown));
    }
    if !found.is_file() {
        return Err(FileError::NoFile(shown));
    }
    Ok(found)
}

/// The bytes of a file of a folder, at most `limit` of them.
///
/// # Errors
/// As [`inside`], or when it is larger.
pub fn read_capped(root: &Path, name: &str, limit: u64) -> Result<Vec<u8>, FileError> {
    let path = inside(root, name)?;
    let of = |error| FileError::Read(name.to_owned(), error);
    let file = File::open(&path).map_err(of)?;
    let bytes = file.metadata().map_err(of)?.len();
    if bytes > limit {
        return Err(FileError::TooLarge { name: name.to_owned(), bytes, limit });
    }
    let mut content = Vec::new();
    file.take(limit + 1).read_to_end(&mut content).map_err(of)?;
    // It may have grown since it was looked at.
    match content.len() as u64 {
        bytes if bytes > limit => Err(FileError::TooLarge { name: name.to_owned(), bytes, limit }),
        _ => Ok(content),
    }
}
