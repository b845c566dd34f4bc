//! The archive of `backup` and `restore`: a gzip tar of a data directory with a list of its files and their digests at the
//! end. Reading one trusts nothing: names must stay inside, and everything must be as the list says.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, bail, ensure};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};

/// The list's name; no file of a data directory is called so.
const MANIFEST: &str = "manifest.json";
/// What this program writes and reads.
const FORMAT: u32 = 1;
/// More than a list of a million files takes.
const LARGEST_MANIFEST: u64 = 256 << 20;

/// A file in the archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Held {
    /// Its place in the data directory.
    pub(crate) name: String,
    /// Its size.
    pub(crate) bytes: u64,
    /// BLAKE3 digest, in hex.
    pub(crate) blake3: String,
}

/// What an archive holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Manifest {
    format: u32,
    /// Version of the program that wrote it.
    pub(crate) version: String,
    /// When, RFC 3339.
    pub(crate) created_at: String,
    /// Newest entry of the ledger in it.
    pub(crate) last_seq: u64,
    /// Every file.
    pub(crate) files: Vec<Held>,
}

/// An archive that is being written.
pub(crate) struct Writer {
    tar: tar::Builder<GzEncoder<BufWriter<File>>>,
    held: Vec<Held>,
}

impl Writer {
    /// Begins one; the file must not exist.
    pub(crate) fn create(path: &Path) -> anyhow::Result<Writer> {
        let file = File::create_new(path).with_context(|| format!("cannot create {}", path.display()))?;
        // Input log and tape are compressed already.
        let gzip = GzEncoder::new(BufWriter::new(file), Compression::fast());
        Ok(Writer { tar: tar::Builder::new(gzip), held: Vec::new() })
    }

    /// Adds the first `bytes` bytes of a file. `seen` is told of every piece.
    pub(crate) fn add(&mut self, path: &Path, name: &str, bytes: u64, seen: &dyn Fn(u64)) -> io::Result<()> {
        let mut reader = Digesting::new(BufReader::new(File::open(path)?).take(bytes), seen);
        self.tar.append_data(&mut header(bytes), name, &mut reader)?;
        if reader.bytes != bytes {
            return Err(io::Error::new(io::ErrorKind::NotFound, format!("{} became shorter", path.display())));
        }
        self.held.push(Held { name: name.to_owned(), bytes, blake3: reader.digest() });
        Ok(())
    }

    /// Adds the list and ends; everything is on the disk then.
    pub(crate) fn finish(mut self, version: &str, created_at: String, last_seq: u64) -> anyhow::Result<Manifest> {
        let manifest = Manifest { format: FORMAT, version: version.to_owned(), created_at, last_seq, files: self.held };
        let text = serde_json::to_vec_pretty(&manifest)?;
        self.tar.append_data(&mut header(text.len() as u64), MANIFEST, text.as_slice())?;
        let file = self.tar.into_inner()?.finish()?.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.sync_all()?;
        Ok(manifest)
    }
}

fn header(bytes: u64) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_size(bytes);
    header.set_mode(0o644);
    header
}

/// Unpacks an archive into an empty folder and compares every file with the list. `seen` is told of every piece.
pub(crate) fn unpack(archive: &Path, folder: &Path, seen: &dyn Fn(u64)) -> anyhow::Result<Manifest> {
    let named = || format!("{} is not an archive of `sconce backup`, or is damaged", archive.display());
    let file = File::open(archive).with_context(|| format!("cannot open {}", archive.display()))?;
    let mut tar = tar::Archive::new(GzDecoder::new(BufReader::new(file)));
    let mut unpacked: BTreeMap<String, (u64, String)> = BTreeMap::new();
    let mut manifest = None;
    for entry in tar.entries().with_context(named)? {
        let mut entry = entry.with_context(named)?;
        ensure!(manifest.is_none(), "{}: something stands behind its list of files", named());
        let name = entry.path().with_context(named)?.to_string_lossy().into_owned();
        ensure!(entry.header().entry_type().is_file(), "{}: `{name}` is not a plain file", named());
        if name == MANIFEST {
            manifest = Some(read_manifest(&mut entry).with_context(named)?);
            continue;
        }
        let path = inside(folder, &name).with_context(named)?;
        let (bytes, digest) = keep(&mut entry, &path, seen).with_context(|| format!("{}: {name}", named()))?;
        ensure!(unpacked.insert(name.clone(), (bytes, digest)).is_none(), "{}: `{name}` is in it twice", named());
    }
    let Some(manifest) = manifest else { bail!("{}: it ends before its list of files", named()) };
    for held in &manifest.files {
        let same =
            unpacked.remove(&held.name).is_some_and(|(bytes, digest)| bytes == held.bytes && digest == held.blake3);
        ensure!(same, "{}: `{}` is not what was written", named(), held.name);
    }
    ensure!(unpacked.is_empty(), "{}: it holds files that its list does not name", named());
    Ok(manifest)
}

fn read_manifest(reader: &mut dyn Read) -> anyhow::Result<Manifest> {
    let manifest: Manifest = serde_json::from_reader(reader.take(LARGEST_MANIFEST))?;
    ensure!(manifest.format == FORMAT, "its format is {}, and this program reads {FORMAT}", manifest.format);
    Ok(manifest)
}

/// The place of a name below `folder`; nothing above it, and no absolute one.
fn inside(folder: &Path, name: &str) -> anyhow::Result<PathBuf> {
    let path = Path::new(name);
    let plain = path.components().all(|component| matches!(component, Component::Normal(_)));
    ensure!(plain && !name.is_empty(), "`{name}` is not a place in a data directory");
    Ok(folder.join(path))
}

fn keep(reader: &mut dyn Read, path: &Path, seen: &dyn Fn(u64)) -> anyhow::Result<(u64, String)> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    let mut reader = Digesting::new(reader, seen);
    let mut file = BufWriter::new(File::create_new(path)?);
    io::copy(&mut reader, &mut file)?;
    file.flush()?;
    file.get_ref().sync_all()?;
    Ok((reader.bytes, reader.digest()))
}

/// Digests and counts what is read through it.
struct Digesting<'a, R> {
    inner: R,
    hasher: blake3::Hasher,
    bytes: u64,
    seen: &'a dyn Fn(u64),
}

impl<'a, R> Digesting<'a, R> {
    fn new(inner: R, seen: &'a dyn Fn(u64)) -> Self {
        Digesting { inner, hasher: blake3::Hasher::new(), bytes: 0, seen }
    }

    fn digest(&self) -> String {
        self.hasher.finalize().to_hex().to_string()
    }
}

impl<R: Read> Read for Digesting<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.hasher.update(&buffer[..read]);
        self.bytes += read as u64;
        (self.seen)(read as u64);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packed(folder: &Path) -> PathBuf {
        let file = folder.join("ledger.db");
        fs::write(&file, b"entries").expect("writable");
        let archive = folder.join("a.tar.gz");
        let mut writer = Writer::create(&archive).expect("free");
        writer.add(&file, "ledger.db", 7, &|_| {}).expect("readable");
        writer.add(&file, "input/part.arrows", 4, &|_| {}).expect("readable");
        writer.finish("0.1.0", "2026-11-21T00:00:00Z".into(), 3).expect("written");
        archive
    }

    #[test]
    fn what_goes_in_comes_out() {
        let root = tempfile::tempdir().expect("a temporary folder");
        let archive = packed(root.path());
        let out = root.path().join("out");
        let manifest = unpack(&archive, &out, &|_| {}).expect("whole");
        assert_eq!((manifest.last_seq, manifest.files.len()), (3, 2));
        assert_eq!(fs::read(out.join("input/part.arrows")).expect("there"), b"entr");
        assert!(Writer::create(&archive).is_err(), "nothing is written over");
    }

    #[test]
    fn damage_is_told() {
        let root = tempfile::tempdir().expect("a temporary folder");
        let whole = fs::read(packed(root.path())).expect("there");
        let check = |bytes: &[u8], name: &str| {
            let path = root.path().join(name);
            fs::write(&path, bytes).expect("writable");
            let refused = unpack(&path, &root.path().join(format!("{name}.out")), &|_| {}).expect_err(name);
            assert!(format!("{refused:#}").contains("is not an archive"), "{name}: {refused:#}");
        };
        check(&whole[..whole.len() / 2], "half");
        check(b"a letter", "letter");
        check(&[], "empty");
        let mut bent = whole.clone();
        let middle = bent.len() / 3;
        bent[middle] ^= 0x55;
        check(&bent, "bent");
    }

    #[test]
    fn names_stay_inside() {
        for (name, good) in
            [("ledger.db", true), ("input/a", true), ("../a", false), ("/a", false), ("a/../../b", false), ("", false)]
        {
            assert_eq!(inside(Path::new("/data"), name).is_ok(), good, "{name}");
        }
    }
}
