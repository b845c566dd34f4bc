//! Versions and decisions on disk, so that they outlive the process: a folder of the host's own, one place for each model, in it
//! a folder for each version, named by its digest, and `life.json`.
//!
//! ```text
//! BTC/lstm.real/life.json
//! BTC/lstm.real/<64 hexadecimal digits>/{entry.json, graph.onnx, golden.json, kept.json}
//! ```
//!
//! Everything is written under another name first and named when it is whole. What is read is held to its digests; what is
//! damaged is named and passed over, never repaired and never taken for whole.

mod form;

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use sconce_domain::MarketKind;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub(super) use form::Kept;
pub use form::Source;

use super::ModelId;
use super::life::Life;
use crate::digest::sha256;
use crate::manifest::{Listed, MOST_GRAPH_BYTES, MOST_TEXT_BYTES, read_capped};
use form::{FORMAT, KeptFile, LifeFile};

const LIFE: &str = "life.json";
const ENTRY: &str = "entry.json";
const GRAPH: &str = "graph.onnx";
const GOLDEN: &str = "golden.json";
const KEPT: &str = "kept.json";
/// How the names of what is being written begin.
const ASIDE: &str = ".new-";

/// See the module.
#[derive(Debug)]
pub struct Store {
    root: PathBuf,
    /// What the newest write came to.
    trouble: Mutex<Option<String>>,
}

/// What a store holds.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) models: Vec<FoundModel>,
    /// Places that cannot be used, each with its reason.
    pub(super) damaged: Vec<String>,
}

/// One model of a store.
#[derive(Debug)]
pub(super) struct FoundModel {
    pub(super) id: ModelId,
    pub(super) life: Life,
    /// The oldest first.
    pub(super) versions: Vec<(Listed, Kept)>,
}

/// The files of a version.
#[derive(Debug)]
pub(super) struct Files {
    pub(super) graph: Vec<u8>,
    pub(super) golden: Vec<u8>,
}

impl Store {
    /// In a folder, which is made where it is missing. One process at a time may have it.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn open(root: PathBuf) -> io::Result<Self> {
        fs::create_dir_all(&root)?;
        Ok(Store { root, trouble: Mutex::new(None) })
    }

    /// Why what changed last could not be written, if it could not.
    pub(super) fn trouble(&self) -> Option<String> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads everything, and removes what was begun and never became whole.
    pub(super) fn read(&self) -> Found {
        let mut found = Found::default();
        for coin in folders(&self.root) {
            for place in folders(&self.root.join(&coin)) {
                let called = format!("{coin}/{place}");
                match id(&coin, &place) {
                    Some(id) => self.read_model(id, &called, &mut found),
                    None => found.damaged.push(format!("{called}: it is no place of a model")),
                }
            }
        }
        found
    }

    fn read_model(&self, id: ModelId, called: &str, found: &mut Found) {
        let folder = self.root.join(called);
        let (mut life, mut versions) = (Life::default(), Vec::new());
        for name in names(&folder) {
            let damaged = match name.as_str() {
                name if name.starts_with(ASIDE) => remove(&folder.join(name)).err().map(|error| error.to_string()),
                LIFE => match json(&folder, LIFE).and_then(|LifeFile { format, life }| known(format).map(|()| life)) {
                    Ok(read) => {
                        life = read;
                        None
                    }
                    Err(reason) => Some(reason),
                },
                name => match read_version(&folder.join(name), name, &id) {
                    Ok(version) => {
                        versions.push(version);
                        None
                    }
                    Err(reason) => Some(reason),
                },
            };
            found.damaged.extend(damaged.map(|reason| format!("{called}/{name}: {reason}")));
        }
        versions.sort_by(|(a, kept_a), (b, kept_b)| (kept_a.at, &a.version).cmp(&(kept_b.at, &b.version)));
        found.models.push(FoundModel { id, life, versions });
    }

    /// The files of a kept version, as they lie there; whether they are whole is told by their digests.
    pub(super) fn files(&self, id: &ModelId, version: &str) -> Result<Files, String> {
        let folder = self.version(id, version);
        let graph = read_capped(&folder, GRAPH, MOST_GRAPH_BYTES).map_err(|error| error.to_string())?;
        let golden = read_capped(&folder, GOLDEN, MOST_TEXT_BYTES).map_err(|error| error.to_string())?;
        Ok(Files { graph, golden })
    }

    /// Keeps a version. One that the folder of models can bring again is not waited for until it is on the disk.
    pub(super) fn keep(
        &self,
        id: &ModelId,
        listed: &Listed,
        graph: &[u8],
        golden: &[u8],
        kept: &Kept,
    ) -> Result<(), String> {
        let sync = kept.source == Source::Upload;
        let write = || -> io::Result<()> {
            let place = self.place(id);
            fs::create_dir_all(&place)?;
            let aside = tempfile::Builder::new().prefix(ASIDE).tempdir_in(&place)?;
            let about = text(&KeptFile { format: FORMAT, version: kept.clone() })?;
            let parts: [(&str, &[u8]); 4] =
                [(ENTRY, listed.text.as_bytes()), (GRAPH, graph), (GOLDEN, golden), (KEPT, &about)];
            for (name, bytes) in parts {
                let mut file = File::create_new(aside.path().join(name))?;
                file.write_all(bytes)?;
                if sync {
                    file.sync_all()?;
                }
            }
            let target = self.version(id, &listed.version);
            if target.exists() {
                // Damaged, or it would be known and not be written.
                remove(&target)?;
            }
            fs::rename(aside.path(), target)?;
            if sync { sync_folder(&place) } else { Ok(()) }
        };
        self.noted(id, write())
    }

    /// Writes what is kept about a version anew.
    pub(super) fn rewrite(&self, id: &ModelId, version: &str, kept: &Kept) -> Result<(), String> {
        let write = || replace(&self.version(id, version), KEPT, &KeptFile { format: FORMAT, version: kept.clone() });
        self.noted(id, write())
    }

    /// Writes the state of a model; it is on the disk when this returns.
    pub(super) fn write_life(&self, id: &ModelId, life: &Life) -> Result<(), String> {
        let write = || {
            let place = self.place(id);
            fs::create_dir_all(&place)?;
            replace(&place, LIFE, &LifeFile { format: FORMAT, life: life.clone() })
        };
        self.noted(id, write())
    }

    /// Removes a version. What cannot be removed now is found again at the next start.
    pub(super) fn remove(&self, id: &ModelId, version: &str) {
        drop(self.noted(id, remove(&self.version(id, version))));
    }

    fn noted(&self, id: &ModelId, result: io::Result<()>) -> Result<(), String> {
        let of = |error: io::Error| format!("{}: {error}", self.place(id).display());
        let result = result.map_err(of);
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = result.as_ref().err().cloned();
        result
    }

    fn place(&self, id: &ModelId) -> PathBuf {
        self.root.join(&id.coin).join(format!("{}.{}", id.name, id.market.as_str()))
    }

    fn version(&self, id: &ModelId, version: &str) -> PathBuf {
        self.place(id).join(version.trim_start_matches("sha256:"))
    }
}

/// The model whose place is called so.
fn id(coin: &str, place: &str) -> Option<ModelId> {
    let (name, market) = place.rsplit_once('.')?;
    let market = MarketKind::ALL.into_iter().find(|kind| kind.as_str() == market)?;
    Some(ModelId { coin: coin.to_owned(), name: name.to_owned(), market })
}

fn read_version(folder: &Path, name: &str, id: &ModelId) -> Result<(Listed, Kept), String> {
    let part = |part: &str, limit| read_capped(folder, part, limit).map_err(|error| error.to_string());
    let text = String::from_utf8(part(ENTRY, MOST_TEXT_BYTES)?).map_err(|_| format!("{ENTRY} is no text in UTF-8"))?;
    let version = sha256(text.as_bytes());
    if version != format!("sha256:{name}") {
        return Err(format!("{ENTRY} is not the one that the folder is named after"));
    }
    // The name is that of the text as it lies here, however this program would write it.
    let listed = Listed { version, ..Listed::read(&id.coin, &text)? };
    if listed.entry.name != id.name || listed.entry.market != id.market {
        return Err(format!("{ENTRY} is that of another model"));
    }
    for (part_name, limit, digest) in
        [(GRAPH, MOST_GRAPH_BYTES, &listed.entry.digest), (GOLDEN, MOST_TEXT_BYTES, &listed.entry.golden.digest)]
    {
        if sha256(&part(part_name, limit)?) != *digest {
            return Err(format!("{part_name} is not the one that {ENTRY} speaks of"));
        }
    }
    let KeptFile { format, version: kept } = json(folder, KEPT)?;
    known(format)?;
    Ok((Listed { text, ..listed }, kept))
}

fn known(format: u64) -> Result<(), String> {
    if format == FORMAT { Ok(()) } else { Err(format!("it is of format {format}; this host reads format {FORMAT}")) }
}

fn json<T: DeserializeOwned>(folder: &Path, name: &str) -> Result<T, String> {
    let bytes = read_capped(folder, name, MOST_TEXT_BYTES).map_err(|error| error.to_string())?;
    serde_json::from_slice(&bytes).map_err(|error| format!("{name} is no JSON of the right form: {error}"))
}

fn text(value: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut text = serde_json::to_vec_pretty(value).map_err(io::Error::other)?;
    text.push(b'\n');
    Ok(text)
}

/// A reader sees the old text or the new one, never a part; so does the next start.
fn replace(folder: &Path, name: &str, value: &impl Serialize) -> io::Result<()> {
    let mut file = tempfile::Builder::new().prefix(ASIDE).tempfile_in(folder)?;
    file.write_all(&text(value)?)?;
    file.as_file().sync_all()?;
    file.persist(folder.join(name)).map_err(|error| error.error)?;
    sync_folder(folder)
}

#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

fn remove(path: &Path) -> io::Result<()> {
    if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }
}

/// Names in a folder, in order; none where it cannot be listed.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn folders(folder: &Path) -> Vec<String> {
    names(folder).into_iter().filter(|name| folder.join(name).is_dir()).collect()
}
