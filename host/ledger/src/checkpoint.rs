//! Checkpoint files: one for each worker and number, and one of the judge, written aside and moved into place, checked
//! before they are believed.
//!
//! What a checkpoint holds is the engine's business. Here it is bytes behind one line of JSON that says whose they are.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use sconce_domain::Digest;
use serde::{Deserialize, Serialize};
use tracing::warn;

use crate::data_dir::DataDir;
use crate::error::{LedgerError, Result};
use crate::segment::{remove, sync_dir};

/// The first word of every checkpoint.
const MAGIC: &str = "sconce checkpoint";
/// Longest first line that is read.
const HEADER_BYTES: u64 = 4_096;
/// The first word of what the judge knows.
const MAGIC_JUDGE: &str = "sconce judge";
const ENDING: &str = "checkpoint";

/// Whose checkpoint, of what, and where on the input log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckpointMark {
    /// Version of the form that the state has.
    pub format: u32,
    /// Whose.
    pub worker: u32,
    /// Checkpoints of all workers with the same number belong together; a later one has a higher number.
    pub number: u64,
    /// Position of the newest event on the worker's input log that the state has taken in.
    pub input_seq: u64,
    /// Fingerprint of the engine that ran.
    pub engine: Digest,
    /// Digest of what rows depend on besides events: policy and number of workers.
    pub shape: Digest,
}

/// A checkpoint that lies in the data directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckpointFile {
    /// Whose, and where.
    pub mark: CheckpointMark,
    /// The file.
    pub path: PathBuf,
    /// Bytes of its state.
    pub bytes: u64,
}

#[derive(Debug, Serialize, Deserialize)]
struct Header {
    magic: String,
    mark: CheckpointMark,
    bytes: u64,
    blake3: Digest,
}

#[derive(Debug, Serialize, Deserialize)]
struct JudgeHeader {
    magic: String,
    format: u32,
    bytes: u64,
    blake3: Digest,
}

impl DataDir {
    /// Writes a checkpoint: whole or not at all, on the disk when this returns. Answers the bytes of the file. Blocks.
    pub fn put_checkpoint(&self, mark: &CheckpointMark, state: &[u8]) -> Result<u64> {
        if !self.is_locked() {
            return Err(LedgerError::ReadOnly);
        }
        let path = self.checkpoints().join(format!("worker-{:03}-{:08}.{ENDING}", mark.worker, mark.number));
        let header = Header {
            magic: MAGIC.to_owned(),
            mark: mark.clone(),
            bytes: state.len() as u64,
            blake3: checksum(mark, state),
        };
        put(&path, &header, state)?;
        sync_dir(&self.checkpoints())?;
        Ok(fs::metadata(&path).map_err(LedgerError::io("read", &path))?.len())
    }

    /// Writes what the judge knows in place of what stood there: whole or not at all, on the disk when this returns. Blocks.
    pub fn put_judge(&self, format: u32, state: &[u8]) -> Result<()> {
        if !self.is_locked() {
            return Err(LedgerError::ReadOnly);
        }
        let blake3 = Digest::of_parts(&[&format.to_le_bytes(), state]);
        let header = JudgeHeader { magic: MAGIC_JUDGE.to_owned(), format, bytes: state.len() as u64, blake3 };
        put(&self.judge(), &header, state)?;
        sync_dir(&self.checkpoints())
    }

    /// What the judge knew, with the version of its form, if it is what was written; nothing where there is none. Blocks.
    pub fn read_judge(&self) -> Result<Option<(u32, Vec<u8>)>> {
        let path = self.judge();
        let damaged =
            || LedgerError::Damaged { path: path.clone(), offset: 0, what: "it is not what was written".to_owned() };
        let whole = match fs::read(&path) {
            Ok(whole) => whole,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(LedgerError::io("read", &path)(error)),
        };
        let end = whole.iter().position(|byte| *byte == b'\n').ok_or_else(damaged)?;
        let (line, state) = (&whole[..end], &whole[end + 1..]);
        let header: JudgeHeader = serde_json::from_slice(line).map_err(|_| damaged())?;
        let JudgeHeader { magic, format, bytes, blake3 } = header;
        let sound = magic == MAGIC_JUDGE
            && bytes == state.len() as u64
            && blake3 == Digest::of_parts(&[&format.to_le_bytes(), state]);
        if sound { Ok(Some((format, state.to_vec()))) } else { Err(damaged()) }
    }

    fn judge(&self) -> PathBuf {
        self.checkpoints().join("judge.state")
    }

    /// Checkpoints whose first line can be read, in order of number and worker. Others are named in the log. Blocks.
    pub fn list_checkpoints(&self) -> Result<Vec<CheckpointFile>> {
        let folder = self.checkpoints();
        let files = match fs::read_dir(&folder) {
            Ok(files) => files,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(LedgerError::io("list", &folder)(error)),
        };
        let mut found = Vec::new();
        for file in files {
            let path = file.map_err(LedgerError::io("list", &folder))?.path();
            if path.extension().is_none_or(|ending| ending != ENDING) {
                continue;
            }
            match open(&path) {
                Ok((header, _)) => found.push(CheckpointFile { mark: header.mark, path, bytes: header.bytes }),
                Err(error) => warn!(%error, "{} is left out: {error}", path.display()),
            }
        }
        found.sort_by_key(|file| (file.mark.number, file.mark.worker));
        Ok(found)
    }

    /// The state of a checkpoint, if it is what was written. Blocks.
    pub fn read_checkpoint(&self, file: &CheckpointFile) -> Result<Vec<u8>> {
        let (header, mut rest) = open(&file.path)?;
        let damaged = |what: &str| LedgerError::Damaged { path: file.path.clone(), offset: 0, what: what.to_owned() };
        let mut state = Vec::new();
        rest.read_to_end(&mut state).map_err(LedgerError::io("read", &file.path))?;
        if state.len() as u64 != header.bytes {
            return Err(damaged("it is not as long as it says"));
        }
        if header.mark != file.mark || checksum(&header.mark, &state) != header.blake3 {
            return Err(damaged("its checksum differs"));
        }
        Ok(state)
    }

    /// Deletes every checkpoint, readable or not, whose number is not among `keep`. Blocks.
    pub fn keep_checkpoints(&self, keep: &[u64]) -> Result<()> {
        if !self.is_locked() {
            return Err(LedgerError::ReadOnly);
        }
        let folder = self.checkpoints();
        for file in fs::read_dir(&folder).map_err(LedgerError::io("list", &folder))? {
            let path = file.map_err(LedgerError::io("list", &folder))?.path();
            if number_of(&path).is_some_and(|number| !keep.contains(&number)) {
                remove(&path)?;
            }
        }
        Ok(())
    }
}

/// The number in the name of a checkpoint, or of one that was never finished.
fn number_of(path: &Path) -> Option<u64> {
    let ending = path.extension()?;
    let (_, number) = path.file_stem()?.to_str()?.rsplit_once('-')?;
    (ending == ENDING || ending == "part").then(|| number.parse().ok())?
}

/// Writes a file aside and moves it into place.
fn put(path: &Path, header: &impl Serialize, state: &[u8]) -> Result<()> {
    let part = path.with_extension("part");
    let written = || {
        let mut line = serde_json::to_vec(header)?;
        line.push(b'\n');
        let mut file = File::create(&part)?;
        file.write_all(&line)?;
        file.write_all(state)?;
        file.sync_all()?;
        fs::rename(&part, path)
    };
    written().map_err(|source| {
        drop(fs::remove_file(&part));
        LedgerError::io("write", path)(source)
    })
}

fn checksum(mark: &CheckpointMark, state: &[u8]) -> Digest {
    let numbers = [
        u64::from(mark.format).to_le_bytes(),
        u64::from(mark.worker).to_le_bytes(),
        mark.number.to_le_bytes(),
        mark.input_seq.to_le_bytes(),
    ];
    Digest::of_parts(&[&numbers.concat(), &mark.engine.0, &mark.shape.0, state])
}

/// Reads the first line, and leaves the reader behind it.
fn open(path: &Path) -> Result<(Header, BufReader<File>)> {
    let mut reader = BufReader::new(File::open(path).map_err(LedgerError::io("open", path))?);
    let mut line = Vec::new();
    let read = reader.by_ref().take(HEADER_BYTES).read_until(b'\n', &mut line);
    read.map_err(LedgerError::io("read", path))?;
    let header = serde_json::from_slice::<Header>(&line).ok().filter(|header| header.magic == MAGIC);
    let strange = || LedgerError::Damaged { path: path.to_owned(), offset: 0, what: "it is no checkpoint".to_owned() };
    Ok((header.ok_or_else(strange)?, reader))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(worker: u32, number: u64) -> CheckpointMark {
        let (engine, shape) = (Digest::of(b"engine"), Digest::of(b"shape"));
        CheckpointMark { format: 1, worker, number, input_seq: 10 * number, engine, shape }
    }

    fn listed(dir: &DataDir) -> Vec<(u32, u64)> {
        let files = dir.list_checkpoints().expect("lists");
        files.iter().map(|file| (file.mark.worker, file.mark.number)).collect()
    }

    #[test]
    fn they_are_listed_read_and_thinned() {
        let root = tempfile::tempdir().expect("temporary directory");
        let dir = DataDir::open(root.path()).expect("free");
        for (worker, number) in [(1, 2), (0, 2), (0, 1), (0, 3)] {
            dir.put_checkpoint(&mark(worker, number), &[worker as u8; 100]).expect("written");
        }
        fs::write(dir.checkpoints().join("worker-000-00000001.part"), b"half").expect("writable");
        assert_eq!(listed(&dir), [(0, 1), (0, 2), (1, 2), (0, 3)]);
        let files = dir.list_checkpoints().expect("lists");
        assert_eq!(dir.read_checkpoint(&files[2]).expect("whole"), [1; 100]);
        dir.keep_checkpoints(&[2, 3]).expect("thinned");
        assert_eq!(listed(&dir), [(0, 2), (1, 2), (0, 3)]);
        assert_eq!(fs::read_dir(dir.checkpoints()).expect("there").count(), 3);
    }

    #[test]
    fn what_the_judge_knew_comes_back_whole_or_not_at_all() {
        let root = tempfile::tempdir().expect("temporary directory");
        let dir = DataDir::open(root.path()).expect("free");
        assert_eq!(dir.read_judge().expect("readable"), None);
        dir.put_judge(1, b"before").expect("written");
        dir.put_judge(2, b"what it knew").expect("written");
        assert_eq!(dir.read_judge().expect("readable"), Some((2, b"what it knew".to_vec())));
        // Sets of checkpoints come and go beside it.
        dir.put_checkpoint(&mark(0, 1), b"state").expect("written");
        dir.keep_checkpoints(&[]).expect("thinned");
        assert_eq!(listed(&dir), []);
        let whole = fs::read(dir.judge()).expect("there");
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 1;
            fs::write(dir.judge(), &bytes).expect("writable");
            assert!(dir.read_judge().is_err(), "a bit of byte {at} differs");
            fs::write(dir.judge(), &whole[..at]).expect("writable");
            assert!(dir.read_judge().is_err(), "cut at {at}");
        }
    }

    #[test]
    fn a_damaged_one_is_told_from_a_whole_one() {
        let root = tempfile::tempdir().expect("temporary directory");
        let dir = DataDir::open(root.path()).expect("free");
        dir.put_checkpoint(&mark(0, 1), b"state of a worker").expect("written");
        let file = dir.list_checkpoints().expect("lists").remove(0);
        let whole = fs::read(&file.path).expect("there");
        let line = whole.iter().position(|byte| *byte == b'\n').expect("a first line");
        for at in line + 1..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 1;
            fs::write(&file.path, &bytes).expect("writable");
            assert!(dir.read_checkpoint(&file).is_err(), "a bit of byte {at} differs");
            fs::write(&file.path, &whole[..at]).expect("writable");
            assert!(dir.read_checkpoint(&file).is_err(), "cut at {at}");
        }
        fs::write(&file.path, &whole[..line / 2]).expect("writable");
        assert_eq!(listed(&dir), []);
        fs::write(&file.path, &whole).expect("writable");
        assert_eq!(dir.read_checkpoint(&file).expect("whole again"), b"state of a worker");
    }
}
